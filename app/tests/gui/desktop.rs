//! The theme of the desktop, as its portal tells it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;

use egui::Theme;
use futures_lite::future::block_on;
use threados::backend::desktop;
use threados::memory::Settings;
use zbus::connection::{Builder, Connection};
use zbus::zvariant::Value;

use crate::kit::{PATIENCE, Staged};
use crate::pictures::release;

/// A bus of its own; gone with the test.
struct Bus(Child);

impl Drop for Bus {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// A desktop that begins dark.
struct Portal;

#[zbus::interface(name = "org.freedesktop.portal.Settings")]
impl Portal {
    fn read(&self, look: &str, key: &str) -> Value<'static> {
        assert_eq!((look, key), ("org.freedesktop.appearance", "color-scheme"));
        Value::Value(Box::new(Value::U32(1)))
    }
}

fn bus() -> Option<(Bus, String)> {
    let mut daemon = Command::new("dbus-daemon");
    daemon.args(["--session", "--nofork", "--print-address=1"]).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut daemon = daemon.spawn().ok()?;
    let mut address = String::new();
    BufReader::new(daemon.stdout.take()?).read_line(&mut address).ok()?;
    Some((Bus(daemon), address.trim().to_owned()))
}

fn changed(portal: &Connection, look: &str, scheme: u32) {
    let path = "/org/freedesktop/portal/desktop";
    let body = (look, "color-scheme", Value::U32(scheme));
    let interface = "org.freedesktop.portal.Settings";
    block_on(portal.emit_signal(None::<&str>, path, interface, "SettingChanged", &body)).unwrap();
}

#[test]
fn the_portal_of_the_desktop_is_asked_and_followed() {
    let Some((_bus, address)) = bus() else {
        return eprintln!("there is no dbus-daemon here: not tried");
    };
    let portal = Builder::address(address.as_str()).unwrap().name("org.freedesktop.portal.Desktop").unwrap();
    let portal = portal.serve_at("/org/freedesktop/portal/desktop", Portal).unwrap();
    let portal = block_on(portal.build()).unwrap();
    let (tell, told) = channel();
    desktop::follow(Some(address), move |dark| tell.send(dark).unwrap());
    assert_eq!(told.recv_timeout(PATIENCE), Ok(Some(true)));
    changed(&portal, "org.freedesktop.appearance", 2);
    assert_eq!(told.recv_timeout(PATIENCE), Ok(Some(false)));
    changed(&portal, "org.of.somebody.else", 1);
    changed(&portal, "org.freedesktop.appearance", 0);
    assert_eq!(told.recv_timeout(PATIENCE), Ok(None));
}

#[test]
fn where_a_person_leaves_it_to_the_desktop_the_window_looks_as_that_does() {
    let mut s = Staged::new(release(), [1440.0, 900.0], Theme::Dark);
    let ctx = s.screen.ctx.clone();
    s.screen.state_mut().remember_in(None, Settings { animate: false, ..Settings::default() }, &ctx);
    for (dark, theme) in [(Some(false), Theme::Light), (Some(true), Theme::Dark)] {
        s.screen.state_mut().follow_desktop(dark, &ctx);
        s.screen.run();
        assert_eq!(ctx.theme(), theme);
    }
    let light = Settings { dark: Some(false), animate: false, ..Settings::default() };
    s.screen.state_mut().remember_in(None, light, &ctx);
    s.screen.state_mut().follow_desktop(None, &ctx);
    s.screen.state_mut().follow_desktop(Some(true), &ctx);
    s.screen.run();
    assert_eq!(ctx.theme(), Theme::Light, "what a person chose counts more");
}

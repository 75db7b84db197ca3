//! A window without a screen.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use chrono::{DateTime, Offset as _, TimeDelta, Utc};
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use threados::Window;
use threados::link::{Ask, Far, Link, Update};
use threados::scene::Scene;
use threados_core::log::Position;
use threados_core::model::State;
use threados_core::policy::Policy;
use threados_core::store::yaml;
use threados_core::workspace::{PolicyFile, Snapshot};
use threados_raster::Raster;

/// How long a test waits for something that has to happen.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A window that a test looks at and works with.
pub type Screen = Harness<'static, Window>;

/// The time in pictures.
pub fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

/// A window on a link.
pub fn screen(link: Link, size: [f32; 2], theme: egui::Theme) -> Screen {
    sharp_screen(link, size, theme, 1.0)
}

/// The same on a screen of so many pixels a point.
fn sharp_screen(link: Link, size: [f32; 2], theme: egui::Theme, pixels: f32) -> Screen {
    let ctx_ready = std::cell::Cell::new(false);
    let show = move |ui: &mut egui::Ui, window: &mut Window| {
        if !ctx_ready.replace(true) {
            // Fonts are there from the next frame on.
            threados::theme::install(ui.ctx());
            return;
        }
        window.logic(ui.ctx());
        // The harness leaves a margin that no real window has.
        let all = egui::UiBuilder::new().max_rect(ui.ctx().content_rect());
        ui.scope_builder(all, |ui| window.ui(ui));
    };
    let mut window = Window::new(link);
    window.state_mut().animate = false;
    let builder = Harness::builder().with_size(size).with_theme(theme).with_max_steps(20);
    builder.with_pixels_per_point(pixels).renderer(Raster::default()).build_ui_state(show, window)
}

/// A window on a scene that is made up, and both channels of its backend.
pub struct Staged {
    pub screen: Screen,
    pub updates: Sender<Update>,
    pub asks: std::sync::mpsc::Receiver<Ask>,
}

impl Staged {
    /// A window that shows this.
    pub fn new(scene: Scene, size: [f32; 2], theme: egui::Theme) -> Self {
        Self::sharp(scene, size, theme, 1.0)
    }

    /// The same on a screen of so many pixels a point.
    pub fn sharp(scene: Scene, size: [f32; 2], theme: egui::Theme, pixels: f32) -> Self {
        let (link, Far { asks, updates }) = Link::pair();
        let mut screen = sharp_screen(link, size, theme, pixels);
        screen.state_mut().state_mut().now = now;
        screen.state_mut().state_mut().zone = |_| Utc.fix();
        updates.send(Update::Scene(Arc::new(scene))).unwrap();
        screen.run();
        Self { screen, updates, asks }
    }

    /// Tells the window something.
    pub fn tell(&mut self, update: Update) {
        self.updates.send(update).unwrap();
        self.screen.run();
    }

    /// What the window asked for since the last call.
    pub fn asked(&self) -> Vec<Ask> {
        self.asks.try_iter().collect()
    }
}

/// A scene of a sequence file in a state.
pub fn scene(text: &str, state: State) -> Scene {
    let parsed = yaml::parse(text.as_bytes());
    assert!(parsed.problems.is_empty(), "{:?}", parsed.problems);
    let document = Arc::new(parsed.document.unwrap());
    let snapshot = Snapshot {
        revision: document.revision(),
        document,
        state,
        position: Position::origin(),
        folded: 0,
        folded_bytes: 0,
        policy: PolicyFile { text: Arc::default(), policy: Ok(Arc::new(Policy::default())) },
    };
    Scene::of("~/code/shop", Arc::new(snapshot), None)
}

/// Goes on with the window until something holds.
#[track_caller]
pub fn until(screen: &mut Screen, what: &str, mut holds: impl FnMut(&Screen) -> bool) {
    let start = Instant::now();
    loop {
        screen.step();
        if holds(screen) {
            return;
        }
        let state = screen.state().state();
        let (log, selected) = (state.audit.last(), &state.selected);
        if start.elapsed() > PATIENCE {
            let shown = screen.root().children_recursive().filter_map(|n| n.accesskit_node().label());
            let shown: Vec<String> = shown.collect();
            panic!("waited in vain for {what}; selected {selected:?}, last {log:?}, shown {shown:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Clicks what has this name.
#[track_caller]
pub fn click(screen: &mut Screen, label: &str) {
    // What has just opened may still move to its place.
    screen.run();
    screen.get_by_label(label).click();
    screen.run();
}

/// Clicks by name, as a screen reader does: for what news may move between the look and the click.
#[track_caller]
pub fn click_by_name(screen: &mut Screen, label: &str) {
    until(screen, label, |s| s.query_by_label(label).is_some());
    screen.get_by_label(label).click_accesskit();
    screen.run();
}

/// The line of a step or gate on the canvas; empty where it is not seen.
pub fn line(screen: &Screen, name: &str) -> String {
    let node = |node: &egui_kittest::Node<'_>| node.accesskit_node().role() == Role::TreeItem;
    let found = screen.query_all_by_label(name).find(node);
    found.and_then(|n| n.value()).unwrap_or_default()
}

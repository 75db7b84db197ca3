//! A real terminal with a command on it, seen and typed into as a person does.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rustix::fs::{OFlags, fcntl_setfl};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::support::{PATIENCE, Project};

/// Columns and rows.
pub const SIZE: (u16, u16) = (120, 30);

/// Which sort of terminal.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// One of tmux', which answers what programs ask a terminal.
    Tmux,
    /// A pseudo-terminal of the test's own, which answers nothing.
    Own,
}

/// A terminal, closed with this.
pub enum Terminal {
    Tmux(Tmux),
    Own(Own),
}

impl Terminal {
    /// Opens one with a shell that runs this line in the project; `None` where there is no tmux.
    pub fn open(kind: Kind, p: &Project, line: &str) -> Option<Self> {
        match kind {
            Kind::Tmux => Tmux::open(p, line).map(Self::Tmux),
            Kind::Own => Some(Self::Own(Own::open(p, line))),
        }
    }

    /// What stands on it.
    pub fn screen(&self) -> String {
        match self {
            Self::Tmux(tmux) => tmux.tell(&["capture-pane", "-p"]),
            Self::Own(own) => own.screen(),
        }
    }

    /// Waits until it shows a text.
    #[track_caller]
    pub fn wait_for(&self, text: &str) {
        self.wait_until(&format!("`{text}`"), |screen| screen.contains(text));
    }

    /// Waits until what stands on it is as it has to be.
    #[track_caller]
    pub fn wait_until(&self, what: &str, is: impl Fn(&str) -> bool) {
        let start = Instant::now();
        loop {
            let screen = self.screen();
            if is(&screen) {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "waited in vain for {what}; the terminal shows\n{screen}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Types, as these bytes.
    pub fn write(&self, text: &str) {
        match self {
            Self::Tmux(tmux) => {
                let bytes: Vec<String> = text.bytes().map(|b| format!("{b:x}")).collect();
                let mut words = vec!["send-keys", "-H"];
                words.extend(bytes.iter().map(String::as_str));
                tmux.tell(&words);
            }
            Self::Own(own) => (&own.master).write_all(text.as_bytes()).unwrap(),
        }
    }

    /// Gives it another size.
    pub fn resize(&self, columns: u16, rows: u16) {
        match self {
            Self::Tmux(tmux) => {
                tmux.tell(&["resize-window", "-x", &columns.to_string(), "-y", &rows.to_string()]);
            }
            Self::Own(own) => own.resize(columns, rows),
        }
    }
}

/// A terminal of tmux', by a server of its own.
pub struct Tmux {
    socket: PathBuf,
}

impl Tmux {
    fn open(p: &Project, line: &str) -> Option<Self> {
        let tmux = Self { socket: p.root().parent().unwrap().join("tmux.sock") };
        let command = p.command(&[]);
        let vars = command.get_envs().filter_map(|(name, value)| Some((name, value?)));
        let (columns, rows) = (SIZE.0.to_string(), SIZE.1.to_string());
        let mut start = Command::new("tmux");
        start.env_clear().envs(vars).env("LANG", "C.UTF-8").current_dir(p.root()).arg("-S").arg(&tmux.socket);
        start.args(["-f", "/dev/null", "new-session", "-d", "-x", &columns, "-y", &rows, "sh", "-c", line]);
        start.status().ok().filter(std::process::ExitStatus::success).map(|_| tmux)
    }

    fn tell(&self, words: &[&str]) -> String {
        let out = Command::new("tmux").arg("-S").arg(&self.socket).args(words).output().unwrap();
        String::from_utf8_lossy(&out.stdout).into_owned()
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.tell(&["kill-server"]);
    }
}

/// A pseudo-terminal of the test's own.
pub struct Own {
    master: File,
    shown: Mutex<vt100::Parser>,
    child: Child,
}

impl Own {
    fn open(p: &Project, line: &str) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        fcntl_setfl(&master, OFlags::NONBLOCK).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        let slave = File::options().read(true).write(true).open(name).unwrap();
        let command = p.command(&[]);
        let vars = command.get_envs().filter_map(|(name, value)| Some((name, value?)));
        // It is the terminal of all that runs on it, so that its end is told as a hang-up.
        let mut shell = Command::new("setsid");
        shell.args(["--ctty", "sh", "-c", line]).env_clear().envs(vars).current_dir(p.root());
        shell.env("TERM", "xterm-256color").env("LANG", "C.UTF-8");
        shell.stdin(slave.try_clone().unwrap()).stdout(slave.try_clone().unwrap()).stderr(slave);
        let shown = Mutex::new(vt100::Parser::new(cells(SIZE.1), cells(SIZE.0), 0));
        let own = Self { master: File::from(master), shown, child: shell.spawn().unwrap() };
        own.resize(SIZE.0, SIZE.1);
        own
    }

    fn screen(&self) -> String {
        let mut shown = self.shown.lock().unwrap();
        let mut part = [0; 4096];
        while let Ok(n @ 1..) = (&self.master).read(&mut part) {
            shown.process(&part[..n]);
        }
        // By rows: what was drawn to the edge is no line that goes on.
        shown.screen().rows(0, u16::MAX).collect::<Vec<_>>().join("\n")
    }

    fn resize(&self, columns: u16, rows: u16) {
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&self.master, size).unwrap();
        self.shown.lock().unwrap().set_size(cells(rows), cells(columns));
    }
}

fn cells(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).unwrap()
}

impl Drop for Own {
    fn drop(&mut self) {
        // Only what has ended already: the hang-up comes as the terminal is closed, right after this.
        drop(self.child.try_wait());
    }
}

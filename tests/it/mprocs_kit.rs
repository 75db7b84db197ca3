//! A session of the real mprocs for a project, closed with the test.

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use threados_core::executor::mprocs;
use threados_core::store::Paths;
use threados_core::store::paths::Outside;

use crate::support::{Project, kill, wait};

/// The session of a project.
pub struct Session<'p> {
    p: &'p Project,
    /// mprocs itself.
    pub pid: u32,
    /// Who keeps its terminal.
    pub keeper: u32,
}

impl<'p> Session<'p> {
    /// Opens one in the background.
    #[track_caller]
    pub fn open(p: &'p Project) -> Self {
        Self::open_with(p, "")
    }

    /// Opens one with further flags.
    #[track_caller]
    pub fn open_with(p: &'p Project, flags: &str) -> Self {
        p.ok(&format!("mprocs open --headless {flags}"));
        let state: Value = serde_json::from_str(&p.read("state/mprocs-state.json")).unwrap();
        let number = |key: &str| u32::try_from(state[key].as_u64().unwrap()).unwrap();
        Self { p, pid: number("pid"), keeper: number("keeper") }
    }

    /// A connection, as the window has one.
    pub fn connect(&self) -> mprocs::Session {
        mprocs::Session::connect(&paths(self.p)).unwrap()
    }

    /// What stands on its screen.
    pub fn text(&self) -> String {
        self.connect().screen().unwrap().text
    }

    /// Waits until its screen shows a text.
    #[track_caller]
    pub fn wait_for_text(&self, text: &str) {
        wait(&format!("`{text}` on the screen"), || self.text().contains(text));
    }

    /// Kills mprocs, as `kill -9` does.
    pub fn kill(&self) {
        kill(self.pid, "KILL");
    }

    /// The TCP ports on which a process of the project listens, as /proc/net/tcp has them.
    pub fn listening(&self) -> Vec<String> {
        let inodes: HashSet<String> = self.p.processes().into_iter().flat_map(sockets).collect();
        let tables =
            ["tcp", "tcp6"].map(|t| fs::read_to_string(format!("/proc/net/{t}")).unwrap_or_default());
        let lines =
            tables.iter().flat_map(|t| t.lines().skip(1)).map(|l| l.split_whitespace().collect::<Vec<_>>());
        let listens = lines.filter(|l| l.len() > 9 && l[3] == "0A" && inodes.contains(l[9]));
        listens.map(|l| l[1].to_owned()).collect()
    }
}

/// The inodes of the sockets that a process has open.
fn sockets(pid: u32) -> Vec<String> {
    let fds = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    let links = fds.filter_map(|fd| fs::read_link(fd.path()).ok()).map(|l| l.to_string_lossy().into_owned());
    links.filter_map(|l| Some(l.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())).collect()
}

/// The files of a project, as its processes find them.
pub fn paths(p: &Project) -> Paths {
    let outside = Outside { state_home: None, runtime_dir: Some(runtime(p)) };
    Paths::with_outside(&p.root(), &outside).unwrap()
}

fn runtime(p: &Project) -> PathBuf {
    p.root().parent().unwrap().join("run")
}

impl Project {
    /// `status.json` of the latest attempt of a step.
    #[track_caller]
    pub fn step_record(&self, step: &str) -> Value {
        let status = self.json("status");
        let mut steps = status["steps"].as_array().unwrap().iter();
        let run = steps.find(|s| s["id"] == step).and_then(|s| s["run_id"].as_str()).unwrap_or_default();
        let text = fs::read_to_string(self.path(&format!("runs/{run}/{step}/status.json"))).ok();
        serde_json::from_str(&text.unwrap_or_else(|| panic!("{step} has no record"))).unwrap()
    }
}

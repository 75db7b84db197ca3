//! Where everything of a session is.

use std::path::PathBuf;

use crate::store::Paths;

/// The files of a project's session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// What mprocs is started with.
    pub config: PathBuf,
    /// The session that is up: `state/mprocs-state.json`.
    pub state: PathBuf,
    /// Which pane shows which step: `state/mprocs-map.json`.
    pub map: PathBuf,
    /// Held by the keeper for its life.
    pub lock: PathBuf,
    /// Where the keeper listens.
    pub socket: PathBuf,
}

impl Files {
    /// Those of a project.
    pub fn of(paths: &Paths) -> Self {
        let state = |name: &str| paths.state_dir.join(name);
        Self {
            config: state("mprocs.yaml"),
            state: state("mprocs-state.json"),
            map: state("mprocs-map.json"),
            lock: state("mprocs.lock"),
            socket: paths.runtime_dir.join("mprocs.sock"),
        }
    }
}

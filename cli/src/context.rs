//! What every command has at hand.

use std::cell::OnceCell;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::time::Duration;

use threados_core::engine::{look, look_in_force};
use threados_core::id::StepId;
use threados_core::model::Actor;
use threados_core::store::Paths;
use threados_core::workspace::{InForce, Snapshot, Workspace};

use crate::args::Global;
use crate::failure::Failure;
use crate::output;

/// The hidden word that makes this program the spawner of an engine.
pub const SPAWNER: &str = "spawner";

/// The hidden word that makes this program a pane of mprocs.
pub const PANE: &str = "pane";

/// What every command has at hand.
pub struct Context {
    pub global: Global,
    inside: OnceCell<Option<StepId>>,
}

impl Context {
    pub fn new(global: Global) -> Self {
        Self { global, inside: OnceCell::new() }
    }

    /// The project: named, or found by walking up.
    pub fn workspace(&self) -> Result<Workspace, Failure> {
        let paths = match &self.global.root {
            Some(root) => {
                let paths = Paths::new(root)?;
                if !paths.threados.is_dir() {
                    return Err(
                        threados_core::store::paths::PathsError::NotFound { from: root.clone() }.into()
                    );
                }
                paths
            }
            None => Paths::find(&current_dir()?)?,
        };
        let mut workspace = Workspace::new(paths);
        threados_core::engine::read_by_engine(&workspace.paths);
        workspace.lock_timeout = Duration::from_millis(self.global.lock_timeout);
        Ok(workspace)
    }

    /// The step of the project that we are in, by the process tree.
    pub fn inside(&self) -> Option<&StepId> {
        let look = || {
            let paths = self.workspace().ok()?.paths;
            threados_core::engine::inside(&paths)
        };
        self.inside.get_or_init(look).as_ref()
    }

    /// Who asks: inside a step it is the orchestrator, else a person. What the environment says can only take
    /// rights away.
    pub fn actor(&self) -> Actor {
        let said = std::env::var_os("THREADOS_ACTOR").is_some_and(|a| a == "orchestrator");
        if said || self.inside().is_some() { Actor::Orchestrator } else { Actor::User }
    }

    /// The command line that becomes the engine of a project.
    pub fn engine_argv(&self, workspace: &Workspace) -> Result<Vec<String>, Failure> {
        let own = std::env::current_exe().map_err(|e| Failure::io("find this program", &e))?;
        let root = workspace.root().to_string_lossy().into_owned();
        Ok(vec![own.to_string_lossy().into_owned(), "engine".into(), "--root".into(), root])
    }

    /// Whether a person can be asked.
    pub fn can_ask(&self) -> bool {
        !self.global.json && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// Whether standard output takes colours.
    pub fn colours(&self) -> bool {
        self.colours_on(&std::io::stdout())
    }

    /// Whether a stream takes colours.
    pub fn colours_on(&self, stream: &impl std::io::IsTerminal) -> bool {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
        !self.global.no_color && !unwanted && stream.is_terminal()
    }
}

impl Context {
    /// The width of the terminal on standard output; `None` where it is none.
    pub fn width(&self) -> Option<usize> {
        width()
    }

    /// What is so now, as a reader sees it.
    pub fn look(&self) -> Result<(Workspace, Snapshot), Failure> {
        let workspace = self.workspace()?;
        let snapshot = look(&workspace)?;
        Ok((workspace, snapshot))
    }

    /// What has happened, as a reader sees it: where `sequence.yaml` is broken or gone, by its last good version.
    pub fn look_back(&self) -> Result<(Workspace, Snapshot), Failure> {
        let workspace = self.workspace()?;
        let InForce { snapshot, fault } = look_in_force(&workspace)?;
        if let Some(fault) = fault {
            output::warn(self, &format!("{fault}; its last good version stays in force"));
        }
        Ok((workspace, snapshot))
    }

    /// Refuses a command inside a step: a step may read, not change or run anything.
    pub fn refuse_steps(&self, action: &str) -> Result<(), Failure> {
        if self.inside().is_some() {
            return crate::command::broker::forbidden(action, self);
        }
        let checked = threados_core::policy::check_reader(action, self.actor(), None);
        checked.map_err(|denial| threados_core::workspace::DoorError::from(denial).into())
    }
}

/// The width of the terminal on standard output; `None` where it is none.
#[cfg(unix)]
pub fn width() -> Option<usize> {
    let out = std::io::stdout();
    let size = out.is_terminal().then(|| rustix::termios::tcgetwinsize(&out).ok()).flatten()?;
    (size.ws_col > 0).then(|| usize::from(size.ws_col))
}

/// The width of the terminal on standard output; it is not known here.
#[cfg(not(unix))]
pub fn width() -> Option<usize> {
    None
}

/// Where we are.
pub fn current_dir() -> Result<PathBuf, Failure> {
    std::env::current_dir().map_err(|e| Failure::io("tell the working directory", &e))
}

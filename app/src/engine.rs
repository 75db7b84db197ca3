//! The hidden command `engine`: the one process of a project that runs steps. The window brings its own, so that it
//! needs nothing else to be installed.

use std::ffi::OsString;
use std::path::Path;

use threados_core::engine::protocol::Fault;
use threados_core::engine::{Config, EngineError, Served, be_called_seqctl, serve};
use threados_core::workspace::{DoorError, ErrorClass, Workspace};

use crate::backend::open;
use crate::output::announce;

/// The hidden word that makes this program the spawner of an engine.
pub const SPAWNER: &str = "spawner";

/// The command line that becomes the engine of a project.
///
/// # Errors
/// [`Fault`] where this program's own file cannot be told.
pub fn argv(workspace: &Workspace) -> Result<Vec<String>, Fault> {
    let root = workspace.root().to_string_lossy().into_owned();
    Ok(vec![own()?.to_string_lossy().into_owned(), "engine".into(), "--root".into(), root])
}

/// Serves a project until nothing is left to do.
pub fn run(root: &Path) -> Result<Option<String>, Fault> {
    threados_core::wrapper::detach();
    match start(root) {
        Ok(Served::Idle) => {}
        Ok(Served::Taken) => announce("taken"),
        Err(fault) => {
            announce(&fault_line(&fault));
            return Err(fault);
        }
    }
    Ok(None)
}

fn start(root: &Path) -> Result<Served, Fault> {
    let workspace = open(Some(root)).map_err(|e| Fault::from(&e))?;
    let engine = argv(&workspace)?;
    be_called_seqctl(&workspace).map_err(|e| {
        let message = format!("steps cannot find this program as `seqctl`: {e}");
        Fault::new(ErrorClass::Environment, "IO", message)
    })?;
    let spawner = vec![own()?, OsString::from(SPAWNER)];
    serve(Config { workspace, spawner, engine }, || announce("ready")).map_err(|error| match error {
        EngineError::Door(error) => (&error).into(),
        EngineError::Log(error) => (&DoorError::from(error)).into(),
        EngineError::Paths(error) => (&DoorError::from(error)).into(),
        other => Fault::new(ErrorClass::Environment, "ENGINE", other.to_string()),
    })
}

fn own() -> Result<OsString, Fault> {
    let own = std::env::current_exe();
    own.map(Into::into)
        .map_err(|e| Fault::new(ErrorClass::Environment, "IO", format!("cannot find this program: {e}")))
}

fn fault_line(fault: &Fault) -> String {
    serde_json::to_string(fault).unwrap_or_default()
}

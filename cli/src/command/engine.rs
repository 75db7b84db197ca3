//! `engine` (hidden): the one process of a project that runs steps.

use std::ffi::OsString;
use std::io::Write as _;

use clap::Args;
use threados_core::engine::protocol::Fault;
use threados_core::engine::{Config, EngineError, Served, be_called_seqctl, serve};
use threados_core::store::hint_of_io;
use threados_core::workspace::ErrorClass;

use crate::context::{Context, SPAWNER};
use crate::failure::Failure;
use crate::output::Report;

/// Serve this project until nothing is left to do
#[derive(Debug, Args)]
pub struct Engine {}

pub fn run(_args: &Engine, context: &Context) -> Result<Report, Failure> {
    threados_core::wrapper::detach();
    match start(context) {
        Ok(Served::Idle) => {}
        Ok(Served::Taken) => announce("taken"),
        Err(failure) => {
            let Failure { exit, code, message, hint, details } = failure.clone();
            announce(
                &serde_json::to_string(&Fault { exit, code, message, hint, details }).unwrap_or_default(),
            );
            return Err(failure);
        }
    }
    Ok(Report::printed(0))
}

fn start(context: &Context) -> Result<Served, Failure> {
    let workspace = context.workspace()?;
    let own = std::env::current_exe().map_err(|e| Failure::io("find this program", &e))?;
    let engine = context.engine_argv(&workspace)?;
    be_called_seqctl(&workspace).map_err(|e| Failure::io("have steps find this program as `seqctl`", &e))?;
    let spawner = vec![own.into_os_string(), OsString::from(SPAWNER)];
    let config = Config { workspace, spawner, engine };
    serve(config, || announce("ready")).map_err(|error| match error {
        EngineError::Door(error) => error.into(),
        EngineError::Log(error) => error.into(),
        EngineError::Paths(error) => error.into(),
        other => {
            let hint = match &other {
                EngineError::Io { source, .. } => hint_of_io(source).map(str::to_owned),
                _ => None,
            };
            let failure = Failure::new(ErrorClass::Environment, "ENGINE", other.to_string());
            Failure { hint, ..failure }
        }
    })
}

/// Tells the client that started us, which waits for the end of our standard output.
fn announce(word: &str) {
    let mut out = std::io::stdout().lock();
    // A client that is gone needs no word.
    drop(out.write_all(word.as_bytes()).and_then(|()| out.flush()));
    threados_core::wrapper::close_stdout();
}

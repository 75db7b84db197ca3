//! `reconcile`: asks the engine to look after steps whose wrapper is gone.

use serde_json::json;
use threados_core::engine::Connection;
use threados_core::engine::protocol::{ClientMessage, EngineMessage};
use threados_core::id::StepId;
use threados_core::workspace::ErrorClass;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::Report;

pub fn run(context: &Context) -> Result<Report, Failure> {
    context.refuse_steps("reconcile")?;
    let workspace = context.workspace()?;
    let mut connection = Connection::open(&workspace.paths, &context.engine_argv(&workspace)?)?;
    connection.say(&ClientMessage::Reconcile).map_err(|e| Failure::io("talk to the engine", &e))?;
    loop {
        match connection.hear() {
            Ok(Some(EngineMessage::Reconciled { orphaned, recovered, adopted })) => {
                let json = json!({ "orphaned": orphaned, "recovered": recovered, "adopted": adopted });
                return Ok(Report::new(json, text(&orphaned, &recovered, &adopted)));
            }
            Ok(Some(EngineMessage::Refused { fault })) => return Err(fault.into()),
            Ok(Some(_)) => {}
            Ok(None) => return Err(Failure::new(ErrorClass::Environment, "ENGINE", "the engine is gone")),
            Err(error) => return Err(Failure::io("hear the engine", &error)),
        }
    }
}

fn text(orphaned: &[StepId], recovered: &[StepId], adopted: &[StepId]) -> String {
    let line = |ids: &[StepId], what: &str| {
        let ids: Vec<&str> = ids.iter().map(StepId::as_str).collect();
        if ids.is_empty() { String::new() } else { format!("{what}: {}\n", ids.join(", ")) }
    };
    let all = line(orphaned, "orphaned (FAILED, their wrapper is gone)")
        + &line(recovered, "recovered (their end was taken over)")
        + &line(adopted, "adopted (they run)");
    if all.is_empty() { "everything is as the log says\n".to_owned() } else { all }
}

//! `status`.

mod table;

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};
use threados_core::dag::{Dag, Statuses};
use threados_core::engine::{look, look_in_force};
use threados_core::log::Watch;
use threados_core::model::Phase;
use threados_core::view;
use threados_core::workspace::{InForce, Snapshot};

use crate::context::Context;
use crate::failure::Failure;
use crate::output::{self, Report};

/// How everything stands
#[derive(Debug, Args)]
pub struct Status {
    /// Stay, and show every change; with --json one object a line
    #[arg(long, short)]
    pub watch: bool,
}

pub fn run(args: &Status, context: &Context) -> Result<Report, Failure> {
    if args.watch {
        return watch(context);
    }
    let workspace = context.workspace()?;
    let InForce { snapshot, fault } = look_in_force(&workspace)?;
    let dag = Arc::new(Dag::new(snapshot.sequence()));
    let statuses = Statuses::of_graph(Arc::clone(&dag), &snapshot.state);
    let table = || table::render(&snapshot, &statuses, &dag, context);
    match fault.map(Failure::from) {
        None if context.global.json => Ok(Report::new(as_json(&snapshot, &statuses), "")),
        None => Ok(Report::new(Value::Null, table())),
        // One object is either of both; a person is shown both.
        Some(failure) if context.global.json || snapshot.sequence().steps.is_empty() => Err(failure),
        Some(failure) => {
            output::told(context, &failure);
            Ok(Report::new(Value::Null, table()).exit(failure.exit))
        }
    }
}

/// How often the times of what runs are shown anew; every other change shows at once.
const TICK: Duration = Duration::from_secs(1);

/// Shows how everything stands, again at every change, until it is ended or nobody reads any more.
fn watch(context: &Context) -> Result<Report, Failure> {
    let workspace = context.workspace()?;
    let mut changes = Watch::new(&workspace.paths).map_err(|e| Failure::io("watch the project", &e))?;
    let mut shown = String::new();
    loop {
        // A hand edit that is not valid yet is no reason to leave: what was shown stays.
        let text = match look(&workspace) {
            Ok(snapshot) => {
                let runs = snapshot.state.steps.values().any(|s| s.phase == Phase::Running);
                Some((frame(&snapshot, context), runs))
            }
            Err(error) if shown.is_empty() => return Err(error.into()),
            Err(_) => None,
        };
        let runs = text.as_ref().is_some_and(|(_, runs)| *runs);
        if let Some((text, _)) = text.filter(|(text, _)| *text != shown) {
            if !draw(&text, shown.is_empty(), context) {
                return Ok(Report::printed(0));
            }
            shown = text;
        }
        changes.wait(runs.then_some(TICK)).map_err(|e| Failure::io("watch the project", &e))?;
    }
}

fn frame(snapshot: &Snapshot, context: &Context) -> String {
    let dag = Arc::new(Dag::new(snapshot.sequence()));
    let statuses = Statuses::of_graph(Arc::clone(&dag), &snapshot.state);
    if !context.global.json {
        return table::render(snapshot, &statuses, &dag, context);
    }
    let mut all = json!({ "ok": true, "command": "status" });
    if let (Some(all), Value::Object(more)) = (all.as_object_mut(), as_json(snapshot, &statuses)) {
        all.extend(more);
    }
    format!("{all}\n")
}

/// On a terminal the new picture takes the place of the old one.
fn draw(text: &str, first: bool, context: &Context) -> bool {
    if context.global.json || context.width().is_none() {
        let gap = if first || context.global.json { "" } else { "\n" };
        return output::write(format!("{gap}{text}").as_bytes());
    }
    let start = if first { "\x1b[2J\x1b[H" } else { "\x1b[H" };
    let lines = text.replace('\n', "\x1b[K\n");
    output::write(format!("{start}{lines}\x1b[J").as_bytes())
}

/// The fixed shape of `status --json`.
pub fn as_json(snapshot: &Snapshot, statuses: &Statuses) -> Value {
    let report = view::status(snapshot.sequence(), snapshot.revision(), &snapshot.state, statuses);
    serde_json::to_value(report).unwrap_or_default()
}

//! `history`, `undo`, `redo`.

use clap::Args;
use serde_json::{Value, json};
use threados_core::workspace::{Ask, Change, changes};

use super::change::{request_of, submit};
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Report;
use crate::paint::{Style, moment};
use crate::table::{Cell, Table};

/// What was changed, and what of it is undone
#[derive(Debug, Args)]
pub struct History {
    /// At most so many of the newest; 0 is all
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = 20)]
    pub limit: usize,
}

pub fn run(args: &History, context: &Context) -> Result<Report, Failure> {
    let mut all = changes(&context.workspace()?.paths)?;
    if args.limit > 0 {
        all.drain(..all.len().saturating_sub(args.limit));
    }
    let mut table = Table::new(&["SEQ", "TIME (UTC)", "ACTOR", "", "CHANGE"]);
    for change in all.iter().rev() {
        let style = if change.undone { Style::Dim } else { Style::Plain };
        table.row(vec![
            change.entry.seq.to_string().into(),
            moment(change.entry.timestamp).into(),
            change.entry.actor.to_string().into(),
            Cell::new(if change.undone { "undone" } else { "" }, Style::Yellow),
            Cell::new(change.line(), style),
        ]);
    }
    let text = if all.is_empty() { "nothing was changed yet\n".to_owned() } else { table.render(context) };
    let list: Vec<Value> = all.iter().rev().map(as_json).collect();
    Ok(Report::new(json!({ "changes": list }), text))
}

fn as_json(change: &Change) -> Value {
    let entry = &change.entry;
    json!({
        "seq": entry.seq, "timestamp": entry.timestamp, "actor": entry.actor,
        "line": change.line(), "undone": change.undone,
    })
}

/// Takes the latest change back, or makes it again.
pub fn turn(ask: Ask, context: &Context) -> Result<Report, Failure> {
    submit(&request_of(ask, context), context)
}

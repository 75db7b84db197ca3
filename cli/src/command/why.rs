//! `why`: what holds a step or gate, and what would free it.

use clap::Args;
use serde_json::json;
use threados_core::dag::{Hold, Why as Answer};
use threados_core::workspace::explain;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::Report;
use crate::paint::{Style, moment};

/// What holds a step or gate, and what would free it
#[derive(Debug, Args)]
pub struct Why {
    /// Step or gate to ask about
    pub id: String,
}

pub fn run(args: &Why, context: &Context) -> Result<Report, Failure> {
    let (workspace, snapshot) = context.look()?;
    let Some(answer) = explain(&workspace, &snapshot, &args.id) else {
        let known: Vec<_> = snapshot.sequence().node_ids().collect();
        return Err(Failure::not_found("step or gate", &args.id, known.iter().map(|id| id.as_str())));
    };
    let text = text(&answer, context);
    Ok(Report::new(json!({ "why": answer }), text))
}

fn text(answer: &Answer, context: &Context) -> String {
    let colours = context.colours();
    let reason = answer.reason.as_deref().map(|r| format!(": {r}")).unwrap_or_default();
    let mut out =
        format!("{} is {}{reason}\n", Style::Bold.paint(answer.id.as_str(), colours), answer.status);
    for hold in &answer.holds {
        out += &format!("  held by {}\n", say(hold));
    }
    if answer.holds.is_empty() && answer.roots.is_empty() {
        out += "  nothing holds it\n";
    }
    for root in &answer.roots {
        out += &format!("  {}\n", root.cause);
        if let Some(free) = &root.free {
            out += &format!("    {} {free}\n", Style::Cyan.paint("to free it:", colours));
        }
    }
    out
}

fn say(hold: &Hold) -> String {
    let tail = |reason: &Option<String>| reason.as_deref().map(|r| format!(": {r}")).unwrap_or_default();
    match hold {
        Hold::Dependency { id, status, reason } => format!("step {id}, which is {status}{}", tail(reason)),
        Hold::Gate { id, status, reason } => format!("gate {id}, which is {status}{}", tail(reason)),
        Hold::Unknown { id } => format!("{id}, which does not exist"),
        Hold::GroupFailed { group, member } => {
            format!("group {group}, which failed fast when {member} failed")
        }
        Hold::Orchestrator { lead, running: true } => {
            format!("its orchestrator {lead}, which runs it when it wants to")
        }
        Hold::Orchestrator { lead, .. } => {
            format!("you: its orchestrator {lead} does not run, and `run all` starts no child of one")
        }
        Hold::Watchdog { of } => format!("nothing: it watches {of} and runs with it"),
        Hold::Decision => "a decision that a person has to make".to_owned(),
        Hold::Review => "a review that a person has to make".to_owned(),
        Hold::Failed { reason } => format!("its failure{}", tail(reason)),
        Hold::Backoff { until } => format!("the pause before its next attempt, until {} UTC", moment(*until)),
        Hold::Slots { running, limit } => format!("the limit of {limit} steps at once: {running} run"),
        Hold::Quota { until } => format!("a quota of its model, until {} UTC", moment(*until)),
        Hold::Budget { of, spent } => format!("the {of}, which is reached: {spent} spent"),
        Hold::Policy { denial } => format!("the policy: {denial}"),
    }
}

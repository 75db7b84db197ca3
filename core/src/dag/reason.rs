//! The words for why a step or gate is as it is.

use super::{Dag, Frontier, Group, Node};
use crate::model::{GateStatus, Phase, State};

/// Reason of a step that was stopped, or is not started, because another member of its group failed.
pub const STOPPED_BY_GROUP: &str = "stopped: group failed fast";

/// How many names a reason lists before it counts.
const NAMED: usize = 5;

/// Why an idle step is BLOCKED.
pub(super) fn blocked(frontier: &Frontier, state: &State, node: Node) -> String {
    let dag = frontier.dag();
    if let Some(target) = dag.watched(node) {
        return format!("watchdog of {target}");
    }
    if let Some(group) = frontier.failed_fast(node) {
        return failed_fast(dag, frontier, state, group);
    }
    if let (Some(reached), None) = (frontier.budget(node), frontier.unsatisfied(node).next()) {
        return reached.reason();
    }
    waits(frontier, node)
}

/// Why an undecided gate waits, or an approved one does not let through yet.
pub(super) fn gate(frontier: &Frontier, node: Node) -> Option<String> {
    let open = frontier.is_ready(node);
    match frontier.gate_status(node) {
        GateStatus::Pending if open => Some("needs a decision".to_owned()),
        GateStatus::Pending => Some(waits(frontier, node)),
        GateStatus::Approved if !open => Some(format!("approved early; {}", waits(frontier, node))),
        GateStatus::Approved | GateStatus::Blocked => None,
    }
}

/// The member whose failure set off the others, in file order; not one that was stopped for it.
pub(super) fn culprit(dag: &Dag, frontier: &Frontier, state: &State, group: &Group) -> Option<Node> {
    let failed = group.members.iter().copied().filter(|m| frontier.phase(*m) == Phase::Failed);
    let stopped = |n: &Node| {
        let step = state.steps.get(dag.id(*n).as_str());
        step.and_then(|s| s.reason.as_deref()).is_some_and(|r| r.starts_with(STOPPED_BY_GROUP))
    };
    failed.clone().find(|n| !stopped(n)).or_else(|| failed.clone().next())
}

fn failed_fast(dag: &Dag, frontier: &Frontier, state: &State, group: &Group) -> String {
    match culprit(dag, frontier, state, group) {
        Some(member) => format!("{STOPPED_BY_GROUP} ({} failed)", dag.id(member)),
        None => STOPPED_BY_GROUP.to_owned(),
    }
}

/// `blocked by gate g; waits for build, test (failed)`.
fn waits(frontier: &Frontier, node: Node) -> String {
    let dag = frontier.dag();
    let gates = frontier.unsatisfied(node).filter(|n| dag.is_gate(*n));
    let gates = gates.map(|n| ["gate ", dag.id(n).as_str(), ""]);
    let steps = frontier.unsatisfied(node).filter(|n| !dag.is_gate(*n)).map(|n| match frontier.phase(n) {
        Phase::Failed => ["", dag.id(n).as_str(), " (failed)"],
        Phase::NeedsReview => ["", dag.id(n).as_str(), " (needs review)"],
        _ => ["", dag.id(n).as_str(), ""],
    });
    let unknown = dag.unknown(node).iter().map(|(_, id)| ["", id.as_str(), " (unknown)"]);
    let mut out = String::new();
    list("blocked by ", gates, &mut out);
    list("waits for ", steps.chain(unknown), &mut out);
    out
}

/// Adds names, each in three parts, behind a verb; nothing where there is none.
fn list<'n>(verb: &str, names: impl Iterator<Item = [&'n str; 3]> + Clone, out: &mut String) {
    let count = names.clone().count();
    let shown = if count > NAMED + 1 { NAMED } else { count };
    if count > 0 && !out.is_empty() {
        out.push_str("; ");
    }
    for (i, name) in names.take(shown).enumerate() {
        out.push_str(if i == 0 { verb } else { ", " });
        name.iter().for_each(|part| out.push_str(part));
    }
    if count > shown {
        out.push_str(&format!(" and {} more", count - shown));
    }
}

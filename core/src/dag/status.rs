//! The statuses a person sees, derived from the definition and the facts.

use std::sync::Arc;

use super::{Dag, Frontier, Node, reason};
use crate::id::NodeId;
use crate::model::{GateStatus, Phase, Sequence, State, StepStatus};

/// A step as a person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepView {
    /// Its status.
    pub status: StepStatus,
    /// Why, where it is not obvious.
    pub reason: Option<String>,
}

/// A gate as a person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateView {
    /// What was decided.
    pub status: GateStatus,
    /// Why, or what it waits for.
    pub reason: Option<String>,
    /// Whether all it depends on is satisfied: only a person's decision is missing.
    pub due: bool,
}

/// Every status of a sequence; step `i` of the sequence is `steps[i]`, gate `i` is `gates[i]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Statuses {
    /// The steps, in file order.
    pub steps: Vec<StepView>,
    /// The gates, in file order.
    pub gates: Vec<GateView>,
}

impl Statuses {
    /// The statuses of a sequence in a state.
    pub fn of(sequence: &Sequence, state: &State) -> Self {
        Self::of_graph(Arc::new(Dag::new(sequence)), state)
    }

    /// The statuses of a sequence in a state, where its graph is at hand.
    pub fn of_graph(dag: Arc<Dag>, state: &State) -> Self {
        Self::from_frontier(&Frontier::new(dag, state), state)
    }

    /// The same from a frontier that is up to date with `state`, which only gives the reasons.
    pub fn from_frontier(frontier: &Frontier, state: &State) -> Self {
        let dag = frontier.dag();
        Self {
            steps: dag.steps().map(|n| step(frontier, state, n)).collect(),
            gates: dag.gates().map(|n| gate(frontier, state, n)).collect(),
        }
    }
}

impl Frontier {
    /// One step as a person sees it; `state` gives the recorded reason.
    pub fn step_view(&self, state: &State, node: Node) -> StepView {
        step(self, state, node)
    }

    /// One gate as a person sees it; `state` gives the recorded reason.
    pub fn gate_view(&self, state: &State, node: Node) -> GateView {
        gate(self, state, node)
    }
}

fn step(frontier: &Frontier, state: &State, node: Node) -> StepView {
    if let Some(target) = frontier.dag().watched(node) {
        return watchdog(frontier, state, node, target);
    }
    let recorded = || state.steps.get(frontier.dag().id(node).as_str()).and_then(|s| s.reason.clone());
    match frontier.phase(node).status() {
        Some(status) => StepView { status, reason: recorded() },
        None if frontier.is_ready(node) => StepView { status: StepStatus::Ready, reason: recorded() },
        None => {
            StepView { status: StepStatus::Blocked, reason: Some(reason::blocked(frontier, state, node)) }
        }
    }
}

/// A watchdog has no facts of its own: it runs while what it watches runs, in the same wrapper, and ends with it.
fn watchdog(frontier: &Frontier, state: &State, node: Node, target: &NodeId) -> StepView {
    let (id, dag) = (frontier.dag().id(node), frontier.dag());
    let phase = dag.find(target.as_str()).map_or(Phase::Idle, |n| frontier.phase(n));
    let known = state.steps.get(target.as_str());
    // A status that a hand gave to the step is no run that was watched.
    let ran = known.is_some_and(|s| s.run_id.is_some());
    let stopped = known.and_then(|s| s.reason.as_deref()).is_some_and(|r| r == format!("watchdog {id}"));
    let view = |status, reason: String| StepView { status, reason: Some(reason) };
    match phase {
        Phase::Running => view(StepStatus::Running, format!("watches {target}")),
        _ if phase.is_ended() && ran && stopped => view(StepStatus::Done, format!("stopped {target}")),
        _ if phase.is_ended() && ran => view(StepStatus::Done, format!("{target} ended")),
        _ => view(StepStatus::Blocked, reason::blocked(frontier, state, node)),
    }
}

fn gate(frontier: &Frontier, state: &State, node: Node) -> GateView {
    let recorded = state.gates.get(frontier.dag().id(node).as_str()).and_then(|g| g.reason.clone());
    GateView {
        status: frontier.gate_status(node),
        reason: recorded.or_else(|| reason::gate(frontier, node)),
        due: frontier.is_ready(node),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dag::testing::{sequence, state};
    use crate::id::GroupId;

    fn views(seq: &Sequence, text: &str) -> Vec<String> {
        let statuses = Statuses::of(seq, &state(text));
        let steps = statuses.steps.iter().map(|v| (v.status.as_str(), &v.reason));
        let gates = statuses.gates.iter().map(|v| (v.status.as_str(), &v.reason));
        steps.chain(gates).map(|(s, r)| format!("{s} {}", r.as_deref().unwrap_or("-"))).collect()
    }

    #[test]
    fn a_blocked_step_names_what_it_waits_for() {
        let seq = sequence("build; test; ship: build test review; gate review: build");
        assert_eq!(
            views(&seq, "test=failed"),
            [
                "READY -",
                "FAILED -",
                "BLOCKED blocked by gate review; waits for build, test (failed)",
                "PENDING waits for build"
            ]
        );
        assert_eq!(
            views(&seq, "build=done test=done")[2..],
            ["BLOCKED blocked by gate review", "PENDING needs a decision"]
        );
        assert_eq!(views(&seq, "build=done test=done review=approved")[2..], ["READY -", "APPROVED -"]);
        assert_eq!(views(&seq, "review=approved")[3], "APPROVED approved early; waits for build");
    }

    #[test]
    fn a_long_list_is_counted_and_the_unknown_is_named() {
        let seq = sequence("a; b; c; d; e; f; g; z: a b c d e f g; y: nope");
        assert_eq!(
            views(&seq, "")[7..],
            ["BLOCKED waits for a, b, c, d, e and 2 more", "BLOCKED waits for nope (unknown)"]
        );
    }

    #[test]
    fn idle_members_name_the_member_that_failed_not_one_stopped_for_it() {
        let mut seq = sequence("a; b; c");
        for step in &mut seq.steps {
            step.group_id = Some(GroupId::new("team").unwrap());
        }
        let mut now = state("a=failed b=failed");
        now.steps.get_mut("a").unwrap().reason = Some(reason::STOPPED_BY_GROUP.into());
        let view = &Statuses::of(&seq, &now).steps[2];
        assert_eq!(view.status, StepStatus::Blocked);
        assert_eq!(view.reason.as_deref(), Some("stopped: group failed fast (b failed)"));
    }

    #[test]
    fn a_watchdog_runs_and_ends_with_what_it_watches() {
        let mut seq = sequence("long; w");
        seq.steps[1].watchdog_for = Some(seq.steps[0].id.clone());
        let seen = |phase: &str, reason: Option<&str>| {
            let mut now = state(phase);
            if let Some(step) = now.steps.get_mut("long") {
                step.run_id = Some("20261122T204355Z-7f3a".parse().unwrap());
                step.reason = reason.map(str::to_owned);
            }
            let view = Statuses::of(&seq, &now).steps.remove(1);
            (view.status, view.reason.unwrap())
        };
        assert_eq!(seen("", None), (StepStatus::Blocked, "watchdog of long".into()));
        assert_eq!(seen("long=running", None), (StepStatus::Running, "watches long".into()));
        assert_eq!(seen("long=done", None), (StepStatus::Done, "long ended".into()));
        assert_eq!(seen("long=failed", Some("exit code 1")), (StepStatus::Done, "long ended".into()));
        assert_eq!(seen("long=failed", Some("watchdog w")), (StepStatus::Done, "stopped long".into()));
    }

    #[test]
    fn a_recorded_reason_is_kept() {
        let mut now = state("a=failed");
        now.steps.get_mut("a").unwrap().reason = Some("timeout after 5 ms".into());
        let view = &Statuses::of(&sequence("a"), &now).steps[0];
        assert_eq!(view.reason.as_deref(), Some("timeout after 5 ms"));
    }
}

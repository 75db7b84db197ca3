//! What panels tell of all steps at a glance: worked out with a scene, beside the frames.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};
use threados_core::id::RunId;
use threados_core::model::{Gate, GateState, GateStatus, Phase, State, StepState};
use threados_core::workspace::Snapshot;

use crate::scene::{Node, Tone};

/// What of the steps is told first, in this order.
pub const PARTS: [(Tone, &str); 4] = [
    (Tone::Review, "Needs you"),
    (Tone::Failed, "Failed"),
    (Tone::Running, "Runs"),
    (Tone::Ready, "May start"),
];

/// How many of each are told of by name.
const MOST: usize = 6;

/// One of [`PARTS`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Part {
    /// How many there are.
    pub count: usize,
    /// Those for which most wait, each with how many do.
    pub first: Vec<(usize, usize)>,
}

/// What there is of each part.
pub fn parts(nodes: &[Node], edges: &[(usize, usize)]) -> [Part; 4] {
    let tones: Vec<Tone> = nodes.iter().map(|n| n.tone).collect();
    let mut waiting = vec![0; nodes.len()];
    for (from, to) in edges {
        waiting[*from] += usize::from(tones[*to] == Tone::Waiting);
    }
    PARTS.map(|(tone, _)| {
        let all = (0..nodes.len()).filter(|n| tones[*n] == tone);
        let mut first: Vec<(usize, usize)> = all.map(|n| (n, waiting[n])).collect();
        let count = first.len();
        let order = |(n, wait): &(usize, usize)| (Reverse(*wait), *n);
        if count > MOST {
            first.select_nth_unstable_by_key(MOST, order);
            first.truncate(MOST);
        }
        first.sort_by_key(order);
        Part { count, first }
    })
}

/// A step's time in a run, or that of a person who decided at a gate.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// Which.
    pub node: usize,
    /// When it began, or the gate was due.
    pub from: DateTime<Utc>,
    /// When it ended or was decided; `None` while it runs or waits.
    pub to: Option<DateTime<Utc>>,
}

/// A run over time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bars {
    /// Which; `None` where nothing has run yet.
    pub run: Option<RunId>,
    /// The steps of it, those that its orchestrators ran, whatever else runs, and the gates it came to, by their
    /// beginning.
    pub bars: Vec<Bar>,
    /// When the last that has ended did.
    pub ended: Option<DateTime<Utc>>,
    /// Whether a step still runs.
    pub live: bool,
}

impl Bars {
    /// Of the run that began last, those aside that orchestrators began; ids sort by time.
    pub fn latest(nodes: &[Node], snapshot: &Snapshot) -> Self {
        let state = &snapshot.state.steps;
        if state.is_empty() {
            return Self::default();
        }
        let steps = snapshot.sequence().steps.iter();
        let own = steps.filter(|s| s.spawned_by.is_none()).filter_map(|s| state.get(&s.id)?.run_id.as_ref());
        let run = own.max().or_else(|| state.values().filter_map(|s| s.run_id.as_ref()).max());
        run.map(|run| Self::of(nodes, snapshot, run)).unwrap_or_default()
    }

    /// Of this run.
    pub fn of(nodes: &[Node], snapshot: &Snapshot, run: &RunId) -> Self {
        let is_of = |s: &StepState| s.run_id.as_ref() == Some(run);
        let state = &snapshot.state.steps;
        let begun = state.values().filter(|s| is_of(s)).filter_map(|s| s.started_at).min();
        let steps = snapshot.sequence().steps.iter().zip(nodes).enumerate();
        let bar = |(node, (step, shown)): (usize, (&threados_core::model::Step, &Node))| {
            let known = state.get(&step.id)?;
            let runs = shown.tone == Tone::Running;
            let within = |at| step.spawned_by.is_some() && begun.is_some_and(|begun| at >= begun);
            let from = known.started_at.filter(|at| runs || is_of(known) || within(*at))?;
            Some(Bar { node, from, to: if runs { None } else { Some(known.ended_at.unwrap_or(from)) } })
        };
        let mut bars: Vec<Bar> = steps.filter_map(bar).collect();
        let live = bars.iter().any(|b| b.to.is_none());
        let gates = snapshot.sequence().gates.iter().zip(snapshot.sequence().steps.len()..);
        let waits = gates.filter_map(|(gate, node)| wait(gate, node, &snapshot.state));
        bars.extend(waits.filter(|wait| begun.is_some_and(|begun| wait.from >= begun)));
        bars.sort_by_key(|b| b.from);
        let ended = bars.iter().filter_map(|b| b.to).max();
        Self { run: Some(run.clone()), bars, ended, live }
    }
}

/// How long a gate waited for a person: from the end of the last thing before it to the decision. One that nothing
/// stands before waits since it is there, which is no time of a run.
fn wait(gate: &Gate, node: usize, state: &State) -> Option<Bar> {
    let mut from = None;
    for id in &gate.depends_on {
        let step = state.steps.get(id.as_str()).filter(|s| s.phase == Phase::Done).and_then(|s| s.ended_at);
        let yes = || state.gates.get(id.as_str()).filter(|g| g.status == GateStatus::Approved);
        from = from.max(Some(step.or_else(|| decided(yes()?))?));
    }
    let to = state.gates.get(&gate.id).and_then(decided);
    let from = from.filter(|from| to.is_none_or(|to| to >= *from))?;
    Some(Bar { node, from, to })
}

fn decided(gate: &GateState) -> Option<DateTime<Utc>> {
    gate.decision.as_ref().map(|d| d.at)
}

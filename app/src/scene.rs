//! What the window shows of a project: plain data, made from a snapshot and off the frame.

mod node;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use threados_core::dag::GateView;
use threados_core::id::{GroupId, NodeId, StepId};
use threados_core::layout::Request;
use threados_core::model::{Gate, GateStatus, Mode, Spent, Step, StepState, StepStatus, Steps};
use threados_core::workspace::Snapshot;

use crate::glance::{Bars, Part, parts};
use crate::plan::Plan;
use crate::words;
use node::{gate_node, step_node};

pub use node::{Form, Looks, Node};

/// What a node's colour and mark say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tone {
    /// It may start.
    Ready,
    /// It runs.
    Running,
    /// It needs a person.
    Review,
    /// It ended well, or was approved.
    Done,
    /// It ended badly, or was blocked by a person.
    Failed,
    /// It waits for something else.
    Waiting,
}

impl Tone {
    /// Every tone, in the order of the counts.
    pub const ALL: [Self; 6] =
        [Self::Ready, Self::Running, Self::Review, Self::Done, Self::Failed, Self::Waiting];

    /// The word that stands beside the mark.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Running => "running",
            Self::Review => "needs you",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Waiting => "waiting",
        }
    }

    fn of_step(status: StepStatus) -> Self {
        match status {
            StepStatus::Ready => Self::Ready,
            StepStatus::Running => Self::Running,
            StepStatus::NeedsReview => Self::Review,
            StepStatus::Done => Self::Done,
            StepStatus::Failed => Self::Failed,
            StepStatus::Blocked => Self::Waiting,
        }
    }

    fn of_gate(view: &GateView) -> Self {
        match view.status {
            GateStatus::Approved => Self::Done,
            GateStatus::Blocked => Self::Failed,
            GateStatus::Pending if view.due => Self::Review,
            GateStatus::Pending => Self::Waiting,
        }
    }
}

/// How many steps stand how, and how many gates and steps need a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// By [`Tone`], gates included.
    pub by_tone: [usize; 6],
    /// Steps.
    pub steps: usize,
    /// Gates.
    pub gates: usize,
}

impl Counts {
    /// Of one tone.
    pub fn of(&self, tone: Tone) -> usize {
        self.by_tone[tone as usize]
    }
}

/// A project as the window shows it. Immutable.
#[derive(Debug, Clone)]
pub struct Scene {
    /// The sequence's name.
    pub name: String,
    /// Where the project is, as a person writes it.
    pub place: String,
    /// The mode in force; `None` while the policy is broken.
    pub mode: Option<Mode>,
    /// Steps, then gates, in file order.
    pub nodes: Arc<[Node]>,
    /// Where they are.
    pub plan: Arc<Plan>,
    /// How many stand how.
    pub counts: Counts,
    /// What all steps have cost.
    pub spent: Spent,
    /// What there is to tell of first.
    pub parts: Arc<[Part; 4]>,
    /// The latest run over time.
    pub bars: Arc<Bars>,
    /// What it was made from.
    pub snapshot: Arc<Snapshot>,
    pub(crate) by_id: Arc<HashMap<NodeId, usize>>,
}

impl Scene {
    /// The scene of a snapshot. Where the graph is that of `before`, the drawing is kept, or the better one taken that
    /// has been made of it.
    pub fn of(place: &str, snapshot: Arc<Snapshot>, before: Option<&Self>) -> Self {
        let sequence = snapshot.sequence();
        let statuses = snapshot.statuses();
        let default = StepState::default();
        let steps = sequence.steps.iter().zip(&statuses.steps).map(|(step, view)| {
            let state = &snapshot.state;
            step_node(step, view, state.steps.get(&step.id).unwrap_or(&default), state.spent.get(&step.id))
        });
        let gates = sequence.gates.iter().zip(&statuses.gates).map(|(gate, view)| gate_node(gate, view));
        let mut nodes: Vec<Node> = steps.chain(gates).collect();
        count_children(&mut nodes, &sequence.steps);
        let request = Request::of(sequence);
        let kept = before.filter(|b| *b.plan.request() == request);
        let plan = match (kept, before) {
            (Some(kept), _) => kept.plan.best(),
            (None, Some(before)) => Arc::new(Plan::after(request, &before.plan.best())),
            (None, None) => Arc::new(Plan::new(request)),
        };
        let by_id = kept.map_or_else(
            || Arc::new(nodes.iter().enumerate().map(|(i, n)| (n.id.clone(), i)).collect()),
            |b| Arc::clone(&b.by_id),
        );
        name_what_is_waited_for(&mut nodes, &by_id);
        if let Ok(policy) = snapshot.policy() {
            say_where_no_slot_is_free(&mut nodes, policy.max_concurrent as usize);
        }
        let mut counts =
            Counts { steps: sequence.steps.len(), gates: sequence.gates.len(), ..Counts::default() };
        nodes.iter().for_each(|n| counts.by_tone[n.tone as usize] += 1);
        let mut spent = Spent::default();
        snapshot.state.spent.values().for_each(|of| spent.add(*of));
        let mode = snapshot.policy().ok().map(|p| p.mode);
        let parts = Arc::new(parts(&nodes, &plan.request().edges));
        let bars = Arc::new(Bars::latest(&nodes, &snapshot));
        Self {
            name: sequence.name.clone(),
            place: place.to_owned(),
            mode,
            nodes: nodes.into(),
            plan,
            counts,
            spent,
            parts,
            bars,
            by_id,
            snapshot,
        }
    }

    /// The same with how each watchdog whose step runs looks at it.
    #[must_use]
    pub fn with_looks(mut self, looks: &HashMap<StepId, Looks>) -> Self {
        let nodes = Arc::make_mut(&mut self.nodes);
        for (id, looks) in looks {
            if let Some(node) = self.by_id.get(id.as_str()).and_then(|n| nodes.get_mut(*n)) {
                node.looks = Some(*looks);
            }
        }
        self
    }

    /// The same with these groups folded.
    #[must_use]
    pub fn folded(&self, groups: &BTreeSet<GroupId>) -> Self {
        let request = Request { folded: groups.clone(), ..self.plan.request().clone() };
        Self { plan: Arc::new(Plan::after(request, &self.plan)), ..self.clone() }
    }

    /// The critical path: the longest way along the edges over what is not done.
    pub fn critical(&self) -> Vec<usize> {
        self.plan.longest(|n| if self.nodes[n].tone == Tone::Done { 0.0 } else { 1.0 })
    }

    /// The index of a step or gate.
    pub fn find(&self, id: &NodeId) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// What stands on the card of a step or gate; of one that is not there its id.
    pub fn name_of<'n>(&'n self, id: &'n str) -> &'n str {
        self.by_id.get(id).map_or(id, |n| self.nodes[*n].name.as_str())
    }

    /// The step at an index; `None` for a gate.
    pub fn step(&self, index: usize) -> Option<&Step> {
        self.snapshot.sequence().steps.get(index)
    }

    /// The gate at an index; `None` for a step.
    pub fn gate(&self, index: usize) -> Option<&Gate> {
        self.snapshot.sequence().gates.get(index.checked_sub(self.counts.steps)?)
    }

    /// Whether another scene would look different.
    pub fn differs(&self, other: &Self) -> bool {
        self.nodes != other.nodes
            || self.name != other.name
            || self.mode != other.mode
            || self.spent != other.spent
            || self.snapshot.revision != other.snapshot.revision
    }

    /// The indices of what a search finds, in order: in ids, names, models and reasons.
    pub fn search(&self, query: &str) -> Vec<usize> {
        let query = query.trim().to_lowercase();
        if query.is_empty() {
            return Vec::new();
        }
        let hit = |text: &str| text.to_lowercase().contains(&query);
        let nodes = self.nodes.iter().enumerate();
        nodes
            .filter(|(_, n)| hit(n.id.as_str()) || hit(&n.name) || hit(&n.says) || hit(&n.model))
            .map(|(i, _)| i)
            .collect()
    }
}

/// Cards are told apart by their names, so that is how each says for which others it waits.
fn name_what_is_waited_for(nodes: &mut [Node], by_id: &HashMap<NodeId, usize>) {
    let waiting = (0..nodes.len()).filter(|n| nodes[*n].tone == Tone::Waiting);
    let name = |id| by_id.get(id).map_or(id, |n: &usize| nodes[*n].name.as_str());
    let said: Vec<(usize, String)> =
        waiting.filter_map(|n| Some((n, words::waits(&nodes[n].says, name)?))).collect();
    said.into_iter().for_each(|(n, says)| nodes[n].says = says);
}

/// What may start while as many run as may says so: it is ready, and waits all the same. Whether an orchestrator holds
/// its slot while its children run is not known here, so it is not counted then.
fn say_where_no_slot_is_free(nodes: &mut [Node], most: usize) {
    let holds = |n: &&Node| n.since.is_some() && n.children.is_none();
    let run = nodes.iter().filter(holds).count();
    if run >= most {
        let ready = nodes.iter_mut().filter(|n| n.tone == Tone::Ready && n.form != Form::Gate);
        ready.for_each(|n| n.says = format!("ready \u{b7} {run} run, and {most} may"));
    }
}

/// Tells orchestrators of the steps they added.
fn count_children(nodes: &mut [Node], steps: &Steps) {
    let mut counts: HashMap<&StepId, (usize, usize)> = HashMap::new();
    for (step, node) in steps.iter().zip(nodes.iter()) {
        if let Some(lead) = &step.spawned_by {
            let (done, all) = counts.entry(lead).or_default();
            *done += usize::from(node.tone == Tone::Done);
            *all += 1;
        }
    }
    for (step, node) in steps.iter().zip(nodes) {
        node.children = counts.get(&step.id).copied();
    }
}

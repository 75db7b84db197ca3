//! What the window shows of a project: plain data, made from a snapshot and off the frame.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use threados_core::dag::{GateView, StepView};
use threados_core::id::{GroupId, NodeId, StepId};
use threados_core::layout::Request;
use threados_core::model::{Gate, GateStatus, Mode, Step, StepState, StepStatus, Steps};
use threados_core::workspace::Snapshot;

use crate::glance::{Bars, Part, parts};
use crate::plan::Plan;
use crate::words;

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

/// The form of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A card.
    Card,
    /// A diamond.
    Gate,
    /// A funnel: it merges candidates.
    Funnel,
}

/// One step or gate.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Its id.
    pub id: NodeId,
    /// What a person reads.
    pub name: String,
    /// Its form.
    pub form: Form,
    /// How it stands.
    pub tone: Tone,
    /// The status word as files have it.
    pub status: &'static str,
    /// What runs it; empty for a gate.
    pub model: String,
    /// The line below the name; of a running step it is told anew with each second, see [`Node::line`].
    pub says: String,
    /// A small fact at the right.
    pub fact: String,
    /// Since when it runs.
    pub since: Option<DateTime<Utc>>,
    /// How long it may run.
    pub limit_ms: Option<u64>,
    /// Of an orchestrator: how many of the steps it added are done, and how many it added.
    pub children: Option<(usize, usize)>,
}

impl Node {
    /// The line that says why it is as it is.
    pub fn line(&self, now: DateTime<Utc>) -> Cow<'_, str> {
        let Some(since) = self.since else { return self.says.as_str().into() };
        let ran = words::span(now - since);
        match (self.children, self.limit_ms) {
            (Some((done, all)), _) => format!("running \u{b7} {ran} \u{b7} {done} of {all} children"),
            (None, Some(limit)) => format!("running \u{b7} {ran} of {}", words::limit(limit)),
            (None, None) => format!("running \u{b7} {ran}"),
        }
        .into()
    }

    /// The same in fewer and fewer words, for where there is no room for all.
    pub fn shorter(&self, now: DateTime<Utc>) -> Vec<String> {
        let Some(since) = self.since else { return Vec::new() };
        let ran = words::span(now - since);
        let children = self.children.map(|(done, all)| format!("{ran} \u{b7} {done} of {all} children"));
        children.into_iter().chain([format!("running \u{b7} {ran}"), ran.clone()]).collect()
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
            step_node(step, view, snapshot.state.steps.get(&step.id).unwrap_or(&default))
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
            parts,
            bars,
            by_id,
            snapshot,
        }
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

fn step_node(step: &Step, view: &StepView, state: &StepState) -> Node {
    let tone = Tone::of_step(view.status);
    let candidates = step.fusion_candidates.len();
    let fact = match (step.fusion_synth, state.attempt) {
        (true, _) if candidates > 0 => format!("{candidates}\u{2192}1"),
        (_, attempt) if attempt > 1 => format!("try {attempt}"),
        _ => String::new(),
    };
    Node {
        id: (&step.id).into(),
        name: step.name.clone(),
        form: if step.fusion_synth { Form::Funnel } else { Form::Card },
        tone,
        status: view.status.as_str(),
        model: short(step.model.as_str()).to_owned(),
        says: words::step(tone, view, state),
        fact,
        since: state.started_at.filter(|_| tone == Tone::Running),
        limit_ms: step.timeout_ms,
        children: None,
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

/// A model on a card, where every letter counts: `claude-code` is `claude`.
fn short(model: &str) -> &str {
    model.strip_suffix("-code").unwrap_or(model)
}

fn gate_node(gate: &Gate, view: &GateView) -> Node {
    let tone = Tone::of_gate(view);
    Node {
        id: (&gate.id).into(),
        name: gate.name.clone(),
        form: Form::Gate,
        tone,
        status: view.status.as_str(),
        model: String::new(),
        says: words::gate(tone, view),
        fact: String::new(),
        since: None,
        limit_ms: None,
        children: None,
    }
}

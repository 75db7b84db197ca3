//! One step or gate, and what stands on its card.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use threados_core::dag::{GateView, StepView};
use threados_core::id::NodeId;
use threados_core::model::{Gate, Spent, Step, StepState};

use super::Tone;
use crate::words;

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
    /// Of a watchdog whose step runs now: how it looks.
    pub looks: Option<Looks>,
}

/// How a watchdog looks at its step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Looks {
    /// How often, in milliseconds.
    pub every_ms: u64,
    /// When its last check ended; well, or its step would not run any more.
    pub last: Option<DateTime<Utc>>,
}

impl Node {
    /// The line that says why it is as it is.
    pub fn line(&self, now: DateTime<Utc>) -> Cow<'_, str> {
        if let Some(looks) = self.looks {
            let every = words::limit(looks.every_ms);
            return format!("{} \u{b7} every {every}", looks.short(now)).into();
        }
        let Some(since) = self.since else { return self.says.as_str().into() };
        let ran = words::span(now - since);
        match (self.children, self.limit_ms) {
            (Some((done, all)), _) => format!("running \u{b7} {ran} \u{b7} {done} of {all} children"),
            (None, Some(limit)) => format!("running \u{b7} {ran} of {}", words::limit(limit)),
            (None, None) => format!("running \u{b7} {ran}"),
        }
        .into()
    }

    /// Whether its line is another one with each second.
    pub fn is_timed(&self) -> bool {
        self.since.is_some() || self.looks.is_some()
    }

    /// The same in fewer and fewer words, for where there is no room for all.
    pub fn shorter(&self, now: DateTime<Utc>) -> Vec<String> {
        if let Some(looks) = self.looks {
            return vec![looks.short(now)];
        }
        let Some(since) = self.since else { return Vec::new() };
        let ran = words::span(now - since);
        let children = self.children.map(|(done, all)| format!("{ran} \u{b7} {done} of {all} children"));
        children.into_iter().chain([format!("running \u{b7} {ran}"), ran.clone()]).collect()
    }
}

impl Looks {
    fn short(self, now: DateTime<Utc>) -> String {
        match self.last {
            Some(last) => format!("ok {} ago", words::ago(now - last)),
            None => "no check yet".to_owned(),
        }
    }
}

/// The node of a step; `spent` is what its attempts have cost.
pub(super) fn step_node(step: &Step, view: &StepView, state: &StepState, spent: Option<&Spent>) -> Node {
    let tone = Tone::of_step(view.status);
    let candidates = step.fusion_candidates.len();
    let fact = match (step.fusion_synth, state.attempt) {
        (true, _) if candidates > 0 => format!("{candidates}\u{2192}1"),
        (_, attempt) if attempt > 1 => format!("try {attempt}"),
        _ => spent.and_then(|s| words::cost(*s)).unwrap_or_default(),
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
        looks: None,
    }
}

/// A model on a card, where every letter counts: `claude-code` is `claude`.
fn short(model: &str) -> &str {
    model.strip_suffix("-code").unwrap_or(model)
}

/// The node of a gate.
pub(super) fn gate_node(gate: &Gate, view: &GateView) -> Node {
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
        looks: None,
    }
}

//! What the engine knows: the definition, the facts, the frontier, the policy. Kept up to date in place.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::confine::ground;
use crate::dag::{Change, Dag, Frontier, Node, StepView};
use crate::id::StepId;
use crate::model::{Fact, Phase, Sequence, State, Step};
use crate::policy::{Judge, Policy};
use crate::store::yaml::Document;
use crate::workspace::{DoorError, Snapshot, Workspace};
use crate::wrapper::sandbox::Ground;

/// The engine's picture of the project.
pub(super) struct World {
    pub document: Arc<Document>,
    pub state: State,
    pub frontier: Frontier,
    pub policy: Result<Policy, DoorError>,
    pub judge: Option<Judge>,
    pub ground: Option<Ground>,
    index: HashMap<StepId, usize>,
}

impl World {
    pub fn new(workspace: &Workspace, snapshot: Snapshot) -> Self {
        let policy = snapshot.policy();
        let judge = policy.as_ref().ok().and_then(|p| workspace.judge(p).ok());
        let ground = policy.as_ref().ok().map(|p| ground(workspace, p));
        let dag = Arc::new(Dag::new(snapshot.sequence()));
        let frontier = Frontier::new(dag, &snapshot.state);
        let index = index(snapshot.sequence());
        Self { document: snapshot.document, state: snapshot.state, frontier, policy, judge, ground, index }
    }

    pub fn sequence(&self) -> &Sequence {
        self.document.sequence()
    }

    pub fn step(&self, id: &StepId) -> Option<&Step> {
        self.index.get(id).and_then(|i| self.sequence().steps.get(*i))
    }

    pub fn step_at(&self, node: Node) -> Option<&Step> {
        self.sequence().steps.get(node.index())
    }

    pub fn node(&self, id: &StepId) -> Option<Node> {
        self.index.get(id).and_then(|i| self.frontier.dag().step(*i))
    }

    pub fn phase(&self, id: &StepId) -> Phase {
        self.state.phase(id.as_str())
    }

    pub fn view(&self, node: Node) -> StepView {
        self.frontier.step_view(&self.state, node)
    }

    /// Takes in something that happened, and tells what became READY or BLOCKED by it.
    pub fn take(&mut self, fact: Fact, at: DateTime<Utc>) -> Vec<Change> {
        let mut changes = match &fact {
            Fact::Step(f) => match self.node(&f.step) {
                Some(node) => self.frontier.on_phase(node, f.phase),
                None => Vec::new(),
            },
            Fact::Gate(f) => match self.frontier.dag().find(f.gate.as_str()) {
                Some(node) => self.frontier.on_gate(node, f.status),
                None => Vec::new(),
            },
            _ => Vec::new(),
        };
        let spent = matches!(&fact, Fact::Step(f) if f.spent.is_some());
        self.state.take(fact, at);
        if spent {
            changes.extend(self.frontier.on_spent(&self.state));
        }
        changes
    }

    /// Others changed files: looks again. A file that became invalid changes nothing.
    pub fn reload(&mut self, workspace: &Workspace) -> Result<(), DoorError> {
        let fresh = match workspace.snapshot() {
            Ok(fresh) => fresh,
            Err(error) => {
                self.frontier = Frontier::new(Arc::clone(self.frontier.dag()), &self.state);
                return Err(error);
            }
        };
        let state = std::mem::take(&mut self.state);
        *self = Self::new(workspace, Snapshot { state, ..fresh });
        Ok(())
    }
}

fn index(sequence: &Sequence) -> HashMap<StepId, usize> {
    sequence.steps.iter().enumerate().map(|(i, s)| (s.id.clone(), i)).collect()
}

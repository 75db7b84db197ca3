//! What may start now, kept true transition by transition.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Dag, Group, Node, Reached};
use crate::model::{FailPolicy, GateStatus, Phase, State};

/// A node whose standing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Which step or gate.
    pub node: Node,
    /// Of a step: it is READY now (else BLOCKED). Of a gate: all it depends on is satisfied now (else no longer).
    pub ready: bool,
}

/// How many members of a group stand how.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    ended: usize,
    done: usize,
    failed: usize,
}

/// The steps that may start, and all that decides it. Built in time linear in the graph; a transition costs the
/// out-degree of what it reaches. In a cycle nothing is ever satisfied.
#[derive(Debug, Clone)]
pub struct Frontier {
    dag: Arc<Dag>,
    phases: Vec<Phase>,
    gates: Vec<GateStatus>,
    /// Per node: its dependencies that are not satisfied, those on nothing included.
    waits: Vec<u32>,
    satisfied: Vec<bool>,
    tallies: Vec<Tally>,
    /// Per node: its standing as last reported; `None` for a step that is not idle.
    standing: Vec<Option<bool>>,
    ready: BTreeSet<Node>,
    /// Per budget of the graph: whether and how it is reached.
    pub(super) reached: Vec<Option<Reached>>,
    /// Per node: a reached budget holds it.
    pub(super) held: Vec<bool>,
}

impl Frontier {
    /// The frontier of a graph in a state.
    pub fn new(dag: Arc<Dag>, state: &State) -> Self {
        let id = |n: Node| dag.id(n).as_str();
        let mut frontier = Self {
            phases: dag.steps().map(|n| state.phase(id(n))).collect(),
            gates: dag.gates().map(|n| state.gate_status(id(n))).collect(),
            waits: Vec::with_capacity(dag.len()),
            satisfied: vec![false; dag.len()],
            tallies: vec![Tally::default(); dag.groups().len()],
            standing: vec![None; dag.len()],
            ready: BTreeSet::new(),
            reached: Vec::new(),
            held: vec![false; dag.len()],
            dag,
        };
        frontier.weigh(state);
        frontier.fill();
        frontier
    }

    /// The graph it stands on.
    pub fn dag(&self) -> &Arc<Dag> {
        &self.dag
    }

    /// The steps that may start, in file order.
    pub fn ready(&self) -> impl Iterator<Item = Node> + '_ {
        self.ready.iter().copied()
    }

    /// Whether a step may start, or, of a gate, whether it is due: all it depends on is satisfied.
    pub fn is_ready(&self, node: Node) -> bool {
        self.standing[node.index()] == Some(true)
    }

    /// Whether what depends on a node may go on as far as that node is concerned.
    pub fn is_satisfied(&self, node: Node) -> bool {
        self.satisfied[node.index()]
    }

    /// The dependencies of a node that are not satisfied, in the order of its `depends_on`; those on nothing
    /// are in [`Dag::unknown`].
    pub fn unsatisfied(&self, node: Node) -> impl Iterator<Item = Node> + Clone + '_ {
        self.dag.predecessors(node).iter().copied().filter(|n| !self.is_satisfied(*n))
    }

    /// The phase of a step; `Idle` for a gate.
    pub fn phase(&self, node: Node) -> Phase {
        self.phases.get(node.index()).copied().unwrap_or_default()
    }

    /// The decision about a gate; `Pending` for a step.
    pub fn gate_status(&self, node: Node) -> GateStatus {
        let gate = node.index().checked_sub(self.dag.step_count());
        gate.and_then(|i| self.gates.get(i).copied()).unwrap_or(GateStatus::Pending)
    }

    /// The `fail_fast` group that holds its idle members because one failed; `None` where none does.
    pub fn failed_fast(&self, node: Node) -> Option<&Group> {
        let g = self.dag.group_index(node)?;
        let group = &self.dag.groups()[g];
        (group.policy == FailPolicy::FailFast && self.tallies[g].failed > 0).then_some(group)
    }

    /// A step's phase changed. Returns, in file order, every step that became READY or BLOCKED by it (the step
    /// itself too, where it is idle again) and every gate that became due or ceased to be. A gate is ignored.
    pub fn on_phase(&mut self, step: Node, phase: Phase) -> Vec<Change> {
        let Some(old) = self.phases.get_mut(step.index()).map(|p| std::mem::replace(p, phase)) else {
            return Vec::new();
        };
        let mut touched = vec![step];
        let mut moved = vec![step];
        if let Some(g) = self.dag.group_index(step) {
            self.count(g, old, phase);
            let affected = self.dag.groups()[g].members.iter().copied();
            // Only a change of the group's own verdict reaches the other members.
            if self.verdict_moved(g, old, phase) {
                touched.extend(affected.clone());
                moved.extend(affected);
            }
        }
        self.propagate(moved, &mut touched);
        self.report(touched)
    }

    /// A gate was decided or reset. Returns what [`Frontier::on_phase`] returns. A step is ignored.
    pub fn on_gate(&mut self, gate: Node, status: GateStatus) -> Vec<Change> {
        let place = gate.index().checked_sub(self.dag.step_count());
        let Some(slot) = place.and_then(|i| self.gates.get_mut(i)) else { return Vec::new() };
        *slot = status;
        let mut touched = Vec::new();
        self.propagate(vec![gate], &mut touched);
        self.report(touched)
    }

    fn fill(&mut self) {
        for g in 0..self.tallies.len() {
            for member in &self.dag.groups()[g].members {
                let phase = self.phases[member.index()];
                self.tallies[g].add(phase);
            }
        }
        let dag = self.dag.clone();
        let waits = dag.nodes().map(|n| (dag.predecessors(n).len() + dag.unknown(n).len()) as u32);
        self.waits = waits.collect();
        self.propagate(dag.nodes().collect(), &mut Vec::new());
        self.report(dag.nodes().collect());
    }

    fn count(&mut self, g: usize, old: Phase, new: Phase) {
        self.tallies[g].remove(old);
        self.tallies[g].add(new);
    }

    /// Whether the change of one member may change what its group says about the others.
    fn verdict_moved(&self, g: usize, old: Phase, new: Phase) -> bool {
        let (now, size) = (self.tallies[g], self.dag.groups()[g].members.len());
        let mut before = now;
        before.remove(new);
        before.add(old);
        match self.dag.groups()[g].policy {
            FailPolicy::FailFast => (before.failed > 0) != (now.failed > 0),
            FailPolicy::BestEffort => before.carries(size) != now.carries(size),
        }
    }

    /// Brings `satisfied` of these nodes in line, and of all that follows from it; notes what it reached.
    fn propagate(&mut self, mut moved: Vec<Node>, touched: &mut Vec<Node>) {
        let dag = self.dag.clone();
        while let Some(node) = moved.pop() {
            let now = self.judge(node);
            if std::mem::replace(&mut self.satisfied[node.index()], now) == now {
                continue;
            }
            for &next in dag.successors(node) {
                let waits = &mut self.waits[next.index()];
                *waits = if now { waits.saturating_sub(1) } else { *waits + 1 };
                touched.push(next);
                if dag.is_gate(next) {
                    moved.push(next);
                }
            }
        }
    }

    fn judge(&self, node: Node) -> bool {
        if self.dag.is_gate(node) {
            return self.gate_status(node) == GateStatus::Approved && self.waits[node.index()] == 0;
        }
        match self.phases[node.index()] {
            Phase::Done => true,
            Phase::Failed => self.dag.group_index(node).is_some_and(|g| {
                let group = &self.dag.groups()[g];
                group.policy == FailPolicy::BestEffort && self.tallies[g].carries(group.members.len())
            }),
            _ => false,
        }
    }

    fn stand(&self, node: Node) -> Option<bool> {
        let free = self.waits[node.index()] == 0;
        if self.dag.is_gate(node) {
            return Some(free);
        }
        let idle = self.phases[node.index()] == Phase::Idle;
        idle.then(|| {
            let held = self.held[node.index()] || self.dag.is_watchdog(node);
            free && !held && self.failed_fast(node).is_none()
        })
    }

    pub(super) fn report(&mut self, mut touched: Vec<Node>) -> Vec<Change> {
        touched.sort_unstable();
        touched.dedup();
        let mut changes = Vec::with_capacity(touched.len());
        for node in touched {
            let now = self.stand(node);
            if std::mem::replace(&mut self.standing[node.index()], now) == now {
                continue;
            }
            if now == Some(true) && !self.dag.is_gate(node) {
                self.ready.insert(node);
            } else {
                self.ready.remove(&node);
            }
            changes.extend(now.map(|ready| Change { node, ready }));
        }
        changes
    }
}

impl Tally {
    fn add(&mut self, phase: Phase) {
        self.ended += usize::from(phase.is_ended());
        self.done += usize::from(phase == Phase::Done);
        self.failed += usize::from(phase == Phase::Failed);
    }

    fn remove(&mut self, phase: Phase) {
        self.ended -= usize::from(phase.is_ended());
        self.done -= usize::from(phase == Phase::Done);
        self.failed -= usize::from(phase == Phase::Failed);
    }

    /// Whether a `best_effort` group of this size carries its failed members.
    fn carries(self, size: usize) -> bool {
        self.ended == size && self.done > 0
    }
}

#[cfg(test)]
mod tests;

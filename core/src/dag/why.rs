//! What holds a step or gate, and what would free it.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Dag, Frontier, Node, Statuses, reason};
use crate::id::{GateId, GroupId, NodeId, StepId};
use crate::model::{GateStatus, Phase, Sequence, State, StepStatus};

/// One thing that holds a step or gate.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Hold {
    /// A step it depends on is not satisfied.
    Dependency {
        /// That step.
        id: StepId,
        /// Its status.
        status: StepStatus,
        /// Why it has that status.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// A gate it depends on does not let through.
    Gate {
        /// That gate.
        id: GateId,
        /// What was decided about it.
        status: GateStatus,
        /// Why.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// It depends on a name that nothing bears.
    Unknown {
        /// That name.
        id: NodeId,
    },
    /// Another member of its `fail_fast` group failed.
    GroupFailed {
        /// The group.
        group: GroupId,
        /// The member that failed.
        member: StepId,
    },
    /// It was spawned by an orchestrator, which starts it when it wants to.
    Orchestrator {
        /// That orchestrator.
        lead: StepId,
        /// Whether it runs; one that has ended starts nothing more.
        running: bool,
    },
    /// It is a watchdog: it runs while the step it watches runs.
    Watchdog {
        /// The watched step.
        of: StepId,
    },
    /// It is a gate whose dependencies are satisfied: a person decides.
    Decision,
    /// It ended well and waits for a person.
    Review,
    /// It failed.
    Failed {
        /// Why.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// It failed and is tried again later.
    Backoff {
        /// When.
        until: DateTime<Utc>,
    },
    /// As many steps run as are allowed.
    Slots {
        /// How many run.
        running: u32,
        /// How many may.
        limit: u32,
    },
    /// A rate or quota limit of its model was reached.
    Quota {
        /// When it is tried again.
        until: DateTime<Utc>,
    },
    /// A budget is reached, so nothing of it starts until a person lets it.
    Budget {
        /// What it is of: `budget of the sequence`.
        of: String,
        /// What was spent: `5.02 of 5.00 USD`.
        spent: String,
    },
    /// The policy denies its start.
    Policy {
        /// The rule, the value and where the rule stands.
        denial: String,
    },
}

/// Where the waiting begins: something that does not wait for another step or gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Root {
    /// The step or gate.
    pub id: NodeId,
    /// How it stands: `gate review is pending`, `build failed: exit code 1`.
    pub cause: String,
    /// The `seqctl` line that frees it; `None` where time alone does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub free: Option<String>,
}

/// Why a step or gate is as it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Why {
    /// The step or gate asked about.
    pub id: NodeId,
    /// Its status, as in files.
    pub status: &'static str,
    /// Why, as in `status`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What holds it directly; empty where nothing does. Callers add limits and denials.
    pub holds: Vec<Hold>,
    /// Where the waiting begins, in file order; the node itself where it is the cause.
    pub roots: Vec<Root>,
}

/// Answers `why ID`; `None` where no step or gate has this id.
pub fn why(sequence: &Sequence, state: &State, id: &str) -> Option<Why> {
    let dag = Arc::new(Dag::new(sequence));
    let node = dag.find(id)?;
    let frontier = Frontier::new(dag, state);
    let statuses = Statuses::from_frontier(&frontier, state);
    let view = View { sequence, frontier: &frontier, state, statuses: &statuses };
    let (status, reason) = view.status(node);
    let roots = view.roots(node);
    Some(Why { id: view.id(node).clone(), status, reason, holds: view.holds(node), roots })
}

struct View<'a> {
    sequence: &'a Sequence,
    frontier: &'a Frontier,
    state: &'a State,
    statuses: &'a Statuses,
}

impl View<'_> {
    fn dag(&self) -> &Dag {
        self.frontier.dag()
    }

    fn id(&self, node: Node) -> &NodeId {
        self.dag().id(node)
    }

    fn status(&self, node: Node) -> (&'static str, Option<String>) {
        match node.index().checked_sub(self.dag().step_count()) {
            None => {
                let view = &self.statuses.steps[node.index()];
                (view.status.as_str(), view.reason.clone())
            }
            Some(gate) => {
                let view = &self.statuses.gates[gate];
                (view.status.as_str(), view.reason.clone())
            }
        }
    }

    fn holds(&self, node: Node) -> Vec<Hold> {
        if self.dag().is_gate(node) {
            return match (self.frontier.gate_status(node), self.frontier.is_ready(node)) {
                (GateStatus::Approved, true) => Vec::new(),
                (_, true) => vec![Hold::Decision],
                (_, false) => self.unsatisfied(node),
            };
        }
        match self.frontier.phase(node) {
            Phase::Running | Phase::Done => Vec::new(),
            Phase::NeedsReview => vec![Hold::Review],
            Phase::Failed => vec![Hold::Failed { reason: self.status(node).1 }],
            Phase::Idle => self.idle_holds(node),
        }
    }

    fn idle_holds(&self, node: Node) -> Vec<Hold> {
        if let Some(of) = self.dag().watched(node) {
            if self.statuses.steps[node.index()].status != StepStatus::Blocked {
                return Vec::new();
            }
            return vec![Hold::Watchdog { of: of.into() }];
        }
        let culprit = self
            .culprit(node)
            .map(|(group, member)| Hold::GroupFailed { group, member: self.id(member).into() });
        let budget = self.frontier.budget(node);
        let budget = budget.map(|b| Hold::Budget { of: b.of.to_string(), spent: b.how.clone() });
        let mut holds: Vec<Hold> = culprit.into_iter().chain(self.unsatisfied(node)).chain(budget).collect();
        if let (true, Some((lead, running))) = (holds.is_empty(), self.lead(node)) {
            holds.push(Hold::Orchestrator { lead: lead.clone(), running });
        }
        holds
    }

    /// The orchestrator of a step, and whether it runs.
    fn lead(&self, node: Node) -> Option<(&StepId, bool)> {
        let lead = self.sequence.steps.get(node.index())?.spawned_by.as_ref()?;
        Some((lead, self.state.phase(lead.as_str()) == Phase::Running))
    }

    fn unsatisfied(&self, node: Node) -> Vec<Hold> {
        let known = self.frontier.unsatisfied(node).map(|n| self.hold_by(n));
        let unknown = self.dag().unknown(node).iter().map(|(_, id)| Hold::Unknown { id: id.clone() });
        known.chain(unknown).collect()
    }

    fn hold_by(&self, node: Node) -> Hold {
        let id = self.id(node);
        match node.index().checked_sub(self.dag().step_count()) {
            None => {
                let view = &self.statuses.steps[node.index()];
                Hold::Dependency { id: id.into(), status: view.status, reason: view.reason.clone() }
            }
            Some(gate) => {
                let view = &self.statuses.gates[gate];
                Hold::Gate { id: id.into(), status: view.status, reason: view.reason.clone() }
            }
        }
    }

    fn culprit(&self, node: Node) -> Option<(GroupId, Node)> {
        let group = self.frontier.failed_fast(node)?;
        let member = reason::culprit(self.dag(), self.frontier, self.state, group)?;
        Some((group.id.clone(), member))
    }

    /// Walks up from a node to all that wait for nothing else.
    fn roots(&self, node: Node) -> Vec<Root> {
        let mut seen = HashSet::from([node]);
        let mut stack = vec![node];
        let mut found = Vec::new();
        let mut roots = Vec::new();
        while let Some(node) = stack.pop() {
            let above = self.waits_for(node);
            let unknown = self.dag().unknown(node).iter().map(|(_, id)| self.unknown_root(node, id));
            roots.extend(unknown);
            if above.is_empty() && self.dag().unknown(node).is_empty() {
                found.push(node);
            }
            stack.extend(above.into_iter().filter(|n| seen.insert(*n)));
        }
        found.sort_unstable();
        let mut all: Vec<Root> = found.into_iter().filter_map(|n| self.root(n)).collect();
        all.append(&mut roots);
        if all.is_empty() {
            all.extend(self.knot(&seen));
        }
        all
    }

    /// What a node waits for right now; empty where it waits for no other node.
    fn waits_for(&self, node: Node) -> Vec<Node> {
        if self.dag().is_gate(node) {
            return self.frontier.unsatisfied(node).collect();
        }
        match self.frontier.phase(node) {
            Phase::Idle => {}
            Phase::Failed => return self.open_partners(node),
            _ => return Vec::new(),
        }
        if let Some(target) = self.dag().watched(node) {
            return self.dag().find(target.as_str()).into_iter().filter(|n| *n != node).collect();
        }
        let culprit = self.culprit(node).map(|(_, member)| member);
        culprit.into_iter().chain(self.frontier.unsatisfied(node)).collect()
    }

    /// The members a failed member of a `best_effort` group still needs: those that have not ended.
    fn open_partners(&self, node: Node) -> Vec<Node> {
        let group = self.dag().group(node).filter(|g| g.policy == crate::model::FailPolicy::BestEffort);
        let members = group.map_or(&[][..], |g| &g.members);
        members.iter().copied().filter(|m| !self.frontier.phase(*m).is_ended()).collect()
    }

    fn root(&self, node: Node) -> Option<Root> {
        let id = self.id(node);
        let (status, reason) = self.status(node);
        let tail = reason.as_deref().map(|r| format!(": {r}")).unwrap_or_default();
        let (cause, free) = match node.index().checked_sub(self.dag().step_count()) {
            Some(_) if status == GateStatus::Approved.as_str() => return None,
            Some(_) if status == GateStatus::Blocked.as_str() => {
                (format!("gate {id} is blocked{tail}"), Some(format!("seqctl gate approve {id}")))
            }
            Some(_) => (format!("gate {id} is pending"), Some(format!("seqctl gate approve {id}"))),
            None => match self.frontier.phase(node) {
                Phase::Done => return None,
                Phase::Running => (format!("{id} is running"), None),
                Phase::NeedsReview => {
                    (format!("{id} needs a review{tail}"), Some(format!("seqctl step accept {id}")))
                }
                Phase::Failed => (format!("{id} failed{tail}"), Some(format!("seqctl restart {id}"))),
                Phase::Idle if self.dag().is_watchdog(node) => return None,
                Phase::Idle if self.frontier.budget(node).is_some() => {
                    let reached = self.frontier.budget(node)?;
                    (format!("{} is reached: {} spent", reached.of, reached.how), Some(reached.free()))
                }
                // A run of its own would wait, too: only a restart does not.
                Phase::Idle if self.state.steps.get(id.as_str()).is_some_and(|s| s.not_before.is_some()) => {
                    (format!("{id} waits for its next attempt{tail}"), Some(format!("seqctl restart {id}")))
                }
                Phase::Idle => {
                    let tail = self.lead(node).map_or(tail, |(lead, running)| match running {
                        true => format!(" and waits for its orchestrator {lead} to run it"),
                        false => format!("; its orchestrator {lead} does not run, so nobody but you runs it"),
                    });
                    (format!("{id} is ready{tail}"), Some(format!("seqctl run step {id}")))
                }
            },
        };
        Some(Root { id: id.clone(), cause, free })
    }

    fn unknown_root(&self, node: Node, missing: &NodeId) -> Root {
        let id = self.id(node);
        let cause = format!("{id} depends on {missing}, which does not exist");
        Root { id: id.clone(), cause, free: Some("seqctl validate".to_owned()) }
    }

    fn knot(&self, seen: &HashSet<Node>) -> Option<Root> {
        let cycles = self.dag().cycles();
        let cycle = cycles.iter().find(|c| c.iter().any(|n| seen.contains(n)))?;
        let cause = format!("circular dependency: {}", self.dag().print_cycle(cycle));
        let id = self.id(*cycle.first()?).clone();
        Some(Root { id, cause, free: Some("seqctl validate".to_owned()) })
    }
}

#[cfg(test)]
mod tests;

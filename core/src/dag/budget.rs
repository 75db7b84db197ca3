//! Which budgets are reached, and what they hold.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Change, Dag, Frontier, Node};
use crate::model::{Budget, BudgetOf, Phase, Sequence, Spent, State, Usd};

/// A budget of a sequence, with the steps it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purse {
    /// What it is of.
    pub of: BudgetOf,
    /// Its limits.
    pub limit: Budget,
    /// The steps whose spending counts and whose start it holds. Of the whole sequence: all.
    pub members: Vec<Node>,
}

impl Purse {
    /// What was spent of it. What steps spent that are no more counts for the sequence too.
    pub fn spent(&self, dag: &Dag, state: &State) -> Spent {
        let mut sum = Spent::default();
        if self.of == BudgetOf::Sequence {
            state.spent.values().for_each(|spent| sum.add(*spent));
        } else {
            let of = |node: &Node| state.spent.get(dag.id(*node).as_str()).copied();
            self.members.iter().filter_map(of).for_each(|spent| sum.add(spent));
        }
        sum
    }

    fn reached(&self, dag: &Dag, state: &State) -> Option<Reached> {
        let spent = self.spent(dag, state);
        let how = self.limit.reached(spent)?;
        let usd = self.limit.usd.filter(|limit| spent.usd() >= *limit);
        let more = match usd {
            Some(limit) => format!("--usd {}", Usd::new(2.0 * limit.max(spent.usd()).dollars().max(0.5))),
            None => format!("--tokens {}", spent.tokens.max(1).saturating_mul(2)),
        };
        Some(Reached { of: self.of.clone(), how, more })
    }
}

/// A budget that is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// What it is of.
    pub of: BudgetOf,
    /// How: `5.02 of 5.00 USD`.
    pub how: String,
    /// The flag that doubles what is spent: `--usd 10.04`.
    more: String,
}

impl Reached {
    /// Why a step does not start.
    pub fn reason(&self) -> String {
        format!("{} reached: {} spent", self.of, self.how)
    }

    /// A line that lets it go on: as much again.
    pub fn free(&self) -> String {
        format!("seqctl budget set{} {}", self.of.flag(), self.more)
    }
}

/// The budgets of a sequence: its own, then those of groups and of steps.
pub(super) fn purses(sequence: &Sequence, dag: &Dag) -> Vec<Purse> {
    let steps = || dag.nodes().zip(&sequence.steps);
    let own = sequence.budgets.all.map(|limit| Purse {
        of: BudgetOf::Sequence,
        limit,
        members: steps().map(|(node, _)| node).collect(),
    });
    let groups = sequence.budgets.groups.iter().map(|(id, limit)| Purse {
        of: BudgetOf::Group(id.clone()),
        limit: *limit,
        members: steps().filter(|(_, s)| s.group_id.as_ref() == Some(id)).map(|(node, _)| node).collect(),
    });
    let single = steps().filter_map(|(node, step)| {
        Some(Purse { of: BudgetOf::Step(step.id.clone()), limit: step.budget?, members: vec![node] })
    });
    own.into_iter().chain(groups).chain(single).collect()
}

/// The budgets of a sequence that are reached, each with what was spent.
pub fn reached(sequence: &Sequence, state: &State) -> Vec<Reached> {
    Frontier::new(Arc::new(Dag::new(sequence)), state).reached().cloned().collect()
}

impl Frontier {
    /// The budgets that are reached.
    pub fn reached(&self) -> impl Iterator<Item = &Reached> {
        self.reached.iter().flatten()
    }

    /// The first reached budget that holds a step which is not run yet.
    pub fn budget(&self, node: Node) -> Option<&Reached> {
        if !*self.held.get(node.index())? {
            return None;
        }
        let mut purses = self.dag().purses().iter().zip(&self.reached);
        purses.find_map(|(purse, reached)| reached.as_ref().filter(|_| purse.members.contains(&node)))
    }

    /// The reached budgets that hold a step which is ready but for them, each once; `concerns` says of which steps.
    pub fn budgets_asking(&self, concerns: impl Fn(Node) -> bool) -> Vec<&Reached> {
        let dag = self.dag();
        if self.reached().next().is_none() {
            return Vec::new();
        }
        let held = dag.nodes().filter(|n| {
            !dag.is_gate(*n)
                && self.phase(*n) == Phase::Idle
                && self.unsatisfied(*n).next().is_none()
                && concerns(*n)
        });
        let asking: BTreeMap<&BudgetOf, &Reached> =
            held.filter_map(|node| self.budget(node)).map(|reached| (&reached.of, reached)).collect();
        asking.into_values().collect()
    }

    /// Something was spent, or forgotten. Returns what [`Frontier::on_phase`] returns.
    pub fn on_spent(&mut self, state: &State) -> Vec<Change> {
        let touched = self.weigh(state);
        self.report(touched)
    }

    /// Brings what is held in line with what was spent; returns the steps for which that may have changed.
    pub(super) fn weigh(&mut self, state: &State) -> Vec<Node> {
        let dag = self.dag().clone();
        if dag.purses().is_empty() {
            return Vec::new();
        }
        self.reached = dag.purses().iter().map(|purse| purse.reached(&dag, state)).collect();
        let mut held = vec![false; dag.len()];
        for (purse, _) in dag.purses().iter().zip(&self.reached).filter(|(_, reached)| reached.is_some()) {
            purse.members.iter().for_each(|node| held[node.index()] = true);
        }
        let moved = dag.nodes().filter(|n| held[n.index()] != self.held[n.index()]).collect();
        self.held = held;
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dag::testing::{sequence, state};
    use crate::model::StepStatus;

    fn spend(state: &mut State, step: &str, usd: f64) {
        let spent = Spent::from(&crate::model::Usage { cost_usd: Some(usd), ..Default::default() });
        state.spent.entry(step.parse().unwrap()).or_default().add(spent);
    }

    fn statuses(seq: &Sequence, state: &State) -> Vec<(StepStatus, String)> {
        let all = crate::dag::Statuses::of(seq, state).steps;
        all.into_iter().map(|v| (v.status, v.reason.unwrap_or_default())).collect()
    }

    #[test]
    fn a_reached_budget_holds_what_it_is_about_and_says_so() {
        let limit = |usd| Some(Budget { usd: Some(Usd::new(usd)), tokens: None });
        let mut seq = sequence("a; b; c: b");
        seq.steps[1].budget = limit(1.0);
        let mut now = state("a=done");
        spend(&mut now, "b", 0.5);
        assert_eq!(statuses(&seq, &now)[1].0, StepStatus::Ready);
        spend(&mut now, "b", 0.5);
        let held = "budget of step b reached: 1.00 of 1.00 USD spent";
        assert_eq!(statuses(&seq, &now)[1], (StepStatus::Blocked, held.into()));
        assert_eq!(statuses(&seq, &now)[2].1, "waits for b");
        seq.steps[1].budget = limit(2.0);
        assert_eq!(statuses(&seq, &now)[1].0, StepStatus::Ready);
        // What a step spent that is no more counts for the whole.
        spend(&mut now, "gone", 9.0);
        seq.budgets.all = limit(10.0);
        assert!(statuses(&seq, &now)[1].1.starts_with("budget of the sequence reached: 10.00 of 10.00"));
        assert_eq!(statuses(&seq, &now)[0].0, StepStatus::Done, "what is done stays");
        let why = crate::dag::why(&seq, &now, "c").unwrap();
        assert_eq!(why.roots[0].free.as_deref(), Some("seqctl budget set --usd 20.00"));
    }

    #[test]
    fn the_frontier_follows_the_spending() {
        let mut seq = sequence("a; b");
        for step in &mut seq.steps {
            step.group_id = Some("team".parse().unwrap());
        }
        seq.budgets.groups.insert("team".parse().unwrap(), Budget { usd: None, tokens: Some(10) });
        let mut now = state("");
        let mut frontier = Frontier::new(Arc::new(Dag::new(&seq)), &now);
        assert_eq!(frontier.ready().count(), 2);
        now.spent.insert("a".parse().unwrap(), Spent { tokens: 10, ..Spent::default() });
        assert_eq!(frontier.on_spent(&now).len(), 2);
        assert_eq!(frontier.ready().count(), 0);
        now.spent.clear();
        assert_eq!(frontier.on_spent(&now).len(), 2);
        assert_eq!(frontier.ready().count(), 2);
    }
}

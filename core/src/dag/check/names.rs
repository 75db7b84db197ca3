//! Names that must be unique and names that must exist.

use crate::dag::{Dag, Node};
use crate::id::NodeId;
use crate::model::{Problem, Sequence, Step};

/// Looking for the nearest name costs the size of the sequence; after this many faults it is not done any more.
const SUGGESTIONS: u32 = 20;

/// Looks names up and finds the nearest known one to those that nothing bears.
pub(super) struct Names<'a> {
    dag: &'a Dag,
    sequence: &'a Sequence,
    suggestions: u32,
}

impl<'a> Names<'a> {
    pub(super) fn new(dag: &'a Dag, sequence: &'a Sequence) -> Self {
        Self { dag, sequence, suggestions: SUGGESTIONS }
    }

    /// `steps[3]` or `gates[0]`.
    fn place(&self, node: Node) -> String {
        match node.index().checked_sub(self.dag.step_count()) {
            None => format!("steps[{}]", node.index()),
            Some(gate) => format!("gates[{gate}]"),
        }
    }

    pub(super) fn duplicates(&self, problems: &mut Vec<Problem>) {
        for node in self.dag.nodes() {
            let id = self.dag.id(node);
            let Some(first) = self.dag.find(id.as_str()).filter(|first| *first != node) else { continue };
            let text = format!("the id `{id}` is taken by {}", self.place(first));
            let hint = "ids are unique among steps and gates; rename one of the two";
            let path = format!("{}.id", self.place(node));
            problems.push(Problem::new("DUPLICATE_ID", path, text).hint(hint));
        }
    }

    pub(super) fn dependencies(&mut self, node: Node, depends_on: &[NodeId], problems: &mut Vec<Problem>) {
        let dag = self.dag;
        // The graph knows at once whether there is any fault to be told in detail.
        let own = dag.id(node).as_str();
        let odd = |n: &Node| *n == node || dag.is_watchdog(*n) || dag.id(*n).as_str() == own;
        if dag.unknown(node).is_empty() && !dag.predecessors(node).iter().any(odd) {
            return;
        }
        for (i, name) in depends_on.iter().enumerate() {
            let path = format!("{}.depends_on[{i}]", self.place(node));
            let problem = match dag.find(name.as_str()) {
                _ if name.as_str() == own => {
                    let text = format!("`{own}` depends on itself");
                    Problem::new("SELF_DEPENDENCY", path, text).hint("remove this dependency")
                }
                None => {
                    let text = format!("`{own}` depends on `{name}`, which does not exist");
                    self.unknown("UNKNOWN_DEPENDENCY", path, text, name.as_str(), true)
                }
                Some(found) => {
                    let Some(watched) = dag.watched(found) else { continue };
                    let text =
                        format!("`{own}` depends on the watchdog `{name}`, which never ends by itself");
                    let hint = format!("depend on `{watched}`, which it watches");
                    Problem::new("WATCHDOG_DEPENDENCY", path, text).hint(hint)
                }
            };
            problems.push(problem);
        }
    }

    /// What a step names beside its dependencies: candidates, what it watches, who spawned it.
    pub(super) fn references(&mut self, i: usize, step: &Step, problems: &mut Vec<Problem>) {
        let id = &step.id;
        if step.fusion_synth && step.fusion_candidates.is_empty() {
            let text = format!("the synth `{id}` has no candidates");
            let hint = "list the steps it merges in fusion_candidates";
            let path = format!("steps[{i}].fusion_synth");
            problems.push(Problem::new("SYNTH_WITHOUT_CANDIDATES", path, text).hint(hint));
        }
        for (k, candidate) in step.fusion_candidates.iter().enumerate() {
            if self.step(candidate.as_str()).is_none() || candidate == id {
                let path = format!("steps[{i}].fusion_candidates[{k}]");
                let text = format!("the candidate `{candidate}` of `{id}` is no other step");
                problems.push(self.unknown("UNKNOWN_CANDIDATE", path, text, candidate.as_str(), false));
            }
        }
        self.watchdog(i, step, problems);
        if let Some(lead) = step.spawned_by.as_ref().filter(|lead| self.step(lead.as_str()).is_none()) {
            let path = format!("steps[{i}].spawned_by");
            let text = format!("`{id}` was spawned by `{lead}`, which is no step");
            problems.push(self.unknown("UNKNOWN_ORCHESTRATOR", path, text, lead.as_str(), false));
        }
    }

    fn watchdog(&mut self, i: usize, step: &Step, problems: &mut Vec<Problem>) {
        let Some(target) = &step.watchdog_for else { return };
        let path = format!("steps[{i}].watchdog_for");
        let id = &step.id;
        let hint = "name the long step it shall watch";
        if target == id {
            let text = format!("the watchdog `{id}` watches itself");
            problems.push(Problem::new("WATCHDOG_OF_ITSELF", path, text).hint(hint));
            return;
        }
        match self.step(target.as_str()).map(|s| s.watchdog_for.as_ref()) {
            None => {
                let text = format!("the watchdog `{id}` watches `{target}`, which is no step");
                problems.push(self.unknown("UNKNOWN_WATCHED_STEP", path, text, target.as_str(), false));
            }
            Some(Some(end)) => {
                let text = format!("the watchdog `{id}` watches `{target}`, which is a watchdog itself");
                let known = self.step(end.as_str()).is_some_and(|s| s.id != step.id);
                let hint = if known { format!("watch `{end}`") } else { hint.to_owned() };
                problems.push(Problem::new("WATCHDOG_OF_WATCHDOG", path, text).hint(hint));
            }
            Some(None) => {}
        }
    }

    fn step(&self, id: &str) -> Option<&'a Step> {
        self.sequence.steps.get(self.dag.find(id)?.index())
    }

    /// A problem about a name that nothing bears. `gates` says that a gate would do as well as a step.
    fn unknown(&mut self, code: &str, path: String, text: String, name: &str, gates: bool) -> Problem {
        let problem = Problem::new(code, path, text);
        match self.nearest(name, gates) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem.hint("add that first, or leave it out here"),
        }
    }

    fn nearest(&mut self, name: &str, gates: bool) -> Option<&'a str> {
        self.suggestions = self.suggestions.checked_sub(1)?;
        let dag = self.dag;
        nearest(name, dag.nodes().filter(|n| gates || !dag.is_gate(*n)).map(|n| dag.id(n).as_str()))
    }
}

/// The nearest of the known names, where one is near enough to be meant.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = known.filter(|id| id.len().abs_diff(name.len()) <= 3 && *id != name);
    let best = near.map(|id| (strsim::damerau_levenshtein(id, name), id)).min_by_key(|(far, _)| *far)?;
    (best.0 <= (name.len() / 3).max(1)).then_some(best.1)
}

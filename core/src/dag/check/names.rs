//! Names that must be unique and names that must exist.

use std::collections::HashMap;

use crate::dag::Dag;
use crate::id::NodeId;
use crate::model::{Problem, Sequence, Step};

/// Looking for the nearest name costs the size of the sequence; after this many faults it is not done any more.
const SUGGESTIONS: u32 = 20;

/// The names of a sequence and what bears them.
pub(super) struct Names<'a> {
    /// The place of the first bearer: `steps[3]`; with its step, where it is one.
    bearers: HashMap<&'a str, Bearer<'a>>,
    suggestions: u32,
}

#[derive(Clone, Copy)]
struct Bearer<'a> {
    index: usize,
    step: Option<&'a Step>,
}

impl Bearer<'_> {
    fn place(self) -> String {
        format!("{}[{}]", if self.step.is_some() { "steps" } else { "gates" }, self.index)
    }
}

impl<'a> Names<'a> {
    pub(super) fn new(sequence: &'a Sequence) -> Self {
        let mut bearers = HashMap::with_capacity(sequence.steps.len() + sequence.gates.len());
        for (index, step) in sequence.steps.iter().enumerate() {
            bearers.entry(step.id.as_str()).or_insert(Bearer { index, step: Some(step) });
        }
        for (index, gate) in sequence.gates.iter().enumerate() {
            bearers.entry(gate.id.as_str()).or_insert(Bearer { index, step: None });
        }
        Self { bearers, suggestions: SUGGESTIONS }
    }

    pub(super) fn duplicates(&self, sequence: &Sequence, problems: &mut Vec<Problem>) {
        let steps = sequence.steps.iter().enumerate().map(|(i, s)| ("steps", i, s.id.as_str()));
        let gates = sequence.gates.iter().enumerate().map(|(i, g)| ("gates", i, g.id.as_str()));
        for (list, i, id) in steps.chain(gates) {
            let Some(first) = self.bearers.get(id) else { continue };
            if first.index == i && first.step.is_some() == (list == "steps") {
                continue;
            }
            let text = format!("the id `{id}` is taken by {}", first.place());
            let hint = "ids are unique among steps and gates; rename one of the two";
            problems.push(Problem::new("DUPLICATE_ID", format!("{list}[{i}].id"), text).hint(hint));
        }
    }

    pub(super) fn dependencies(
        &mut self,
        dag: &Dag,
        owner: &str,
        id: &str,
        depends_on: &[NodeId],
        problems: &mut Vec<Problem>,
    ) {
        for (i, dependency) in depends_on.iter().enumerate() {
            let path = || format!("{owner}.depends_on[{i}]");
            let name = dependency.as_str();
            if name == id {
                let text = format!("`{id}` depends on itself");
                problems.push(Problem::new("SELF_DEPENDENCY", path(), text).hint("remove this dependency"));
                continue;
            }
            match self.bearers.get(name).map(|b| b.step.and_then(|s| s.watchdog_for.as_ref())) {
                None => {
                    let text = format!("`{id}` depends on `{name}`, which does not exist");
                    problems.push(self.unknown("UNKNOWN_DEPENDENCY", path(), text, name, Some(dag)));
                }
                Some(Some(watched)) => {
                    let text = format!("`{id}` depends on the watchdog `{name}`, which never ends by itself");
                    let hint = format!("depend on `{watched}`, which it watches");
                    problems.push(Problem::new("WATCHDOG_DEPENDENCY", path(), text).hint(hint));
                }
                Some(None) => {}
            }
        }
    }

    /// What a step names beside its dependencies: candidates, what it watches, who spawned it.
    pub(super) fn references(
        &mut self,
        i: usize,
        step: &Step,
        sequence: &Sequence,
        problems: &mut Vec<Problem>,
    ) {
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
                problems.push(self.unknown("UNKNOWN_CANDIDATE", path, text, candidate.as_str(), None));
            }
        }
        self.watchdog(i, step, sequence, problems);
        if let Some(lead) = step.spawned_by.as_ref().filter(|lead| self.step(lead.as_str()).is_none()) {
            let path = format!("steps[{i}].spawned_by");
            let text = format!("`{id}` was spawned by `{lead}`, which is no step");
            problems.push(self.unknown("UNKNOWN_ORCHESTRATOR", path, text, lead.as_str(), None));
        }
    }

    fn watchdog(&mut self, i: usize, step: &Step, sequence: &Sequence, problems: &mut Vec<Problem>) {
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
                problems.push(self.unknown("UNKNOWN_WATCHED_STEP", path, text, target.as_str(), None));
            }
            Some(Some(end)) => {
                let text = format!("the watchdog `{id}` watches `{target}`, which is a watchdog itself");
                let known = sequence.step(end.as_str()).is_some_and(|s| s.id != step.id);
                let hint = if known { format!("watch `{end}`") } else { hint.to_owned() };
                problems.push(Problem::new("WATCHDOG_OF_WATCHDOG", path, text).hint(hint));
            }
            Some(None) => {}
        }
    }

    fn step(&self, id: &str) -> Option<&'a Step> {
        self.bearers.get(id)?.step
    }

    /// A problem about a name that nothing bears. `gates` says that a gate would do as well as a step.
    fn unknown(
        &mut self,
        code: &str,
        path: String,
        text: String,
        name: &str,
        gates: Option<&Dag>,
    ) -> Problem {
        let problem = Problem::new(code, path, text);
        match self.nearest(name, gates.is_some()) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem.hint("add it, or remove this line"),
        }
    }

    fn nearest(&mut self, name: &str, gates: bool) -> Option<&'a str> {
        self.suggestions = self.suggestions.checked_sub(1)?;
        let near = self.bearers.iter().filter(|(_, b)| gates || b.step.is_some());
        let near = near.filter(|(id, _)| id.len().abs_diff(name.len()) <= 3 && **id != name);
        let near =
            near.map(|(id, b)| (strsim::damerau_levenshtein(id, name), b.step.is_none(), b.index, *id));
        let best = near.min()?;
        (best.0 <= (name.len() / 3).max(1)).then_some(best.3)
    }
}

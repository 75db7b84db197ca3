//! Validation of a sequence's meaning: every fault at once, each with its place and its mend.

mod fields;
mod groups;
mod names;
mod paths;
#[cfg(test)]
mod tests;

use names::Names;

use super::{Dag, Node};
use crate::model::{Problem, Sequence};

/// What the check cannot know from the sequence alone.
pub struct Checks<'a> {
    /// Most workers of one group.
    pub max_fanout: u32,
    /// Whether a prompt file exists; the path is as the file gives it, relative to `.threados/`.
    pub prompt_exists: &'a dyn Fn(&str) -> bool,
    /// Where nobody knows a model: the names that are known.
    pub unknown_model: &'a dyn Fn(&str) -> Option<Vec<String>>,
}

/// Every fault of a sequence, in the order of the file; empty where it may run. Codes: `DUPLICATE_ID`,
/// `UNKNOWN_DEPENDENCY`, `SELF_DEPENDENCY`, `DEPENDENCY_CYCLE`, `WATCHDOG_DEPENDENCY`, `SYNTH_WITHOUT_CANDIDATES`,
/// `UNKNOWN_CANDIDATE`, `CANDIDATE_NOT_AWAITED`, `UNKNOWN_WATCHED_STEP`, `WATCHDOG_OF_ITSELF`,
/// `WATCHDOG_OF_WATCHDOG`, `UNKNOWN_ORCHESTRATOR`, `UNKNOWN_GROUP`, `MIXED_FAIL_POLICY`, `GROUP_DEPENDS_ON_ITSELF`,
/// `FANOUT_OVER_POLICY`, `PATH_LEAVES_PROJECT`, `PROMPT_MISSING`, `UNKNOWN_MODEL`, `COMMAND_WITHOUT_SHELL`, `OUT_OF_RANGE`.
/// A dependency named twice is no fault: it means the same as once.
pub fn check(sequence: &Sequence, checks: &Checks<'_>) -> Vec<Problem> {
    check_graph(&Dag::new(sequence), sequence, checks)
}

/// As [`check`], where the graph of the sequence is at hand.
pub fn check_graph(dag: &Dag, sequence: &Sequence, checks: &Checks<'_>) -> Vec<Problem> {
    let mut names = Names::new(dag, sequence);
    let mut problems = Vec::new();
    names.duplicates(&mut problems);
    for (node, step) in dag.nodes().zip(&sequence.steps) {
        let i = node.index();
        names.dependencies(node, &step.depends_on, &mut problems);
        names.references(i, step, &mut problems);
        fields::model(i, step, checks.unknown_model, &mut problems);
        fields::ranges(i, step, checks.max_fanout, &mut problems);
        fields::prompt(i, step, checks.prompt_exists, &mut problems);
        paths::leaving(i, step, &mut problems);
    }
    for (node, gate) in dag.nodes().skip(dag.step_count()).zip(&sequence.gates) {
        names.dependencies(node, &gate.depends_on, &mut problems);
    }
    cycles(dag, sequence, &mut problems);
    groups::check(dag, sequence, checks.max_fanout, &mut problems);
    groups::unawaited_candidates(dag, sequence, &mut problems);
    problems
}

fn cycles(dag: &Dag, sequence: &Sequence, problems: &mut Vec<Problem>) {
    for cycle in dag.cycles() {
        let (Some(first), Some(second)) = (cycle.first(), cycle.get(1)) else { continue };
        let path = dependency_path(dag, sequence, *first, *second);
        let text = format!("circular dependency: {}", dag.print_cycle(&cycle));
        let hint = format!("remove one of these dependencies, for example that of `{}`", dag.id(*first));
        problems.push(Problem::new("DEPENDENCY_CYCLE", path, text).hint(hint));
    }
}

/// `steps[3].depends_on[0]`: where a node names a dependency.
fn dependency_path(dag: &Dag, sequence: &Sequence, node: Node, dependency: Node) -> String {
    let i = node.index();
    let (owner, list) = match i.checked_sub(sequence.steps.len()) {
        None => (format!("steps[{i}]"), &sequence.steps[i].depends_on),
        Some(g) => (format!("gates[{g}]"), &sequence.gates[g].depends_on),
    };
    let place = list.iter().position(|id| id == dag.id(dependency)).unwrap_or(0);
    format!("{owner}.depends_on[{place}]")
}

//! Groups: one policy, no more members than allowed, none waiting for another; synths that await their
//! candidates.

use super::dependency_path;
use crate::dag::{Dag, Group, Node};
use crate::model::{FailPolicy, Problem, Sequence};

pub(super) fn check(dag: &Dag, sequence: &Sequence, max_fanout: u32, problems: &mut Vec<Problem>) {
    idle_budgets(sequence, problems);
    let levels = dag.levels();
    let mut visited = vec![0_u32; dag.len()];
    for (g, group) in dag.groups().iter().enumerate() {
        mixed_policy(group, sequence, problems);
        if let Some(first_over) = group.members.get(max_fanout as usize) {
            let (id, size) = (&group.id, group.members.len());
            let text = format!("the group `{id}` has {size} members, the policy allows {max_fanout}");
            let hint = "split the group, or raise max_fanout in the policy";
            let path = format!("steps[{}].group_id", first_over.index());
            problems.push(Problem::new("FANOUT_OVER_POLICY", path, text).hint(hint));
        }
        inner_dependencies(dag, sequence, &levels, g, &mut visited, problems);
    }
}

/// Synths that could start before a candidate has ended.
pub(super) fn unawaited_candidates(dag: &Dag, sequence: &Sequence, problems: &mut Vec<Problem>) {
    for (i, step) in sequence.steps.iter().enumerate() {
        let Some(node) = dag.step(i) else { continue };
        let missing = |candidate: &Node| *candidate != node && !dag.predecessors(node).contains(candidate);
        let mut ancestors = None;
        for (k, id) in step.fusion_candidates.iter().enumerate() {
            let Some(candidate) = dag.find(id.as_str()).filter(missing) else { continue };
            let ancestors = ancestors.get_or_insert_with(|| dag.ancestors(node));
            if ancestors.binary_search(&candidate).is_err() && !dag.is_gate(candidate) {
                let path = format!("steps[{i}].fusion_candidates[{k}]");
                let text = format!("the synth `{}` does not wait for its candidate `{id}`", step.id);
                let hint = format!("add `{id}` to its depends_on");
                problems.push(Problem::new("CANDIDATE_NOT_AWAITED", path, text).hint(hint));
            }
        }
    }
}

fn mixed_policy(group: &Group, sequence: &Sequence, problems: &mut Vec<Problem>) {
    let mut outspoken: Option<(usize, FailPolicy)> = None;
    for i in group.members.iter().map(|n| n.index()) {
        let Some(policy) = sequence.steps[i].fail_policy else { continue };
        let (first, said) = *outspoken.get_or_insert((i, policy));
        if policy != said {
            let (id, first) = (&group.id, &sequence.steps[first].id);
            let text = format!("the group `{id}` is {said} by `{first}`, but {policy} here");
            let path = format!("steps[{i}].fail_policy");
            let hint = format!("use {said} for all members");
            problems.push(Problem::new("MIXED_FAIL_POLICY", path, text).hint(hint));
            return;
        }
    }
}

/// Budgets of groups that nothing is in: most likely misspelt, and they hold nothing.
fn idle_budgets(sequence: &Sequence, problems: &mut Vec<Problem>) {
    for id in sequence.budgets.groups.keys().filter(|id| sequence.members(id).next().is_none()) {
        let text = format!("there is a budget for the group `{id}`, but no step is in it");
        let hint = "correct the name, or take the budget out";
        problems.push(Problem::new("UNKNOWN_GROUP", format!("budget.groups.{id}"), text).hint(hint));
    }
}

/// Names the first member found to depend on another, directly or not. The search goes up no further than the
/// lowest level of a member, so that groups side by side cost nothing.
fn inner_dependencies(
    dag: &Dag,
    sequence: &Sequence,
    levels: &[Option<u32>],
    g: usize,
    visited: &mut [u32],
    problems: &mut Vec<Problem>,
) {
    let group = &dag.groups()[g];
    let mark = g as u32 + 1;
    let floor = group.members.iter().filter_map(|m| levels[m.index()]).min();
    for &member in &group.members {
        let mut stack: Vec<(Node, Node)> = dag.predecessors(member).iter().map(|p| (*p, *p)).collect();
        while let Some((node, through)) = stack.pop() {
            if node != member && dag.group_index(node) == Some(g) {
                let (id, a, b) = (&group.id, dag.id(member), dag.id(node));
                let text = format!("`{a}` depends on `{b}`, but both run side by side in the group `{id}`");
                let path = dependency_path(dag, sequence, member, through);
                let hint = "remove the dependency, or take one of them out of the group";
                problems.push(Problem::new("GROUP_DEPENDS_ON_ITSELF", path, text).hint(hint));
                return;
            }
            let known = std::mem::replace(&mut visited[node.index()], mark) == mark;
            // Where cycles hide the levels, only direct dependencies are seen; the cycle is reported anyway.
            if !known && levels[node.index()].is_some() && levels[node.index()] > floor {
                stack.extend(dag.predecessors(node).iter().map(|p| (*p, through)));
            }
        }
    }
}

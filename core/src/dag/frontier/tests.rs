use super::*;
use crate::dag::testing::{ids, sequence, state};
use crate::id::GroupId;
use crate::model::Sequence;
use proptest::prelude::*;

fn frontier(seq: &Sequence, text: &str) -> Frontier {
    Frontier::new(Arc::new(Dag::new(seq)), &state(text))
}

fn group(seq: &mut Sequence, members: &[usize], policy: FailPolicy) {
    for i in members {
        seq.steps[*i].group_id = Some(GroupId::new("team").unwrap());
        seq.steps[*i].fail_policy = Some(policy);
    }
}

fn ready(f: &Frontier) -> String {
    ids(f.dag(), &f.ready().collect::<Vec<_>>())
}

/// The changes as `+ready -blocked` ids.
fn told(f: &Frontier, changes: &[Change]) -> String {
    let word = |c: &Change| format!("{}{}", if c.ready { '+' } else { '-' }, f.dag().id(c.node));
    changes.iter().map(word).collect::<Vec<_>>().join(" ")
}

#[test]
fn an_end_frees_what_waited_for_it() {
    let seq = sequence("a; b; c: a b; d: a");
    let mut f = frontier(&seq, "");
    let node = |f: &Frontier, id: &str| f.dag().find(id).unwrap();
    assert_eq!(ready(&f), "a b");
    let a = node(&f, "a");
    assert_eq!(f.on_phase(a, Phase::Running), []);
    assert_eq!(ready(&f), "b");
    let freed = f.on_phase(a, Phase::Done);
    assert_eq!(told(&f, &freed), "+d");
    let held = f.on_phase(a, Phase::Idle);
    assert_eq!(told(&f, &held), "+a -d");
}

#[test]
fn gates_in_a_row_open_only_together() {
    let seq = sequence("a; z: g2; gate g1: a; gate g2: g1");
    let mut f = frontier(&seq, "a=done g2=approved");
    assert_eq!(ready(&f), "");
    let g1 = f.dag().find("g1").unwrap();
    assert!(f.is_ready(g1));
    let freed = f.on_gate(g1, GateStatus::Approved);
    assert_eq!(told(&f, &freed), "+z +g2");
    let held = f.on_gate(g1, GateStatus::Blocked);
    assert_eq!(told(&f, &held), "-z -g2");
}

#[test]
fn a_failed_member_is_carried_when_all_ended_and_one_is_done() {
    let mut seq = sequence("a; b; merge: a b");
    group(&mut seq, &[0, 1], FailPolicy::BestEffort);
    let mut f = frontier(&seq, "a=failed b=running");
    let b = f.dag().find("b").unwrap();
    assert_eq!(f.on_phase(b, Phase::Failed), []);
    let freed = f.on_phase(b, Phase::Done);
    assert_eq!(told(&f, &freed), "+merge");
}

#[test]
fn a_failure_holds_the_idle_members_of_a_fail_fast_group() {
    let mut seq = sequence("a; b; c; other");
    group(&mut seq, &[0, 1, 2], FailPolicy::FailFast);
    let mut f = frontier(&seq, "a=running");
    let a = f.dag().find("a").unwrap();
    let held = f.on_phase(a, Phase::Failed);
    assert_eq!(told(&f, &held), "-b -c");
    assert_eq!(ready(&f), "other");
    let freed = f.on_phase(a, Phase::Idle);
    assert_eq!(told(&f, &freed), "+a +b +c");
}

#[test]
fn watchdogs_and_what_waits_for_nothing_never_start() {
    let mut seq = sequence("long; w; lost: nope; knot: knot");
    seq.steps[1].watchdog_for = Some(seq.steps[0].id.clone());
    assert_eq!(ready(&frontier(&seq, "")), "long");
}

const PHASES: [Phase; 5] = [Phase::Idle, Phase::Running, Phase::NeedsReview, Phase::Done, Phase::Failed];

/// Spec section 4 word for word, by recursion.
struct Oracle<'a>(&'a Sequence, &'a State);

impl Oracle<'_> {
    fn satisfied(&self, id: &str) -> bool {
        if let Some(gate) = self.0.gate(id) {
            let decided = self.1.gate_status(id) == GateStatus::Approved;
            return decided && gate.depends_on.iter().all(|d| self.satisfied(d.as_str()));
        }
        match self.1.phase(id) {
            Phase::Done => true,
            Phase::Failed => self.carried(id),
            _ => false,
        }
    }

    fn carried(&self, id: &str) -> bool {
        let step = self.0.step(id).unwrap();
        let Some(group) = step.group_id.as_ref() else { return false };
        let phases: Vec<Phase> = self.0.members(group).map(|m| self.1.phase(m.id.as_str())).collect();
        step.fail_policy == Some(FailPolicy::BestEffort)
            && phases.iter().all(|p| p.is_ended())
            && phases.contains(&Phase::Done)
    }

    fn ready(&self, id: &str) -> bool {
        let step = self.0.step(id).unwrap();
        let failed_fast = step.group_id.as_ref().is_some_and(|group| {
            step.fail_policy == Some(FailPolicy::FailFast)
                && self.0.members(group).any(|m| self.1.phase(m.id.as_str()) == Phase::Failed)
        });
        self.1.phase(id) == Phase::Idle
            && !failed_fast
            && step.depends_on.iter().all(|d| self.satisfied(d.as_str()))
    }
}

/// A random DAG of steps `s0…` in up to three groups and gates `g0…`: edges lead from lower to higher ranks,
/// where steps and gates are mixed.
fn graphs() -> impl Strategy<Value = Sequence> {
    let node = (any::<bool>(), 0..4_usize, proptest::collection::vec(any::<prop::sample::Index>(), 0..4));
    proptest::collection::vec(node, 1..24).prop_map(|nodes| {
        let names: Vec<String> =
            nodes.iter().enumerate().map(|(i, n)| format!("{}{i}", if n.0 { 's' } else { 'g' })).collect();
        let items = nodes.iter().enumerate().map(|(i, (step, _, deps))| {
            let deps: Vec<&str> = deps.iter().filter(|_| i > 0).map(|d| names[d.index(i)].as_str()).collect();
            format!("{}{}: {}", if *step { "" } else { "gate " }, names[i], deps.join(" "))
        });
        let mut seq = sequence(&items.collect::<Vec<_>>().join(";"));
        let groups = nodes.iter().filter(|n| n.0).map(|n| n.1);
        for (step, g) in seq.steps.iter_mut().zip(groups).filter(|(_, g)| *g > 0) {
            step.group_id = Some(GroupId::new(&format!("group{g}")).unwrap());
            step.fail_policy = Some(if g == 1 { FailPolicy::FailFast } else { FailPolicy::BestEffort });
        }
        seq
    })
}

proptest! {
    #[test]
    fn every_transition_leaves_what_a_fresh_look_would_find(
        seq in graphs(),
        moves in proptest::collection::vec((any::<prop::sample::Index>(), 0..5_usize), 0..60),
    ) {
        let mut now = State::default();
        let mut f = Frontier::new(Arc::new(Dag::new(&seq)), &now);
        let nodes: Vec<Node> = f.dag().nodes().collect();
        for (pick, to) in moves {
            let node = nodes[pick.index(nodes.len())];
            let id = f.dag().id(node).to_string();
            let before: Vec<bool> = nodes.iter().map(|n| f.is_ready(*n)).collect();
            let changes = if f.dag().is_gate(node) {
                let word = ["pending", "approved", "blocked", "approved", "approved"][to];
                now.gates.extend(state(&format!("{id}={word}")).gates);
                f.on_gate(node, now.gate_status(&id))
            } else {
                now.steps.entry(id.parse().unwrap()).or_default().phase = PHASES[to];
                f.on_phase(node, PHASES[to])
            };
            let oracle = Oracle(&seq, &now);
            for n in &nodes {
                let id = f.dag().id(*n).as_str();
                prop_assert_eq!(f.is_satisfied(*n), oracle.satisfied(id), "satisfied {}", id);
                if !f.dag().is_gate(*n) {
                    prop_assert_eq!(f.is_ready(*n), oracle.ready(id), "ready {}", id);
                }
                let told = changes.iter().find(|c| c.node == *n).map(|c| c.ready);
                if f.is_ready(*n) != before[n.index()] && *n != node {
                    prop_assert_eq!(told, Some(f.is_ready(*n)), "told {}", id);
                }
            }
            let fresh = Frontier::new(f.dag().clone(), &now);
            prop_assert_eq!(f.ready().collect::<Vec<_>>(), fresh.ready().collect::<Vec<_>>());
            prop_assert_eq!(&f.waits, &fresh.waits);
        }
    }
}

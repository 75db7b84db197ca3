use serde_json::{Value, json};

use super::*;
use crate::log::entry::origin;
use crate::log::{Draft, Gone};

fn step() -> StepId {
    StepId::new("a").unwrap()
}

/// Folds drafts both ways, which must come to the same, and returns the state and the times of the entries.
fn folded(drafts: &[Draft]) -> (State, Vec<DateTime<Utc>>) {
    let (mut by_entry, mut by_line, mut times) = (State::default(), State::default(), Vec::new());
    for (i, draft) in drafts.iter().enumerate() {
        let mut line = Vec::new();
        let entry = draft.clone().seal(i as u64 + 1, origin(), &mut line).unwrap();
        fold(&mut by_entry, &entry);
        assert_eq!(fold_line(&mut by_line, &line), Some(entry.seq));
        times.push(entry.timestamp);
    }
    assert_eq!(by_entry, by_line);
    (by_entry, times)
}

fn tell(fact: Fact) -> Draft {
    Draft::new(Actor::System, "step.end", "a").facts(&[fact])
}

#[test]
fn a_step_starts_and_ends() {
    let run = RunId::new("20261122T204355Z-7f3a").unwrap();
    let (state, times) = folded(&[
        tell(Fact::started(step(), 2)).run(run.clone()),
        tell(Fact::ended(step(), Phase::Failed, Some("exit code 3".into()), Some(3))).run(run.clone()),
    ]);
    let expected = StepState {
        phase: Phase::Failed,
        reason: Some("exit code 3".into()),
        run_id: Some(run),
        attempt: 2,
        started_at: Some(times[0]),
        ended_at: Some(times[1]),
        exit_code: Some(3),
        review_reason: None,
    };
    assert_eq!(state.steps[&step()], expected);
}

#[test]
fn a_new_attempt_forgets_the_end_of_the_last_one() {
    let (state, times) = folded(&[
        tell(Fact::started(step(), 1)),
        tell(Fact::ended(step(), Phase::Failed, Some("x".into()), Some(1))),
        tell(Fact::started(step(), 2)),
    ]);
    let expected =
        StepState { phase: Phase::Running, attempt: 2, started_at: Some(times[2]), ..StepState::default() };
    assert_eq!(state.steps[&step()], expected);
}

#[test]
fn a_review_reason_lives_until_the_work_is_done() {
    let sent_back = Fact::Reset(Reset { step: step(), reason: None, review_reason: Some("louder".into()) });
    let failed = Fact::ended(step(), Phase::Failed, None, Some(1));
    let mut story = vec![tell(sent_back), tell(Fact::started(step(), 1)), tell(failed)];
    story.push(tell(Fact::started(step(), 2)));
    assert_eq!(folded(&story).0.steps[&step()].review_reason.as_deref(), Some("louder"));
    story.push(tell(Fact::ended(step(), Phase::Done, None, Some(0))));
    assert_eq!(folded(&story).0.steps[&step()].review_reason, None);
}

#[test]
fn a_reset_or_removed_step_is_not_in_the_state() {
    let started = tell(Fact::started(step(), 1));
    assert_eq!(folded(&[started.clone(), tell(Fact::reset(step()))]).0, State::default());
    assert_eq!(folded(&[started, tell(Fact::gone(step()))]).0, State::default());
    let waits = Reset { step: step(), reason: Some("waiting for quota".into()), review_reason: None };
    let (state, _) = folded(&[tell(Fact::Reset(waits))]);
    assert_eq!(state.steps[&step()].reason.as_deref(), Some("waiting for quota"));
    assert_eq!(state.phase("a"), Phase::Idle);
}

#[test]
fn a_gate_keeps_who_decided_and_when() {
    let gate = GateId::new("g").unwrap();
    let decide = |status| {
        Draft::new(Actor::User, "gate.approve", "g").facts(&[Fact::decided(gate.clone(), status, None)])
    };
    let (state, times) = folded(&[decide(GateStatus::Approved)]);
    let decision = Some(Decision { by: Actor::User, at: times[0] });
    assert_eq!(state.gates[&gate], GateState { status: GateStatus::Approved, reason: None, decision });
    let (state, _) = folded(&[decide(GateStatus::Blocked), decide(GateStatus::Pending)]);
    assert_eq!(state, State::default());
    let gone = Fact::Gone(Gone { id: gate.clone().into() });
    assert_eq!(folded(&[decide(GateStatus::Approved), tell(gone)]).0, State::default());
}

#[test]
fn a_given_time_wins_over_that_of_the_entry() {
    let at: DateTime<Utc> = "2020-01-01T00:00:00Z".parse().unwrap();
    let started = Fact::Started(Started { step: step(), run: None, attempt: 1, at: Some(at) });
    assert_eq!(folded(&[tell(started)]).0.steps[&step()].started_at, Some(at));
}

#[test]
fn attempts_that_were_refused_tell_nothing() {
    let draft = tell(Fact::started(step(), 1));
    for outcome in [Outcome::Denied, Outcome::Error] {
        assert_eq!(folded(&[draft.clone().failed(outcome, "no")]).0, State::default());
    }
}

#[test]
fn facts_of_a_later_version_are_passed_over_one_by_one() {
    let known = Fact::started(step(), 1).to_json();
    let unknown: [Value; 5] = [
        json!({"weather": "fine"}),
        json!({"step": {"id": "a"}, "phase": "done"}),
        json!({"step": "a", "phase": "paused"}),
        json!({"step": "b", "phase": "done", "exit_code": "none"}),
        json!(7),
    ];
    for fact in unknown {
        let draft = Draft::new(Actor::System, "x", "").with("facts", vec![fact.clone(), known.clone()]);
        let (state, _) = folded(&[draft]);
        assert_eq!(state.steps.len(), 1, "{fact}");
        assert_eq!(state.phase("a"), Phase::Running, "{fact}");
    }
    let draft = Draft::new(Actor::System, "x", "").with("facts", "none");
    assert_eq!(folded(&[draft]).0, State::default());
}

#[test]
fn a_line_that_is_no_entry_changes_nothing() {
    let mut state = State::default();
    for bad in ["", "{}\n", "{\"seq\":1}\n"] {
        assert_eq!(fold_line(&mut state, bad.as_bytes()), None);
    }
}

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::*;
use crate::id::{GateId, RunId};
use crate::log::Draft;
use crate::log::entry::origin;
use crate::log::testing::{ended, reset, started, step};
use crate::model::{Actor, Decision, GateFact, GateState, GateStatus, Phase, StepFact, StepState};

fn at_phase(phase: Phase) -> StepFact {
    StepFact::new(step("a"), phase)
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
    let began = Fact::Step(StepFact { run: Some(run.clone()), attempt: Some(2), ..at_phase(Phase::Running) });
    let failed = StepFact { exit_code: Some(3), ..at_phase(Phase::Failed).because("exit code 3") };
    let (state, times) = folded(&[tell(began), tell(Fact::Step(failed))]);
    let expected = StepState {
        phase: Phase::Failed,
        reason: Some("exit code 3".into()),
        run_id: Some(run),
        attempt: 2,
        started_at: Some(times[0]),
        ended_at: Some(times[1]),
        exit_code: Some(3),
        ..StepState::default()
    };
    assert_eq!(state.steps[&step("a")], expected);
}

#[test]
fn a_new_attempt_forgets_the_end_of_the_last_one() {
    let (state, times) = folded(&[
        tell(started("a", 1)),
        tell(ended("a", Phase::Failed, Some("x"), 1)),
        tell(started("a", 2)),
    ]);
    let expected =
        StepState { phase: Phase::Running, attempt: 2, started_at: Some(times[2]), ..StepState::default() };
    assert_eq!(state.steps[&step("a")], expected);
}

#[test]
fn a_review_reason_lives_until_the_work_is_done() {
    let sent_back = StepFact { review_reason: Some("louder".into()), ..at_phase(Phase::Idle) };
    let mut story = vec![tell(Fact::Step(sent_back)), tell(started("a", 1))];
    story.push(tell(ended("a", Phase::Failed, None, 1)));
    story.push(tell(started("a", 2)));
    assert_eq!(folded(&story).0.steps[&step("a")].review_reason.as_deref(), Some("louder"));
    story.push(tell(ended("a", Phase::Done, None, 0)));
    assert_eq!(folded(&story).0.steps[&step("a")].review_reason, None);
}

#[test]
fn a_reset_or_removed_step_is_not_in_the_state() {
    let started = tell(started("a", 1));
    assert_eq!(folded(&[started.clone(), tell(reset("a"))]).0, State::default());
    assert_eq!(folded(&[started, tell(Fact::Gone(step("a").into()))]).0, State::default());
    let (state, _) = folded(&[tell(Fact::Step(at_phase(Phase::Idle).because("waiting for quota")))]);
    assert_eq!(state.steps[&step("a")].reason.as_deref(), Some("waiting for quota"));
    assert_eq!(state.phase("a"), Phase::Idle);
}

#[test]
fn a_step_that_waits_for_its_next_attempt_keeps_the_last_one() {
    let later: DateTime<Utc> = "2030-01-01T00:00:00Z".parse().unwrap();
    let waits = StepFact { not_before: Some(later), ..at_phase(Phase::Idle).because("retry 1 of 2") };
    let (state, times) = folded(&[tell(started("a", 1)), tell(Fact::Step(waits))]);
    let known = &state.steps[&step("a")];
    assert_eq!((known.attempt, known.ended_at, known.not_before), (1, Some(times[1]), Some(later)));
    assert_eq!(state.phase("a"), Phase::Idle);
}

#[test]
fn a_gate_keeps_who_decided_and_when() {
    let gate = GateId::new("g").unwrap();
    let decide = |status, reason: Option<&str>| {
        let (gate, reason) = (gate.clone(), reason.map(str::to_owned));
        tell(Fact::Gate(GateFact { gate, status, reason, by: Some(Actor::User), at: None }))
    };
    let (state, times) = folded(&[decide(GateStatus::Approved, None)]);
    let decision = Some(Decision { by: Actor::User, at: times[0] });
    assert_eq!(state.gates[&gate], GateState { status: GateStatus::Approved, reason: None, decision });
    let (state, _) = folded(&[decide(GateStatus::Blocked, None), decide(GateStatus::Pending, None)]);
    assert_eq!(state, State::default());
    let (state, _) = folded(&[decide(GateStatus::Pending, Some("reset"))]);
    assert_eq!((state.gates[&gate].status, &state.gates[&gate].decision), (GateStatus::Pending, &None));
    let gone = Fact::Gone(gate.clone().into());
    assert_eq!(folded(&[decide(GateStatus::Approved, None), tell(gone)]).0, State::default());
}

#[test]
fn runs_open_and_close_and_the_newest_revision_stands() {
    let run = RunId::new("20261122T204355Z-7f3a").unwrap();
    let opened = tell(Fact::RunOpened(run.clone(), json!({"run": "all"})));
    assert_eq!(folded(std::slice::from_ref(&opened)).0.runs[&run], json!({"run": "all"}));
    assert_eq!(folded(&[opened, tell(Fact::RunClosed(run))]).0, State::default());
    let digest = |text: &str| crate::id::Digest::of([text.as_bytes()]);
    let facts = ["one", "two"].map(|text| tell(Fact::Policy(digest(text))));
    assert_eq!(folded(&facts).0.policy, Some(digest("two")));
}

#[test]
fn a_given_time_wins_over_that_of_the_entry() {
    let at: DateTime<Utc> = "2020-01-01T00:00:00Z".parse().unwrap();
    let began = Fact::Step(StepFact { at: Some(at), ..at_phase(Phase::Running) });
    assert_eq!(folded(&[tell(began)]).0.steps[&step("a")].started_at, Some(at));
}

#[test]
fn attempts_that_were_refused_tell_nothing() {
    let draft = tell(started("a", 1));
    for outcome in [Outcome::Denied, Outcome::Error] {
        assert_eq!(folded(&[draft.clone().failed(outcome, "no")]).0, State::default());
    }
}

#[test]
fn facts_of_a_later_version_are_passed_over_one_by_one() {
    let known = serde_json::to_value(started("a", 1)).unwrap();
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

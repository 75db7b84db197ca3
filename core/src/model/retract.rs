//! Taking facts back: what has to be told so that a state is again what it was before them.

use super::{Fact, GateFact, GateStatus, Phase, State, StepFact, StepState};
use crate::id::{GateId, StepId};

impl State {
    /// The facts that bring whatever `told` was about back to what it is in this state. Taken after `told`, they
    /// leave this state; runs that `told` opens or ends are left alone.
    pub fn retract(&self, told: &[Fact]) -> Vec<Fact> {
        let mut back = Vec::new();
        for fact in told {
            match fact {
                Fact::Step(f) => back.extend(self.story_of(&f.step)),
                Fact::Gate(f) => back.push(self.decision_of(&f.gate)),
                Fact::Gone(id) if self.steps.contains_key(id.as_str()) => {
                    back.extend(self.story_of(&StepId::from(id)));
                }
                Fact::Gone(id) if self.gates.contains_key(id.as_str()) => {
                    back.push(self.decision_of(&GateId::from(id)));
                }
                Fact::Revision(_) => back.extend(self.revision.clone().map(Fact::Revision)),
                Fact::Policy(_) => back.extend(self.policy.clone().map(Fact::Policy)),
                Fact::Gone(_) | Fact::RunOpened(..) | Fact::RunClosed(_) => {}
            }
        }
        back
    }

    /// The shortest story that ends with what is known of a step.
    fn story_of(&self, id: &StepId) -> Vec<Fact> {
        let known = self.steps.get(id).cloned().unwrap_or_default();
        let StepState { phase, reason, run_id, attempt, started_at, ended_at, .. } = known;
        let reset = StepFact { review_reason: known.review_reason, ..StepFact::new(id.clone(), Phase::Idle) };
        let mut story = vec![reset];
        if started_at.is_some() {
            let started = StepFact::new(id.clone(), Phase::Running);
            story.push(StepFact { run: run_id, attempt: Some(attempt), at: started_at, ..started });
        }
        if phase != Phase::Idle || known.not_before.is_some() {
            let (not_before, exit_code) = (known.not_before, known.exit_code);
            let now =
                StepFact { reason, not_before, exit_code, at: ended_at, ..StepFact::new(id.clone(), phase) };
            match (phase, story.last_mut()) {
                (Phase::Running, Some(started)) => {
                    (started.reason, started.not_before) = (now.reason, not_before)
                }
                _ => story.push(now),
            }
        } else if let Some(reset) = story.first_mut() {
            reset.reason = reason;
        }
        story.into_iter().map(Fact::Step).collect()
    }

    fn decision_of(&self, id: &GateId) -> Fact {
        let known = self.gates.get(id);
        let decision = known.and_then(|g| g.decision.clone());
        Fact::Gate(GateFact {
            gate: id.clone(),
            status: known.map_or(GateStatus::Pending, |g| g.status),
            reason: known.and_then(|g| g.reason.clone()),
            by: decision.as_ref().map(|d| d.by),
            at: decision.map(|d| d.at),
        })
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};

    use super::*;
    use crate::id::RunId;
    use crate::model::Actor;

    fn step(phase: Phase) -> StepFact {
        StepFact::new(StepId::new("a").unwrap(), phase)
    }

    fn gate(status: GateStatus, reason: Option<&str>) -> Fact {
        let (gate, reason) = (GateId::new("g").unwrap(), reason.map(str::to_owned));
        Fact::Gate(GateFact { gate, status, reason, by: Some(Actor::User), at: None })
    }

    /// Every way a step comes to be known, and every change of it, taken back.
    #[test]
    fn what_is_retracted_is_as_if_it_had_not_been_told() {
        let later: DateTime<Utc> = "2030-01-01T00:00:00Z".parse().unwrap();
        let run = RunId::new("20261122T204355Z-7f3a").unwrap();
        let sent_back = StepFact { review_reason: Some("louder".into()), ..step(Phase::Idle) };
        let started = StepFact { run: Some(run), attempt: Some(2), ..step(Phase::Running) };
        let failed = StepFact { exit_code: Some(3), ..step(Phase::Failed).because("exit code 3") };
        let waits = StepFact { not_before: Some(later), ..step(Phase::Idle).because("retry 1 of 2") };
        let review = StepFact { exit_code: Some(42), ..step(Phase::NeedsReview) };
        let stories: [&[&StepFact]; 9] = [
            &[],
            &[&sent_back],
            &[&started],
            &[&sent_back, &started],
            &[&sent_back, &started, &failed],
            &[&started, &waits],
            &[&started, &review],
            &[&started, &step(Phase::Done)],
            &[&step(Phase::Done)],
        ];
        let gone = Fact::Gone(StepId::new("a").unwrap().into());
        let told = [Fact::Step(step(Phase::Done)), Fact::Step(sent_back.clone()), gone];
        for story in stories {
            let mut before = State::default();
            let start = DateTime::<Utc>::UNIX_EPOCH;
            for (fact, second) in story.iter().zip(0..) {
                before.take(Fact::Step((*fact).clone()), start + TimeDelta::seconds(second));
            }
            for fact in &told {
                let mut state = before.clone();
                state.take(fact.clone(), later);
                for back in before.retract(std::slice::from_ref(fact)) {
                    state.take(back, later);
                }
                assert_eq!(state, before, "{fact:?} after {story:?}");
            }
        }
    }

    #[test]
    fn decisions_and_digests_come_back_too() {
        let (now, digest) = (Utc::now(), |text: &str| crate::id::Digest::of([text.as_bytes()]));
        let mut before = State::default();
        for fact in
            [gate(GateStatus::Blocked, Some("no")), Fact::Revision(digest("r")), Fact::Policy(digest("p"))]
        {
            before.take(fact, now);
        }
        let gone = Fact::Gone(GateId::new("g").unwrap().into());
        for fact in
            [gate(GateStatus::Approved, None), gone, Fact::Revision(digest("s")), Fact::Policy(digest("q"))]
        {
            let mut state = before.clone();
            state.take(fact.clone(), now + TimeDelta::seconds(1));
            assert_ne!(state, before);
            before.retract(&[fact]).into_iter().for_each(|back| state.take(back, now));
            assert_eq!(state, before);
        }
    }
}

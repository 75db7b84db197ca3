//! What an entry says has happened to a step or a gate.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::entry::time_of;
use crate::id::{GateId, NodeId, RunId, StepId};
use crate::model::{Actor, GateStatus, Phase};

/// One fact: an element of `payload.facts`. Times and runs that are left out are those of the entry.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// `{"step":"a","phase":"running"}`
    Started(Started),
    /// `{"step":"a","phase":"done"}`, or `failed`, or `needs_review`.
    Ended(Ended),
    /// `{"step":"a","phase":"idle"}`
    Reset(Reset),
    /// `{"gate":"g","status":"APPROVED"}`
    Decided(Decided),
    /// `{"gone":"a"}`
    Gone(Gone),
}

/// An attempt of a step was started.
#[derive(Debug, Clone, PartialEq)]
pub struct Started {
    /// The step.
    pub step: StepId,
    /// The run of the attempt.
    pub run: Option<RunId>,
    /// Its number in that run, from 1.
    pub attempt: u32,
    /// When it started.
    pub at: Option<DateTime<Utc>>,
}

/// A step ended, or was declared to have ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Ended {
    /// The step.
    pub step: StepId,
    /// How: done, failed or needs review.
    pub phase: Phase,
    /// Why, where it is not obvious.
    pub reason: Option<String>,
    /// Exit code of its process.
    pub exit_code: Option<i32>,
    /// When it ended.
    pub at: Option<DateTime<Utc>>,
}

/// A step was reset, or has to wait before it may start.
#[derive(Debug, Clone, PartialEq)]
pub struct Reset {
    /// The step.
    pub step: StepId,
    /// Why it waits, where it is not obvious (`waiting for quota until …`).
    pub reason: Option<String>,
    /// What a person said when sending the work back.
    pub review_reason: Option<String>,
}

/// A gate was decided about, or returned to pending.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// The gate.
    pub gate: GateId,
    /// What was decided.
    pub status: GateStatus,
    /// Why.
    pub reason: Option<String>,
    /// Who decided; the actor of the entry where left out.
    pub by: Option<Actor>,
    /// When.
    pub at: Option<DateTime<Utc>>,
}

/// A step or a gate was removed.
#[derive(Debug, Clone, PartialEq)]
pub struct Gone {
    /// The step or the gate.
    pub id: NodeId,
}

impl Fact {
    /// A step was started now, in the run of the entry.
    pub fn started(step: StepId, attempt: u32) -> Self {
        Self::Started(Started { step, run: None, attempt, at: None })
    }

    /// A step ended now.
    pub fn ended(step: StepId, phase: Phase, reason: Option<String>, exit_code: Option<i32>) -> Self {
        Self::Ended(Ended { step, phase, reason, exit_code, at: None })
    }

    /// A step is as if it had never run.
    pub fn reset(step: StepId) -> Self {
        Self::Reset(Reset { step, reason: None, review_reason: None })
    }

    /// A gate was decided about now, by the actor of the entry.
    pub fn decided(gate: GateId, status: GateStatus, reason: Option<String>) -> Self {
        Self::Decided(Decided { gate, status, reason, by: None, at: None })
    }

    /// A step or a gate was removed.
    pub fn gone(id: impl Into<NodeId>) -> Self {
        Self::Gone(Gone { id: id.into() })
    }

    /// The fact as it stands in an entry; what is not given is left out.
    pub fn to_json(&self) -> Value {
        let mut out = Object(Map::new());
        match self {
            Self::Started(f) => {
                out.put("step", Some(f.step.as_str()));
                out.put("phase", Some("running"));
                out.put("run", f.run.as_ref().map(RunId::as_str));
                out.put("attempt", Some(f.attempt));
                out.put("at", f.at.map(time_of));
            }
            Self::Ended(f) => {
                out.put("step", Some(f.step.as_str()));
                out.put("phase", Some(word(f.phase)));
                out.put("reason", f.reason.as_deref());
                out.put("exit_code", f.exit_code);
                out.put("at", f.at.map(time_of));
            }
            Self::Reset(f) => {
                out.put("step", Some(f.step.as_str()));
                out.put("phase", Some("idle"));
                out.put("reason", f.reason.as_deref());
                out.put("review_reason", f.review_reason.as_deref());
            }
            Self::Decided(f) => {
                out.put("gate", Some(f.gate.as_str()));
                out.put("status", Some(f.status.as_str()));
                out.put("reason", f.reason.as_deref());
                out.put("by", f.by.map(|by| by.to_string()));
                out.put("at", f.at.map(time_of));
            }
            Self::Gone(f) => out.put("gone", Some(f.id.as_str())),
        }
        Value::Object(out.0)
    }
}

impl<'de> Deserialize<'de> for Fact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = Wire::deserialize(deserializer)?;
        wire.into_fact().ok_or_else(|| serde::de::Error::custom("a fact of an unknown kind"))
    }
}

struct Object(Map<String, Value>);

impl Object {
    fn put(&mut self, key: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.0.insert(key.to_owned(), value.into());
        }
    }
}

/// Every key a fact may have. Unknown keys are passed over.
#[derive(Deserialize)]
pub(super) struct Wire<'a> {
    #[serde(borrow, default)]
    step: Option<Text<'a>>,
    #[serde(borrow, default)]
    gate: Option<Text<'a>>,
    #[serde(borrow, default)]
    gone: Option<Text<'a>>,
    #[serde(borrow, default)]
    phase: Option<Text<'a>>,
    #[serde(borrow, default)]
    status: Option<Text<'a>>,
    #[serde(borrow, default)]
    run: Option<Text<'a>>,
    #[serde(default)]
    attempt: Option<u32>,
    #[serde(borrow, default)]
    reason: Option<Text<'a>>,
    #[serde(borrow, default)]
    review_reason: Option<Text<'a>>,
    #[serde(default)]
    exit_code: Option<i32>,
    #[serde(default)]
    by: Option<Actor>,
    #[serde(default)]
    at: Option<DateTime<Utc>>,
}

/// A text that is borrowed where it has no escapes: inside an `Option`, a bare `Cow` would always be copied.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Wire<'_> {
    /// The fact, `None` where it is of a kind this version does not know.
    pub(super) fn into_fact(self) -> Option<Fact> {
        if let Some(step) = &self.step {
            let step = StepId::new(&step.0).ok()?;
            return self.about_step(step);
        }
        if let Some(gate) = &self.gate {
            let gate = GateId::new(&gate.0).ok()?;
            let status = GateStatus::from_word(&self.status?.0)?;
            let reason = self.reason.map(own);
            return Some(Fact::Decided(Decided { gate, status, reason, by: self.by, at: self.at }));
        }
        let id = NodeId::new(&self.gone?.0).ok()?;
        Some(Fact::Gone(Gone { id }))
    }

    fn about_step(self, step: StepId) -> Option<Fact> {
        let phase = phase_of(&self.phase?.0)?;
        let (reason, at) = (self.reason.map(own), self.at);
        Some(match phase {
            Phase::Idle => Fact::Reset(Reset { step, reason, review_reason: self.review_reason.map(own) }),
            Phase::Running => {
                let run = self.run.and_then(|run| RunId::new(&run.0).ok());
                Fact::Started(Started { step, run, attempt: self.attempt.unwrap_or(1), at })
            }
            Phase::NeedsReview | Phase::Done | Phase::Failed => {
                Fact::Ended(Ended { step, phase, reason, exit_code: self.exit_code, at })
            }
        })
    }
}

fn own(text: Text<'_>) -> String {
    text.0.into_owned()
}

fn word(phase: Phase) -> &'static str {
    match phase {
        Phase::Idle => "idle",
        Phase::Running => "running",
        Phase::NeedsReview => "needs_review",
        Phase::Done => "done",
        Phase::Failed => "failed",
    }
}

fn phase_of(word: &str) -> Option<Phase> {
    Some(match word {
        "idle" => Phase::Idle,
        "running" => Phase::Running,
        "needs_review" => Phase::NeedsReview,
        "done" => Phase::Done,
        "failed" => Phase::Failed,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn step() -> StepId {
        StepId::new("a").unwrap()
    }

    #[test]
    fn facts_stand_as_small_objects_and_read_back() {
        let run = RunId::new("20261122T204355Z-7f3a").unwrap();
        let at = Some("2026-11-22T20:43:55.000001Z".parse().unwrap());
        let gate = GateId::new("g").unwrap();
        let cases = [
            (
                Fact::Started(Started { step: step(), run: Some(run), attempt: 2, at }),
                json!({"step": "a", "phase": "running", "run": "20261122T204355Z-7f3a", "attempt": 2,
                       "at": "2026-11-22T20:43:55.000001Z"}),
            ),
            (
                Fact::ended(step(), Phase::Failed, Some("say \"no\"".into()), Some(3)),
                json!({"step": "a", "phase": "failed", "reason": "say \"no\"", "exit_code": 3}),
            ),
            (
                Fact::ended(step(), Phase::NeedsReview, None, None),
                json!({"step": "a", "phase": "needs_review"}),
            ),
            (Fact::reset(step()), json!({"step": "a", "phase": "idle"})),
            (
                Fact::Reset(Reset { step: step(), reason: None, review_reason: Some("again".into()) }),
                json!({"step": "a", "phase": "idle", "review_reason": "again"}),
            ),
            (
                Fact::Decided(Decided {
                    gate,
                    status: GateStatus::Approved,
                    reason: Some("ok".into()),
                    by: Some(Actor::User),
                    at: None,
                }),
                json!({"gate": "g", "status": "APPROVED", "reason": "ok", "by": "user"}),
            ),
            (Fact::gone(step()), json!({"gone": "a"})),
        ];
        for (fact, value) in cases {
            assert_eq!(fact.to_json(), value);
            assert_eq!(Fact::deserialize(&value).unwrap(), fact, "{value}");
            assert_eq!(serde_json::from_str::<Fact>(&value.to_string()).unwrap(), fact);
        }
    }

    #[test]
    fn what_is_no_fact_is_an_error() {
        for bad in [
            "{}",
            r#"{"step":"a"}"#,
            r#"{"step":"A","phase":"done"}"#,
            r#"{"step":"a","phase":"x"}"#,
            r#"{"gate":"g","status":"DONE"}"#,
            "1",
            r#"{"weather":"fine"}"#,
        ] {
            assert!(serde_json::from_str::<Fact>(bad).is_err(), "{bad}");
        }
    }
}

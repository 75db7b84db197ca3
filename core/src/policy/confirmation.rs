//! One confirmation: what exactly a person says yes to, and for how long it can be said.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::confirm::Need;
use crate::id::{Digest, Revision};
use crate::model::Actor;

/// How long after being shown a proposal can be confirmed.
pub const CONFIRMATION_LIFE: TimeDelta = TimeDelta::minutes(5);

/// What a clock may jump back before a confirmation counts as lapsed.
const CLOCK_SLACK: TimeDelta = TimeDelta::seconds(5);

/// What is to be confirmed: bound to the exact actions and to the revision of the sequence it was shown for.
/// Stored in `state/` as it is; time is always given from outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// Digest of the canonical JSON of the actions.
    pub actions: Digest,
    /// The sequence it was shown for.
    pub revision: Revision,
    /// Who asked.
    pub asked_by: Actor,
    /// When it was shown.
    pub shown_at: DateTime<Utc>,
    /// How many times a person has to say yes.
    pub need: Need,
    /// How many times one has.
    pub given: u8,
    /// It let its actions through once and never will again.
    pub used: bool,
}

/// How far a confirmation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// This many more are needed.
    More(u8),
    /// The actions may be applied now, once.
    Granted,
}

/// Why a yes does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConfirmError {
    /// The asker, or any other program, cannot confirm.
    #[error("only a person can confirm, in the window or with `seqctl confirm`; the {0} cannot")]
    NotAPerson(Actor),
    /// Five minutes have passed.
    #[error("the proposal has lapsed after 5 minutes; ask for it again")]
    Lapsed,
    /// What is to be applied is not what was shown.
    #[error("the actions differ from those that were shown; ask for them again")]
    OtherActions,
    /// The sequence changed since.
    #[error("the sequence has changed since the proposal was shown; ask for it again")]
    OtherRevision,
    /// It was confirmed and applied before.
    #[error("the proposal was confirmed before; a confirmation is used once")]
    Used,
}

impl ConfirmError {
    /// The word for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotAPerson(_) => "CONFIRM_NOT_A_PERSON",
            Self::Lapsed => "CONFIRM_LAPSED",
            Self::OtherActions => "CONFIRM_OTHER_ACTIONS",
            Self::OtherRevision => "STALE_REVISION",
            Self::Used => "CONFIRM_USED",
        }
    }
}

impl Confirmation {
    /// Binds what was shown: `actions` is the canonical JSON of the exact actions.
    pub fn new(
        actions: &[u8],
        revision: Revision,
        need: Need,
        asked_by: Actor,
        shown_at: DateTime<Utc>,
    ) -> Self {
        Self { actions: Digest::of([actions]), revision, asked_by, shown_at, need, given: 0, used: false }
    }

    /// Takes a yes of `by` to these actions at this revision. On [`Progress::Granted`] it is used up: store
    /// it so before the actions are applied.
    ///
    /// # Errors
    /// [`ConfirmError`]; nothing has changed then.
    pub fn confirm(
        &mut self,
        by: Actor,
        actions: &[u8],
        revision: &Revision,
        now: DateTime<Utc>,
    ) -> Result<Progress, ConfirmError> {
        self.check(by, actions, revision, now)?;
        self.given = self.given.saturating_add(1);
        let left = self.need.count().saturating_sub(self.given);
        self.used = left == 0;
        Ok(if self.used { Progress::Granted } else { Progress::More(left) })
    }

    /// Whether it can no longer be confirmed for its age. A clock that was set back does not lengthen a life.
    pub fn is_lapsed(&self, now: DateTime<Utc>) -> bool {
        let age = now - self.shown_at;
        age >= CONFIRMATION_LIFE || age < -CLOCK_SLACK
    }

    fn check(
        &self,
        by: Actor,
        actions: &[u8],
        revision: &Revision,
        now: DateTime<Utc>,
    ) -> Result<(), ConfirmError> {
        if by != Actor::User {
            Err(ConfirmError::NotAPerson(by))
        } else if self.used {
            Err(ConfirmError::Used)
        } else if self.is_lapsed(now) {
            Err(ConfirmError::Lapsed)
        } else if Digest::of([actions]) != self.actions {
            Err(ConfirmError::OtherActions)
        } else if *revision != self.revision {
            Err(ConfirmError::OtherRevision)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACTIONS: &[u8] = br#"[{"action":"step.rm","id":"build"}]"#;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn revision(text: &str) -> Revision {
        Digest::of([text.as_bytes()])
    }

    fn shown(need: Need) -> Confirmation {
        Confirmation::new(ACTIONS, revision("r1"), need, Actor::Orchestrator, at(1000))
    }

    #[test]
    fn one_yes_grants_once() {
        let mut c = shown(Need::One);
        assert_eq!(c.confirm(Actor::User, ACTIONS, &revision("r1"), at(1001)), Ok(Progress::Granted));
        let again = c.confirm(Actor::User, ACTIONS, &revision("r1"), at(1002));
        assert_eq!(again, Err(ConfirmError::Used));
    }

    #[test]
    fn two_are_two_separate_acts_and_survive_being_stored() {
        let mut c = shown(Need::Two);
        assert_eq!(c.confirm(Actor::User, ACTIONS, &revision("r1"), at(1001)), Ok(Progress::More(1)));
        let mut stored: Confirmation = serde_json::from_str(&serde_json::to_string(&c).unwrap()).unwrap();
        assert_eq!(stored, c);
        assert_eq!(stored.confirm(Actor::User, ACTIONS, &revision("r1"), at(1002)), Ok(Progress::Granted));
    }

    #[test]
    fn a_yes_counts_only_for_what_was_shown_while_it_holds_and_from_a_person() {
        let (r1, r2) = (revision("r1"), revision("r2"));
        let other: &[u8] = br#"[{"action":"step.rm","id":"other"}]"#;
        for (by, actions, revision, now, fault) in [
            (Actor::Orchestrator, ACTIONS, &r1, 1001, ConfirmError::NotAPerson(Actor::Orchestrator)),
            (Actor::System, ACTIONS, &r1, 1001, ConfirmError::NotAPerson(Actor::System)),
            (Actor::User, other, &r1, 1001, ConfirmError::OtherActions),
            (Actor::User, ACTIONS, &r2, 1001, ConfirmError::OtherRevision),
            (Actor::User, ACTIONS, &r1, 1300, ConfirmError::Lapsed),
            (Actor::User, ACTIONS, &r1, 900, ConfirmError::Lapsed),
        ] {
            let mut c = shown(Need::One);
            assert_eq!(c.confirm(by, actions, revision, at(now)), Err(fault));
            assert_eq!(c, shown(Need::One), "a yes that does not count changes nothing");
        }
        assert!(shown(Need::One).confirm(Actor::User, ACTIONS, &r1, at(1299)).is_ok());
    }
}

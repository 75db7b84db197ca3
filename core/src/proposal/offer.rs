//! Taking a proposal in: rehearsed, then applied, kept for a person, or turned down.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::rehearse::{Rehearsal, rehearse};
use super::wanted::split;
use super::{
    Applied, Asker, Context, MOST_BYTES, MOST_LINES, MOST_WAITING, ProposalError, ProposalId, Proposals,
    ProposedAction, Record, Rejected, Standing, store, wanted::Wanted,
};
use crate::engine::protocol::Fault;
use crate::log::Draft;
use crate::model::Outcome;
use crate::policy::{Confirmation, Need};
use crate::workspace::{DoorError, Proposed, Session};

/// What became of a proposal that was offered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Offered {
    /// Its id: for a person to confirm where it waits, for the log elsewhere. `None` for what a step asks for itself.
    #[serde(rename = "proposal", default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ProposalId>,
    /// [`Standing::Waiting`], [`Standing::Applied`], [`Standing::Failed`] or [`Standing::Rejected`].
    #[serde(rename = "state")]
    pub standing: Standing,
    /// How many yeses of a person it waits for.
    pub confirmations: u8,
    /// When it lapses, where it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lapses_at: Option<DateTime<Utc>>,
    /// What can be applied, line by line.
    pub actions: Vec<ProposedAction>,
    /// What can not.
    pub rejected: Vec<Rejected>,
    /// What all of it changes in the files, as a unified diff.
    pub sequence_diff: String,
    /// What came of it, where it is applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied: Option<Applied>,
}

/// What lines would do, if they were proposed now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rehearsed {
    /// Whether all of them could be applied.
    pub valid: bool,
    /// How many yeses of a person it would wait for; 0 is applied at once.
    pub confirmations: u8,
    /// What could be applied, line by line.
    pub actions: Vec<ProposedAction>,
    /// What could not.
    pub rejected: Vec<Rejected>,
    /// What all of it would change in the files, as a unified diff.
    pub sequence_diff: String,
}

impl Proposals<'_> {
    /// What these lines would do; nothing is kept, nothing done, nothing told to the log.
    ///
    /// # Errors
    /// [`ProposalError`] where the lines are none or too many, or the project cannot be read.
    pub fn rehearse(
        &self,
        asker: Asker,
        lines: &[String],
        context: Context,
    ) -> Result<Rehearsed, ProposalError> {
        check_size(lines)?;
        let snapshot = self.workspace.snapshot()?;
        let done = rehearse(self.workspace, &snapshot, asker, context, lines)?;
        Ok(Rehearsed {
            valid: done.rejected.is_empty(),
            confirmations: done.need.count(),
            actions: done.actions,
            rejected: done.rejected,
            sequence_diff: done.diff,
        })
    }

    /// Takes canonical lines (`step add …`, `run all`, with or without `seqctl`) of somebody who may propose.
    ///
    /// Inside a step (this process belongs to one, by the process tree) they are the step's own wish and go to the
    /// engine at once: an orchestrator needs no yes for its own children, and nobody else gets anything.
    ///
    /// # Errors
    /// [`ProposalError`]; nothing is kept and nothing has changed.
    pub fn offer(
        &self,
        asker: Asker,
        lines: &[impl AsRef<str>],
        context: Context,
    ) -> Result<Offered, ProposalError> {
        let lines: Vec<String> = lines.iter().map(|line| line.as_ref().trim().to_owned()).collect();
        check_size(&lines).map_err(|error| self.failed(asker, error))?;
        if crate::engine::inside(&self.workspace.paths).is_some() {
            return self.within(&lines);
        }
        // What is proposed is judged by what is so, also where no engine has told of an end yet.
        crate::engine::catch_up(self.workspace, self.engine);
        let session = Session::begin(self.workspace).map_err(|error| self.failed(asker, error.into()))?;
        self.offer_in(session, asker, &lines, context)
    }

    fn offer_in(
        &self,
        mut session: Session,
        asker: Asker,
        lines: &[String],
        context: Context,
    ) -> Result<Offered, ProposalError> {
        let now = Utc::now();
        let paths = &self.workspace.paths;
        if store::prune(paths, now)? >= MOST_WAITING {
            drop(session);
            return Err(self.failed(asker, ProposalError::TooManyWaiting));
        }
        let rehearsed = rehearse(self.workspace, session.snapshot(), asker, context, lines);
        let done = match rehearsed {
            Ok(done) => done,
            Err(error) => {
                drop(session);
                return Err(self.failed(asker, error.into()));
            }
        };
        let id = store::new_id(paths)?;
        let revision = session.snapshot().revision().clone();
        session.append_durable(&refusals(&id, asker, &session, &done)).map_err(DoorError::from)?;
        let mut offered = Offered {
            id: Some(id.clone()),
            standing: Standing::Rejected,
            confirmations: 0,
            lapses_at: None,
            actions: done.actions.clone(),
            rejected: done.rejected.clone(),
            sequence_diff: done.diff.clone(),
            applied: None,
        };
        if done.wanted.is_empty() {
            return Ok(offered);
        }
        if done.need == Need::None && done.rejected.is_empty() && !context.hold {
            let proposed = Proposed {
                id: id.to_string(),
                source: asker.source.as_str().to_owned(),
                revision,
                saw_output: context.saw_output,
                confirmed: false,
            };
            let applied = self.apply(session, asker, split(&done.wanted), proposed)?;
            offered.standing = applied.standing();
            offered.applied = Some(applied);
            return Ok(offered);
        }
        let record = record(id, asker, context, done, revision, now);
        store::write(paths, &record)?;
        session.append_durable(&[offer_draft(&record, &session)]).map_err(DoorError::from)?;
        offered.standing = Standing::Waiting;
        offered.confirmations = record.confirmations();
        offered.lapses_at = Some(record.lapses_at());
        Ok(offered)
    }

    /// Has a failure on record that came before anything could be judged. No process of a step writes there.
    fn failed(&self, asker: Asker, error: ProposalError) -> ProposalError {
        let fault = Fault::from(&error);
        if crate::engine::inside(&self.workspace.paths).is_none() {
            self.workspace.failed(asker.actor, "proposal.offer", "", &fault.code, &fault.message);
        }
        error
    }
}

fn check_size(lines: &[String]) -> Result<(), ProposalError> {
    if lines.iter().all(String::is_empty) {
        return Err(ProposalError::Empty);
    }
    let bytes: usize = lines.iter().map(String::len).sum();
    if lines.len() > MOST_LINES || bytes > MOST_BYTES { Err(ProposalError::TooLarge) } else { Ok(()) }
}

fn record(
    id: ProposalId,
    asker: Asker,
    context: Context,
    done: Rehearsal,
    revision: crate::id::Revision,
    now: DateTime<Utc>,
) -> Record {
    let lines: Vec<&str> = done.actions.iter().map(|a| a.command.as_str()).collect();
    let need = done.need.max(Need::One);
    let confirmation = Confirmation::new(&bound(asker, &lines), revision, need, asker.actor, now);
    Record {
        id,
        asker,
        context,
        actions: done.actions,
        rejected: done.rejected,
        sequence_diff: done.diff,
        confirmation,
        discarded: false,
        applied: None,
        failed: None,
    }
}

/// The bytes that a yes is bound to.
pub(super) fn bound(asker: Asker, lines: &[&str]) -> Vec<u8> {
    serde_json::to_vec(&(asker, lines)).unwrap_or_default()
}

fn offer_draft(record: &Record, session: &Session) -> Draft {
    Draft::new(record.asker.actor, "proposal.offer", record.id.as_str())
        .mode(session.mode())
        .with("source", record.asker.source.as_str())
        .with("lines", record.lines().into_iter().map(str::to_owned).collect::<Vec<_>>())
        .with("confirmations", record.confirmations())
        .with("saw_output", record.context.saw_output)
        .with("revision", record.revision().as_str())
}

/// One entry for each line that cannot be applied, named as what it asked for.
fn refusals(id: &ProposalId, asker: Asker, session: &Session, done: &Rehearsal) -> Vec<Draft> {
    let draft = |rejected: &Rejected| {
        let parsed = Wanted::parse(&rejected.command).ok();
        let (name, target) = parsed.map_or(("proposal.offer", id.to_string()), |w| (w.name(), w.target()));
        let Fault { exit, code, message, .. } = &rejected.error;
        let result = if matches!(exit, 5 | 6) { Outcome::Denied } else { Outcome::Error };
        Draft::new(asker.actor, name, &target)
            .mode(session.mode())
            .with("proposal", id.as_str())
            .with("source", asker.source.as_str())
            .with("lines", vec![rejected.command.clone()])
            .with("code", code.as_str())
            .failed(result, message.as_str())
    };
    done.rejected.iter().map(draft).collect()
}

//! A person's answer to a proposal, and looking at what waits for one.

use chrono::Utc;

use super::offer::bound;
use super::wanted::{parse_all, split};
use super::{Applied, ProposalError, ProposalId, Proposals, Record, Standing, store};
use crate::engine::protocol::Fault;
use crate::log::Draft;
use crate::model::{Actor, Outcome};
use crate::policy::{ConfirmError, Progress, check_actor, check_reader};
use crate::workspace::{DoorError, Proposed, Session};

/// What a yes led to.
#[derive(Debug, Clone, PartialEq)]
pub enum Confirmed {
    /// This many more are needed, in acts of their own.
    More(u8),
    /// It was applied; [`Applied::error`] tells of a control that could not be done.
    Applied(Applied),
}

impl Proposals<'_> {
    /// Every proposal of the last day, the oldest first.
    ///
    /// # Errors
    /// [`ProposalError::Io`].
    pub fn list(&self) -> Result<Vec<Record>, ProposalError> {
        store::read_all(&self.workspace.paths)
    }

    /// One proposal.
    ///
    /// # Errors
    /// [`ProposalError::NotFound`], [`ProposalError::Broken`], [`ProposalError::Io`].
    pub fn show(&self, id: &ProposalId) -> Result<Record, ProposalError> {
        store::read(&self.workspace.paths, id)
    }

    /// Says yes to a proposal, as often as the person has said it by now (`yeses`, at least once). With the last one that
    /// is needed it is applied: its changes all or none, then its controls.
    ///
    /// # Errors
    /// [`ProposalError`]; where it is about the yes (not a person, lapsed, used, another revision), nothing has changed. A
    /// proposal that could not be applied is used up all the same.
    pub fn confirm(&self, id: &ProposalId, by: Actor, yeses: u8) -> Result<Confirmed, ProposalError> {
        let mut session = self.answering(id, by, "confirm")?;
        let (mut record, progress) = match self.take_yes(&session, id, by, yeses) {
            Ok(taken) => taken,
            Err(error) => return Err(turned_down(&mut session, id, by, "confirm", error)),
        };
        store::write(&self.workspace.paths, &record)?;
        let left = if let Progress::More(left) = progress { left } else { 0 };
        let yes = draft(&session, by, "confirm", id)
            .with("lines", record.lines().into_iter().map(str::to_owned).collect::<Vec<_>>())
            .with("left", left);
        session.append_durable(&[yes]).map_err(DoorError::from)?;
        if left > 0 {
            return Ok(Confirmed::More(left));
        }
        let done = self.carry_out(session, &record);
        match &done {
            Ok(applied) => record.applied = Some(applied.clone()),
            Err(error) => record.failed = Some(error.into()),
        }
        // What came of it stands in the log; the record only says it again.
        drop(store::write(&self.workspace.paths, &record));
        done.map(Confirmed::Applied)
    }

    /// Says no to a proposal.
    ///
    /// # Errors
    /// [`ProposalError`]; nothing has changed.
    pub fn discard(&self, id: &ProposalId, by: Actor) -> Result<Record, ProposalError> {
        let mut session = self.answering(id, by, "proposal.discard")?;
        let answered = self.waiting(id).and_then(|mut record| {
            record.discarded = true;
            store::write(&self.workspace.paths, &record)?;
            Ok(record)
        });
        let record = match answered {
            Ok(record) => record,
            Err(error) => return Err(turned_down(&mut session, id, by, "proposal.discard", error)),
        };
        let no = draft(&session, by, "proposal.discard", id);
        session.append_durable(&[no]).map_err(DoorError::from)?;
        Ok(record)
    }

    /// A writer's turn for an answer, which is a person's alone. No process of a step is one, whatever it says.
    fn answering(&self, id: &ProposalId, by: Actor, name: &str) -> Result<Session<'_>, ProposalError> {
        let inside = crate::engine::inside(&self.workspace.paths);
        if inside.is_none() {
            crate::engine::catch_up(self.workspace, self.engine);
        }
        let by = if inside.is_some() { Actor::Orchestrator } else { by };
        let session = Session::begin(self.workspace).inspect_err(|error| {
            self.workspace.failed(by, name, id.as_str(), error.code(), &error.to_string());
        });
        let checked = check_actor("confirm", by).and_then(|()| check_reader(name, by, None));
        let mut session = session?;
        match checked {
            Ok(()) => Ok(session),
            Err(denial) => {
                let error = DoorError::from(denial).into();
                Err(turned_down(&mut session, id, by, name, error))
            }
        }
    }

    fn waiting(&self, id: &ProposalId) -> Result<Record, ProposalError> {
        let record = store::read(&self.workspace.paths, id)?;
        match record.standing(Utc::now()) {
            Standing::Waiting => Ok(record),
            Standing::Discarded => Err(ProposalError::Discarded),
            Standing::Lapsed => Err(ConfirmError::Lapsed.into()),
            _ => Err(ConfirmError::Used.into()),
        }
    }

    fn take_yes(
        &self,
        session: &Session,
        id: &ProposalId,
        by: Actor,
        yeses: u8,
    ) -> Result<(Record, Progress), ProposalError> {
        let mut record = self.waiting(id)?;
        let bytes = bound(record.asker, &record.lines());
        let revision = session.snapshot().revision();
        let mut progress = record.confirmation.confirm(by, &bytes, revision, Utc::now())?;
        for _ in 1..yeses {
            if progress == Progress::Granted {
                break;
            }
            progress = record.confirmation.confirm(by, &bytes, revision, Utc::now())?;
        }
        Ok((record, progress))
    }

    fn carry_out(&self, session: Session, record: &Record) -> Result<Applied, ProposalError> {
        let proposed = Proposed {
            id: record.id.to_string(),
            source: record.asker.source.as_str().to_owned(),
            revision: record.revision().clone(),
            saw_output: record.context.saw_output,
            confirmed: true,
        };
        self.apply(session, record.asker, split(&parse_all(&record.lines())?), proposed)
    }
}

fn draft(session: &Session, by: Actor, name: &str, id: &ProposalId) -> Draft {
    Draft::new(by, name, id.as_str()).mode(session.mode())
}

/// Has a refused answer on record.
fn turned_down(
    session: &mut Session,
    id: &ProposalId,
    by: Actor,
    name: &str,
    error: ProposalError,
) -> ProposalError {
    let fault = Fault::from(&error);
    let result = if matches!(fault.exit, 5 | 6) { Outcome::Denied } else { Outcome::Error };
    let entry = draft(session, by, name, id).with("code", fault.code).failed(result, fault.message);
    if let Err(error) = session.append_durable(&[entry]) {
        tracing::warn!(%error, "a refusal could not be noted in the log");
    }
    error
}

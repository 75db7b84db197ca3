//! Making a proposal true: its changes in one commit, then its controls, one after the other.

use serde::{Deserialize, Serialize};

use super::{Asker, ProposalError, Proposals, Standing};
use crate::engine::Connection;
use crate::engine::protocol::{ClientMessage, EngineMessage, Fault};
use crate::grammar::{Command, Control, to_line};
use crate::id::{NodeId, Revision, RunId, StepId};
use crate::workspace::{Ask, Consent, ErrorClass, Proposed, Request, Session};

/// What came of a proposal that was applied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Applied {
    /// The revision now.
    pub revision: Revision,
    /// Steps and gates that differ.
    pub changed: Vec<NodeId>,
    /// What changed in the files, as a unified diff.
    pub diff: String,
    /// Number of its line in the log; `None` where nothing was changed but only run or stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// What else a person should know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What was run or stopped, in order. The first that fails is the last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<ControlDone>,
}

/// What came of a control.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ControlDone {
    /// Its line.
    pub command: String,
    /// The run that has begun; it goes on by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
    /// The steps that were stopped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stopped: Vec<StepId>,
    /// Why it was not done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Fault>,
}

impl Applied {
    /// Nothing was changed yet.
    pub(super) fn nothing(revision: Revision) -> Self {
        Self {
            revision,
            changed: Vec::new(),
            diff: String::new(),
            seq: None,
            notes: Vec::new(),
            controls: Vec::new(),
        }
    }

    /// The control that could not be done, if one could not.
    pub fn error(&self) -> Option<&Fault> {
        self.controls.iter().find_map(|c| c.error.as_ref())
    }

    /// Applied, or failed where nothing at all came of it.
    pub(super) fn standing(&self) -> Standing {
        let did = self.seq.is_some() || self.controls.iter().any(|c| c.error.is_none());
        if did || self.error().is_none() { Standing::Applied } else { Standing::Failed }
    }
}

impl Proposals<'_> {
    /// Makes it true. The session is used up by the changes; controls need no lock.
    pub(super) fn apply(
        &self,
        session: Session,
        asker: Asker,
        (ask, controls): (Option<Ask>, Vec<Control>),
        mut proposed: Proposed,
    ) -> Result<Applied, ProposalError> {
        let mut applied = Applied::nothing(proposed.revision.clone());
        if let Some(ask) = ask {
            let base = Some(proposed.revision.clone());
            let consent = if proposed.confirmed { Consent::Standing } else { Consent::None };
            let request = Request {
                ask,
                actor: asker.actor,
                step: None,
                base,
                proposed: Some(proposed.clone()),
                command: None,
            };
            let done = session.submit(&request, &consent)?;
            applied.seq = Some(done.entry.seq);
            (applied.revision, applied.changed) = (done.revision, done.changed);
            (applied.diff, applied.notes) = (done.diff, done.notes);
        } else {
            drop(session);
        }
        proposed.revision = applied.revision.clone();
        for control in controls {
            let message = ClientMessage::Proposed {
                control: control.clone(),
                actor: asker.actor,
                proposed: proposed.clone(),
            };
            let done = self.control(&control, &message);
            let failed = done.error.is_some();
            applied.controls.push(done);
            if failed {
                break;
            }
        }
        Ok(applied)
    }

    /// Asks the engine once: one that goes away before it answers may have done it.
    pub(super) fn control(&self, control: &Control, message: &ClientMessage) -> ControlDone {
        let command = to_line(&Command::Control(control.clone()));
        let mut done = ControlDone { command, run_id: None, stopped: Vec::new(), error: None };
        match self.ask(message) {
            Ok(EngineMessage::Accepted { run, .. }) => done.run_id = Some(run),
            Ok(EngineMessage::Stopped { steps, .. }) => done.stopped = steps,
            Ok(EngineMessage::Refused { fault }) | Err(fault) => done.error = Some(fault),
            Ok(_) => done.error = Some(gone()),
        }
        done
    }

    /// What the engine answers first.
    pub(super) fn ask(&self, message: &ClientMessage) -> Result<EngineMessage, Fault> {
        let mut engine = Connection::open(&self.workspace.paths, self.engine, &[message])?;
        loop {
            match engine.hear() {
                Ok(Some(EngineMessage::Entry { .. } | EngineMessage::Notice { .. })) => {}
                Ok(Some(answer)) => return Ok(answer),
                Ok(None) | Err(_) => return Err(gone()),
            }
        }
    }
}

pub(super) fn gone() -> Fault {
    Fault::new(ErrorClass::Environment, "ENGINE", "the engine went away before it answered")
        .hint("`seqctl status` shows how things stand")
}

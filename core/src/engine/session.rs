//! The door to the mprocs session: what a person does with it is judged and on record.

use std::time::Duration;

use serde_json::json;

use super::protocol::Fault;
use crate::action::{ActionError, nearest};
use crate::executor::mprocs::{Control, Key, MprocsError, PaneMap, Session, SessionState, health, open};
use crate::id::StepId;
use crate::log::Draft;
use crate::model::{Actor, Mode};
use crate::policy::{Asking, Denial, Need, Place, Policy, Rule, check_actor, check_reader};
use crate::workspace::{DoorError, ErrorClass, Workspace, refusal};

/// How long mprocs may take to end by itself.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// What a session is opened with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OpenSession {
    /// mprocs' own port, which any local program can reach: 0 is a free one.
    pub control_port: Option<u16>,
}

/// What somebody does with the session of a project.
#[derive(Debug, Clone, Copy)]
pub struct SessionDoor<'a> {
    /// The project.
    pub workspace: &'a Workspace,
    /// Who asks.
    pub actor: Actor,
    /// Whether a person said yes to it.
    pub confirmed: bool,
}

impl SessionDoor<'_> {
    /// Opens a session in the background, or finds the one that is up: whether it was opened. `keeper` becomes its
    /// keeper.
    ///
    /// # Errors
    /// A [`Fault`].
    pub fn open(&self, asked: &OpenSession, keeper: &[String]) -> Result<(SessionState, bool), Fault> {
        let port = asked.control_port;
        let judge = |policy: &Policy| match port {
            Some(_) if !policy.mprocs_port || policy.mode != Mode::Power => Err(no_port(policy)),
            _ => Ok(()),
        };
        self.recorded("mprocs.open", "", judge, || {
            let (state, new) = open(&self.workspace.paths, keeper)?;
            if port.is_some() && state.port.is_none() {
                return Err(MprocsError::Other(
                    "a session without a control port is up: close it first (`seqctl mprocs close`)".into(),
                ));
            }
            Ok((state, new))
        })
    }

    /// Shows the pane of a step; its place in the list.
    ///
    /// # Errors
    /// A [`Fault`].
    pub fn select(&self, step: &StepId) -> Result<usize, Fault> {
        self.recorded(
            "mprocs.select",
            step.as_str(),
            |_| Ok(()),
            || {
                let index = self.place(step)?;
                match self.control() {
                    Some(mut control) => control.select(index)?,
                    None => Session::connect(&self.workspace.paths)?.select(index, true)?,
                }
                Ok(index)
            },
        )
    }

    /// Types a key into the pane of a step.
    ///
    /// # Errors
    /// A [`Fault`].
    pub fn send_key(&self, step: &StepId, key: &str) -> Result<usize, Fault> {
        self.recorded(
            "mprocs.send-key",
            step.as_str(),
            |_| Ok(()),
            || {
                let key = Key::parse(key)?;
                let index = self.place(step)?;
                match self.control() {
                    Some(mut control) => control.send_key(index, &key)?,
                    None => Session::connect(&self.workspace.paths)?.send_key(index, &key)?,
                }
                Ok(index)
            },
        )
    }

    /// Ends the session. Steps that run go on, but interactive ones.
    ///
    /// # Errors
    /// A [`Fault`].
    pub fn close(&self) -> Result<(), Fault> {
        self.recorded(
            "mprocs.close",
            "",
            |_| Ok(()),
            || Session::connect(&self.workspace.paths)?.close(CLOSE_WITHIN),
        )
    }

    /// mprocs' own port, where the session has it.
    fn control(&self) -> Option<Control> {
        health(&self.workspace.paths).up().as_ref().and_then(Control::of)
    }

    fn place(&self, step: &StepId) -> Result<usize, MprocsError> {
        PaneMap::read(&self.workspace.paths)?.place(step).ok_or_else(|| MprocsError::NoPane(step.clone()))
    }

    /// Judges, does, and writes down how it came out, whatever that was.
    fn recorded<T>(
        &self,
        name: &str,
        target: &str,
        judge: impl FnOnce(&Policy) -> Result<(), Denial>,
        done: impl FnOnce() -> Result<T, MprocsError>,
    ) -> Result<T, Fault> {
        if let Err(refused) = self.judged(name, target, judge) {
            let (fault, draft) = *refused;
            self.workspace.note_durably(draft);
            return Err(fault);
        }
        match done() {
            Ok(value) => {
                self.workspace.note_durably(Draft::new(self.actor, name, target));
                Ok(value)
            }
            Err(error) => {
                let fault = self.unknown(&error).unwrap_or_else(|| fault(&error));
                self.workspace.failed(self.actor, name, target, &fault.code, &fault.message);
                Err(fault)
            }
        }
    }

    /// A step without a pane that is no step at all.
    fn unknown(&self, error: &MprocsError) -> Option<Fault> {
        let MprocsError::NoPane(id) = error else { return None };
        let snapshot = self.workspace.snapshot().ok()?;
        let steps = &snapshot.sequence().steps;
        if snapshot.sequence().step(id.as_str()).is_some() {
            return None;
        }
        let nearest = nearest(id.as_str(), steps.iter().map(|s| s.id.as_str()));
        let error = ActionError::NotFound { kind: "step", id: id.to_string(), nearest };
        Some(Fault::from(&DoorError::from(error)))
    }

    fn judged(
        &self,
        name: &str,
        target: &str,
        judge: impl FnOnce(&Policy) -> Result<(), Denial>,
    ) -> Result<(), Box<(Fault, Draft)>> {
        let policy = self.workspace.snapshot().and_then(|snapshot| snapshot.policy());
        let mode = policy.as_ref().map_or(Mode::Safe, |policy| policy.mode);
        let allowed = policy.and_then(|policy| {
            check_reader(name, self.actor, None)?;
            check_actor(name, self.actor)?;
            judge(&policy)?;
            Ok(policy.needs_confirmation(name, Asking::direct(self.actor)))
        });
        let refused = |error: DoorError| {
            let draft = refusal(self.actor, name, target, mode, &error);
            Box::new((Fault::from(&error), draft))
        };
        if allowed.map_err(refused)? == Need::None || self.confirmed {
            return Ok(());
        }
        let message = format!("`seqctl {}` needs your yes", name.replace('.', " "));
        let mut draft =
            Draft::new(self.actor, name, target).mode(mode).with("code", json!("CONFIRMATION_NEEDED"));
        draft = draft.failed(crate::model::Outcome::Denied, &message);
        let fault = Fault::new(ErrorClass::Confirm, "CONFIRMATION_NEEDED", message)
            .hint("add --yes to confirm it, or run it at a terminal and answer the question");
        Err(Box::new((fault, draft)))
    }
}

/// The error of a session as it goes over a wire.
fn fault(error: &MprocsError) -> Fault {
    let class = match error {
        MprocsError::NoPane(_) => ErrorClass::NotFound,
        MprocsError::Key(_) => ErrorClass::Usage,
        _ => ErrorClass::Environment,
    };
    Fault::new(class, error.code(), error.to_string()).hint(error.hint())
}

fn no_port(policy: &Policy) -> Denial {
    let (value, hint) = if policy.mprocs_port {
        (
            "SAFE",
            "`seqctl policy mode POWER`: any local program can reach that port, and it asks for no password",
        )
    } else {
        (
            "false",
            "set `mprocs_port: true` in .threados/policy.yaml; in SAFE mode it stays closed all the same",
        )
    };
    let message =
        format!("a control port of mprocs is not allowed: mprocs_port and POWER mode are needed ({value})");
    Denial::new(Rule::MprocsPort, "--control-port", Place::BuiltIn, message, hint)
}

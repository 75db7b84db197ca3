//! One turn of a writer: the lock held, everything read fresh, every outcome told to the log.

use serde_json::Value;

use super::commit::Tried;
use super::in_force::{Basis, InForce};
use super::recover;
use super::request::{Consent, Request};
use super::{Asked, DoorError, Proposal, Snapshot, Workspace, external};
use crate::id::{NodeId, Revision};
use crate::log::{Draft, Entry, Log, LogError};
use crate::model::{Actor, Fact, Mode, Outcome};
use crate::policy::Need;
use crate::store::lock::Guard;

/// A change that is durable.
#[derive(Debug, Clone)]
pub struct Committed {
    /// The revision now.
    pub revision: Revision,
    /// Steps and gates that differ.
    pub changed: Vec<NodeId>,
    /// Unified diff.
    pub diff: String,
    /// Its line in the log.
    pub entry: Entry,
    /// What else a person should know: a hand edit of an output that was put back.
    pub notes: Vec<String>,
}

/// A writer's turn. Dropping it lets the lock go.
pub struct Session<'w> {
    pub(super) workspace: &'w Workspace,
    pub(super) guard: Guard,
    pub(super) log: Log,
    pub(super) snapshot: Snapshot,
    /// What has to be whole for what is asked.
    basis: Basis,
    /// Why `sequence.yaml` does not count, where the snapshot is made on its last good version.
    fault: Option<DoorError>,
    /// Whether that file is, byte for byte, as we knew it last.
    pub(super) as_known: bool,
    pub(super) notes: Vec<String>,
}

/// How often a request is proposed anew because a hand was quicker.
const TRIES: usize = 5;

impl<'w> Session<'w> {
    /// Takes the lock, makes good what a crash left, reads what is so and tells the log of hand edits.
    ///
    /// # Errors
    /// [`DoorError`] where the lock or a file cannot be had, or the sequence is invalid.
    pub fn begin(workspace: &'w Workspace) -> Result<Self, DoorError> {
        let guard = workspace.lock()?;
        Self::under(workspace, guard, Basis::Sequence).map_err(|(_, error)| error)
    }

    /// As [`Session::begin`] for a lock that is held; it is given back with an error, so that the log can be told.
    pub(super) fn under(
        workspace: &'w Workspace,
        guard: Guard,
        basis: Basis,
    ) -> Result<Self, (Guard, DoorError)> {
        let Read { in_force: InForce { snapshot, fault }, as_known, log } =
            match read(workspace, &guard, basis) {
                Ok(read) => read,
                Err(error) => return Err((guard, error)),
            };
        let notes = Vec::new();
        let mut session = Self { workspace, guard, log, snapshot, basis, fault, as_known, notes };
        match session.greet() {
            Ok(()) => Ok(session),
            Err(error) => Err((session.guard, error)),
        }
    }

    /// Mends the log and tells it of hand edits.
    fn greet(&mut self) -> Result<(), DoorError> {
        self.log.mend(&self.guard)?;
        match &self.fault {
            Some(fault) => self.notes.push(fault.to_string()),
            None => external::sequence_edit(self)?,
        }
        external::policy_edit(self)
    }

    /// What is so, as of this turn.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Proposes, asks the policy, and makes it true. What a hand saves meanwhile is not overwritten: the request is
    /// proposed anew on it.
    ///
    /// # Errors
    /// [`DoorError`]; the refusal is in the log.
    pub fn submit(mut self, request: &Request, consent: &Consent) -> Result<Committed, DoorError> {
        let error = match self.try_submit(request, consent) {
            Ok(committed) => return Ok(committed),
            Err(error) => error,
        };
        self.refused(request, &error);
        Err(error)
    }

    fn try_submit(&mut self, request: &Request, consent: &Consent) -> Result<Committed, DoorError> {
        let asked = self.snapshot.revision().clone();
        for _ in 0..TRIES {
            let proposal = self.workspace.propose_on(&self.snapshot, request)?;
            match self.commit(allow(&self.snapshot, proposal, consent)?)? {
                Tried::Done(committed) => return Ok(*committed),
                Tried::Moved => self.read_again()?,
            }
        }
        Err(DoorError::Stale { asked, now: self.snapshot.revision().clone() })
    }

    fn read_again(&mut self) -> Result<(), DoorError> {
        let read = read(self.workspace, &self.guard, self.basis)?;
        (self.snapshot, self.fault) = (read.in_force.snapshot, read.in_force.fault);
        (self.as_known, self.log) = (read.as_known, read.log);
        self.greet()
    }

    /// Appends entries that belong to no change of a file; durable on return.
    ///
    /// # Errors
    /// [`LogError`]; nothing was appended.
    pub fn append_durable(&mut self, drafts: &[Draft]) -> Result<Vec<Entry>, LogError> {
        let entries = self.log.append_durable(&self.guard, drafts)?;
        for entry in &entries {
            crate::log::fold(&mut self.snapshot.state, entry);
        }
        self.snapshot.position = self.log.position().clone();
        Ok(entries)
    }

    /// The mode to note in entries; SAFE where the policy is broken.
    pub fn mode(&self) -> Mode {
        self.snapshot.policy().map_or(Mode::Safe, |p| p.mode)
    }

    /// Tells the log of a refusal. That it cannot be told does not make it less refused.
    fn refused(&mut self, request: &Request, error: &DoorError) {
        let draft = refused(request, self.mode(), error);
        if let Err(error) = self.append_durable(&[draft]) {
            tracing::warn!(%error, "a refusal could not be noted in the log");
        }
    }
}

/// What is so, read under the lock, and the log at that place.
struct Read {
    in_force: InForce,
    as_known: bool,
    log: Log,
}

fn read(workspace: &Workspace, guard: &Guard, basis: Basis) -> Result<Read, DoorError> {
    recover::under_lock(workspace, guard)?;
    let (snapshot, as_known) = match Snapshot::under_lock(&workspace.paths, guard) {
        Ok((snapshot, as_known)) => (Ok(snapshot), as_known),
        Err(fault) => (Err(fault), false),
    };
    let in_force = basis.settle(snapshot, &workspace.paths)?;
    let log = Log::open_at(&workspace.paths, workspace.log_redactor(), &in_force.snapshot.position)?;
    Ok(Read { in_force, as_known, log })
}

/// The log entry of a request refused.
pub(super) fn refused(request: &Request, mode: Mode, error: &DoorError) -> Draft {
    let draft = refusal(request.actor, request.name(), &request.target(), mode, error);
    request.sign(draft.with("lines", lines(request)))
}

/// The log entry of something refused.
pub fn refusal(actor: Actor, name: &str, target: &str, mode: Mode, error: &DoorError) -> Draft {
    use super::ErrorClass::{Confirm, Denied};
    let mut draft = Draft::new(actor, name, target).mode(mode).with("code", error.code());
    draft.result = if matches!(error.class(), Denied | Confirm) { Outcome::Denied } else { Outcome::Error };
    draft.error = Some(error.to_string());
    draft
}

/// The canonical lines of a request, for the log.
pub(super) fn lines(request: &Request) -> Value {
    Value::from(request.lines())
}

/// The facts of an entry as its payload has them.
pub(super) fn facts(facts: &[Fact]) -> Value {
    facts.iter().filter_map(|f| serde_json::to_value(f).ok()).collect()
}

/// Lets a proposal through where nobody has to say yes, or somebody did.
fn allow(snapshot: &Snapshot, proposal: Proposal, consent: &Consent) -> Result<Proposal, DoorError> {
    let given = match consent {
        Consent::None => false,
        Consent::Standing => true,
        Consent::Bound { actions, revision } => {
            *actions == proposal.request.digest() && revision == snapshot.revision()
        }
    };
    if given || proposal.need == Need::None {
        return Ok(proposal);
    }
    let asked = Asked {
        action: proposal.request.name().to_owned(),
        actions: proposal.request.digest(),
        revision: proposal.base.clone(),
        summary: proposal.request.lines().join("\n"),
    };
    Err(DoorError::Confirm(Box::new(asked)))
}

//! The door: the only way anything changes.
//!
//! [`propose`] is pure and says what a request would do; [`Workspace::submit`] takes the lock, proposes on what is
//! so then, asks the policy, writes one line to the log and makes it true. Whatever is refused is in the log, too.

mod authority;
mod commit;
pub mod demo;
mod diff;
mod error;
mod explain;
mod external;
mod flush;
mod folder;
mod hand;
mod history;
mod import;
mod in_force;
mod init;
mod ledger;
pub(crate) mod lines;
mod missing;
mod price;
mod propose;
mod recover;
mod request;
mod session;
mod snapshot;
mod staging;
mod templates;
mod undo;
mod validate;
mod withdraw;

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;

pub use diff::unified;
pub(crate) use error::brief;
pub use error::{Asked, DoorError, ErrorClass};
pub use explain::explain;
pub(crate) use external::{EXTERNAL_EDIT, POLICY};
pub(crate) use folder::check_folder;
pub use hand::let_hand_finish;
pub(crate) use hand::{STILL, STILL_AT_LAST, is_fresh};
pub use history::{Image, Pair, Target, Way};
pub use import::Import;
use in_force::Basis;
pub use in_force::InForce;
pub use init::InitOptions;
pub use ledger::Change;
pub use propose::{Proposal, Surroundings, judge_step, propose, step_argv};
pub use request::{Ask, Consent, Maker, Proposed, Request};
pub use session::{Committed, Session, refusal};
pub use snapshot::{PolicyFile, Snapshot, read_document};
pub use templates::{TemplateFile, Templates, rehearse};
pub use undo::changes;
pub use validate::{FileProblem, step_problems, validate};

use crate::action::PromptSource;
use crate::log::{Draft, Log};
use crate::model::{Actor, Mode, Outcome};
use crate::policy::redact::{PLACEHOLDER, is_secret_name};
use crate::policy::{Judge, Policy, PolicyError, Redactor, Site, StepEnv};
use crate::store::lock::{Guard, LockError, ProjectLock};
use crate::store::paths::Paths;
use crate::store::prompt;

/// How long a writer waits for the lock unless told otherwise.
pub const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// A project, open.
#[derive(Debug, Clone)]
pub struct Workspace {
    /// Its files.
    pub paths: Arc<Paths>,
    /// How long a writer waits for the lock.
    pub lock_timeout: Duration,
    /// Our own program, which steps may always call.
    pub own_binary: Option<PathBuf>,
    /// What is asked for through it as an orchestrator is the wish of a program outside of every step: set by doors that
    /// know their callers by a token (HTTP).
    pub for_programs: bool,
    /// The process ends after what it asks for: what was made on the way is left to its end, for to take ten thousand
    /// steps apart takes a millisecond.
    pub for_one_change: bool,
    /// It is served by a process that stays: what that finds gone is being removed, and is not made anew.
    pub stays: bool,
    redactor: Arc<Redactor>,
}

impl Workspace {
    /// Opens the project whose files these are. What a crash left half done is made good by the next writer.
    pub fn new(paths: Paths) -> Self {
        Self {
            paths: Arc::new(paths),
            lock_timeout: LOCK_TIMEOUT,
            own_binary: std::env::current_exe().ok(),
            for_programs: false,
            for_one_change: false,
            stays: false,
            redactor: Arc::new(redactor()),
        }
    }

    /// The project root.
    pub fn root(&self) -> &Path {
        &self.paths.root
    }

    /// The lock of whoever writes.
    ///
    /// # Errors
    /// [`LockError`]
    pub fn lock(&self) -> Result<Guard, LockError> {
        let acquire = if self.stays { ProjectLock::acquire_present } else { ProjectLock::acquire };
        acquire(&self.paths.lock, self.lock_timeout)
    }

    /// What takes secrets out of everything that is shown or kept.
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// What is so now.
    ///
    /// # Errors
    /// As [`Snapshot::read`].
    pub fn snapshot(&self) -> Result<Snapshot, DoorError> {
        if recover::is_pending(&self.paths) {
            recover::try_now(self);
        }
        Snapshot::read(&self.paths)
    }

    /// What a request would do; nothing is written, not even to the log.
    ///
    /// # Errors
    /// As [`propose`].
    pub fn preview(&self, request: &Request) -> Result<Proposal, DoorError> {
        let_hand_finish(&self.paths);
        let on = Basis::of(request).settle(self.snapshot(), &self.paths)?;
        let mut proposal = self.propose_on(&on.snapshot, request)?;
        proposal.notes.extend(on.fault.map(|fault| fault.to_string()));
        Ok(proposal)
    }

    /// Does what a request asks: all of it or nothing, acknowledged only when it is durable.
    ///
    /// # Errors
    /// [`DoorError`]; nothing has changed, and the refusal is in the log.
    pub fn submit(&self, request: &Request, consent: &Consent) -> Result<Committed, DoorError> {
        let_hand_finish(&self.paths);
        let guard = self.lock()?;
        match Session::under(self, guard, Basis::of(request)) {
            Ok(session) => session.submit(request, consent),
            Err((guard, error)) => {
                self.note(&guard, session::refused(request, self.mode(), &error));
                Err(error)
            }
        }
    }

    /// Tells the log of something that failed before anybody could judge it, because the engine did not start: a
    /// file is invalid, the log was full. That it cannot be told does not undo the failure.
    pub fn failed(&self, actor: Actor, name: &str, target: &str, code: &str, error: &str) {
        let draft = Draft::new(actor, name, target).mode(self.mode()).with("code", code);
        match self.lock() {
            Ok(guard) => self.note(&guard, draft.failed(Outcome::Error, error)),
            Err(error) => tracing::warn!(%error, "a refusal could not be noted in the log"),
        }
    }

    /// Tells the log of something that is no change of the sequence and done, or refused, already. That it cannot be
    /// told does not undo it.
    pub fn note_durably(&self, draft: Draft) {
        let draft = draft.mode(self.mode());
        match self.lock() {
            Ok(guard) => self.note(&guard, draft),
            Err(error) => tracing::warn!(%error, "what was done could not be noted in the log"),
        }
    }

    fn note(&self, guard: &Guard, draft: Draft) {
        let log = Log::open(&self.paths, self.log_redactor());
        if let Err(error) = log.and_then(|mut log| log.append_durable(guard, &[draft])) {
            tracing::warn!(%error, "a refusal could not be noted in the log");
        }
    }

    /// The mode to note where the sequence cannot be read; SAFE where the policy cannot either.
    fn mode(&self) -> Mode {
        let policy = PolicyFile::read(&self.paths).ok().and_then(|file| file.policy.ok());
        policy.map_or(Mode::Safe, |policy| policy.mode)
    }

    /// Judges commands by a policy at this project.
    ///
    /// # Errors
    /// [`DoorError::Read`] where the root cannot be resolved.
    pub fn judge(&self, policy: &Policy) -> Result<Judge, DoorError> {
        let read = |source| DoorError::Read { path: self.paths.root.clone(), source };
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut site = Site::new(&self.paths.root, path).map_err(read)?;
        // One that was taken away since this program was started cannot be called, and that is all.
        if let Some(own) = self.own_binary.as_deref().filter(|own| own.exists()) {
            site = site.with_own_binary(own).map_err(read)?;
        }
        let writable = crate::wrapper::sandbox::writable(policy, &self.paths.root);
        Ok(Judge::new(policy, site.with_writable(writable.iter().map(PathBuf::as_path))))
    }

    /// A command line that becomes the helper inside of a step's sandbox: every program that can be an engine can be
    /// that, too. Empty where this program's own file is unknown.
    pub fn sandbox_helper(&self) -> Vec<String> {
        let own = std::env::current_exe().ok().and_then(|own| own.into_os_string().into_string().ok());
        own.map(|own| vec![own, crate::wrapper::sandbox::INSIDE.to_owned()]).unwrap_or_default()
    }

    pub(crate) fn log_redactor(&self) -> Arc<dyn crate::log::Redact> {
        Arc::new(EntryRedactor(Arc::clone(&self.redactor)))
    }

    /// What a request would do on what was so; nothing is written.
    ///
    /// # Errors
    /// As [`propose`].
    pub fn propose_on(&self, snapshot: &Snapshot, request: &Request) -> Result<Proposal, DoorError> {
        let policy = snapshot.policy()?;
        let judge = self.judge(&policy)?;
        let with = Surroundings {
            for_programs: self.for_programs,
            judge: &judge,
            prompts: &DiskPrompts(&self.paths.threados),
            policy_text: &snapshot.policy.text,
            threados: &self.paths.threados,
            now: Utc::now(),
            target: undo::target(&self.paths, request)?,
        };
        propose(snapshot, request, &with)
    }
}

impl Workspace {
    /// What takes secrets out of a step's output: the patterns of the policy, and what the step itself was given.
    ///
    /// # Errors
    /// [`PolicyError::BadPattern`] where a pattern is broken.
    pub fn redactor_for(
        &self,
        patterns: &[String],
        env: &std::collections::BTreeMap<String, String>,
    ) -> Result<Redactor, PolicyError> {
        let given = StepEnv::rebuild(std::env::vars_os(), env).unwrap_or_default();
        Redactor::new(patterns, &given.secrets())
    }
}

/// Takes secrets out of log entries.
struct EntryRedactor(Arc<Redactor>);

impl crate::log::Redact for EntryRedactor {
    fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.0.redact(text)
    }

    fn keyed<'a>(&self, key: &str, text: &'a str) -> Cow<'a, str> {
        if is_secret_name(key) { Cow::Borrowed(PLACEHOLDER) } else { self.0.redact(text) }
    }
}

/// Hides what looks like a secret, and the secrets of our own environment word for word.
fn redactor() -> Redactor {
    let ours = StepEnv::rebuild(std::env::vars_os(), &std::collections::BTreeMap::new()).unwrap_or_default();
    Redactor::new(&[], &ours.secrets()).unwrap_or_default()
}

/// Prompts as they stand on the disk.
struct DiskPrompts<'a>(&'a Path);

impl PromptSource for DiskPrompts<'_> {
    fn prompt(&self, file: &str) -> Option<String> {
        prompt::read(&self.0.join(file)).ok()
    }

    fn check(&self, file: &str) -> Result<(), (PathBuf, io::Error)> {
        let path = self.0.join(file);
        match prompt::read(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err((path, source)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

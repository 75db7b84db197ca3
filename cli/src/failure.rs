//! Why a command failed, as its person is told.

use std::io;

use threados_core::engine::protocol::Fault;
use threados_core::store::hint_of_io;
use threados_core::view::redact;
use threados_core::workspace::{DoorError, ErrorClass};

/// A failed command: what is wrong, what to do, and the exit code.
#[derive(Debug, Clone)]
pub struct Failure {
    pub exit: u8,
    pub code: String,
    pub message: String,
    pub hint: Option<String>,
    pub details: serde_json::Value,
}

impl Failure {
    pub fn new(class: ErrorClass, code: &str, message: impl Into<String>) -> Self {
        Fault::new(class, code, message).into()
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Without secrets: an error may quote what was typed or what a file says.
    pub fn redacted(&self) -> Self {
        let redactor = threados_core::policy::Redactor::default();
        let hide = |text: &str| redactor.redact(text).into_owned();
        let mut details = self.details.clone();
        redact(&mut details, &redactor);
        Self {
            exit: self.exit,
            code: self.code.clone(),
            message: hide(&self.message),
            hint: self.hint.as_deref().map(hide),
            details,
        }
    }

    /// No step, gate or group is called so.
    pub fn not_found<'a>(what: &str, id: &str, known: impl Iterator<Item = &'a str>) -> Self {
        let code = format!("{}_NOT_FOUND", what.to_uppercase().replace(' ', "_"));
        let failure = Self::new(ErrorClass::NotFound, &code, format!("there is no {what} `{id}`"));
        let near = known.map(|k| (strsim::damerau_levenshtein(k, id), k)).min();
        match near.filter(|(distance, k)| *distance <= k.len().max(id.len()) / 3 + 1) {
            Some((_, near)) => failure.hint(format!("did you mean `{near}`?")),
            None => failure.hint("`seqctl status` lists what there is"),
        }
    }

    /// A file or device that does not do as it should.
    pub fn io(what: &str, error: &io::Error) -> Self {
        let failure = Self::new(ErrorClass::Environment, "IO", format!("cannot {what}: {error}"));
        Self { hint: hint_of_io(error).map(str::to_owned), ..failure }
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        let Fault { exit, code, message, hint, details } = fault;
        Self { exit, code, message, hint, details }
    }
}

impl From<DoorError> for Failure {
    fn from(error: DoorError) -> Self {
        Fault::from(&error).into()
    }
}

impl From<threados_core::store::paths::PathsError> for Failure {
    fn from(error: threados_core::store::paths::PathsError) -> Self {
        DoorError::from(error).into()
    }
}

impl From<threados_core::log::LogError> for Failure {
    fn from(error: threados_core::log::LogError) -> Self {
        DoorError::from(error).into()
    }
}

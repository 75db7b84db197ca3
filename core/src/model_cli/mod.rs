//! The coding agents: how each is called, what its output says, and whether it succeeded.
//!
//! A [`Model`] is a command line, the way its prompt goes in and the form of what comes out. A [`Reader`] turns that
//! output into text for people and, at its end, into an [`Outcome`]; [`judge`] takes the outcome and the exit code
//! together. All of it is pure but [`probe`], which asks a program for its version.

mod answering;
mod claude_code;
mod codex;
mod gemini;
mod limit;
mod opencode;
mod outcome;
mod probe;
mod qwen;
mod registry;
mod stream;
mod verdict;

pub use answering::{Answering, CLAUDE, CODEX, GEMINI};
pub use outcome::{Limit, Outcome};
pub use probe::{Probe, find, probe};
pub use registry::{Call, CallError, Given, Model, Models, ModelsError, Origin, shell_call};
pub use stream::{Finished, MAX_LINE, Reader};
pub use verdict::{Exit, Verdict, judge};

use crate::model::{PromptWay, ResultForm};

/// A model that is known without a `models.yaml`.
struct BuiltIn {
    name: &'static str,
    command: &'static [&'static str],
    prompt: PromptWay,
    result: ResultForm,
    /// Whether it names what it cost.
    priced: bool,
    resume: Resume,
    /// The line that installs its program.
    install: &'static str,
}

/// How a session is resumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Resume {
    /// It cannot be.
    No,
    /// By these arguments and the session's id, at the end.
    Append(&'static [&'static str]),
    /// The same before the last argument.
    BeforeLast(&'static [&'static str]),
}

const BUILT_IN: &[BuiltIn] = &[claude_code::MODEL, codex::MODEL, gemini::MODEL, opencode::MODEL, qwen::MODEL];

#[cfg(test)]
mod tests;

//! What the exports have in common: which steps there are, how each is called, and what gets lost.

use std::fmt::Write as _;

use super::sh::script;
use super::{Caller, environment, lost, remark};
use crate::id::NodeId;
use crate::model::{Sequence, Step};

/// What a step does that nobody knows how to call.
const UNKNOWN: &str = "echo 'nobody knows how its model is called' >&2; exit 1";

/// A sequence on its way to another program's file.
pub(super) struct Outline<'a> {
    pub sequence: &'a Sequence,
    /// Steps that begin by themselves.
    pub steps: Vec<&'a Step>,
    /// What the file does not say as the sequence does.
    pub warnings: Vec<String>,
    caller: Caller<'a>,
}

impl<'a> Outline<'a> {
    /// Steps that do not begin by themselves are named with why they are left out.
    pub(super) fn of(sequence: &'a Sequence, caller: Caller<'a>) -> Self {
        let mut outline = Self { sequence, steps: Vec::new(), warnings: Vec::new(), caller };
        for step in &sequence.steps {
            let why = match (&step.watchdog_for, &step.spawned_by) {
                (Some(target), _) => format!("a watchdog of `{target}` has no counterpart"),
                (None, Some(lead)) => format!("only `{lead}`, which added it, runs it"),
                (None, None) => {
                    outline.steps.push(step);
                    continue;
                }
            };
            outline.warnings.push(format!("`{}` is left out: {why}", step.id));
        }
        outline
    }

    /// Whether a step or gate is in the file.
    pub(super) fn has(&self, id: &NodeId) -> bool {
        self.steps.iter().any(|s| s.id.as_str() == id.as_str()) || self.sequence.gate(id.as_str()).is_some()
    }

    /// The beginning of the file: what it is, what is to be known about it, and what is not in it.
    pub(super) fn head(&self, about: &str) -> String {
        let mut text = format!("# The sequence `{}` of ThreadOS.\n{about}", remark(&self.sequence.name));
        for warning in self.warnings.iter().filter(|w| w.contains("is left out:")) {
            let _ = writeln!(text, "# Not here: {}", remark(warning));
        }
        text
    }

    /// What a step does as a script, and remarks, after this much space, on what is not as in ThreadOS; `own` is what
    /// only this kind of file gets wrong.
    pub(super) fn script(&mut self, step: &Step, own: Option<String>, space: &str) -> (String, String) {
        let call = (self.caller)(step);
        let mut notes = lost(step, call.as_ref());
        notes.extend(own);
        let script = match &call {
            Some(call) => script(step, call, &environment(self.sequence, step)),
            None => {
                notes.push(format!("nobody knows how model {} is called, so it fails", step.model));
                UNKNOWN.to_owned()
            }
        };
        let mut remarks = String::new();
        for note in notes {
            let _ = writeln!(remarks, "{space}# Not as in ThreadOS: {}", remark(&note));
            self.warnings.push(format!("`{}`: {note}", step.id));
        }
        (script, remarks)
    }
}

//! A sequence as other programs' files: a Makefile, a GitHub Actions workflow, or one file with everything in it.
//!
//! What the other program has no word for is said twice: as a comment where it would stand, and as a warning.

mod actions;
mod make;
mod outline;
mod sh;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::model::{FailPolicy, Sequence, Step};
use crate::model_cli::Call;

pub use actions::github_actions;
pub use make::make;

/// The key under which a file that holds everything has its prompts.
pub const PROMPTS: &str = "x-prompts";

/// A sequence as another program's file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exported {
    /// The file.
    pub text: String,
    /// What it does not say as the sequence does.
    pub warnings: Vec<String>,
}

/// How a step is called; `None` for a model nobody knows.
pub type Caller<'a> = &'a dyn Fn(&Step) -> Option<Call>;

/// The sequence with its prompts in it, to be read by `import`.
pub fn bundled(sequence: &Sequence, prompts: &BTreeMap<String, String>) -> Sequence {
    let mut all = sequence.clone();
    if !prompts.is_empty() {
        all.extra.insert(PROMPTS.to_owned(), serde_json::json!(prompts));
    }
    all
}

/// What a step has that gets lost, whatever it is exported to.
fn lost(step: &Step, call: Option<&Call>) -> Vec<String> {
    let mut lost = Vec::new();
    let mut say = |holds: bool, what: &str| {
        if holds {
            lost.push(what.to_owned());
        }
    };
    let agent = !step.model.is_shell();
    say(
        agent && call.is_some(),
        "the prompt goes in as it stands: what {{ … }} in it is for is not filled in",
    );
    say(step.review, "its success does not wait for a review");
    say(step.when.is_some(), "its condition (`when`) is left out: it always runs");
    say(!step.artifacts.is_empty(), "its artifacts are not kept");
    say(step.worktree, "it gets no git worktree of its own");
    say(!step.network.is_allowed(), "it has a network");
    say(step.interactive, "it gets no terminal");
    say(step.orchestrator, "steps it would add need ThreadOS");
    say(!step.fusion_candidates.is_empty(), "the candidates' results do not reach it");
    let own = step.command.first().is_some_and(|program| program == "seqctl");
    say(own, "its program is seqctl, which answers only inside ThreadOS");
    let best = step.group_id.is_some() && step.fail_policy == Some(FailPolicy::BestEffort);
    say(best, "one failure of its group holds what comes after (here: best_effort)");
    lost
}

/// A text for a comment: one line, nothing that could continue or end it.
fn remark(text: &str) -> String {
    let plain = |c: char| {
        if c.is_control() || matches!(c, '\\' | '\u{85}' | '\u{2028}' | '\u{2029}') { ' ' } else { c }
    };
    text.chars().map(plain).collect()
}

/// Place in the group, from 1, and size of it.
fn place(sequence: &Sequence, step: &Step) -> Option<(usize, usize)> {
    let members: Vec<_> = sequence.members(step.group_id.as_ref()?).collect();
    Some((members.iter().position(|m| m.id == step.id)? + 1, members.len()))
}

/// The environment a step is given, as far as it means something elsewhere.
fn environment(sequence: &Sequence, step: &Step) -> BTreeMap<String, String> {
    let mut env = step.env.clone();
    if let Some((index, count)) = place(sequence, step) {
        env.insert("THREADOS_WORKER_INDEX".into(), index.to_string());
        env.insert("THREADOS_WORKER_COUNT".into(), count.to_string());
    }
    env
}

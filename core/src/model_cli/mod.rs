//! How the coding agents are called: each model's command line.

use crate::model::{ModelName, Step};

/// How a step is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The argument vector.
    pub argv: Vec<String>,
    /// Whether the prompt goes in by standard input.
    pub prompt_on_stdin: bool,
}

/// Models that are known without a `models.yaml`, with their command lines. The prompt goes in by standard input.
const KNOWN: &[(&str, &[&str])] = &[
    (
        ModelName::DEFAULT_AGENT,
        &["claude", "-p", "--output-format", "stream-json", "--verbose", "--permission-mode", "acceptEdits"],
    ),
    ("codex", &["codex", "exec", "--json", "-s", "workspace-write", "--skip-git-repo-check", "-"]),
    ("gemini", &["gemini", "-o", "stream-json", "--approval-mode", "auto_edit", "--skip-trust"]),
];

/// How a step is called; `prompt` is where its prompt file stands. `None` for a model nobody knows.
pub fn call(step: &Step, prompt: &str) -> Option<Call> {
    if step.model.is_shell() {
        let argv =
            if step.command.is_empty() { vec!["sh".into(), prompt.to_owned()] } else { step.command.clone() };
        return Some(Call { argv, prompt_on_stdin: false });
    }
    let (_, argv) = KNOWN.iter().find(|(name, _)| *name == step.model.as_str())?;
    Some(Call { argv: argv.iter().map(|s| (*s).to_owned()).collect(), prompt_on_stdin: true })
}

/// The models that are known.
pub fn known() -> impl Iterator<Item = &'static str> {
    std::iter::once(ModelName::SHELL).chain(KNOWN.iter().map(|(name, _)| *name))
}

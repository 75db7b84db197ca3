//! Qwen Code: `qwen --output-format stream-json`, with the events of Claude Code.

use super::{BuiltIn, Resume};
use crate::model::{PromptWay, ResultForm};

pub(super) const MODEL: BuiltIn = BuiltIn {
    name: "qwen",
    command: &["qwen", "--output-format", "stream-json", "--approval-mode", "auto-edit"],
    prompt: PromptWay::Stdin,
    result: ResultForm::ClaudeJson,
    priced: false,
    resume: Resume::Append(&["--resume"]),
    install: "npm install -g @qwen-code/qwen-code",
};

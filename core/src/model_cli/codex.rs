//! Codex: `codex exec --json`.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::stream::{Fold, MAX_TEXT, Say, SoFar, cut, first_line, get, message, unpriced};
use super::{BuiltIn, Outcome, Resume};
use crate::model::{PromptWay, ResultForm};

pub(super) const MODEL: BuiltIn = BuiltIn {
    name: "codex",
    command: &[
        "codex",
        "exec",
        "--json",
        "-s",
        "workspace-write",
        "-C",
        "{cwd}",
        "--skip-git-repo-check",
        "-",
    ],
    prompt: PromptWay::Stdin,
    result: ResultForm::CodexJsonl,
    priced: false,
    resume: Resume::BeforeLast(&["resume"]),
    install: "npm install -g @openai/codex",
};

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    thread_id: Option<&'a RawValue>,
    #[serde(borrow)]
    item: Option<&'a RawValue>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    text: Option<&'a RawValue>,
    #[serde(borrow)]
    command: Option<&'a RawValue>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    query: Option<&'a RawValue>,
    #[serde(borrow)]
    tool: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Tokens {
    input_tokens: u64,
    output_tokens: u64,
}

/// The fold of its events.
#[derive(Debug, Default)]
pub(super) struct Stream {
    so_far: SoFar,
    answer: String,
    last_error: String,
}

impl Fold for Stream {
    fn event(&mut self, line: &str, say: &mut Say<'_>) -> bool {
        let Ok(line) = serde_json::from_str::<Line>(line) else { return false };
        let Some(kind) = get::<String>(line.kind) else { return false };
        match kind.as_str() {
            "thread.started" => self.so_far.session = get(line.thread_id),
            "turn.started" => self.so_far.outcome = None,
            "item.started" | "item.completed" => self.item(line.item, kind == "item.started", say),
            "error" => {
                self.last_error = get(line.message).unwrap_or_default();
                say.lines(&self.last_error);
            }
            "turn.completed" => self.completed(line.usage),
            "turn.failed" => self.failed(line.error, say),
            _ => {}
        }
        true
    }

    fn so_far(&self) -> &SoFar {
        &self.so_far
    }
}

impl Stream {
    fn item(&mut self, item: Option<&RawValue>, started: bool, say: &mut Say<'_>) {
        let Some(item) = get::<Item>(item) else { return };
        let kind = get::<String>(item.kind).unwrap_or_default();
        self.so_far.worked |= kind != "error";
        match (kind.as_str(), started) {
            ("agent_message", false) => {
                let text = get::<String>(item.text).unwrap_or_default();
                say.lines(&text);
                self.answer = cut(&text, MAX_TEXT);
            }
            ("command_execution", true) => {
                say.deed("run", &get::<String>(item.command).unwrap_or_default());
            }
            ("file_change", false) => say.deed("edit", ""),
            ("web_search", true) => say.deed("search", &get::<String>(item.query).unwrap_or_default()),
            ("mcp_tool_call", true) => say.deed("tool", &get::<String>(item.tool).unwrap_or_default()),
            ("error", false) => say.lines(&get::<String>(item.message).unwrap_or_default()),
            _ => {}
        }
    }

    fn completed(&mut self, usage: Option<&RawValue>) {
        let usage = get::<Tokens>(usage).map(|t| unpriced(t.input_tokens, t.output_tokens));
        let text = std::mem::take(&mut self.answer);
        self.so_far.outcome = Some(Outcome { text, usage, ..Outcome::default() });
    }

    fn failed(&mut self, error: Option<&RawValue>, say: &mut Say<'_>) {
        let message = message(error).unwrap_or_default();
        if first_line(&message, 200) != first_line(&self.last_error, 200) {
            say.lines(&message);
        }
        self.so_far.outcome =
            Some(Outcome { is_error: true, text: cut(&message, MAX_TEXT), ..Outcome::default() });
    }
}

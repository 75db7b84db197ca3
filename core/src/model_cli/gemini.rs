//! Gemini CLI: `gemini -o stream-json`.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::stream::{Fold, MAX_TEXT, Say, SoFar, about, cut, get, message, unpriced};
use super::{BuiltIn, Outcome, Resume};
use crate::model::{PromptWay, ResultForm};

pub(super) const MODEL: BuiltIn = BuiltIn {
    name: "gemini",
    command: &["gemini", "-o", "stream-json", "--approval-mode", "auto_edit", "--skip-trust"],
    prompt: PromptWay::Stdin,
    result: ResultForm::GeminiJson,
    priced: false,
    resume: Resume::Append(&["--resume"]),
    install: "npm install -g @google/gemini-cli",
};

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    session_id: Option<&'a RawValue>,
    #[serde(borrow)]
    role: Option<&'a RawValue>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow)]
    delta: Option<&'a RawValue>,
    #[serde(borrow)]
    tool_name: Option<&'a RawValue>,
    #[serde(borrow)]
    parameters: Option<&'a RawValue>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    status: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    #[serde(borrow)]
    stats: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Stats {
    input_tokens: u64,
    output_tokens: u64,
}

/// The fold of its events.
#[derive(Debug, Default)]
pub(super) struct Stream {
    so_far: SoFar,
    /// The answer so far: it comes in parts, and begins anew after each tool.
    answer: String,
    speaking: bool,
}

impl Fold for Stream {
    fn event(&mut self, line: &str, say: &mut Say<'_>) -> bool {
        let Ok(line) = serde_json::from_str::<Line>(line) else { return false };
        let Some(kind) = get::<String>(line.kind) else { return false };
        match kind.as_str() {
            "init" => self.so_far.session = get(line.session_id),
            "message" => self.message(&line, say),
            "tool_use" => {
                self.so_far.worked = true;
                self.stop_speaking(say);
                self.answer.clear();
                say.deed(&get::<String>(line.tool_name).unwrap_or_default(), &about(line.parameters));
            }
            "error" => {
                self.stop_speaking(say);
                say.lines(&get::<String>(line.message).unwrap_or_default());
            }
            "result" => self.result(&line, say),
            _ => {}
        }
        true
    }

    fn so_far(&self) -> &SoFar {
        &self.so_far
    }
}

impl Stream {
    fn message(&mut self, line: &Line<'_>, say: &mut Say<'_>) {
        // Its first message is our own prompt.
        if get::<String>(line.role).is_none_or(|role| role != "assistant") {
            return;
        }
        let text = get::<String>(line.content).unwrap_or_default();
        self.so_far.worked = true;
        if get::<bool>(line.delta) == Some(true) {
            say.part(&text);
            self.speaking = !text.ends_with('\n');
        } else {
            self.stop_speaking(say);
            self.answer.clear();
            say.lines(&text);
        }
        if self.answer.len() + text.len() <= MAX_TEXT {
            self.answer += &text;
        }
    }

    /// Ends the line that parts of a text were written on.
    fn stop_speaking(&mut self, say: &mut Say<'_>) {
        if std::mem::take(&mut self.speaking) {
            say.part("\n");
        }
    }

    fn result(&mut self, line: &Line<'_>, say: &mut Say<'_>) {
        self.stop_speaking(say);
        let is_error = get::<String>(line.status).is_none_or(|status| status != "success");
        let text = if is_error {
            let text = message(line.error).unwrap_or_else(|| "it names no reason".to_owned());
            say.lines(&text);
            cut(&text, MAX_TEXT)
        } else {
            self.answer.trim().to_owned()
        };
        let usage = get::<Stats>(line.stats).map(|s| unpriced(s.input_tokens, s.output_tokens));
        self.so_far.outcome = Some(Outcome { is_error, text, usage, ..Outcome::default() });
    }
}

/// What an exit code of it means.
pub(super) fn exit_code(code: i32) -> Option<String> {
    let known = match code {
        41 => "authentication failed: sign in once with `gemini`, or set GEMINI_API_KEY",
        42 => "it does not accept the prompt or its arguments",
        44 => "its sandbox failed",
        52 => "its configuration is wrong: see ~/.gemini/settings.json",
        53 => "it reached its limit of turns",
        54 => "a tool of it failed",
        130 => "it was cancelled",
        _ => return api_status(code).map(|status| format!("its API answered HTTP {status}")),
    };
    Some(known.to_owned())
}

/// It ends with the HTTP status modulo 256.
fn api_status(code: i32) -> Option<i32> {
    const STATUSES: [i32; 12] = [400, 401, 403, 404, 408, 409, 413, 429, 500, 502, 503, 504];
    STATUSES.into_iter().find(|status| status % 256 == code)
}

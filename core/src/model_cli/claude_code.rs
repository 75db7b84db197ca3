//! Claude Code: `claude -p --output-format stream-json`. Qwen Code prints the same events.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::stream::{First, Fold, MAX_TEXT, Say, SoFar, about, cut, dollars, first_line, get, message, sum};
use super::{BuiltIn, Limit, Outcome, Resume, limit};
use crate::model::{PromptWay, ResultForm, Usage};

pub(super) const MODEL: BuiltIn = BuiltIn {
    name: "claude-code",
    command: &[
        "claude",
        "-p",
        "--output-format",
        "stream-json",
        "--verbose",
        "--permission-mode",
        "acceptEdits",
    ],
    prompt: PromptWay::Stdin,
    result: ResultForm::ClaudeJson,
    priced: true,
    resume: Resume::Append(&["--resume"]),
    install: "npm install -g @anthropic-ai/claude-code",
};

/// One line; fields of another type than expected are as if they were not there.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    session_id: Option<&'a RawValue>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    is_error: Option<&'a RawValue>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    #[serde(borrow)]
    errors: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    #[serde(borrow)]
    subtype: Option<&'a RawValue>,
    #[serde(borrow)]
    api_error_status: Option<&'a RawValue>,
    #[serde(borrow)]
    total_cost_usd: Option<&'a RawValue>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    #[serde(borrow)]
    rate_limit_info: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    model: Option<&'a RawValue>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Block<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    text: Option<&'a RawValue>,
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    input: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Tokens {
    input_tokens: u64,
    cache_creation_input_tokens: u64,
    cache_read_input_tokens: u64,
    output_tokens: u64,
    /// Only Qwen Code names it: there, what was read from the cache is among `input_tokens`.
    total_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct RateLimit<'a> {
    #[serde(borrow)]
    status: Option<&'a RawValue>,
    #[serde(borrow, rename = "resetsAt")]
    resets_at: Option<&'a RawValue>,
}

/// What the CLI itself says in the model's place bears this name.
const SYNTHETIC: &str = "<synthetic>";

/// The fold of its events.
#[derive(Debug, Default)]
pub(super) struct Stream {
    so_far: SoFar,
    /// A limit that an event before the result told of.
    rejected: Option<Limit>,
    last_said: String,
}

impl Fold for Stream {
    fn event(&mut self, line: &str, say: &mut Say<'_>) -> bool {
        let Ok(line) = serde_json::from_str::<Line>(line) else { return false };
        let Some(kind) = get::<String>(line.kind) else { return false };
        if let Some(session) = get(line.session_id) {
            self.so_far.session = Some(session);
        }
        match kind.as_str() {
            "assistant" => self.assistant(&line, say),
            "result" => self.result(&line, say),
            "rate_limit_event" => self.rate_limit(line.rate_limit_info),
            _ => {}
        }
        true
    }

    fn so_far(&self) -> &SoFar {
        &self.so_far
    }
}

impl Stream {
    fn assistant(&mut self, line: &Line<'_>, say: &mut Say<'_>) {
        let Some(message) = get::<Message>(line.message) else { return };
        let synthetic = get::<String>(message.model).is_some_and(|m| m == SYNTHETIC);
        self.so_far.worked |= !synthetic;
        // It goes on to speak, so what was taken for the end was none.
        if !synthetic {
            self.so_far.outcome = None;
        }
        for block in get::<First>(message.content).map(|c| c.0).unwrap_or_default() {
            let Some(block) = get::<Block>(Some(block)) else { continue };
            match get::<String>(block.kind).as_deref() {
                Some("text") => {
                    let text = get::<String>(block.text).unwrap_or_default();
                    say.lines(&text);
                    self.last_said = first_line(&text, 200);
                }
                Some("tool_use") => {
                    say.deed(&get::<String>(block.name).unwrap_or_default(), &about(block.input));
                }
                _ => {}
            }
        }
        if synthetic && get::<String>(line.error).is_some_and(|e| e == "rate_limit") {
            self.rejected.get_or_insert(Limit { until: None });
        }
    }

    fn rate_limit(&mut self, info: Option<&RawValue>) {
        let Some(info) = get::<RateLimit>(info) else { return };
        // `allowed` and `allowed_warning` are served all the same.
        self.rejected = match get::<String>(info.status).as_deref() {
            Some("rejected" | "denied") => {
                Some(Limit { until: get::<i64>(info.resets_at).and_then(limit::epoch) })
            }
            _ => None,
        };
    }

    fn result(&mut self, line: &Line<'_>, say: &mut Say<'_>) {
        let subtype = get::<String>(line.subtype).unwrap_or_default();
        // An error of the API has the subtype `success`; the flag is what counts.
        let is_error = get::<bool>(line.is_error).unwrap_or(subtype != "success");
        let errors = get::<First>(line.errors).map(|e| e.0).unwrap_or_default();
        let errors: Vec<String> = errors.into_iter().filter_map(|e| get(Some(e))).collect();
        let text = match get::<String>(line.result) {
            Some(text) if !text.is_empty() => text,
            _ if !errors.is_empty() => errors.join("\n"),
            // As Qwen Code has it.
            _ if is_error => message(line.error).unwrap_or(subtype),
            _ => String::new(),
        };
        let tokens = get::<Tokens>(line.usage);
        // Older Qwen Code (0.15) calls an error of its API a success, of a model that has written nothing.
        let is_silent = tokens.as_ref().is_none_or(|tokens| tokens.output_tokens == 0);
        let is_error = is_error || (is_silent && text.starts_with("[API Error: ") && text.ends_with(']'));
        if is_error && first_line(&text, 200) != self.last_said {
            say.lines(&text);
        }
        let cost = dollars(line.total_cost_usd);
        let usage = (tokens.is_some() || cost.is_some()).then(|| usage(&tokens.unwrap_or_default(), cost));
        let api_status = get(line.api_error_status);
        let rejected = self.rejected.take();
        let text = cut(&text, MAX_TEXT);
        self.so_far.outcome = Some(Outcome { is_error, text, usage, api_status, rejected });
    }
}

fn usage(tokens: &Tokens, cost: Option<f64>) -> Usage {
    let input_tokens = match tokens.total_tokens {
        Some(_) => tokens.input_tokens,
        None => {
            sum(&[tokens.input_tokens, tokens.cache_creation_input_tokens, tokens.cache_read_input_tokens])
        }
    };
    Usage { input_tokens, output_tokens: tokens.output_tokens, cost_usd: cost }
}

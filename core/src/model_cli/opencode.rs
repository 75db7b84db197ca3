//! opencode: `opencode run --format json`. It names no result: the end of its output is the end.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::stream::{Fold, MAX_TEXT, Say, about, cut, get};
use super::{BuiltIn, Outcome, Resume};
use crate::model::{PromptWay, ResultForm, Usage};

pub(super) const MODEL: BuiltIn = BuiltIn {
    name: "opencode",
    command: &["opencode", "run", "--format", "json"],
    prompt: PromptWay::Stdin,
    result: ResultForm::OpencodeJson,
    resume: Resume::Append(&["--session"]),
    install: "npm install -g opencode-ai",
};

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow, rename = "sessionID")]
    session: Option<&'a RawValue>,
    #[serde(borrow)]
    part: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Part<'a> {
    #[serde(borrow)]
    text: Option<&'a RawValue>,
    #[serde(borrow)]
    tool: Option<&'a RawValue>,
    #[serde(borrow)]
    state: Option<&'a RawValue>,
    #[serde(borrow)]
    reason: Option<&'a RawValue>,
    #[serde(borrow)]
    cost: Option<&'a RawValue>,
    #[serde(borrow)]
    tokens: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct State<'a> {
    #[serde(borrow)]
    input: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Tokens {
    input: u64,
    output: u64,
    reasoning: u64,
    cache: Cache,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Cache {
    read: u64,
    write: u64,
}

#[derive(Deserialize)]
struct Failure<'a> {
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow, rename = "statusCode")]
    status: Option<&'a RawValue>,
}

/// The fold of its events.
#[derive(Debug, Default)]
pub(super) struct Stream {
    session: Option<String>,
    answer: String,
    usage: Option<Usage>,
    /// The last step of the model was its last word.
    stopped: bool,
    failure: Option<Outcome>,
}

impl Fold for Stream {
    fn event(&mut self, line: &str, say: &mut Say<'_>) -> bool {
        let Ok(line) = serde_json::from_str::<Line>(line) else { return false };
        let Some(kind) = get::<String>(line.kind) else { return false };
        if let Some(session) = get(line.session) {
            self.session = Some(session);
        }
        match (kind.as_str(), get::<Part>(line.part)) {
            ("error", _) => self.failed(line.error, say),
            ("text", Some(part)) => {
                let text = get::<String>(part.text).unwrap_or_default();
                say.lines(&text);
                self.answer = cut(&text, MAX_TEXT);
            }
            ("tool_use", Some(part)) => {
                let input = get::<State>(part.state).and_then(|s| s.input);
                say.deed(&get::<String>(part.tool).unwrap_or_default(), &about(input));
            }
            ("step_start", _) => self.stopped = false,
            ("step_finish", Some(part)) => self.step(&part),
            _ => {}
        }
        true
    }

    /// Never before it has ended: a further step may always follow.
    fn is_over(&self) -> bool {
        false
    }

    fn outcome(&self) -> Option<Outcome> {
        if let Some(failure) = &self.failure {
            return Some(Outcome { usage: self.usage, ..failure.clone() });
        }
        let text = self.answer.clone();
        self.stopped.then_some(Outcome { text, usage: self.usage, ..Outcome::default() })
    }

    fn session(&self) -> Option<String> {
        self.session.clone()
    }

    fn worked(&self) -> bool {
        self.usage.is_some() || !self.answer.is_empty()
    }
}

impl Stream {
    fn step(&mut self, part: &Part<'_>) {
        let tokens = get::<Tokens>(part.tokens).unwrap_or_default();
        let read = [tokens.input, tokens.cache.read, tokens.cache.write];
        let spent = Usage {
            input_tokens: read.into_iter().fold(0, u64::saturating_add),
            output_tokens: tokens.output.saturating_add(tokens.reasoning),
            cost_usd: get::<f64>(part.cost).filter(|c| c.is_finite() && *c >= 0.0).unwrap_or_default(),
        };
        self.usage.get_or_insert_default().add(&spent);
        self.stopped = get::<String>(part.reason).is_none_or(|reason| reason != "tool-calls");
    }

    fn failed(&mut self, error: Option<&RawValue>, say: &mut Say<'_>) {
        let Some(error) = get::<Failure>(error) else { return };
        let data = get::<Data>(error.data);
        let message = data.as_ref().and_then(|d| get::<String>(d.message));
        let message = message.or_else(|| get(error.message)).or_else(|| get(error.name)).unwrap_or_default();
        say.lines(&message);
        let api_status = data.and_then(|d| get::<u16>(d.status));
        self.failure =
            Some(Outcome { is_error: true, text: cut(&message, MAX_TEXT), api_status, ..Outcome::default() });
    }
}

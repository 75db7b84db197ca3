//! opencode: `opencode run --format json`. It names no result: the end of its output is the end.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::stream::{Fold, MAX_TEXT, Say, SoFar, about, cut, dollars, get, message, sum};
use super::{BuiltIn, Outcome, Resume};
use crate::model::{PromptWay, ResultForm, Usage};

pub(super) const MODEL: BuiltIn = BuiltIn {
    name: "opencode",
    command: &["opencode", "run", "--format", "json"],
    prompt: PromptWay::Stdin,
    result: ResultForm::OpencodeJson,
    priced: true,
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
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow, rename = "statusCode")]
    status: Option<&'a RawValue>,
}

/// The fold of its events.
#[derive(Debug, Default)]
pub(super) struct Stream {
    so_far: SoFar,
    answer: String,
    usage: Option<Usage>,
}

impl Fold for Stream {
    fn event(&mut self, line: &str, say: &mut Say<'_>) -> bool {
        let Ok(line) = serde_json::from_str::<Line>(line) else { return false };
        let Some(kind) = get::<String>(line.kind) else { return false };
        if let Some(session) = get(line.session) {
            self.so_far.session = Some(session);
        }
        match (kind.as_str(), get::<Part>(line.part)) {
            ("error", _) => self.failed(line.error, say),
            ("text", Some(part)) => {
                let text = get::<String>(part.text).unwrap_or_default();
                say.lines(&text);
                self.so_far.worked |= !text.is_empty();
                self.answer = cut(&text, MAX_TEXT);
            }
            ("tool_use", Some(part)) => {
                let input = get::<State>(part.state).and_then(|s| s.input);
                say.deed(&get::<String>(part.tool).unwrap_or_default(), &about(input));
            }
            ("step_start", _) => self.come_to(None),
            ("step_finish", Some(part)) => self.step(&part),
            _ => {}
        }
        true
    }

    fn so_far(&self) -> &SoFar {
        &self.so_far
    }

    /// Never before it has ended: a further step may always follow.
    fn is_over(&self) -> bool {
        false
    }
}

impl Stream {
    fn step(&mut self, part: &Part<'_>) {
        let tokens = get::<Tokens>(part.tokens).unwrap_or_default();
        let spent = Usage {
            input_tokens: sum(&[tokens.input, tokens.cache.read, tokens.cache.write]),
            output_tokens: sum(&[tokens.output, tokens.reasoning]),
            cost_usd: dollars(part.cost),
        };
        self.usage.get_or_insert_default().add(&spent);
        self.so_far.worked = true;
        // The last step of the model is its last word.
        let stopped = get::<String>(part.reason).is_none_or(|reason| reason != "tool-calls");
        let text = self.answer.clone();
        self.come_to(stopped.then(|| Outcome { text, ..Outcome::default() }));
    }

    fn failed(&mut self, error: Option<&RawValue>, say: &mut Say<'_>) {
        let Some(failure) = get::<Failure>(error) else { return };
        let told = message(failure.data).or_else(|| message(error)).or_else(|| get(failure.name));
        let text = told.unwrap_or_default();
        say.lines(&text);
        let api_status = get::<Data>(failure.data).and_then(|data| get(data.status));
        self.come_to(Some(Outcome {
            is_error: true,
            text: cut(&text, MAX_TEXT),
            api_status,
            ..Outcome::default()
        }));
    }

    /// What it came to by now; a failure is not made good by what follows.
    fn come_to(&mut self, outcome: Option<Outcome>) {
        let usage = self.usage;
        match &mut self.so_far.outcome {
            Some(failure) if failure.is_error => failure.usage = usage,
            so_far => *so_far = outcome.map(|outcome| Outcome { usage, ..outcome }),
        }
    }
}

//! Bytes of an agent's event stream in, readable text out: a pure fold with bounded memory.

use serde::de::{Deserialize, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{Outcome, claude_code, codex, gemini, opencode};
use crate::model::{ResultForm, Usage};

/// Longest line that is read. What is longer is told by its size, and passed over.
pub const MAX_LINE: usize = 512 << 10;

/// Longest text of a result that is kept, in bytes.
pub(super) const MAX_TEXT: usize = 256 << 10;

/// What one kind of event stream says, line by line.
pub(super) trait Fold {
    /// Takes in one line that is a JSON object; `say` gets what a person should read of it. `false` where it is no
    /// event of this stream.
    fn event(&mut self, line: &str, say: &mut Say<'_>) -> bool;

    /// What is known so far.
    fn so_far(&self) -> &SoFar;

    /// Whether the event that ends the stream was seen.
    fn is_over(&self) -> bool {
        self.so_far().outcome.is_some()
    }
}

/// What an event stream has told so far.
#[derive(Debug, Default)]
pub(super) struct SoFar {
    /// The session, where one was named, although there may be no result.
    pub session: Option<String>,
    /// What it came to; `None` without a result.
    pub outcome: Option<Outcome>,
    /// Whether the model did anything in this session yet.
    pub worked: bool,
}

/// Where readable text goes.
pub(super) struct Say<'o> {
    out: &'o mut Vec<u8>,
}

impl Say<'_> {
    /// Writes a text as lines of its own.
    pub fn lines(&mut self, text: &str) {
        if !text.is_empty() {
            self.out.extend_from_slice(text.as_bytes());
            if !text.ends_with('\n') {
                self.out.push(b'\n');
            }
        }
    }

    /// Writes a part of a text that goes on.
    pub fn part(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// Writes what the agent does, on one short line: `→ Bash: cargo test`.
    pub fn deed(&mut self, name: &str, about: &str) {
        let about = first_line(about, 160);
        let gap = if about.is_empty() { "" } else { ": " };
        self.lines(&format!("→ {name}{gap}{about}"));
    }
}

/// Reads an event stream.
pub struct Reader {
    fold: Box<dyn Fold>,
    line: Vec<u8>,
    /// Bytes of the present line, where it is too long to be kept.
    passed_over: u64,
    events: u64,
}

impl Reader {
    /// A reader of a form; `None` for text, which needs none.
    pub fn new(form: ResultForm) -> Option<Self> {
        let fold: Box<dyn Fold> = match form {
            ResultForm::Text => return None,
            ResultForm::ClaudeJson => Box::new(claude_code::Stream::default()),
            ResultForm::CodexJsonl => Box::new(codex::Stream::default()),
            ResultForm::GeminiJson => Box::new(gemini::Stream::default()),
            ResultForm::OpencodeJson => Box::new(opencode::Stream::default()),
        };
        Some(Self { fold, line: Vec::new(), passed_over: 0, events: 0 })
    }

    /// Takes in the next bytes and appends what a person should read to `out`. What is no event is passed on as it
    /// is.
    pub fn feed(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        for part in bytes.split_inclusive(|b| *b == b'\n') {
            let whole = part.last() == Some(&b'\n');
            if self.passed_over == 0 && self.line.len() + part.len() <= MAX_LINE {
                self.line.extend_from_slice(part);
            } else {
                self.passed_over += (self.line.len() + part.len()) as u64;
                self.line = Vec::new();
            }
            if whole {
                self.take_line(out);
            }
        }
    }

    /// The stream has ended: what it came to.
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Finished {
        if !self.line.is_empty() || self.passed_over > 0 {
            self.take_line(out);
        }
        let SoFar { session, outcome, worked } = self.fold.so_far();
        Finished { outcome: outcome.clone(), session: session.clone(), worked: *worked }
    }

    /// Whether the event that ends the stream was seen.
    pub fn is_over(&self) -> bool {
        self.fold.is_over()
    }

    /// How many events were read.
    pub fn events(&self) -> u64 {
        self.events
    }

    fn take_line(&mut self, out: &mut Vec<u8>) {
        if self.passed_over > 0 {
            let bytes = std::mem::take(&mut self.passed_over);
            Say { out }.lines(&format!("[… a line of {bytes} bytes is too long to read …]"));
            return;
        }
        let text = std::str::from_utf8(&self.line).map(str::trim).ok().filter(|text| text.starts_with('{'));
        let known = text.is_some_and(|text| self.fold.event(text, &mut Say { out }));
        self.events += u64::from(known);
        if !known {
            out.extend_from_slice(&self.line);
        }
        self.line.clear();
        // One long line is no reason to hold on to its space.
        self.line.shrink_to(64 << 10);
    }
}

/// What is known at the end of a stream.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Finished {
    /// What its result says; `None` without one.
    pub outcome: Option<Outcome>,
    /// The session it was.
    pub session: Option<String>,
    /// Whether the model did anything in it.
    pub worked: bool,
}

/// A field of an event, if it is of the type that is expected. Fields are read one by one, so that one of an
/// unexpected type leaves the others readable.
pub(super) fn get<'a, T: Deserialize<'a>>(raw: Option<&'a RawValue>) -> Option<T> {
    serde_json::from_str(raw?.get()).ok()
}

/// The `message` of an event or of the error in one.
pub(super) fn message(raw: Option<&RawValue>) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Told<'a> {
        #[serde(borrow)]
        message: Option<&'a RawValue>,
    }
    get::<Told>(raw).and_then(|told| get(told.message))
}

/// Tokens of several kinds together.
pub(super) fn sum(kinds: &[u64]) -> u64 {
    kinds.iter().fold(0, |all, kind| all.saturating_add(*kind))
}

/// Dollars, if they are an amount that can have been spent.
pub(super) fn dollars(raw: Option<&RawValue>) -> Option<f64> {
    get::<f64>(raw).filter(|usd| usd.is_finite() && *usd >= 0.0)
}

/// What an agent spent that names no price.
pub(super) fn unpriced(input_tokens: u64, output_tokens: u64) -> Usage {
    Usage { input_tokens, output_tokens, cost_usd: None }
}

/// The first elements of a list: what follows is skipped without being kept.
pub(super) struct First<'a>(pub Vec<&'a RawValue>);

/// Most elements of a list that are read.
const MOST: usize = 64;

impl<'de: 'a, 'a> Deserialize<'de> for First<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Elements<'a>(std::marker::PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for Elements<'a> {
            type Value = First<'a>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a list")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<First<'a>, A::Error> {
                let mut found = Vec::new();
                while found.len() < MOST {
                    let Some(next) = seq.next_element::<&'de RawValue>()? else { return Ok(First(found)) };
                    found.push(next);
                }
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(First(found))
            }
        }
        deserializer.deserialize_seq(Elements(std::marker::PhantomData))
    }
}

/// A text cut at a limit, with a mark.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let end = (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    format!("{}\n[… {} bytes cut …]", &text[..end], text.len() - end)
}

/// The first line of a text, at most so many characters.
pub(super) fn first_line(text: &str, most: usize) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    match line.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_owned(),
    }
}

/// What a tool is used on, of its parameters: the first of the names that say it best.
pub(super) fn about(input: Option<&RawValue>) -> String {
    #[derive(serde::Deserialize)]
    struct Input<'a> {
        #[serde(borrow)]
        description: Option<&'a RawValue>,
        #[serde(borrow)]
        command: Option<&'a RawValue>,
        #[serde(borrow)]
        file_path: Option<&'a RawValue>,
        #[serde(borrow, rename = "filePath")]
        camel_path: Option<&'a RawValue>,
        #[serde(borrow)]
        path: Option<&'a RawValue>,
        #[serde(borrow)]
        pattern: Option<&'a RawValue>,
        #[serde(borrow)]
        url: Option<&'a RawValue>,
        #[serde(borrow)]
        query: Option<&'a RawValue>,
    }
    let Some(input) = get::<Input>(input) else { return String::new() };
    let best = [
        input.command,
        input.file_path,
        input.camel_path,
        input.path,
        input.pattern,
        input.url,
        input.query,
        input.description,
    ];
    best.into_iter().find_map(get::<String>).unwrap_or_default()
}

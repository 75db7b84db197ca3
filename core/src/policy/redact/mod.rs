//! Hiding secrets in whatever is kept or shown.

mod assign;
mod exact;
mod few;
mod json;
mod names;
mod rules;
mod span;
mod stream;

use std::borrow::Cow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind, StartKind};
use regex::bytes::Regex;

pub use names::is_secret_name;
pub use span::PLACEHOLDER;
pub use stream::LogRedactor;

use super::PolicyError;
use span::Span;

/// Hides secrets: well-known formats, values that their names give away (`token=…`, `--password x`), values
/// known word for word, and own patterns. Each is replaced by [`PLACEHOLDER`], its name stays. Redacting
/// again changes nothing. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    own: Arc<[Regex]>,
    exact: Option<AhoCorasick>,
}

impl Redactor {
    /// A redactor with own patterns (the `redact` key of `policy.yaml`; a first group, where there is one, is
    /// the secret) and secrets known word for word (values under 6 characters are left out).
    ///
    /// # Errors
    /// [`PolicyError::BadPattern`].
    pub fn new(own: &[String], secrets: &[String]) -> Result<Self, PolicyError> {
        let own: Result<Vec<Regex>, _> = own.iter().map(|pattern| own_pattern(pattern)).collect();
        Ok(Self { own: own?.into(), exact: exact::searcher(secrets) })
    }

    /// The text without its secrets; borrowed where it has none.
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.redact_bytes(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            Cow::Owned(bytes) => Cow::Owned(match String::from_utf8(bytes) {
                Ok(text) => text,
                Err(fault) => String::from_utf8_lossy(fault.as_bytes()).into_owned(),
            }),
        }
    }

    /// As [`Redactor::redact`], for text that need not be UTF-8.
    pub fn redact_bytes<'a>(&self, text: &'a [u8]) -> Cow<'a, [u8]> {
        let mut hidden = Cow::Borrowed(text);
        // What a placeholder leaves beside it may make a new secret: go on until nothing is found.
        loop {
            let spans = self.find(&hidden);
            if spans.is_empty() {
                return hidden;
            }
            match span::hide(&hidden, &spans) {
                Some(less) => hidden = Cow::Owned(less),
                None => return hidden,
            }
        }
    }

    /// Every secret of a text, in no order.
    fn find(&self, text: &[u8]) -> Vec<Span> {
        let mut spans = Vec::new();
        if let Some(exact) = &self.exact {
            spans.extend(exact.find_iter(text).map(|m| Span::bare(m.start(), m.end())));
        }
        for regex in &*self.own {
            find_by_regex(regex, text, &mut spans);
        }
        let due = due(text);
        if due != 0 {
            find_known(due, text, &mut spans);
        }
        spans
    }
}

fn own_pattern(pattern: &str) -> Result<Regex, PolicyError> {
    Regex::new(pattern).map_err(|fault| PolicyError::BadPattern {
        rule: "redact".into(),
        pattern: pattern.to_owned(),
        line: None,
        reason: super::pattern::last_line(&fault.to_string()),
    })
}

/// Runs the rules whose bit is set in `due`.
fn find_known(due: u64, text: &[u8], spans: &mut Vec<Span>) {
    if due & ASSIGNMENTS != 0 {
        assign::find(text, spans);
    }
    for index in (0..rules::RULES.len()).filter(|index| due & (1 << index) != 0) {
        if let Some(regex) = rules::regex(index) {
            find_by_regex(regex, text, spans);
        }
    }
}

fn find_by_regex(regex: &Regex, text: &[u8], spans: &mut Vec<Span>) {
    if regex.captures_len() == 1 {
        spans.extend(regex.find_iter(text).map(|m| Span::bare(m.start(), m.end())));
        return;
    }
    spans.extend(regex.captures_iter(text).filter_map(|caps| {
        let whole = caps.get(0)?;
        let secret = caps.get(1).unwrap_or(whole);
        Some(Span { context: whole.start(), start: secret.start(), end: secret.end() })
    }));
}

/// The bit of the rules about names; those of the known formats are their index.
const ASSIGNMENTS: u64 = 1 << 63;
const _: () = assert!(rules::RULES.len() < 63, "one bit each");

/// Every keyword (lower case) and the rules that are due where it occurs.
fn keywords() -> impl Iterator<Item = (&'static str, u64)> {
    let known = rules::RULES.iter().enumerate();
    let known = known.flat_map(|(index, rule)| rule.keywords.iter().map(move |word| (*word, 1 << index)));
    known.chain(assign::KEYWORDS.iter().map(|word| (*word, ASSIGNMENTS)))
}

/// The rules that are due for a text, in one pass over it: nearly always none.
fn due(text: &[u8]) -> u64 {
    /// Bytes that are looked at before a searcher is worth making: most commands look at a few short texts only.
    const FEW: usize = 16 << 10;
    static SEEN: AtomicUsize = AtomicUsize::new(0);
    static SEARCHER: OnceLock<Option<Searcher>> = OnceLock::new();
    if SEEN.fetch_add(text.len(), Ordering::Relaxed) > FEW {
        return SEARCHER
            .get_or_init(Searcher::build)
            .as_ref()
            .map_or_else(|| few::due(text), |s| s.due(text));
    }
    few::due(text)
}

/// Looks for all keywords at once.
struct Searcher {
    searcher: AhoCorasick,
    /// By keyword: the rules that are due where it occurs.
    bits: Vec<u64>,
}

impl Searcher {
    /// One for all keywords; a test holds that they compile.
    fn build() -> Option<Self> {
        let (words, bits): (Vec<&str>, Vec<u64>) = keywords().unzip();
        let searcher = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::DFA))
            .start_kind(StartKind::Unanchored)
            .build(words)
            .ok()?;
        Some(Self { searcher, bits })
    }

    fn due(&self, text: &[u8]) -> u64 {
        let found = self.searcher.find_overlapping_iter(text);
        found.fold(0, |due, keyword| due | self.bits[keyword.pattern().as_usize()])
    }
}

#[cfg(test)]
mod tests;

//! `name=value`, `"name": "value"` and `--name value`: secrets that only their name gives away.

use std::sync::OnceLock;

use regex::bytes::{Captures, Regex};

use super::names::{Strength, strength};
use super::rules::compile;
use super::span::Span;

/// What has to occur for a name to be of interest at all, lower case.
pub(super) const KEYWORDS: &[&str] = &[
    "token",
    "secret",
    "passw",
    "passphrase",
    "_pass",
    "_pwd",
    "-pwd",
    "apikey",
    "_key",
    "-key",
    "accesskey",
    "accountkey",
    "privatekey",
    "authkey",
    "encryptionkey",
    "signingkey",
    "masterkey",
    "sharedkey",
];

/// Groups: 1 name, 2 what closes the name, 3 separator, then the value: 4 in escaped quotes, 5 and 6 in
/// quotes, 7 bare.
const ASSIGNMENT: &str = concat!(
    r#"(?i)([A-Za-z0-9_.-]*(?:token|secret|passw|passphrase|pass|pwd|key)[A-Za-z0-9_.-]*)(\\*["']?\]?)"#,
    r#"([ \t]*(?::=|=>|[:=])[ \t]*)"#,
    r#"(?:\\+"([^"\\\r\n]+)|"((?:[^"\\\r\n]|\\[^\r\n])+)|'((?:[^'\\\r\n]|\\[^\r\n])+)|([^\s"'\\:=>&][^\s"']*))"#,
);

/// Groups: 1 name, then the value as in an assignment, from 2. What stands between may be a blank, or the
/// quotes and comma of a list.
const FLAG: &str = concat!(
    r#"(?:^|[\s"'=,\[(])--?([A-Za-z][A-Za-z0-9_.-]*)(?:[ \t]+|\\*["'][ \t]*,[ \t]*)"#,
    r#"(?:\\+"([^"\\\r\n]+)|"((?:[^"\\\r\n]|\\[^\r\n])+)|'((?:[^'\\\r\n]|\\[^\r\n])+)|([^\s"'\\-][^\s"']*))"#,
);

static REGEXES: OnceLock<Option<(Regex, Regex)>> = OnceLock::new();

/// Adds every value that its name gives away.
pub(super) fn find(text: &[u8], spans: &mut Vec<Span>) {
    let regexes = REGEXES.get_or_init(|| compile(ASSIGNMENT).zip(compile(FLAG)));
    let Some((assignment, flag)) = regexes else { return };
    walk(assignment, text, |caps| assigned(caps, spans));
    walk(flag, text, |caps| flagged(caps, spans));
}

/// Walks over all matches; `judge` says where to go on. What follows an innocent name is looked at again, for
/// its value may hold the next name.
fn walk(regex: &Regex, text: &[u8], mut judge: impl FnMut(&Captures<'_>) -> usize) {
    let mut at = 0;
    while at < text.len()
        && let Some(caps) = regex.captures_at(text, at)
    {
        at = judge(&caps).max(at + 1);
    }
}

fn assigned(caps: &Captures<'_>, spans: &mut Vec<Span>) -> usize {
    let (Some(name), Some(separator)) = (caps.get(1), caps.get(3)) else { return 0 };
    let Some(value) = value(caps, 4) else { return separator.end() };
    let form = Form { quoted: caps.get(7).is_none(), tight: separator.as_bytes() == b"=" };
    let is_secret = std::str::from_utf8(name.as_bytes()).ok().and_then(strength).is_some_and(|strength| {
        !is_stand_in(value.bytes) && (strength == Strength::Strong || form.is_enough_for(value.bytes))
    });
    if !is_secret {
        return separator.end();
    }
    let end = if form.quoted { value.end } else { value.start + own_length(value.bytes) };
    spans.push(Span { context: name.start(), start: value.start, end });
    end
}

fn flagged(caps: &Captures<'_>, spans: &mut Vec<Span>) -> usize {
    let (Some(name), Some(value)) = (caps.get(1), value(caps, 2)) else { return 0 };
    let is_secret = std::str::from_utf8(name.as_bytes()).ok().and_then(strength).is_some();
    if !is_secret || is_stand_in(value.bytes) {
        return name.end();
    }
    spans.push(Span { context: name.start(), start: value.start, end: value.end });
    value.end
}

struct Value<'a> {
    bytes: &'a [u8],
    start: usize,
    end: usize,
}

fn value<'a>(caps: &Captures<'a>, first: usize) -> Option<Value<'a>> {
    let found = (first..first + 4).find_map(|group| caps.get(group))?;
    Some(Value { bytes: found.as_bytes(), start: found.start(), end: found.end() })
}

/// How a value is written.
struct Form {
    quoted: bool,
    /// `=` without blanks, as in an environment or a query.
    tight: bool,
}

impl Form {
    /// Whether a weak name with a value of this form holds a secret: `token=abc` does, the `token: identifier`
    /// and `token=lexer.next()` of a compiler do not.
    fn is_enough_for(&self, value: &[u8]) -> bool {
        if self.quoted {
            return true;
        }
        let token_like = |b: &u8| b.is_ascii_alphanumeric() || b"_-.+/=~%,;".contains(b);
        if self.tight {
            return !value.contains(&b'(');
        }
        value.len() >= 8 && value.iter().any(u8::is_ascii_digit) && value.iter().all(token_like)
    }
}

/// A bare value ends where the next `name=` of a query, a list or a connection string begins.
fn own_length(value: &[u8]) -> usize {
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || b"_-. ".contains(b);
    let mut cuts = (0..value.len()).filter(|i| b"&;,".contains(&value[*i]));
    let begins_next = |i: &usize| {
        let rest = &value[i + 1..];
        let name = rest.iter().take_while(|b| is_name(b)).count();
        name > 0 && matches!(rest.get(name), Some(b'=' | b':'))
    };
    cuts.find(begins_next).unwrap_or(value.len())
}

/// What is written where a secret would stand: nothing of it is worth hiding.
fn is_stand_in(value: &[u8]) -> bool {
    const WORDS: &[&str] = &["true", "false", "null", "none", "nil", "undefined"];
    let kept = value.iter().rposition(|b| !b",;)}] \t".contains(b)).map_or(0, |last| last + 1);
    let value = &value[..kept];
    let is_word = || WORDS.iter().any(|word| value.eq_ignore_ascii_case(word.as_bytes()));
    let inner = value.strip_prefix(b"<").and_then(|rest| rest.strip_suffix(b">"));
    let is_blank = |inner: &[u8]| inner.iter().all(|b| b.is_ascii_alphabetic() || b"_- ".contains(b));
    is_word() || value.iter().all(|b| *b == b'*') || inner.is_some_and(is_blank)
}

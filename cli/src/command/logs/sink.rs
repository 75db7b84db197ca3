//! From the bytes of a log to what is shown of it: without secrets, only the lines asked for, safe for a terminal.

use std::io::IsTerminal as _;

use regex::bytes::Regex;
use threados_core::policy::{LogRedactor, Redactor};
use threados_core::workspace::ErrorClass;

use crate::context::Context;
use crate::escape::EscapeFilter;
use crate::failure::Failure;

/// Takes bytes, gives what is to be shown.
pub struct Sink {
    redactor: LogRedactor,
    grep: Option<Grep>,
    terminal: Option<EscapeFilter>,
}

impl Sink {
    pub fn new(redactor: Redactor, grep: Option<&str>, context: &Context) -> Result<Self, Failure> {
        let regex = grep.map(Regex::new).transpose().map_err(|error| {
            let message = format!("--grep is no regular expression: {}", explain(&error.to_string()));
            Failure::new(ErrorClass::Usage, "BAD_PATTERN", message)
                .hint("put a backslash before ( ) [ ] { } . * + ? ^ $ | where you mean the character itself")
        })?;
        let terminal = std::io::stdout().is_terminal() && !context.global.json;
        Ok(Self {
            redactor: LogRedactor::new(redactor),
            grep: regex.map(|regex| Grep { regex, held: Vec::new() }),
            terminal: terminal.then(EscapeFilter::default),
        })
    }

    pub fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        self.redactor.push(bytes, &mut out);
        self.shown(out, false)
    }

    /// What was held back for a secret or a line that might have gone on.
    pub fn finish(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        self.redactor.finish(&mut out);
        self.shown(out, true)
    }

    fn shown(&mut self, mut out: Vec<u8>, last: bool) -> Vec<u8> {
        if let Some(grep) = &mut self.grep {
            out = grep.lines(&out, last);
        }
        if let Some(filter) = &mut self.terminal {
            let mut safe = Vec::with_capacity(out.len());
            filter.push(&out, &mut safe);
            out = safe;
        }
        out
    }
}

/// What is wrong and where, from the picture that the error draws: the pattern, a caret below it, the reason.
fn explain(picture: &str) -> String {
    let why = picture.lines().last().unwrap_or_default().trim_start_matches("error: ");
    // The pattern is indented by four.
    let caret = picture.lines().find(|l| l.contains('^') && l.chars().all(|c| matches!(c, ' ' | '^')));
    let place = caret.and_then(|line| line.find('^')?.checked_sub(4));
    place.map_or_else(|| why.to_owned(), |at| format!("{why}, at character {}", at + 1))
}

/// A line is matched in pieces of this many bytes where it is longer: output may come without any line end.
const LONGEST_LINE: usize = 1 << 20;

/// Lets whole lines through that match.
struct Grep {
    regex: Regex,
    held: Vec<u8>,
}

impl Grep {
    fn lines(&mut self, bytes: &[u8], last: bool) -> Vec<u8> {
        self.held.extend_from_slice(bytes);
        let end = if last || self.held.len() > LONGEST_LINE && !self.held.contains(&b'\n') {
            self.held.len()
        } else {
            self.held.iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1)
        };
        let rest = self.held.split_off(end);
        let whole = std::mem::replace(&mut self.held, rest);
        let lines = whole.split_inclusive(|b| *b == b'\n');
        lines
            .filter(|line| self.regex.is_match(line.strip_suffix(b"\n").unwrap_or(line)))
            .flatten()
            .copied()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_pattern_is_told_with_its_place() {
        let broken = ["ab", "(c"].concat();
        let error = Regex::new(&broken).unwrap_err().to_string();
        assert_eq!(explain(&error), "unclosed group, at character 3");
    }

    #[test]
    fn a_line_without_end_does_not_fill_the_memory() {
        let mut grep = Grep { regex: Regex::new("x").unwrap(), held: Vec::new() };
        for _ in 0..100 {
            assert_eq!(grep.lines(&vec![b'a'; 100_000], false), b"");
            assert!(grep.held.len() <= LONGEST_LINE, "{}", grep.held.len());
        }
    }

    #[test]
    fn lines_are_matched_whole_however_they_come() {
        let mut grep = Grep { regex: Regex::new("^b+$").unwrap(), held: Vec::new() };
        let mut out = grep.lines(b"a\nb", false);
        out.extend(grep.lines(b"b\nab\nbbb", false));
        assert_eq!(out, b"bb\n");
        assert_eq!(grep.lines(b"", true), b"bbb");
    }
}

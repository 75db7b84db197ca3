//! Redaction of a log as it grows.

use super::Redactor;
use super::span::PLACEHOLDER;

/// Text without a line end is held back up to here, in bytes.
const MAX_HELD: usize = 64 << 10;
/// So much of it stays held when it is cut, for a secret may have begun.
const OVERLAP: usize = 4 << 10;
/// A private key without an end hides at most this many lines.
const MAX_KEY_LINES: usize = 200;

const KEY_BEGINS: &[u8] = b"PRIVATE KEY";

/// Redacts a log as it grows: whole lines go out at once, an unfinished one is held until it ends. Bytes that
/// are not UTF-8 pass as they are. Memory is bounded whatever comes.
#[derive(Debug, Clone)]
pub struct LogRedactor {
    redactor: Redactor,
    held: Vec<u8>,
    /// A secret longer than may be held goes on: the rest of its line belongs to it.
    in_secret: bool,
    /// Lines of an unfinished private key seen so far.
    key_lines: Option<usize>,
}

impl LogRedactor {
    /// Starts at the beginning of a log, or of a line of it.
    pub fn new(redactor: Redactor) -> Self {
        Self { redactor, held: Vec::new(), in_secret: false, key_lines: None }
    }

    /// Takes the next bytes; appends to `out` what can be shown by now.
    pub fn push(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) {
        if self.in_secret {
            let Some(end) = bytes.iter().position(|b| b"\r\n".contains(b)) else { return };
            bytes = &bytes[end..];
            self.in_secret = false;
        }
        let Some(end) = bytes.iter().rposition(|b| *b == b'\n') else {
            self.held.extend_from_slice(bytes);
            return self.cut_overlong(out);
        };
        let (lines, rest) = bytes.split_at(end + 1);
        if self.held.is_empty() {
            self.emit(lines, out);
        } else {
            self.held.extend_from_slice(lines);
            let lines = std::mem::take(&mut self.held);
            self.emit(&lines, out);
        }
        self.held.extend_from_slice(rest);
        self.cut_overlong(out);
    }

    /// Ends the log: what was held goes out.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        let rest = std::mem::take(&mut self.held);
        self.emit(&rest, out);
    }

    fn emit(&mut self, mut text: &[u8], out: &mut Vec<u8>) {
        while let Some(seen) = self.key_lines {
            let Some(end) = text.iter().position(|b| *b == b'\n') else {
                if !text.is_empty() {
                    out.extend_from_slice(PLACEHOLDER.as_bytes());
                }
                return;
            };
            let (line, rest) = text.split_at(end + 1);
            let ends = contains(line, b"-----END") || seen >= MAX_KEY_LINES;
            self.key_lines = (!ends).then_some(seen + 1);
            text = rest;
        }
        if text.is_empty() {
            return;
        }
        if let Some(at) = rposition(text, KEY_BEGINS) {
            let begins = rposition(&text[..at], b"-----BEGIN");
            let ends = rposition(&text[..at], b"-----END");
            self.key_lines = begins.filter(|begin| ends.is_none_or(|end| end < *begin)).map(|_| 0);
        }
        out.extend_from_slice(&self.redactor.redact_bytes(text));
        if self.key_lines.is_some() && out.last() != Some(&b'\n') {
            out.push(b'\n');
        }
    }

    /// Lets go the front of an endless line, but never part of a secret.
    fn cut_overlong(&mut self, out: &mut Vec<u8>) {
        if self.held.len() <= MAX_HELD {
            return;
        }
        let spans = self.redactor.find(&self.held);
        let mut cut = self.held.len() - OVERLAP;
        while let Some(span) = spans.iter().find(|span| span.context < cut && cut < span.end) {
            cut = span.context;
        }
        if cut == 0 {
            cut = self.held.len();
            self.in_secret = true;
        }
        let rest = self.held.split_off(cut);
        let front = std::mem::replace(&mut self.held, rest);
        self.emit(&front, out);
    }
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|part| part == word)
}

fn rposition(text: &[u8], word: &[u8]) -> Option<usize> {
    text.windows(word.len()).rposition(|part| part == word)
}

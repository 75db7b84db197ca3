//! Reads the block style that this program writes, many times faster than a complete parser.
//!
//! It accepts only what it understands beyond doubt: anything unusual, and anything wrong, is left to
//! [`super::full`], which gives the same tree for what is accepted here and names the faults of the rest.

use std::ops::Range;

use super::bytes::{INNER, WORD, run_of};
use super::document::LONG;
use super::full::{MAX_DEPTH, MAX_NODES};
use super::known::{From, Known};
use super::node::{Builder, Kind, Text, Tree};
use super::scalar::unescape;

pub(super) mod halves;

/// Longest key that YAML allows without a mark.
const MAX_KEY: usize = 1000;
/// What has more than [`MAX_NODES`] values has one for so many bytes at most. Steps have: one takes 90 bytes and more for
/// some 15 values. What is made to have many takes fewer, and is left as soon as that is seen.
const BYTES_A_NODE: usize = 5;

/// How many values there may be in so many bytes of the text, where a few may always be. It only grows, and bounds the
/// memory of a tree by the size of its file.
fn most_nodes(bytes: usize, few: usize) -> usize {
    (bytes / BYTES_A_NODE).max(few)
}

/// Reads a text, `None` where it is not in the plain style.
pub fn read(text: &Text) -> Option<Tree> {
    whole(text, Reader::new(text, 0..text.len())).map(|(tree, _)| tree)
}

/// Reads a text that was made from an older one by changing some of its steps: `from` says which old step, if any,
/// is to stand at a place just as it was. Where it does, its nodes are taken over instead of read again. The tree
/// is the one that [`read`] gives; the list says which of the steps were taken over.
pub fn read_again(old: &Tree, text: &Text, from: From<'_>) -> Option<(Tree, Vec<bool>)> {
    whole(text, Reader { known: Known::of(old, from), ..Reader::new(text, 0..text.len()) })
}

fn whole(text: &Text, mut reader: Reader<'_>) -> Option<(Tree, Vec<bool>)> {
    let bytes = text.as_bytes();
    let odd = bytes.iter().fold(false, |odd, b| odd | (*b < b' ' && *b != b'\n') | (*b == 0x7f));
    if odd {
        return None;
    }
    if reader.next_line()? != 0 || reader.at == bytes.len() {
        return None;
    }
    reader.block_map(0)?;
    (reader.at == bytes.len()).then(|| (reader.build.finish_plain(text.clone()), reader.taken))
}

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    /// Where it began.
    from: usize,
    at: usize,
    /// Start of the line that `at` is in.
    line: usize,
    depth: usize,
    build: Builder,
    known: Option<Known<'t>>,
    /// Whether it stands in the list of steps.
    in_steps: bool,
    /// Which of the steps so far were taken over.
    taken: Vec<bool>,
    /// Bytes from which on a list of steps is read in two halves.
    halved_from: usize,
    /// Whether it reads such a half.
    half: bool,
}

impl<'t> Reader<'t> {
    /// That of some lines of a text.
    fn new(text: &'t str, lines: Range<usize>) -> Self {
        let (bytes, known, taken) = (text.as_bytes(), None, Vec::new());
        let (build, line) = (Builder::new(lines.len() / 6), lines.start);
        let (at, from, depth, in_steps, half, halved_from) = (line, line, 0, false, false, LONG);
        Self { text, bytes, from, at, line, depth, build, known, in_steps, taken, halved_from, half }
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(b'\n')
    }

    fn spaces(&mut self) {
        while self.bytes.get(self.at) == Some(&b' ') {
            self.at += 1;
        }
    }

    /// Goes from the end of a value to the first byte of the next line with content, and gives its indentation;
    /// at the end of the text it is 0.
    fn next_line(&mut self) -> Option<usize> {
        loop {
            self.spaces();
            match self.bytes.get(self.at) {
                None => return Some(0),
                Some(b'\n') => {
                    self.at += 1;
                    self.line = self.at;
                }
                Some(b'#') if self.at == self.line || self.bytes[self.at - 1] == b' ' => {
                    let rest = &self.bytes[self.at..];
                    self.at += rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
                }
                Some(_) if self.blank_before() => return Some(self.at - self.line),
                Some(_) => return None,
            }
        }
    }

    fn blank_before(&self) -> bool {
        self.bytes[self.line..self.at].iter().all(|b| *b == b' ')
    }

    fn enter(&mut self) -> Option<()> {
        self.depth += 1;
        (self.depth <= MAX_DEPTH).then_some(())?;
        self.room()
    }

    /// Whether a key and a value more may be read.
    fn room(&self) -> Option<()> {
        let few = if self.half { halves::FEW } else { MAX_NODES };
        (self.build.len() < most_nodes(self.at - self.from, few) - 2).then_some(())
    }

    fn at_dash(&self) -> bool {
        self.peek(0) == b'-' && matches!(self.peek(1), b' ' | b'\n')
    }

    /// Entries at column `indent`; gives the indentation of what follows.
    fn block_map(&mut self, indent: usize) -> Option<usize> {
        self.enter()?;
        let opened = self.build.open(Kind::BlockMap, self.at);
        let mut next = indent;
        while next == indent && self.at < self.bytes.len() && !self.at_dash() {
            self.room()?;
            let key = self.key_end()?;
            if self.depth == 1 {
                self.in_steps = &self.text[self.at..key] == "steps";
            }
            self.build.scalar(Kind::Plain, self.at, key, None);
            self.at = key + 1;
            next = self.value(indent)?;
        }
        self.leave(opened, next, indent)
    }

    fn leave(&mut self, opened: usize, next: usize, indent: usize) -> Option<usize> {
        self.build.close(opened, self.at);
        self.depth -= 1;
        (next < indent || self.at == self.bytes.len()).then_some(next)
    }

    /// End of the key that begins here: a plain word with a colon after it.
    fn key_end(&self) -> Option<usize> {
        let rest = &self.bytes[self.at..];
        let len = run_of(WORD, rest);
        let first = rest.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        let colon = rest.get(len) == Some(&b':') && matches!(rest.get(len + 1), None | Some(b' ' | b'\n'));
        (first && colon && len <= MAX_KEY).then_some(self.at + len)
    }

    /// What stands after `key:`; gives the indentation of what follows.
    fn value(&mut self, indent: usize) -> Option<usize> {
        let colon = self.at;
        self.spaces();
        if !matches!(self.peek(0), b'\n' | b'#') {
            self.inline()?;
            return self.next_line().filter(|next| *next <= indent || self.at == self.bytes.len());
        }
        let next = self.next_line()?;
        let content = self.at < self.bytes.len();
        if content && next >= indent && self.at_dash() {
            self.block_seq(next, indent)
        } else if content && next > indent {
            self.block_map(next)
        } else {
            self.build.scalar(Kind::Empty, colon, colon, None);
            Some(next)
        }
    }

    /// Items with their dash at column `indent`, below a key at column `parent`.
    fn block_seq(&mut self, indent: usize, parent: usize) -> Option<usize> {
        self.enter()?;
        let opened = self.build.open(Kind::BlockSeq, self.at);
        let next = self.items(indent, indent, self.bytes.len())?;
        self.build.close(opened, self.at);
        self.depth -= 1;
        (next < indent || self.at == self.bytes.len() || next == indent && indent == parent).then_some(next)
    }

    /// The items that begin before a place of the text, where what stands here is indented by `next`.
    fn each_item(&mut self, mut next: usize, indent: usize, until: usize) -> Option<usize> {
        while next == indent && self.at < until && self.at_dash() {
            self.room()?;
            if self.depth == 2 && self.in_steps && self.known.is_some() {
                let taken = self.take_over(indent);
                self.taken.push(taken);
                if taken {
                    continue;
                }
            }
            self.at += 1;
            self.spaces();
            next = self.item(indent)?;
        }
        Some(next)
    }

    /// Takes over the step that is to stand here where its text, up to the dash of the one after it, is just what
    /// stands here: what a step means depends on nothing else.
    fn take_over(&mut self, indent: usize) -> bool {
        let Some(known) = self.known.as_ref().filter(|known| known.indent == indent) else { return false };
        let Some(at) = (known.from)(self.taken.len()) else { return false };
        let (Some((dash, item)), Some((end, _))) = (known.steps.get(at), known.steps.get(at + 1)) else {
            return false;
        };
        let old = &known.tree.text().as_bytes()[*dash..*end];
        if !self.bytes[self.at..].starts_with(old) {
            return false;
        }
        let after = self.at + old.len();
        if !matches!(self.bytes.get(after..after + 2), Some(b"- " | b"-\n")) {
            return false;
        }
        self.build.take_over(known.tree, *item, self.at, *dash);
        (self.at, self.line) = (after, after - indent);
        true
    }

    fn item(&mut self, indent: usize) -> Option<usize> {
        if self.key_end().is_some() {
            return self.block_map(self.at - self.line);
        }
        if matches!(self.peek(0), b'\n' | b'#') || self.at_dash() {
            return None;
        }
        self.inline()?;
        self.next_line().filter(|next| *next <= indent || self.at == self.bytes.len())
    }

    /// A scalar or a collection in brackets, on this line.
    fn inline(&mut self) -> Option<()> {
        match self.peek(0) {
            b'[' => self.flow_seq(),
            b'{' => self.flow_map(),
            _ => self.scalar(false),
        }
    }

    fn scalar(&mut self, flow: bool) -> Option<()> {
        match self.peek(0) {
            b'\'' => self.single(),
            b'"' => self.double(),
            _ => self.plain(flow),
        }
    }

    fn plain(&mut self, flow: bool) -> Option<()> {
        let start = self.at;
        let first = self.peek(0);
        let word =
            first.is_ascii_alphanumeric() || matches!(first, b'.' | b'/' | b'_' | b'$' | b'~' | b'+' | b'(');
        let dash = first == b'-' && (self.peek(1).is_ascii_alphanumeric() || self.peek(1) == b'-');
        if !word && !dash || self.text[start..].starts_with("---") || self.text[start..].starts_with("...") {
            return None;
        }
        let mut end = start;
        loop {
            let inner = run_of(INNER, &self.bytes[self.at..]);
            if inner > 0 {
                self.at += inner;
                end = self.at;
            }
            let Some(byte) = self.bytes.get(self.at) else { break };
            match byte {
                b'\n' => break,
                b' ' if self.peek(1) == b'#' => break,
                b':' if matches!(self.peek(1), b' ' | b'\n') => return None,
                b':' if flow && matches!(self.peek(1), b',' | b'[' | b']' | b'{' | b'}') => return None,
                b',' | b']' | b'}' if flow => break,
                b'[' | b'{' if flow => return None,
                b' ' => {}
                _ => end = self.at + 1,
            }
            self.at += 1;
        }
        self.build.scalar(Kind::Plain, start, end, None);
        Some(())
    }

    fn single(&mut self) -> Option<()> {
        let start = self.at;
        let mut doubled = false;
        loop {
            self.at += 1;
            match *self.bytes.get(self.at)? {
                b'\n' => return None,
                b'\'' if self.peek(1) == b'\'' => (doubled, self.at) = (true, self.at + 1),
                b'\'' => break,
                _ => {}
            }
        }
        let inner = &self.text[start + 1..self.at];
        self.at += 1;
        let decoded = doubled.then(|| inner.replace("''", "'").into());
        self.build.scalar(Kind::Single, start, self.at, decoded);
        Some(())
    }

    fn double(&mut self) -> Option<()> {
        let start = self.at;
        let mut escaped = false;
        loop {
            self.at += 1;
            match *self.bytes.get(self.at)? {
                b'\n' => return None,
                b'\\' => (escaped, self.at) = (true, self.at + 1),
                b'"' => break,
                _ => {}
            }
        }
        let inner = &self.text[start + 1..self.at];
        self.at += 1;
        let decoded = if escaped { Some(unescape(inner)?) } else { None };
        self.build.scalar(Kind::Double, start, self.at, decoded);
        Some(())
    }

    fn flow_seq(&mut self) -> Option<()> {
        self.enter()?;
        let opened = self.build.open(Kind::FlowSeq, self.at);
        self.at += 1;
        self.spaces();
        while self.peek(0) != b']' {
            self.flow_value()?;
            self.separator(b']')?;
        }
        self.at += 1;
        self.build.close(opened, self.at);
        self.depth -= 1;
        Some(())
    }

    fn flow_map(&mut self) -> Option<()> {
        self.enter()?;
        let opened = self.build.open(Kind::FlowMap, self.at);
        self.at += 1;
        self.spaces();
        while self.peek(0) != b'}' {
            let key = self.key_end()?;
            self.build.scalar(Kind::Plain, self.at, key, None);
            self.at = key + 1;
            self.spaces();
            self.flow_value()?;
            self.separator(b'}')?;
        }
        self.at += 1;
        self.build.close(opened, self.at);
        self.depth -= 1;
        Some(())
    }

    fn flow_value(&mut self) -> Option<()> {
        self.room()?;
        match self.peek(0) {
            b'[' => self.flow_seq(),
            b'{' => self.flow_map(),
            _ => self.scalar(true),
        }
    }

    /// A comma before a further item, or the closing bracket, which stays.
    fn separator(&mut self, close: u8) -> Option<()> {
        self.spaces();
        if self.peek(0) == b',' {
            self.at += 1;
            self.spaces();
            return (!matches!(self.peek(0), b',' | b']' | b'}' | b'\n' | b'#')).then_some(());
        }
        (self.peek(0) == close).then_some(())
    }
}

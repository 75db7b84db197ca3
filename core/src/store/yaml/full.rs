//! Reads any YAML that these files may hold, from the events of a complete parser, and refuses the rest.

use std::borrow::Cow;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Span, StructureStyle, Tag};

use super::fault::Faults;
use super::node::{BOM, Builder, Kind, Text, Tree};
use crate::model::Problem;

/// Deepest nesting of mappings and sequences.
pub const MAX_DEPTH: usize = 64;
/// So many values may any file have: a sequence of 10,000 steps has about 200,000. Reading them stays within 200 ms. In the
/// plain style, which is read many times faster, there may be more.
pub const MAX_NODES: usize = 300_000;

/// Reads a text. The tree is `None` where the text ends in a syntax error; the faults are then not empty.
pub fn read(text: &Text, faults: &mut Faults) -> Option<Tree> {
    let base = if text.starts_with(BOM) { BOM.len_utf8() } else { 0 };
    let options = granit_parser::options! {
        disallow_directives: true,
        emit_unresolved_aliases: true,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let mut reader = Reader {
        text,
        base,
        build: Builder::new(text.len() / 12),
        open: Vec::new(),
        cursor: base,
        documents: 0,
        faults,
    };
    for event in Parser::new_from_str_with_options(&text[base..], options) {
        match event {
            Ok((event, span)) => reader.event(event, &span).ok()?,
            Err(error) => {
                reader.syntax(&error);
                return None;
            }
        }
        if reader.documents > 1 {
            break;
        }
    }
    Some(reader.build.finish(text.clone()))
}

/// Reading cannot go on; the fault is recorded.
struct Stop;

struct Open {
    node: usize,
    map: bool,
    flow: bool,
    key_next: bool,
}

struct Reader<'t, 'f> {
    text: &'t str,
    /// Bytes before the part that the parser sees.
    base: usize,
    build: Builder,
    open: Vec<Open>,
    /// End of the last token.
    cursor: usize,
    documents: usize,
    faults: &'f mut Faults,
}

impl Reader<'_, '_> {
    fn event(&mut self, event: Event<'_>, span: &Span) -> Result<(), Stop> {
        let range = span.byte_range().unwrap_or_default();
        let (start, end) = (range.start + self.base, range.end + self.base);
        match event {
            Event::DocumentStart(..) => self.document(start),
            Event::Scalar(value, style, anchor, tag) => {
                self.properties(start, anchor, tag.as_deref());
                self.scalar(&value, style, start, end)?;
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.properties(start, anchor, tag.as_deref());
                let flow = style == StructureStyle::Flow;
                self.collection(if flow { Kind::FlowSeq } else { Kind::BlockSeq }, start, end)?;
            }
            Event::MappingStart(style, anchor, tag) => {
                self.properties(start, anchor, tag.as_deref());
                let flow = style == StructureStyle::Flow;
                self.collection(if flow { Kind::FlowMap } else { Kind::BlockMap }, start, end)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(end),
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                self.refuse(start, "aliases (`*name`) are not read in this file", "write the value out");
                self.turn(start)?;
                self.build.scalar(Kind::Empty, start, start, None);
                self.cursor = end;
            }
            _ => {}
        }
        Ok(())
    }

    fn document(&mut self, start: usize) {
        self.documents += 1;
        if self.documents > 1 {
            self.refuse(start, "a second document begins here", "keep one document in this file");
        }
    }

    fn refuse(&mut self, at: usize, message: &str, hint: &str) {
        self.faults.add(at, Problem::new("UNSUPPORTED", "", message).hint(hint));
    }

    fn properties(&mut self, start: usize, anchor: usize, tag: Option<&Tag>) {
        if anchor > 0 {
            self.refuse(start, "anchors (`&name`) are not read in this file", "remove the anchor");
        }
        if let Some(tag) = tag {
            let message = format!("tags (`{}`) are not read in this file", tag.original());
            self.refuse(start, &message, "remove the tag; quote a text that looks like a number");
        }
    }

    /// Whether the node that comes now is a key; the next one is not.
    fn turn(&mut self, start: usize) -> Result<bool, Stop> {
        if self.build.len() >= MAX_NODES {
            let message =
                format!("the file has more than {MAX_NODES} values to here, and is not all in plain style");
            let hint =
                "split the sequence; more values are read where all is in the style that ThreadOS writes";
            self.faults.add(start, Problem::new("TOO_LARGE", "", message).hint(hint));
            return Err(Stop);
        }
        let Some(open) = self.open.last_mut().filter(|open| open.map) else { return Ok(false) };
        let key = open.key_next;
        open.key_next = !key;
        Ok(key)
    }

    fn scalar(&mut self, value: &str, style: ScalarStyle, start: usize, end: usize) -> Result<(), Stop> {
        let key = self.turn(start)?;
        let (kind, start, end) = match style {
            ScalarStyle::Plain if start == end => {
                let at = self.empty_at();
                (Kind::Empty, at, at)
            }
            ScalarStyle::Plain => (Kind::Plain, start, end),
            ScalarStyle::SingleQuoted => (Kind::Single, start, end),
            ScalarStyle::DoubleQuoted => (Kind::Double, start, end),
            ScalarStyle::Literal | ScalarStyle::Folded => {
                let header = skip(self.text, self.cursor, b":-?,");
                (Kind::Lines, header, self.lines_end(header, end))
            }
        };
        if key {
            self.check_key(value, kind, start);
        }
        let slice = match kind {
            Kind::Single | Kind::Double => self.text.get(start + 1..end - 1),
            Kind::Plain => self.text.get(start..end),
            Kind::Empty => Some(value),
            _ => None,
        };
        let decoded = (slice != Some(value)).then(|| value.into());
        self.build.scalar(kind, start, end, decoded);
        self.cursor = end;
        Ok(())
    }

    fn check_key(&mut self, value: &str, kind: Kind, start: usize) {
        let begin = skip(self.text, self.cursor, b":-,{[");
        if kind == Kind::Empty || kind == Kind::Lines || self.text[begin..].starts_with('?') && begin < start
        {
            let hint = "write `key: value` with a key on one line";
            self.refuse(start, "empty keys and keys marked by `?` are not read in this file", hint);
        } else if value == "<<" && kind == Kind::Plain {
            self.refuse(start, "merge keys (`<<`) are not read in this file", "write the entries out");
        }
    }

    /// Right after the `:` or `-` that a left-out value belongs to.
    fn empty_at(&self) -> usize {
        let at = skip(self.text, self.cursor, b"");
        if self.text[at..].starts_with([':', '-']) { at + 1 } else { self.cursor }
    }

    /// Where a `|` or `>` scalar ends: its last line with content, or all its lines where `+` keeps them.
    fn lines_end(&self, header: usize, end: usize) -> usize {
        let span = &self.text[header..end.max(header)];
        let first_line = span.lines().next().unwrap_or_default();
        let keep = first_line.split('#').next().is_some_and(|head| head.contains('+'));
        let kept = match keep {
            true => {
                let lines = span.trim_end_matches([' ', '\t']);
                lines.strip_suffix('\n').map_or(lines, |l| l.strip_suffix('\r').unwrap_or(l))
            }
            false => span.trim_end(),
        };
        header + kept.len().max(first_line.trim_end().len())
    }

    fn collection(&mut self, kind: Kind, start: usize, end: usize) -> Result<(), Stop> {
        if self.turn(start)? {
            self.refuse(start, "a key must be a plain word", "write `key: value`");
        }
        if self.open.len() >= MAX_DEPTH {
            self.too_deep(start);
            return Err(Stop);
        }
        if kind == Kind::FlowMap && !self.text[start..].starts_with('{') {
            self.refuse(start, "a pair in `[…]` needs braces", "write `{ key: value }`");
        }
        let node = self.build.open(kind, start);
        self.open.push(Open { node, map: kind.is_map(), flow: kind.is_flow(), key_next: true });
        if kind.is_flow() {
            self.cursor = end;
        }
        Ok(())
    }

    fn close(&mut self, end: usize) {
        let Some(open) = self.open.pop() else { return };
        self.build.close(open.node, end);
        // The end of a block collection is where the next thing begins, past blank lines and comments.
        if open.flow {
            self.cursor = end;
        }
    }

    fn too_deep(&mut self, at: usize) {
        let message = format!("mappings and sequences are nested deeper than {MAX_DEPTH} levels");
        self.faults.add(at, Problem::new("TOO_DEEP", "", message).hint("flatten the file"));
    }

    fn syntax(&mut self, error: &ScanError) {
        let at = error.marker().byte_offset().unwrap_or_default() + self.base;
        let at = (0..=at.min(self.text.len())).rev().find(|i| self.text.is_char_boundary(*i)).unwrap_or(0);
        if *error.kind() == ErrorKind::RecursionLimitExceeded {
            return self.too_deep(at);
        }
        if let Some(at) = conflict(self.text) {
            let problem = Problem::new("SYNTAX", "", "a merge conflict is not resolved");
            let hint = "keep one side, and remove the lines of `<<<<<<<`, `=======` and `>>>>>>>`";
            return self.faults.add(at, problem.hint(hint));
        }
        let indent = super::place::line_start(self.text, at);
        let tab = self.text[indent..at].trim_start_matches(' ').starts_with('\t');
        let at = if tab { indent + self.text[indent..at].find('\t').unwrap_or(0) } else { at };
        let problem = Problem::new("SYNTAX", "", format!("this is not valid YAML: {}", error.info()));
        self.faults.add(at, problem.hint(hint(error.kind(), &self.text[at..])));
    }
}

/// Where a merge has left both sides.
fn conflict(text: &str) -> Option<usize> {
    let begins = |mark: &str, from: usize| {
        let rest = text.get(from..)?;
        let first = rest.starts_with(mark).then_some(from);
        first.or_else(|| rest.find(&format!("\n{mark}")).map(|at| from + at + 1))
    };
    let ours = begins("<<<<<<< ", 0)?;
    begins(">>>>>>> ", ours).map(|_| ours)
}

fn hint(kind: &ErrorKind, rest: &str) -> Cow<'static, str> {
    match kind {
        ErrorKind::DirectiveDisallowed => "remove the line that starts with `%`".into(),
        ErrorKind::UnclosedQuotedScalar => "close the quote".into(),
        ErrorKind::UnclosedFlowCollection { open } => format!("close the `{open}`").into(),
        _ if rest.starts_with('\t') || format!("{kind:?}").contains("Tab") => {
            "indent with spaces, not with tabs".into()
        }
        _ => "check the indentation and quote texts that hold `: ` or ` #`".into(),
    }
}

/// The next byte from `at` on that is no white space, no comment and none of `signs`.
pub fn skip(text: &str, mut at: usize, signs: &[u8]) -> usize {
    let bytes = text.as_bytes();
    while let Some(byte) = bytes.get(at) {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => at += 1,
            b'#' => at += bytes[at..].iter().position(|b| *b == b'\n').unwrap_or(bytes.len() - at),
            sign if signs.contains(sign) => at += 1,
            _ => break,
        }
    }
    at
}

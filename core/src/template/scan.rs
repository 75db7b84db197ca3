//! The words inside the marks of a template, before minijinja sees them: which steps it names, and the ids of steps
//! put so that minijinja reads them as one name.
//!
//! An id may hold dashes and begin with a digit, and `steps.build-1.outputs.key` would be a subtraction. So the id
//! after `steps.` is written with other characters of the same length: all places in the text stay what they are.

/// A place where a template names a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The step.
    pub step: String,
    /// What of it: `outputs`, `status`.
    pub field: Option<String>,
    /// Which output.
    pub key: Option<String>,
    /// Offset of the id in bytes.
    pub at: usize,
}

/// A template as minijinja takes it, and what it names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Scanned {
    /// The text, of the same length as the source.
    pub text: String,
    /// The steps it names one by one.
    pub references: Vec<Reference>,
    /// It asks for steps by a computed name, or for all of them.
    pub all_steps: bool,
    /// Every first word of a chain of names, with its offset.
    pub names: Vec<(String, usize)>,
    /// Filters, with their offsets.
    pub filters: Vec<(String, usize)>,
    /// Tests (`is …`), with their offsets.
    pub tests: Vec<(String, usize)>,
}

/// What begins and ends a remark. Not `{#` alone: that stands in shell scripts (`${#list}`) and headings.
pub(super) const REMARK: (&str, &str) = ("{# ", " #}");

/// Reads a text with marks.
pub(super) fn text(source: &str) -> Scanned {
    let mut scan = Scan::new(source);
    let mut at = 0;
    while let Some(open) = next_mark(source, at) {
        let inside = open + 2;
        at = match &source[open..inside] {
            "{{" => scan.code(inside, "}}"),
            "{%" => scan.tag(inside),
            _ => source[open..].find(REMARK.1).map_or(source.len(), |n| open + n + REMARK.1.len()),
        };
    }
    scan.finish()
}

/// Reads an expression without marks.
pub(super) fn expression(source: &str) -> Scanned {
    let mut scan = Scan::new(source);
    scan.code(0, "\0");
    scan.finish()
}

fn next_mark(source: &str, from: usize) -> Option<usize> {
    let rest = &source[from..];
    let marks = ["{{", "{%", REMARK.0];
    marks.iter().filter_map(|mark| rest.find(mark)).min().map(|n| from + n)
}

/// The id as one name that minijinja reads, and that is no other id's: ids have no capitals and no underscore.
pub(super) fn as_name(id: &str) -> String {
    id.char_indices().map(|(i, c)| name_char(i, c)).collect()
}

fn name_char(i: usize, c: char) -> char {
    match c {
        '-' => '_',
        '0'..='9' if i == 0 => char::from(b'A' + (c as u8 - b'0')),
        other => other,
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Token<'a> {
    Word(&'a str),
    Text(&'a str),
    Sign(char),
    End,
}

struct Scan<'a> {
    source: &'a str,
    out: Vec<u8>,
    found: Scanned,
}

impl<'a> Scan<'a> {
    fn new(source: &'a str) -> Self {
        Self { source, out: source.as_bytes().to_vec(), found: Scanned::default() }
    }

    fn finish(mut self) -> Scanned {
        // Only ASCII was put for ASCII.
        self.found.text = String::from_utf8(self.out).unwrap_or_else(|_| self.source.to_owned());
        self.found
    }

    /// A `{% … %}`; of `raw` all up to its end is text. Returns where it ends.
    fn tag(&mut self, inside: usize) -> usize {
        let first = self.source[inside..].trim_start_matches(['-', '+']).trim_start();
        let is_raw = first.strip_prefix("raw").is_some_and(|r| !r.starts_with(is_word));
        let end = self.code(inside, "%}");
        if !is_raw {
            return end;
        }
        let rest = &self.source[end..];
        let close = rest.match_indices("{%").find(|(i, _)| {
            let word = rest[i + 2..].trim_start_matches(['-', '+']).trim_start();
            word.strip_prefix("endraw").is_some_and(|r| !r.starts_with(is_word))
        });
        close.map_or(self.source.len(), |(i, _)| self.code(end + i + 2, "%}"))
    }

    /// What stands between two marks; returns where it ends.
    fn code(&mut self, mut at: usize, close: &str) -> usize {
        let mut depth = 0_u32;
        let (mut before, mut before_that) = (Token::End, Token::End);
        loop {
            at += self.source[at..].len() - self.source[at..].trim_start().len();
            if at >= self.source.len() {
                return at;
            }
            if depth == 0 && self.source[at..].trim_start_matches(['-', '+']).starts_with(close) {
                let mark = self.source[at..].find(close).unwrap_or(0);
                return at + mark + close.len();
            }
            let (token, end) = self.token(at);
            match token {
                Token::Sign('{') => depth += 1,
                Token::Sign('}') => depth = depth.saturating_sub(1),
                _ => {}
            }
            let mut next = end;
            if let Token::Word(word) = token {
                match (before_that, before) {
                    (_, Token::Sign('.')) => {}
                    (_, Token::Sign('|')) => self.found.filters.push((word.to_owned(), at)),
                    (_, Token::Word("is")) if word != "not" => self.found.tests.push((word.to_owned(), at)),
                    (Token::Word("is"), Token::Word("not")) => self.found.tests.push((word.to_owned(), at)),
                    _ => {
                        self.found.names.push((word.to_owned(), at));
                        if word == "steps" {
                            next = self.reference(end, close);
                        }
                    }
                }
            }
            (before_that, before) = (before, token);
            at = next;
        }
    }

    /// What follows the word `steps`; returns where it ends.
    fn reference(&mut self, after: usize, close: &str) -> usize {
        let Some((step, at, end)) = self.step(after, close) else {
            self.found.all_steps = true;
            return after;
        };
        let field = self.member(end);
        let key = field.as_ref().filter(|(name, _)| name == "outputs").and_then(|(_, end)| self.member(*end));
        self.found.references.push(Reference {
            step,
            field: field.map(|(name, _)| name),
            key: key.map(|(name, _)| name),
            at,
        });
        end
    }

    /// `.ID` or `["ID"]`: the id, where it stands and where it ends.
    fn step(&mut self, after: usize, close: &str) -> Option<(String, usize, usize)> {
        if !self.source[after..].starts_with('.') {
            let (name, end) = self.member(after)?;
            let at = after + self.source[after..end].find(name.as_str()).unwrap_or(0);
            return Some((name, at, end));
        }
        let start = after + 1;
        let is_id = |c: char| is_word(c) || c == '-';
        let mut id = &self.source[start..];
        id = &id[..id.find(|c| !is_id(c)).unwrap_or(id.len())];
        if self.source[start + id.len()..].starts_with(close) {
            // The dash belongs to the mark: `{{ steps.a -}}` without its space.
            id = id.trim_end_matches('-');
        }
        if id.is_empty() {
            return None;
        }
        self.out[start..start + id.len()].copy_from_slice(as_name(id).as_bytes());
        Some((id.to_owned(), start, start + id.len()))
    }

    /// `.name` or `["name"]`, with where it ends.
    fn member(&self, at: usize) -> Option<(String, usize)> {
        match self.token(at) {
            (Token::Sign('.'), end) => match self.token(end) {
                (Token::Word(word), end) => Some((word.to_owned(), end)),
                _ => None,
            },
            (Token::Sign('['), end) => match self.token(end) {
                (Token::Text(text), end) => match self.token(end) {
                    (Token::Sign(']'), end) => Some((text.to_owned(), end)),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        }
    }

    /// The token at a place, blanks before it passed over.
    fn token(&self, at: usize) -> (Token<'a>, usize) {
        let rest = self.source[at..].trim_start();
        let at = self.source.len() - rest.len();
        let Some(first) = rest.chars().next() else { return (Token::End, at) };
        if first.is_ascii_digit() {
            let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            return (Token::Sign('0'), at + end);
        }
        if is_word(first) {
            let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            return (Token::Word(&rest[..end]), at + end);
        }
        if matches!(first, '"' | '\'') {
            let mut escaped = false;
            let close = rest[1..].find(|c| match (escaped, c) {
                (true, _) => {
                    escaped = false;
                    false
                }
                (_, '\\') => {
                    escaped = true;
                    false
                }
                (_, c) => c == first,
            });
            return match close {
                Some(n) => (Token::Text(&rest[1..=n]), at + n + 2),
                None => (Token::End, self.source.len()),
            };
        }
        (Token::Sign(first), at + first.len_utf8())
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Line and column, from 1, of an offset in bytes.
pub(super) fn place(source: &str, at: usize) -> (u32, u32) {
    let before = source.get(..at).unwrap_or(source);
    let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The references as `step.field.key`, and the text for minijinja.
    fn scanned(source: &str) -> (String, String) {
        let found = text(source);
        let name = |r: &Reference| {
            let parts = [Some(r.step.clone()), r.field.clone(), r.key.clone()];
            parts.into_iter().flatten().collect::<Vec<_>>().join("/")
        };
        assert_eq!(found.text.len(), source.len());
        (found.references.iter().map(name).collect::<Vec<_>>().join(" "), found.text)
    }

    #[test]
    fn ids_become_names_of_the_same_length() {
        let (found, text) = scanned("a {{ steps.build-1.outputs.key }} {{steps.2nd.status}}-");
        assert_eq!(found, "build-1/outputs/key 2nd/status");
        assert_eq!(text, "a {{ steps.build_1.outputs.key }} {{steps.Cnd.status}}-");
        assert_eq!(scanned("{{ steps['a-b'][\"outputs\"]['k-1'] }}").0, "a-b/outputs/k-1");
        assert_eq!(scanned("{{ steps.a-}}x").1, "{{ steps.a-}}x");
        assert_eq!(scanned("{% if steps.a-b.outputs.n - 1 > 2 %}").1, "{% if steps.a_b.outputs.n - 1 > 2 %}");
    }

    #[test]
    fn what_is_no_code_stays_as_it_is() {
        for source in [
            "steps.a-b",
            "{{ 'steps.a-b' }}",
            "{{ x.steps.a-b }}",
            "{% raw %}{{ steps.a-b }}{% endraw %}",
            "{%- raw -%} {{ steps.a-b }} {%- endraw -%}",
            "{# steps.a-b {{ steps.c-d }} #}",
            "${#steps.a-b}",
            "{{ {'a': {'b': 1}}.a }}",
        ] {
            assert_eq!(scanned(source), (String::new(), source.to_owned()));
        }
        assert_eq!(scanned("{% raw %}{{ x }}{% endraw %}{{ steps.a-b }}").0, "a-b");
        assert_eq!(scanned("{{ {'a': {'b': 1}}.a }}{{ steps.a-b.dir }}").0, "a-b/dir");
    }

    #[test]
    fn a_computed_name_asks_for_all_steps() {
        for source in ["{{ steps[step.name] }}", "{% for s in steps %}{% endfor %}", "{{ steps | length }}"] {
            assert!(text(source).all_steps, "{source}");
        }
        assert!(!text("{{ steps.a }}").all_steps);
    }

    #[test]
    fn filters_and_tests_are_told_apart_from_names() {
        let found = text("{{ a | upper is not defined and b.c is none }}");
        let words = |list: &[(String, usize)]| list.iter().map(|(w, _)| w.clone()).collect::<Vec<_>>();
        assert_eq!(words(&found.filters), ["upper"]);
        assert_eq!(words(&found.tests), ["defined", "none"]);
        assert!(words(&found.names).starts_with(&["a".into()]));
    }

    #[test]
    fn broken_text_is_read_to_its_end() {
        for source in [
            "{{",
            "{{ 'x",
            "{% raw %}",
            "{% raw",
            "{# x",
            "{{ steps.",
            "{{ steps[",
            "{{ é|",
            "{{ steps.é-a }}",
        ] {
            assert_eq!(text(source).text.len(), source.len());
        }
    }

    #[test]
    fn a_place_counts_characters() {
        assert_eq!(place("ä\nöü{{", 7), (2, 3));
        assert_eq!(place("", 9), (1, 1));
    }
}

//! Cuts a text into command lines: a line end within quotes or after a backslash belongs to the line.

/// A command line, and where it begins in the text, in bytes.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Statement {
    pub start: usize,
    pub text: String,
}

/// The command lines of a text, without comments and empty lines. A backslash before a line end is a space.
pub(super) fn statements(text: &str) -> Vec<Statement> {
    let mut found: Vec<Statement> = Vec::new();
    let mut line = Statement::default();
    let mut scan = Scan::default();
    for (at, c) in text.char_indices() {
        match scan.take(c) {
            Taken::Part => {
                if line.text.is_empty() {
                    line.start = at;
                }
                line.text.push(c);
            }
            Taken::Continued => {
                line.text.pop();
                line.text.push(' ');
            }
            Taken::Space if line.text.is_empty() => {}
            Taken::Space => line.text.push(c),
            Taken::Comment => {}
            Taken::End => found.push(std::mem::take(&mut line)),
        }
    }
    found.push(line);
    found.retain_mut(|line| {
        line.text.truncate(line.text.trim_end().len());
        !line.text.is_empty()
    });
    found
}

#[derive(Default)]
struct Scan {
    quote: Option<char>,
    escaped: bool,
    in_word: bool,
    in_comment: bool,
}

enum Taken {
    Part,
    Space,
    Continued,
    Comment,
    End,
}

impl Scan {
    fn take(&mut self, c: char) -> Taken {
        let in_word = std::mem::replace(&mut self.in_word, !c.is_whitespace());
        if self.in_comment && c != '\n' {
            return Taken::Comment;
        }
        if std::mem::take(&mut self.escaped) {
            return if c == '\n' && self.quote.is_none() { Taken::Continued } else { Taken::Part };
        }
        match (self.quote, c) {
            (Some(quote), c) if c == quote => self.quote = None,
            (None | Some('"'), '\\') => self.escaped = true,
            (Some(_), _) => {}
            (None, '\'' | '"') => self.quote = Some(c),
            (None, '#') if !in_word => {
                self.in_comment = true;
                return Taken::Comment;
            }
            (None, '\n') => {
                self.in_comment = false;
                return Taken::End;
            }
            (None, c) if c.is_whitespace() => return Taken::Space,
            (None, _) => {}
        }
        Taken::Part
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        statements(text).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn a_line_end_within_quotes_belongs_to_the_line() {
        assert_eq!(lines("a 'x\ny'\nb \"p\\\"\nq\"\n"), ["a 'x\ny'", "b \"p\\\"\nq\""]);
    }

    #[test]
    fn a_backslash_at_the_end_goes_on_in_the_next_line() {
        assert_eq!(lines("a \\\n  b \\\n\nc"), ["a    b", "c"]);
    }

    #[test]
    fn comments_and_empty_lines_are_none() {
        assert_eq!(lines("# it's one\n\n  a b # don't\n  # another\nc#d '#e'\n"), ["a b", "c#d '#e'"]);
    }

    #[test]
    fn a_line_knows_where_it_begins() {
        let text = "\n  # x\n  a\n b";
        let starts: Vec<&str> = statements(text).iter().map(|l| &text[l.start..=l.start]).collect();
        assert_eq!(starts, ["a", "b"]);
    }
}

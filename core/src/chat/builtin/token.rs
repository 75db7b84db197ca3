//! A sentence as words, quoted texts and marks.

/// A word, a quoted text, or a mark (`,` `.` `?` `:` `->`).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    /// As it was typed, without quotes.
    pub text: String,
    /// In lower case; empty for what was quoted, so that it matches no word of the grammar.
    pub word: String,
    /// It stood in quotes or backticks.
    pub quoted: bool,
    /// It is the id or the name of something in the sequence.
    pub known: bool,
}

impl Token {
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), word: text.to_lowercase(), quoted: false, known: false }
    }

    fn quoted(text: &str) -> Self {
        Self { text: text.to_owned(), word: String::new(), quoted: true, known: false }
    }

    /// Whether it ends a sentence.
    pub fn ends(&self) -> bool {
        matches!(self.word.as_str(), "." | "?" | "!" | ";")
    }

    /// Whether it is no word.
    pub fn is_mark(&self) -> bool {
        self.ends() || matches!(self.word.as_str(), "," | ":" | "->" | "'s")
    }
}

/// Opening quotes and what closes them.
const QUOTES: &[(char, char)] =
    &[('"', '"'), ('`', '`'), ('\u{201c}', '\u{201d}'), ('\u{2018}', '\u{2019}'), ('\'', '\'')];

/// Cuts a text into tokens. Contractions are written out: `what's` is `what is`, `don't` is `do not`.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if c == '\n' {
            mark(&mut out, ".");
        }
        if let Some((command, after)) = aside(rest) {
            // "add a step perf (npm run perf)".
            out.extend([Token::new("with"), Token::quoted(command)]);
            rest = after;
        } else if let Some(face) = FACES.iter().find(|face| is_face(rest, face)) {
            mark(&mut out, ".");
            rest = &rest[face.len()..];
        } else if c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']') {
            rest = &rest[c.len_utf8()..];
        } else if let Some((quoted, after)) = quotation(rest) {
            out.push(Token::quoted(quoted));
            rest = after;
        } else {
            let end = rest.find(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')'));
            let (piece, after) = rest.split_at(end.unwrap_or(rest.len()).max(c.len_utf8()));
            if piece == "." && names_program(&out) {
                out.push(Token { word: "./".to_owned(), ..Token::new(".") });
            } else {
                word(piece, &mut out);
            }
            rest = after;
        }
    }
    out
}

/// Whether the sentence so far names a program: then a dot of its own is this folder, as in `tar czf out.tgz .`.
fn names_program(out: &[Token]) -> bool {
    const TOLD: &[&str] = &["runs", "running", "executes", "calls", "command"];
    let is_option = |t: &Token| !t.quoted && t.text.len() > 1 && t.text.starts_with('-');
    let program =
        |t: &Token| is_option(t) || super::options::is_common(&t.word) || TOLD.contains(&t.word.as_str());
    let mut sentence = out.iter().rev().take_while(|t| !t.ends());
    sentence.next().is_some_and(is_option) || sentence.any(|t| !t.quoted && program(t))
}

/// What people draw beside what they say.
const FACES: &[&str] = &[":-)", ":-(", ":)", ":(", ";)", ":D", ":/"];

/// A command line in parentheses.
fn aside(rest: &str) -> Option<(&str, &str)> {
    let (inside, after) = rest.strip_prefix('(')?.split_once(')')?;
    let (program, arguments) = inside.trim().split_once(' ')?;
    let word = [program];
    let also_a_word = matches!(program, "true" | "false" | "black" | "cat" | "sleep" | "just" | "go");
    let no_target =
        || matches!(arguments.split(' ').next(), Some("sure" | "it" | "that" | "them" | "the" | "a"));
    let is_command = match program {
        "make" => !no_target() && arguments.split(' ').count() < 4,
        _ => super::options::is_common(program) && !also_a_word && super::lexicon::verb(&word).is_none(),
    };
    (is_command && !arguments.contains(['(', '`', '"'])).then_some((inside.trim(), after))
}

fn is_face(rest: &str, face: &str) -> bool {
    rest.strip_prefix(face).is_some_and(|after| after.chars().next().is_none_or(char::is_whitespace))
}

fn quotation(rest: &str) -> Option<(&str, &str)> {
    let first = rest.chars().next()?;
    let (_, close) = QUOTES.iter().find(|(open, _)| *open == first)?;
    let body = &rest[first.len_utf8()..];
    let ends = |at: usize| {
        let next = body[at + close.len_utf8()..].chars().next();
        next.is_none_or(|c| !c.is_alphanumeric())
    };
    let (end, _) = body.match_indices(*close).find(|(at, _)| *at > 0 && ends(*at))?;
    Some((&body[..end], &body[end + close.len_utf8()..]))
}

fn mark(out: &mut Vec<Token>, mark: &str) {
    if out.last().is_some_and(|last| !last.ends()) {
        out.push(Token::new(mark));
    }
}

fn word(piece: &str, out: &mut Vec<Token>) {
    if let Some((a, b)) = piece.split_once("->").or_else(|| piece.split_once('\u{2192}')) {
        [a].into_iter().filter(|a| !a.is_empty()).for_each(|a| word(a, out));
        out.push(Token::new("->"));
        return [b].into_iter().filter(|b| !b.is_empty()).for_each(|b| word(b, out));
    }
    let body = piece.trim_end_matches(['.', '?', '!', ';', ':', ',']);
    // "go test ./..." names all below.
    let below = if body.ends_with('/') && piece[body.len()..].starts_with("...") { 3 } else { 0 };
    let body = &piece[..body.len() + below];
    let marks = &piece[body.len()..];
    let money = body.strip_prefix('$').filter(|n| n.parse::<f64>().is_ok());
    if let Some(amount) = money {
        out.extend([Token::new(amount), Token::new("dollars")]);
    } else if !body.is_empty() {
        contraction(body, out);
    }
    // "build.. ten minutes" pauses.
    if marks.starts_with("..") && body.len() > below {
        return mark(out, ",");
    }
    // What ends a sentence counts more than a comma beside it.
    match marks.chars().find(|c| matches!(c, '.' | '?' | '!' | ';')).or(marks.chars().next()) {
        Some('!') => mark(out, "."),
        Some(c) => mark(out, &c.to_string()),
        None => {}
    }
}

fn contraction(body: &str, out: &mut Vec<Token>) {
    let plain = body.replace('\u{2019}', "'");
    let lower = plain.to_lowercase();
    let parts: Vec<String> = match lower.split_once('\'') {
        Some(("let", "s")) => vec!["let".into(), "us".into()],
        Some((
            base @ ("what" | "who" | "where" | "how" | "that" | "it" | "there" | "which" | "why"),
            "s",
        )) => {
            vec![base.into(), "is".into()]
        }
        Some((_, "s")) => vec![plain[..plain.len() - 2].into(), "'s".into()],
        Some((base, "")) if base.ends_with('s') => vec![plain[..plain.len() - 1].into(), "'s".into()],
        Some(("can", "t")) => vec!["can".into(), "not".into()],
        Some(("won", "t")) => vec!["will".into(), "not".into()],
        Some((base, "t")) if base.ends_with('n') => vec![base[..base.len() - 1].into(), "not".into()],
        Some((base, "re")) => vec![base.into(), "are".into()],
        Some((base, "d")) => vec![base.into(), "would".into()],
        Some((base, "ll")) => vec![base.into(), "will".into()],
        Some((base, "ve")) => vec![base.into(), "have".into()],
        Some((base, "m")) => vec![base.into(), "am".into()],
        _ => match lower.as_str() {
            "dont" => vec!["do".into(), "not".into()],
            "cant" => vec!["can".into(), "not".into()],
            "wont" => vec!["will".into(), "not".into()],
            "doesnt" | "didnt" | "isnt" | "arent" | "wasnt" | "hasnt" | "havent" | "shouldnt" | "couldnt"
            | "wouldnt" | "mustnt" => vec![lower[..lower.len() - 2].into(), "not".into()],
            "whats" | "thats" | "wheres" | "hows" => {
                vec![lower[..lower.len() - 1].into(), "is".into()]
            }
            "gimme" => vec!["give".into(), "me".into()],
            "lemme" => vec!["let".into(), "me".into()],
            "lets" => vec!["let".into(), "us".into()],
            "cannot" => vec!["can".into(), "not".into()],
            "&" | "+" => vec!["and".into()],
            _ => vec![body.to_owned()],
        },
    };
    let begun = out.len();
    out.extend(parts.iter().map(|part| Token::new(part)));
    // "don't" stays so in a text that is kept as it was typed.
    if let [first, not] = &mut out[begun..]
        && not.word == "not"
        && plain.contains('\'')
    {
        body.clone_into(&mut first.text);
        not.text.clear();
    }
}

/// The words again, as a text.
pub(super) fn text(tokens: &[Token]) -> String {
    let mut out = String::new();
    for token in tokens {
        let shortened = token.text.is_empty() && !token.quoted;
        if shortened && !out.is_empty() {
            continue;
        }
        if !out.is_empty() && !token.is_mark() {
            out.push(' ');
        }
        out.push_str(if shortened { &token.word } else { &token.text });
    }
    out
}

/// The words alone.
pub(super) fn words(tokens: &[Token]) -> Vec<&str> {
    tokens.iter().map(|t| t.word.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_quotes_marks_and_contractions() {
        let shown: Vec<String> = tokens("What's up? Add `cargo test -q`, then don't stop build's v1.2 a->b.")
            .into_iter()
            .map(|t| if t.quoted { format!("<{}>", t.text) } else { t.text })
            .collect();
        let expected = "what|is|up|?|Add|<cargo test -q>|,|then|don't||stop|build|'s|v1.2|a|->|b|.";
        assert_eq!(shown.join("|"), expected);
    }

    #[test]
    fn a_text_is_kept_as_it_was_typed_and_what_is_cut_out_of_it_says_the_same() {
        let typed = tokens("the examples don't compile");
        assert_eq!(
            (text(&typed), text(&typed[3..])),
            ("the examples don't compile".into(), "not compile".into())
        );
    }
}

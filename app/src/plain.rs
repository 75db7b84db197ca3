//! What a step prints, as text that can do no harm: without escape sequences and control characters.

/// One line. Of a line that was overwritten by carriage returns, as progress bars do, what stood there last.
pub fn plain(line: &str) -> String {
    let visible = without_escapes(line);
    let last = visible.split('\r').rev().find(|part| !part.trim().is_empty()).unwrap_or_default();
    last.trim_end().chars().filter_map(shown).collect()
}

/// A piece of a line, spaces and all.
pub fn bare(text: &str) -> String {
    without_escapes(text).chars().filter_map(shown).collect()
}

fn shown(c: char) -> Option<char> {
    match c {
        '\t' => Some(' '),
        // They turn the direction of text around, or show nothing.
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => None,
        c if c.is_control() => None,
        c => Some(c),
    }
}

fn without_escapes(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        match c {
            '\u{1b}' => match rest.next() {
                Some('[') => skip_past(&mut rest, |c| matches!(c, '@'..='~')),
                Some(']' | 'P' | 'X' | '^' | '_') => skip_string(&mut rest),
                Some(' '..='/') => skip_past(&mut rest, |c| !matches!(c, ' '..='/')),
                _ => {}
            },
            '\u{9b}' => skip_past(&mut rest, |c| matches!(c, '@'..='~')),
            c => out.push(c),
        }
    }
    out
}

fn skip_past(rest: &mut std::str::Chars<'_>, is_last: impl Fn(char) -> bool) {
    while rest.next().is_some_and(|c| !is_last(c)) {}
}

/// A string for the terminal itself: up to BEL or ST.
fn skip_string(rest: &mut std::str::Chars<'_>) {
    while let Some(c) = rest.next() {
        if c == '\u{7}' || c == '\u{9c}' || (c == '\u{1b}' && rest.next().is_some()) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn nothing_of_a_terminal_stays() {
        for (line, shown) in [
            ("plain", "plain"),
            ("\u{1b}[1;31mred\u{1b}[0m", "red"),
            ("\u{1b}]0;title\u{7}text", "text"),
            ("\u{1b}]52;c;aGk=\u{1b}\\text", "text"),
            ("10 %\r50 %\r100 %", "100 %"),
            ("done\r", "done"),
            ("a\tb\u{8}\u{202e}c", "a bc"),
            ("\u{1b}(Bx\u{9b}2Jy", "xy"),
            ("cut \u{1b}[", "cut"),
        ] {
            assert_eq!(plain(line), shown, "{line:?}");
        }
    }
}

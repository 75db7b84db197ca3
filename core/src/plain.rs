//! What a program prints, as text that can do no harm: without escape sequences, control characters and what turns the
//! direction of text around.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

/// How much of the end of a log is looked at for its last lines, in bytes.
const LOOK_BACK: u64 = 8 * 1024;

/// One line. Of a line that was overwritten by carriage returns, as progress bars do, what stood there last.
pub fn plain(line: &str) -> String {
    let visible = without_escapes(line);
    let last = visible.split('\r').rev().map(str::trim_end).find(|part| !part.trim().is_empty());
    last.unwrap_or_default().chars().filter_map(shown).collect()
}

/// A piece of a line, spaces and all.
pub fn bare(text: &str) -> String {
    without_escapes(text).chars().filter_map(shown).collect()
}

/// The last `count` lines of a log that are not empty, oldest first, each as [`plain`] gives it.
///
/// # Errors
/// Where the file cannot be read.
pub fn last_lines(log: &Path, count: usize) -> io::Result<Vec<String>> {
    let mut file = File::open(log)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LOOK_BACK)))?;
    let mut bytes = Vec::new();
    file.take(LOOK_BACK).read_to_end(&mut bytes)?;
    let lines = bytes.rsplit(|b| *b == b'\n').map(|line| plain(&String::from_utf8_lossy(line)));
    let mut lines: Vec<String> = lines.filter(|line| !line.is_empty()).take(count).collect();
    lines.reverse();
    Ok(lines)
}

/// A text of somebody else that a person has to see as it is, as before a yes to it: what would steer the terminal or
/// cannot be seen is shown as `\u{fffd}`.
pub fn marked(text: &str) -> String {
    text.chars().map(|c| if is_seen(c) { c } else { '\u{fffd}' }).collect()
}

/// Whether a person sees a character as what it is: no control character but line ends and tabs, nothing that turns the
/// direction of text around or takes no room.
pub fn is_seen(c: char) -> bool {
    let hides = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
    matches!(c, '\n' | '\t') || !(c.is_control() || hides)
}

fn shown(c: char) -> Option<char> {
    match c {
        '\t' => Some(' '),
        '\n' => None,
        c => Some(c).filter(|c| is_seen(*c)),
    }
}

fn without_escapes(text: &str) -> Cow<'_, str> {
    if !text.contains(['\u{1b}', '\u{90}', '\u{9b}', '\u{9d}', '\u{98}', '\u{9e}', '\u{9f}']) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\u{1b}' => skip_escape(&mut rest),
            '\u{9b}' => skip_csi(&mut rest),
            '\u{90}' | '\u{98}' | '\u{9d}' | '\u{9e}' | '\u{9f}' => skip_string(&mut rest),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

fn skip_escape(rest: &mut std::str::Chars) {
    match rest.next() {
        Some('[') => skip_csi(rest),
        Some(']' | 'P' | 'X' | '^' | '_') => skip_string(rest),
        // Intermediate bytes, as of a choice of character set, and one final byte.
        Some(' '..='/') => skip_to(rest, |c| !matches!(c, ' '..='/')),
        _ => {}
    }
}

fn skip_to(rest: &mut std::str::Chars, is_last: impl Fn(char) -> bool) {
    while rest.next().is_some_and(|c| !is_last(c)) {}
}

/// Parameters, then one final byte.
fn skip_csi(rest: &mut std::str::Chars) {
    skip_to(rest, |c| matches!(c, '@'..='~'));
}

/// A string for the terminal itself (a title, a clipboard): up to BEL or ST.
fn skip_string(rest: &mut std::str::Chars) {
    while let Some(c) = rest.next() {
        match c {
            '\u{7}' | '\u{9c}' => return,
            '\u{1b}' => {
                if rest.clone().next() == Some('\\') {
                    rest.next();
                }
                return;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_leave_no_trace() {
        let cases: &[(&str, &str)] = &[
            ("plain", "plain"),
            ("\u{1b}[1;31mred\u{1b}[0m text", "red text"),
            ("\u{1b}]0;title\u{7}after", "after"),
            ("\u{1b}]52;c;aGVsbG8=\u{1b}\\after", "after"),
            ("\u{1b}[2J\u{1b}[Hcleared", "cleared"),
            ("\u{1b}(Bset \u{1b}7kept\u{1b}8", "set kept"),
            ("\u{9b}31mred", "red"),
            ("\u{1b}P+q544e\u{1b}\\x", "x"),
            ("never ends \u{1b}]0;title", "never ends"),
            ("cut \u{1b}[", "cut"),
            ("bell\u{7} back\u{8}space", "bell backspace"),
            ("tab\there", "tab here"),
            ("\u{202e}evil", "evil"),
            ("é ✓ 漢", "é ✓ 漢"),
        ];
        for (printed, shown) in cases {
            assert_eq!(plain(printed), *shown, "{printed:?}");
        }
    }

    #[test]
    fn what_cannot_be_seen_is_marked_and_lines_stay_lines() {
        assert_eq!(
            marked("a\u{1b}[8mb\r\u{202e}c\u{200b}\n\td\u{e0041}"),
            "a\u{fffd}[8mb\u{fffd}\u{fffd}c\u{fffd}\n\td\u{fffd}"
        );
    }

    #[test]
    fn of_an_overwritten_line_the_last_state_is_shown() {
        assert_eq!(plain("10 %\r50 %\r100 %\r"), "100 %");
        assert_eq!(plain("line\r"), "line");
    }

    #[test]
    fn the_last_lines_are_those_that_are_not_empty_whatever_bytes_they_hold() {
        let mut log = tempfile::NamedTempFile::new().unwrap();
        let long = "x".repeat(20_000);
        io::Write::write_all(&mut log, format!("{long}\none\n\u{1b}[1m\n").as_bytes()).unwrap();
        io::Write::write_all(&mut log, b"a\xffb\x00c\n\n").unwrap();
        assert_eq!(last_lines(log.path(), 2).unwrap(), ["one", "a\u{fffd}bc"]);
        assert_eq!(last_lines(log.path(), 9).unwrap().len(), 3);
        assert!(last_lines(Path::new("/nowhere"), 1).is_err());
    }
}

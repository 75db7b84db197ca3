//! The message of an answer while the answer still comes: its text is passed on piece by piece, the rest is not.

use super::answer::shown;

const KEY: &str = "\"message\"";

/// Reads the beginnings of an answer.
#[derive(Debug, Default)]
pub(super) struct Spoken {
    text: String,
    /// How much of the message was passed on already, in bytes.
    told: usize,
}

impl Spoken {
    /// Takes in the next piece, and gives what a person can read of it.
    pub fn take(&mut self, piece: &str) -> String {
        self.text += piece;
        let message = begun(&self.text).unwrap_or_default();
        let new = message.get(self.told..).unwrap_or_default();
        let new = shown(new, usize::MAX);
        self.told = message.len().max(self.told);
        new
    }
}

/// The message as far as it is there.
fn begun(text: &str) -> Option<String> {
    let after = text.get(text.find(KEY)? + KEY.len()..)?.trim_start().strip_prefix(':')?.trim_start();
    let mut rest = after.strip_prefix('"')?;
    if let Some(end) = end_of(rest) {
        rest = &rest[..end];
    } else {
        // An escape that is not whole yet waits for its end.
        let escape = rest.rfind('\\').filter(|at| rest.len() - at < 6);
        let begins = escape.map(|at| rest[..at].trim_end_matches('\\').len()).unwrap_or(rest.len());
        rest = &rest[..begins];
    }
    serde_json::from_str(&format!("\"{rest}\"")).ok()
}

/// Where the string ends.
fn end_of(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' if !escaped => return Some(at),
            _ => escaped = c == '\\' && !escaped,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_is_heard_as_it_comes_whatever_the_pieces() {
        let text = r#"{"message": "Say \"hi\" \\ to\nä \u00e4 all", "commands": ["run all"]}"#;
        let said = "Say \"hi\" \\ to\nä ä all";
        for size in 1..20 {
            let mut spoken = Spoken::default();
            let chars: Vec<char> = text.chars().collect();
            let heard: String =
                chars.chunks(size).map(|c| spoken.take(&c.iter().collect::<String>())).collect();
            assert_eq!(heard, said, "pieces of {size}");
        }
        assert_eq!(Spoken::default().take("no object at all"), "");
    }
}

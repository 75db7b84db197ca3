//! What is noted of a new step that has nothing to run, as long as nothing gives it that.

/// The note, behind the id.
const BARE: &str = " has no command, so it gets an agent and a starter prompt.";

/// What is noted of a new step without a command.
pub(super) fn note(id: &str) -> String {
    format!("`{id}`{BARE} To give it one, say \u{201c}use `\u{2026}` for {id}\u{201d}.")
}

/// The notes without what a later part of the sentence gave.
pub(super) fn still_so(mut notes: Vec<String>, lines: &[String]) -> Vec<String> {
    let given = |id: &str| {
        let of = |line: &&String| line.split(' ').nth(3) == Some(id) && line.starts_with("seqctl step ");
        lines.iter().filter(of).any(|line| line.contains(" -- ") || line.contains(" --prompt-text "))
    };
    notes.retain(|note| !note.split_once(BARE).is_some_and(|(id, _)| given(id.trim_matches('`'))));
    notes
}

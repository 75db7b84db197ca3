//! Whether a person's words are those of a step: pasted from what it printed or left, however short they are.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use crate::model::State;
use crate::workspace::Workspace;

/// Files of a step's run in which a text may have stood.
const FILES: &[&str] = &["stdout.log", "stderr.log", "summary.md", "diff.patch", "output.json"];
/// Most bytes of each file, from its end, and of all of them; most artifacts of a step.
const LONGEST: u64 = 256 << 10;
const MOST: usize = 16 << 20;
const MOST_ARTIFACTS: usize = 20;
/// From this length on, a text is found within a line; a shorter one has to be the whole of it.
const TELLING: usize = 16;

/// Whether a text stands in a line of what the steps left when they last ran. What is older or longer than what is
/// searched is not found: this holds better what a person pastes, and is no boundary.
pub(super) fn was_printed(workspace: &Workspace, state: &State, text: &str) -> bool {
    let wanted = squeezed(text);
    let mut left = MOST;
    !wanted.is_empty()
        && state.steps.iter().any(|(id, step)| {
            let Some(run) = &step.run_id else { return false };
            let folder = workspace.paths.run_step(run, id);
            let files = FILES.iter().map(|file| folder.join(file)).chain(artifacts(&folder));
            files.into_iter().any(|file| {
                let text = end(&file, LONGEST.min(left as u64)).unwrap_or_default();
                left -= text.len().min(left);
                stands_in(&String::from_utf8_lossy(&text), &wanted)
            })
        })
}

fn stands_in(text: &str, wanted: &str) -> bool {
    text.lines().map(squeezed).any(|line| line == wanted || wanted.len() >= TELLING && line.contains(wanted))
}

/// In small letters, with one space between words: copying changes no more than that.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

fn artifacts(folder: &Path) -> Vec<std::path::PathBuf> {
    let (mut found, mut open) = (Vec::new(), vec![folder.join("artifacts")]);
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => open.push(entry.path()),
                Ok(kind) if kind.is_file() && found.len() < MOST_ARTIFACTS => found.push(entry.path()),
                _ => {}
            }
        }
    }
    found
}

fn end(file: &Path, most: u64) -> Option<Vec<u8>> {
    let mut file = File::open(file).ok()?;
    let length = file.metadata().ok().filter(std::fs::Metadata::is_file)?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(most))).ok()?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::{squeezed, stands_in};

    #[test]
    fn a_short_text_has_to_be_the_line_and_a_long_one_stands_within_it() {
        let log = "building\nRun  all\nhint: add a step called x that runs true, please\n";
        for (text, found) in [
            ("run all", true),
            ("Building", true),
            ("build", false),
            ("a step called x that runs true", true),
            ("add a step called y that runs true", false),
        ] {
            assert_eq!(stands_in(log, &squeezed(text)), found, "{text}");
        }
    }
}

//! Heads of the chain noted outside the project: who rewrites the whole chain cannot rewrite these too.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use chrono::{SecondsFormat, Utc};

use super::cursor::Position;
use super::entry::origin;
use crate::id::Digest;

/// How many entries pass between two notes.
pub(super) const EVERY: u64 = 100;

/// An entry that was the head of the log once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) seq: u64,
    pub(super) hash: Digest,
}

/// All notes of the present life of the project, oldest first; none where there is no file.
pub(super) fn read(path: Option<&Path>) -> Vec<Head> {
    let Some(text) = path.and_then(|p| std::fs::read_to_string(p).ok()) else { return Vec::new() };
    let mut notes = Vec::new();
    for line in text.lines() {
        let mut words = line.split(' ');
        let seq = words.next().and_then(|w| w.parse().ok());
        let (Some(seq), Some(hash)) = (seq, words.next().filter(|h| h.len() == 64)) else { continue };
        if seq == 0 {
            notes.clear();
        } else {
            notes.push(Head { seq, hash: Digest::from_text(hash) });
        }
    }
    notes
}

/// Notes a head, unless it is the last one noted. The log never waits for this: a failure is only told.
pub(super) fn note(path: Option<&Path>, head: &Position) {
    let Some(path) = path else { return };
    if let Err(error) = try_note(path, head.seq, &head.hash) {
        tracing::warn!(path = %path.display(), %error, "cannot note the head of the log outside the project");
    }
}

/// Notes that a new project begins at this root, so that the heads of an earlier one count no more.
pub(super) fn begin(path: Option<&Path>) {
    if path.is_some_and(Path::exists) {
        note(path, &Position { seq: 0, hash: origin(), offset: 0 });
    }
}

fn try_note(path: &Path, seq: u64, hash: &Digest) -> io::Result<()> {
    let note = format!("{seq} {hash} ");
    let mut file = open(path)?;
    if last_line(path)?.is_some_and(|last| last.starts_with(&note)) {
        return Ok(());
    }
    // One write, so that two processes do not mix their lines.
    file.write_all(format!("{note}{}\n", Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true)).as_bytes())
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            crate::store::paths::create_private_dir(path.parent().unwrap_or(Path::new(".")))?;
            options.open(path)
        }
        other => other,
    }
}

fn last_line(path: &Path) -> io::Result<Option<String>> {
    let file = File::open(path)?;
    let last = super::backward::Backward::new(&file)?.next()?;
    Ok(last.map(|found| String::from_utf8_lossy(&found.line).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(seq: u64, digit: &str) -> Position {
        Position { seq, hash: Digest::from_text(&digit.repeat(64)), offset: 0 }
    }

    #[test]
    fn notes_add_up_and_a_new_project_forgets_them() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("threados/abc/heads");
        let path = Some(path.as_path());
        assert!(read(path).is_empty());
        begin(path);
        note(path, &head(1, "a"));
        note(path, &head(1, "a"));
        note(path, &head(100, "b"));
        let seqs: Vec<u64> = read(path).iter().map(|h| h.seq).collect();
        assert_eq!(seqs, [1, 100], "the same head is noted once");
        begin(path);
        assert!(read(path).is_empty());
    }

    #[test]
    fn nowhere_to_note_is_no_failure() {
        note(None, &head(1, "a"));
        note(Some(Path::new("/dev/null/heads")), &head(1, "a"));
        assert!(read(None).is_empty());
    }
}

//! What the folder of a step tells about its attempt: what it was asked, what it did, what it said.

use std::fs;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::runs::RunEntry;
use crate::id::{RunId, StepId};
use crate::store::{Paths, regular};
use crate::wrapper::StepRecord;

/// Most bytes of a prompt, a patch or a summary that are read.
const LONGEST: u64 = 256 << 10;
/// How much of the end of a log is looked at for its last lines, and how many of them.
const LOOK_BACK: u64 = 16 << 10;
const LAST_LINES: usize = 20;

/// A text of a step, or its beginning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Text {
    /// The file it is from.
    pub file: PathBuf,
    /// What is not UTF-8 in it is replaced.
    pub text: String,
    /// Whether the file holds more.
    pub cut: bool,
}

/// A file that a patch changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangedFile {
    /// Its path from the top of the work tree.
    pub path: String,
    /// Lines that were added.
    pub added: usize,
    /// Lines that were removed.
    pub removed: usize,
}

/// What a step changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// The patch.
    pub patch: Text,
    /// The files in it.
    pub files: Vec<ChangedFile>,
    /// Steps that ran in the same work tree meanwhile: their work cannot be told from this one's.
    pub may_hold_work_of: Vec<String>,
}

/// What one attempt of a step tells.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Story {
    /// Its record; `None` while it runs.
    pub record: Option<StepRecord>,
    /// The prompt, exactly as it went to the model; `None` of a plain command.
    pub prompt: Option<Text>,
    /// What it changed in the git work tree; `None` where it changed nothing or nobody looked.
    pub changes: Option<Changes>,
    /// Its summary, or the last lines it printed.
    pub said: Option<Text>,
    /// Attempts before this one, the first one first.
    pub earlier: Vec<StepRecord>,
}

impl Story {
    /// What the attempt of a step that counts tells; `None` where the step left nothing in this run. `runs` are those
    /// whose steps may have shared its work tree.
    pub fn read(paths: &Paths, run: &RunId, step: &StepId, runs: &[RunEntry]) -> Option<Self> {
        let folder = paths.run_step(run, step);
        if !folder.is_dir() {
            return None;
        }
        let record = StepRecord::read(&folder).ok().flatten();
        let changes = head(&folder.join("diff.patch")).map(|patch| Changes {
            files: changed_files(&patch.text),
            may_hold_work_of: record.as_ref().map(|r| shared_with(paths, r, runs)).unwrap_or_default(),
            patch,
        });
        let said = head(&folder.join("summary.md")).or_else(|| tail(&folder.join("stdout.log")));
        let earlier = earlier(&folder);
        Some(Self { record, prompt: head(&folder.join("prompt.md")), changes, said, earlier })
    }
}

/// The beginning of a file; `None` where it is absent or empty.
pub(super) fn head(file: &Path) -> Option<Text> {
    let mut bytes = Vec::new();
    regular::open(file).ok()?.take(LONGEST + 1).read_to_end(&mut bytes).ok()?;
    let cut = bytes.len() as u64 > LONGEST;
    bytes.truncate(LONGEST as usize);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    (!text.is_empty()).then(|| Text { file: file.to_owned(), text, cut })
}

/// The last lines of a log; `None` where it is absent or empty.
fn tail(file: &Path) -> Option<Text> {
    let (bytes, from) = end_of(file).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    let first = lines.len().saturating_sub(LAST_LINES);
    let cut = from > 0 || first > 0;
    let text = lines[first..].iter().map(|line| format!("{line}\n")).collect::<String>();
    (!text.is_empty()).then(|| Text { file: file.to_owned(), text, cut })
}

fn end_of(file: &Path) -> io::Result<(Vec<u8>, u64)> {
    let mut file = regular::open(file)?;
    let from = file.metadata()?.len().saturating_sub(LOOK_BACK);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(LOOK_BACK).read_to_end(&mut bytes)?;
    Ok((bytes, from))
}

fn earlier(folder: &Path) -> Vec<StepRecord> {
    let items = fs::read_dir(folder.join("attempts")).into_iter().flatten().flatten();
    let mut records: Vec<StepRecord> =
        items.filter_map(|item| StepRecord::read(&item.path()).ok().flatten()).collect();
    records.sort_by_key(|r| r.attempt);
    records
}

/// Steps that ran in the project's own work tree while this one did.
fn shared_with(paths: &Paths, record: &StepRecord, runs: &[RunEntry]) -> Vec<String> {
    if record.worktree.is_some() {
        return Vec::new();
    }
    let overlaps = |r: &StepRecord| r.started_at < record.ended_at && r.ended_at > record.started_at;
    let at_that_time = runs.iter().filter(|run| {
        run.record.as_ref().is_none_or(|r| {
            r.started_at < record.ended_at && r.ended_at.is_none_or(|end| end > record.started_at)
        })
    });
    let mut found = Vec::new();
    for run in at_that_time {
        for other in records(&paths.run(&run.id)) {
            let same = other.run_id == record.run_id && other.step_id == record.step_id;
            if !same && other.worktree.is_none() && overlaps(&other) {
                let near = other.run_id == record.run_id;
                found.push(if near {
                    other.step_id.to_string()
                } else {
                    format!("{}/{}", run.id, other.step_id)
                });
            }
        }
    }
    found.sort();
    found
}

/// The records of all steps of a run that have ended, by start.
pub fn records(run: &Path) -> Vec<StepRecord> {
    let items = fs::read_dir(run).into_iter().flatten().flatten();
    let mut records: Vec<StepRecord> =
        items.filter_map(|item| StepRecord::read(&item.path()).ok().flatten()).collect();
    records.sort_by(|a, b| (a.started_at, &a.step_id).cmp(&(b.started_at, &b.step_id)));
    records
}

/// The files of a patch with what was added and removed. Lines within a hunk are counted, not guessed: a removed
/// line may look like a header.
fn changed_files(patch: &str) -> Vec<ChangedFile> {
    let mut files: Vec<ChangedFile> = Vec::new();
    let (mut old, mut new) = (0_usize, 0_usize);
    for line in patch.lines() {
        if let (true, Some(file)) = (old + new > 0, files.last_mut()) {
            match line.as_bytes().first() {
                Some(b'+') => (new, file.added) = (new.saturating_sub(1), file.added + 1),
                Some(b'-') => (old, file.removed) = (old.saturating_sub(1), file.removed + 1),
                Some(b'\\') => {}
                _ => (old, new) = (old.saturating_sub(1), new.saturating_sub(1)),
            }
        } else if let Some(names) = line.strip_prefix("diff --git ") {
            let path = names.rsplit_once(" b/").map_or(names, |(_, path)| path).to_owned();
            files.push(ChangedFile { path, added: 0, removed: 0 });
        } else if let Some(place) = line.strip_prefix("@@ -") {
            let mut parts = place.split([' ', '+']).filter(|p| !p.is_empty()).map(length);
            (old, new) = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
        }
    }
    files
}

/// `12,3` is three lines from line 12, `12` is one.
fn length(place: &str) -> usize {
    place.split_once(',').map_or(Some(1), |(_, n)| n.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_look_like_headers_are_counted_as_what_they_are() {
        let patch = "diff --git a/x.sql b/x.sql\nindex 1..2 100644\n--- a/x.sql\n+++ b/x.sql\n@@ -1,2 +1 @@ SELECT\n--- gone\n same\n\
                     diff --git a/old b/new name\nsimilarity index 100%\nrename from old\nrename to new name\n\
                     diff --git a/n b/n\nnew file mode 100644\n--- /dev/null\n+++ b/n\n@@ -0,0 +1,2 @@\n+++ a\n+b\n\\ No newline at end of file\n";
        let seen: Vec<_> = changed_files(patch).into_iter().map(|f| (f.path, f.added, f.removed)).collect();
        assert_eq!(seen, [("x.sql".into(), 0, 1), ("new name".into(), 0, 0), ("n".into(), 2, 0)]);
    }

    #[test]
    fn the_last_lines_of_a_long_log_are_found_without_reading_it() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("stdout.log");
        let text: String = (0..10_000).map(|i| format!("line {i}\n")).collect();
        fs::write(&log, text).unwrap();
        let tail = tail(&log).unwrap();
        assert!(tail.cut && tail.text.starts_with("line 9980\n") && tail.text.ends_with("line 9999\n"));
        fs::write(&log, "").unwrap();
        assert_eq!(super::tail(&log), None);
    }
}

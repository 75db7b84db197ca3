//! Whether the log is what was written: names the first line that is not.

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use super::cursor::read_error;
use super::entry::{Link, expected_hash, hash_of, origin};
use super::{LogError, files, heads};
use crate::id::Digest;
use crate::store::{FileId, Paths};

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// It is no whole entry.
    Unparseable,
    /// Its number does not follow the one before: lines were deleted, added or reordered.
    SeqGap {
        /// The number that should stand here.
        expected: u64,
    },
    /// It is chained to another line than the one before it.
    PrevMismatch,
    /// Its content is not what its hash was made of: it was edited.
    HashMismatch,
    /// It hangs together, but is not the entry noted outside the project: the chain was rewritten.
    HeadDiffers,
    /// The log ends before an entry that was noted outside the project.
    Truncated {
        /// The entry that was noted.
        noted: u64,
    },
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unparseable => f.write_str("it is not an entry"),
            Self::SeqGap { expected } => {
                write!(f, "entry {expected} should stand here (lines were deleted, added or moved)")
            }
            Self::PrevMismatch => {
                f.write_str("it does not continue the line before (that line was replaced)")
            }
            Self::HashMismatch => f.write_str("its content does not match its hash (it was edited)"),
            Self::HeadDiffers => {
                f.write_str("it is not the entry noted outside the project (the chain was rewritten)")
            }
            Self::Truncated { noted } => {
                write!(f, "the log ends here, but entry {noted} was noted outside the project")
            }
        }
    }
}

/// The first line that is not what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1; 0 where there is none.
    pub line: u64,
    /// The number it gives itself.
    pub seq: Option<u64>,
    /// What is wrong.
    pub why: Why,
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)?;
        if let Some(seq) = self.seq {
            write!(f, " (entry {seq})")?;
        }
        write!(f, ": {}", self.why)
    }
}

/// What a check of the log found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// How many entries were checked and are right.
    pub entries: u64,
    /// In how many files.
    pub files: usize,
    /// The first entry that is still there; more than 1 where older files were removed.
    pub first_seq: Option<u64>,
    /// The last right entry.
    pub last_seq: Option<u64>,
    /// How many of them agree with a note outside the project.
    pub noted: u64,
    /// Entries that say that the log was deleted or cut before them.
    pub restarts: Vec<u64>,
    /// Bytes at the end that are no whole entry: an append in flight, or torn by a crash. No break.
    pub torn: u64,
    /// The first break; what follows it was not checked.
    pub broken: Option<Break>,
}

/// Checks the whole log, rotated files included, against itself and against the heads noted outside.
///
/// # Errors
/// [`LogError::Read`] where a file cannot be read. A broken log is no error: see [`Report::broken`].
pub fn verify(paths: &Paths) -> Result<Report, LogError> {
    // Before the log is opened: what is noted stands in it already.
    let notes = heads::read(paths.outside_heads.as_deref());
    let last_noted = notes.iter().map(|h| h.seq).max().unwrap_or(0);
    let mut check = Check::default();
    for head in notes {
        // The first note of a number counts: a later one may have been made of a chain rewritten by then.
        check.notes.entry(head.seq).or_insert(head.hash);
    }
    let mut end = (paths.audit_log.clone(), 0);
    for (file, path) in open_all(paths)? {
        if check.report.torn > 0 {
            // Rotation leaves no torn end behind.
            check.report.broken =
                Some(Break { file: end.0, line: end.1 + 1, seq: None, why: Why::Unparseable });
            return Ok(check.report);
        }
        check.report.files += 1;
        let line = check.file(&file, &path)?;
        if check.report.broken.is_some() {
            return Ok(check.report);
        }
        end = (path, line);
    }
    let last_seq = check.report.last_seq;
    if last_noted > last_seq.unwrap_or(0) {
        let why = Why::Truncated { noted: last_noted };
        check.report.broken = Some(Break { file: end.0, line: end.1, seq: last_seq, why });
    }
    Ok(check.report)
}

/// All files of the log, oldest first, each once.
fn open_all(paths: &Paths) -> Result<Vec<(File, PathBuf)>, LogError> {
    let current = files::open(&paths.audit_log)?;
    let id = |file: &File| FileId::of(file).ok();
    let mut all = Vec::new();
    for rotated in files::rotated(paths)? {
        let file = files::open(&rotated.path)?;
        let twice = current.as_ref().and_then(id);
        all.extend(file.filter(|f| id(f) != twice).map(|f| (f, rotated.path)));
    }
    all.extend(current.map(|file| (file, paths.audit_log.clone())));
    Ok(all)
}

#[derive(Default)]
struct Check {
    /// The hash noted for a number.
    notes: HashMap<u64, Digest>,
    report: Report,
    /// The last entry: the next must be chained to it.
    head: Option<(u64, Digest)>,
}

impl Check {
    /// Checks one file up to its end or the first break; how many lines were right.
    fn file(&mut self, file: &File, path: &Path) -> Result<u64, LogError> {
        let mut reader = BufReader::with_capacity(256 << 10, file);
        let (mut line, mut right, mut torn) = (Vec::new(), 0, 0);
        loop {
            line.clear();
            let n = reader.read_until(b'\n', &mut line).map_err(|source| read_error(path, source))? as u64;
            if n == 0 {
                self.report.torn = torn;
                return Ok(right);
            }
            if !line.ends_with(b"\n") || hash_of(&line).is_none() {
                // It may be the torn end, unless an entry follows.
                torn += n;
                continue;
            }
            let link = Link::parse(&line).filter(|_| torn == 0);
            let why = link.as_ref().map_or(Some(Why::Unparseable), |link| self.line(&line, link));
            if let Some(why) = why {
                let seq = link.map(|link| link.seq);
                self.report.broken = Some(Break { file: path.to_owned(), line: right + 1, seq, why });
                return Ok(right);
            }
            right += 1;
        }
    }

    fn line(&mut self, line: &[u8], link: &Link<'_>) -> Option<Why> {
        let prev = Digest::from_text(&link.prev);
        let hash = Digest::from_text(hash_of(line)?);
        let (seq, head) = self.head.clone().unwrap_or_else(|| before_first(line, link));
        if link.seq != seq + 1 {
            return Some(Why::SeqGap { expected: seq + 1 });
        }
        if prev != head {
            return Some(Why::PrevMismatch);
        }
        if expected_hash(line, &prev).as_ref() != Some(&hash) {
            return Some(Why::HashMismatch);
        }
        match self.notes.get(&link.seq) {
            Some(noted) if *noted != hash => return Some(Why::HeadDiffers),
            Some(_) => self.report.noted += 1,
            None => {}
        }
        if is(line, "log.restart") {
            self.report.restarts.push(link.seq);
        }
        self.report.entries += 1;
        self.report.first_seq.get_or_insert(link.seq);
        self.report.last_seq = Some(link.seq);
        self.head = Some((link.seq, hash));
        None
    }
}

/// What the first entry that is still there has to follow. Whole files may have been removed, so one that opens
/// a file follows what it says; any other must be the very first.
fn before_first(line: &[u8], link: &Link<'_>) -> (u64, Digest) {
    if is(line, "log.rotate") || is(line, "log.restart") {
        (link.seq.saturating_sub(1), Digest::from_text(&link.prev))
    } else {
        (0, origin())
    }
}

fn is(line: &[u8], action: &str) -> bool {
    let rest = line.strip_prefix(b"{\"action\":\"").and_then(|rest| rest.strip_prefix(action.as_bytes()));
    rest.is_some_and(|rest| rest.starts_with(b"\","))
}

#[cfg(test)]
mod tests;

//! The files of one commit: staged beside their places, put there in order, taken back where a hand was quicker.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::DoorError;
use super::external::SEQUENCE;
use crate::id::Digest;
use crate::join::join;
use crate::store::atomic::{self, Displaced, WriteError};
use crate::store::paths::Paths;
use crate::store::same;
use crate::store::yaml::{Document, LONG, Text};

/// The files of one commit, as its log line records them: path below `.threados/`, digests before and after.
pub(super) type CommitRecord = BTreeMap<String, Change>;

/// One file of a commit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Change {
    /// What it was; `None` where it did not exist.
    pub before: Option<Digest>,
    /// What it is; `None` where it is removed.
    pub after: Option<Digest>,
}

/// A file that a commit writes or removes.
#[derive(Debug, Clone)]
pub(super) struct FileChange {
    /// Its path below `.threados/`.
    pub file: String,
    /// The digests of what was read and of what it is to be.
    pub change: Change,
    /// What was read, where the text is at hand.
    old: Option<Text>,
}

impl FileChange {
    /// From the text that was read to the text that is wanted; `None` where there is no file.
    pub fn new(file: &str, old: Option<Text>, new: Option<&str>) -> Self {
        let digest = |text: &str| Digest::of([text.as_bytes()]);
        let change = Change { before: old.as_deref().map(|old| digest(old)), after: new.map(digest) };
        Self { file: file.to_owned(), change, old }
    }

    /// The sequence from the file that was read to a text with this digest.
    pub fn of_sequence(old: &Document, new: Digest) -> Self {
        let change = Change { before: Some(old.digest()), after: Some(new) };
        Self { file: SEQUENCE.to_owned(), change, old: Some(old.text().clone()) }
    }

    /// As a log line records it.
    pub fn recorded(file: &str, change: &Change) -> Self {
        Self { file: file.to_owned(), change: change.clone(), old: None }
    }

    /// Whether a file holds what was read.
    fn is_old(&self, path: &Path) -> io::Result<bool> {
        match &self.old {
            Some(text) => same::holds(path, text.as_bytes()),
            None => Ok(self.change.before == Some(Digest::of([fs::read(path)?.as_slice()]))),
        }
    }
}

/// The files of one commit on their way. The last one is the one that tells for all: it is staged first, put in
/// its place last, and its staged file goes last.
#[derive(Debug)]
pub(super) struct Staging<'a> {
    /// Where they are.
    pub paths: &'a Paths,
    /// Number of the log entry that the commit follows; `None` where it has no line in the log.
    pub seq: Option<u64>,
    pub files: Vec<FileChange>,
}

/// Whether a publication went through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Published {
    /// Everything stands in its place.
    Whole,
    /// A file was not what was read: everything was taken back.
    TakenBack,
}

impl<'a> Staging<'a> {
    pub fn new(paths: &'a Paths, seq: Option<u64>, files: Vec<FileChange>) -> Self {
        Self { paths, seq, files }
    }

    /// Writes and syncs the next texts, in the order of the files. On an error nothing stays behind.
    pub fn write(&self, texts: &[Option<&str>]) -> Result<(), WriteError> {
        for (file, text) in self.files.iter().zip(texts).rev() {
            let Some(text) = text else { continue };
            let target = self.target(file);
            if let Some(parent) = target.parent().filter(|parent| *parent != self.paths.threados) {
                let failed = |source| WriteError::Folder { path: parent.to_owned(), source };
                fs::create_dir_all(parent).map_err(failed)?;
            }
            if let Err(error) = atomic::stage(&self.staged(file), &target, text.as_bytes(), atomic::PUBLIC) {
                self.clear();
                return Err(error);
            }
        }
        Ok(())
    }

    /// Whether every next text still waits to be put in its place.
    pub fn is_staged(&self) -> bool {
        let mut next = self.files.iter().filter(|file| file.change.after.is_some());
        next.all(|file| self.staged(file).exists())
    }

    /// What the log line tells of the files.
    pub fn record(&self) -> CommitRecord {
        self.files.iter().map(|f| (f.file.clone(), f.change.clone())).collect()
    }

    /// Whether every file is still what was read.
    ///
    /// # Errors
    /// [`DoorError::Read`] where one cannot be read.
    pub fn is_current(&self) -> Result<bool, DoorError> {
        for file in &self.files {
            let path = self.target(file);
            let same = match file.is_old(&path) {
                Ok(same) => same,
                Err(e) if e.kind() == io::ErrorKind::NotFound => file.change.before.is_none(),
                Err(source) => return Err(DoorError::Read { path, source }),
            };
            if !same {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Puts every file in its place and syncs the folders; all or none. While the disk is waited for, `beside` is done;
    /// with no file in its place it is not.
    pub fn publish(&self, beside: impl Fn() + Send + Sync) -> Result<Published, WriteError> {
        for (at, file) in self.files.iter().enumerate() {
            let fits = self.put(file);
            if !matches!(fits, Ok(true)) {
                let done = at + usize::from(fits.is_ok());
                self.files[..done].iter().rev().for_each(|file| self.take_back(file));
                return fits.map(|_| Published::TakenBack);
            }
        }
        let ((), synced) = join(self.is_long(), beside, || self.sync());
        if let Err(error) = synced {
            self.files.iter().rev().for_each(|file| self.take_back(file));
            return Err(error);
        }
        Ok(Published::Whole)
    }

    /// Whether it takes milliseconds to write them.
    fn is_long(&self) -> bool {
        self.files.iter().filter_map(|file| file.old.as_ref()).any(|text| text.len() >= LONG)
    }

    /// Makes the names in every folder durable.
    pub fn sync(&self) -> Result<(), WriteError> {
        let mut folders: Vec<PathBuf> = self.files.iter().map(|f| folder(&self.target(f))).collect();
        folders.sort();
        folders.dedup();
        folders.iter().try_for_each(|folder| atomic::sync_dir(folder))
    }

    /// Puts one file in its place; whether it displaced what was read.
    pub fn put(&self, file: &FileChange) -> Result<bool, WriteError> {
        let (target, staged) = (self.target(file), self.staged(file));
        if file.change.after.is_some() {
            return Ok(match atomic::exchange_or_rename(&staged, &target)? {
                Displaced::Kept => file.is_old(&staged).is_ok_and(|same| same),
                Displaced::Gone => true,
            });
        }
        match fs::rename(&target, &staged) {
            Ok(()) => Ok(file.is_old(&staged).is_ok_and(|same| same)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(true),
            Err(source) => Err(WriteError::Replace { path: target, source }),
        }
    }

    /// Gives a file that was put in its place back to what it displaced. That it cannot be does not undo the rest.
    pub fn take_back(&self, file: &FileChange) {
        let (target, staged) = (self.target(file), self.staged(file));
        let taken = match (&file.change.after, staged.exists()) {
            (Some(ours), true) => atomic::exchange_or_rename(&staged, &target).and_then(|_| {
                // Saved once more in between: the newest stays.
                if digest(&staged).as_ref() == Some(ours) { Ok(()) } else { self.again(&staged, &target) }
            }),
            (Some(_), false) => rename(&target, &staged),
            (None, true) if !target.exists() => rename(&staged, &target),
            (None, _) => Ok(()),
        };
        if let Err(error) = taken {
            tracing::error!(file = file.file, %error, "a file could not be given back");
        }
    }

    fn again(&self, staged: &Path, target: &Path) -> Result<(), WriteError> {
        atomic::exchange_or_rename(staged, target).map(drop)
    }

    /// Removes what is left beside the files; the one that tells for all comes last.
    pub fn clear(&self) {
        self.files.iter().for_each(|file| remove(&self.staged(file)));
    }

    /// Where a file stands.
    pub fn target(&self, file: &FileChange) -> PathBuf {
        self.paths.threados.join(&file.file)
    }

    /// Where the next content of a file waits, and later what it displaced: in the same folder.
    pub fn staged(&self, file: &FileChange) -> PathBuf {
        let target = self.target(file);
        let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
        target.with_file_name(Name::of(&name, self.seq, &file.change).to_string())
    }
}

/// The name of a staged file: `.FILE.SEQ.BEFORE-AFTER.staged`. It says which content is to come, so that what
/// was displaced is told from what was not yet put in its place, and after which log entry the line of its commit
/// is to be looked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Name {
    pub file: String,
    /// `None` where no line in the log belongs to it.
    pub seq: Option<u64>,
    pub before: String,
    pub after: String,
}

const SUFFIX: &str = ".staged";
/// Stands for a file that is not there.
const NOTHING: &str = "none";

impl Name {
    fn of(file: &str, seq: Option<u64>, change: &Change) -> Self {
        let (before, after) = (short(change.before.as_ref()), short(change.after.as_ref()));
        // A long name plus ours could pass the 255 bytes a name may have.
        let short_enough = |(at, c): &(usize, char)| at + c.len_utf8() <= 150;
        let file = file.char_indices().take_while(short_enough).map(|(_, c)| c).collect();
        Self { file, seq, before, after }
    }

    /// Reads a name; `None` where it is not of a staged file.
    pub fn parse(name: &str) -> Option<Self> {
        let inner = name.strip_prefix('.')?.strip_suffix(SUFFIX)?;
        let (rest, digests) = inner.rsplit_once('.')?;
        let (file, seq) = rest.rsplit_once('.')?;
        let (before, after) = digests.split_once('-')?;
        Some(Self {
            file: file.to_owned(),
            seq: seq.parse().ok(),
            before: before.to_owned(),
            after: after.to_owned(),
        })
    }

    /// Whether a digest is the one to come.
    pub fn is_after(&self, digest: Option<&Digest>) -> bool {
        short(digest) == self.after
    }

    /// Whether a digest is the one that was there.
    pub fn is_before(&self, digest: Option<&Digest>) -> bool {
        short(digest) == self.before
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let seq = self.seq.map_or_else(|| NOTHING.to_owned(), |seq| seq.to_string());
        write!(f, ".{}.{seq}.{}-{}{SUFFIX}", self.file, self.before, self.after)
    }
}

fn short(digest: Option<&Digest>) -> String {
    digest.map_or(NOTHING, |d| d.as_str().get(..16).unwrap_or(NOTHING)).to_owned()
}

/// The digest of a file, `None` where there is none.
pub(super) fn digest(path: &Path) -> Option<Digest> {
    fs::read(path).ok().map(|bytes| Digest::of([bytes.as_slice()]))
}

/// Removes a file; that it is gone already is as good.
pub(super) fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), %error, "cannot remove");
    }
}

fn rename(from: &Path, to: &Path) -> Result<(), WriteError> {
    fs::rename(from, to).map_err(|source| WriteError::Replace { path: to.to_owned(), source })
}

fn folder(path: &Path) -> PathBuf {
    path.parent().unwrap_or(Path::new(".")).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_is_to_come_and_where_to_look_for_its_line() {
        let file = FileChange::new("sequence.yaml", Some(Text::new("old".into())), Some("new"));
        let name = Name::of("sequence.yaml", Some(7), &file.change);
        let text = name.to_string();
        assert_eq!(Name::parse(&text), Some(name.clone()), "{text}");
        let digest = |text: &str| Digest::of([text.as_bytes()]);
        assert!(name.is_before(Some(&digest("old"))) && name.is_after(Some(&digest("new"))));
        assert!(!name.is_after(Some(&digest("old"))) && !name.is_after(None));
        let flushed = Name::of("a.b", None, &FileChange::new("a.b", None, Some("x")).change);
        assert_eq!(Name::parse(&flushed.to_string()), Some(flushed.clone()));
        assert!(flushed.is_before(None) && flushed.seq.is_none());
        for other in ["sequence.yaml", ".x.staged", ".sequence.yaml.swp", ".a.1.b.staged"] {
            assert_eq!(Name::parse(other), None, "{other}");
        }
    }
}

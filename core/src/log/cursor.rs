//! A place in the log that moves forward line by line, over rotated files, also while others append.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::LogError;
use super::backward;
use super::entry::{Link, hash_of, origin};
use super::files::{self, Rotated};
use crate::id::Digest;
use crate::store::{FileId, Paths};

/// After which entry a reader stands. It survives a copy of the project: no inode is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The last entry read; 0 before the first.
    pub seq: u64,
    /// Its hash; 64 zeros before the first.
    pub hash: Digest,
    /// Where its line ends, in bytes from the start of the file that holds it.
    pub offset: u64,
}

impl Position {
    /// Before the first entry.
    pub fn origin() -> Self {
        Self { seq: 0, hash: origin(), offset: 0 }
    }
}

/// Walks the lines of the log. Nothing is read before it is asked for; no lock is needed.
///
/// A line that is no entry is passed over once a whole entry follows it; at the end of the log it is left where
/// it is (it may be an append in flight, or torn) and shown by [`Cursor::torn`].
#[derive(Debug)]
pub struct Cursor {
    paths: Paths,
    open: Option<OpenFile>,
    position: Position,
    torn: u64,
    skipped: u64,
    lost: bool,
    /// The end of `audit.log` was reached with the last look, and nothing but whole entries stood before it.
    at_end: bool,
    line: Vec<u8>,
}

#[derive(Debug)]
struct OpenFile {
    reader: BufReader<File>,
    id: FileId,
    path: PathBuf,
    /// Another file has its name now: what it holds at the next end of file is all it will ever hold.
    closed: bool,
    /// The reader stands elsewhere than the cursor.
    moved: bool,
}

/// Of the allocator's small ones, so that a command that reads a short log clears no page of 2 MB for it.
const BUFFER: usize = 16 << 10;

impl Cursor {
    /// Before the first entry that is still there.
    pub fn start(paths: &Paths) -> Self {
        Self {
            paths: paths.clone(),
            open: None,
            position: Position::origin(),
            torn: 0,
            skipped: 0,
            lost: false,
            at_end: false,
            line: Vec::new(),
        }
    }

    /// After the last whole entry.
    ///
    /// # Errors
    /// [`LogError::Read`].
    pub fn end(paths: &Paths) -> Result<Self, LogError> {
        let mut cursor = Self::start(paths);
        for path in newest_first(paths)? {
            if let Some(file) = files::open(&path)? {
                let found = backward::last_entry(&file).map_err(|source| read_error(&path, source))?;
                if let Some(position) = found {
                    cursor.enter(file, path, position)?;
                    return Ok(cursor);
                }
            }
        }
        Ok(cursor)
    }

    /// At a position noted earlier; `None` where the log does not have that entry there any more.
    ///
    /// # Errors
    /// [`LogError::Read`].
    pub fn at(paths: &Paths, position: &Position) -> Result<Option<Self>, LogError> {
        let mut cursor = Self::start(paths);
        if position.seq == 0 {
            return Ok(Some(cursor));
        }
        for path in newest_first(paths)? {
            let Some(file) = files::open(&path)? else { continue };
            let fits = files::ends_with_hash(&file, position.offset, position.hash.as_str());
            if fits.map_err(|source| read_error(&path, source))? {
                cursor.enter(file, path, position.clone())?;
                return Ok(Some(cursor));
            }
        }
        Ok(None)
    }

    /// After the entry `seq`, or before the first later one where that is gone.
    ///
    /// # Errors
    /// [`LogError::Read`].
    pub fn after(paths: &Paths, seq: u64) -> Result<Self, LogError> {
        let mut cursor = Self::start(paths);
        for path in newest_first(paths)? {
            let Some(file) = files::open(&path)? else { continue };
            let found = backward::find(&file, seq).map_err(|source| read_error(&path, source))?;
            if let Some(position) = found {
                cursor.enter(file, path, position)?;
                break;
            }
        }
        Ok(cursor)
    }

    /// After which entry it stands.
    pub fn position(&self) -> &Position {
        &self.position
    }

    /// Bytes at the end of the log that are no whole entry (yet), as of the last look.
    pub fn torn(&self) -> u64 {
        self.torn
    }

    /// Bytes passed over so far that are no entries, in the middle of the log: `verify` names the place.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Whether, since this was last asked, the log turned out to be another than the one read so far: cut,
    /// restored or begun anew. It was then taken up at the start of its present file, so that what the caller
    /// made of the entries so far must be made anew.
    pub fn take_lost(&mut self) -> bool {
        std::mem::take(&mut self.lost)
    }

    /// The file it reads, `None` before the first read.
    pub fn path(&self) -> Option<&Path> {
        self.open.as_ref().map(|o| o.path.as_path())
    }

    /// Reads the next entry: `parse` gives the number of an entry and what the caller makes of it, `None` where
    /// the line is none. Returns `None` at the present end of the log; a later call goes on from there.
    ///
    /// # Errors
    /// [`LogError::Read`].
    pub fn next<T>(
        &mut self,
        mut parse: impl FnMut(&[u8]) -> Option<(u64, T)>,
    ) -> Result<Option<T>, LogError> {
        if self.at_end && self.is_unchanged() {
            return Ok(None);
        }
        self.at_end = false;
        loop {
            if let Some(found) = self.next_here(&mut parse)? {
                return Ok(Some(found));
            }
            if !self.turn()? {
                return Ok(None);
            }
        }
    }

    /// Whether `audit.log` still is the file we read and ends where we stand: the usual case, for one system call.
    fn is_unchanged(&self) -> bool {
        let Ok(now) = std::fs::metadata(&self.paths.audit_log) else { return false };
        self.file_id() == Some(FileId::from_metadata(&now)) && now.len() == self.position.offset
    }

    /// The next entry of the open file.
    fn next_here<T>(
        &mut self,
        parse: &mut impl FnMut(&[u8]) -> Option<(u64, T)>,
    ) -> Result<Option<T>, LogError> {
        let Some(open) = &mut self.open else { return Ok(None) };
        open.return_to(self.position.offset)?;
        let mut passed = 0;
        loop {
            self.line.clear();
            let n = open.reader.read_until(b'\n', &mut self.line);
            passed += n.map_err(|source| read_error(&open.path, source))? as u64;
            if !self.line.ends_with(b"\n") {
                break;
            }
            if let Some(hash) = hash_of(&self.line)
                && let Some((seq, value)) = parse(&self.line)
            {
                self.skipped += passed - self.line.len() as u64;
                self.torn = 0;
                let offset = self.position.offset + passed;
                self.position = Position { seq, hash: Digest::from_text(hash), offset };
                return Ok(Some(value));
            }
        }
        self.torn = passed;
        open.moved = passed > 0;
        Ok(None)
    }

    /// At the end of a file: whether there is something to go on with.
    fn turn(&mut self) -> Result<bool, LogError> {
        let Some(open) = &mut self.open else { return self.open_next() };
        let log = &self.paths.audit_log;
        let now = match std::fs::metadata(log) {
            Ok(now) => Some(now),
            Err(e) if e.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(read_error(log, source)),
        };
        match now.filter(|now| FileId::from_metadata(now) == open.id) {
            // Cut behind our back.
            Some(now) if now.len() < self.position.offset => {
                let file = open.reader.get_ref().try_clone();
                let (file, path) =
                    (file.map_err(|source| read_error(&open.path, source))?, open.path.clone());
                self.follow_on(file, path).map(|()| true)
            }
            Some(_) => {
                self.at_end = self.torn == 0;
                Ok(false)
            }
            None if !open.closed => {
                // Something may have been appended between our last read and the rename.
                open.closed = true;
                Ok(true)
            }
            None => self.open_next(),
        }
    }

    /// Opens the file after the present one. Listing and opening are not one step, so a file that does not
    /// begin where the last one ended is looked for once more: it may have been rotated in between.
    fn open_next(&mut self) -> Result<bool, LogError> {
        for last_try in [false, true] {
            let Some((file, path)) = self.next_file()? else { return Ok(false) };
            let id = FileId::of(&file).map_err(|source| read_error(&path, source))?;
            if self.open.as_ref().is_some_and(|open| open.id == id) {
                return Ok(false);
            }
            let first = files::first_seq(&file).map_err(|source| read_error(&path, source))?;
            if first == Some(self.position.seq + 1) || last_try {
                self.follow_on(file, path)?;
                break;
            }
        }
        Ok(true)
    }

    fn next_file(&self) -> Result<Option<(File, PathBuf)>, LogError> {
        let log = &self.paths.audit_log;
        // Opened before the listing: if it is rotated after that, we have it all the same.
        let current = files::open(log)?;
        let rotated = files::rotated(&self.paths)?;
        match rotated.into_iter().find(|r| r.first_seq > self.position.seq) {
            Some(Rotated { path, .. }) => Ok(files::open(&path)?.map(|file| (file, path))),
            None => Ok(current.map(|file| (file, log.clone()))),
        }
    }

    /// Goes on in a file: after our entry if it is there (the log was saved as a new file), at the start if the
    /// file begins after it, and else at the start of what is another log.
    fn follow_on(&mut self, file: File, path: PathBuf) -> Result<(), LogError> {
        let seq = self.position.seq;
        if seq == 0 {
            return self.enter(file, path, Position::origin());
        }
        let found = backward::find(&file, seq).map_err(|source| read_error(&path, source))?;
        let start = Position { offset: 0, ..self.position.clone() };
        match found {
            None => self.enter(file, path, start),
            Some(found) if found.seq == seq && found.hash == self.position.hash => {
                self.enter(file, path, found)
            }
            Some(_) => {
                self.lost = true;
                self.enter(file, path, Position::origin())
            }
        }
    }

    fn enter(&mut self, file: File, path: PathBuf, position: Position) -> Result<(), LogError> {
        let id = FileId::of(&file).map_err(|source| read_error(&path, source))?;
        let reader = BufReader::with_capacity(BUFFER, file);
        self.open = Some(OpenFile { reader, id, path, closed: false, moved: true });
        (self.position, self.torn, self.at_end) = (position, 0, false);
        Ok(())
    }

    /// Which file it reads.
    pub(super) fn file_id(&self) -> Option<FileId> {
        self.open.as_ref().map(|o| o.id)
    }

    /// Whether it stood at the end of `audit.log` with the last look.
    pub(super) fn is_at_end(&self) -> bool {
        self.at_end
    }

    /// Moves past entries that the caller itself has just appended to the file `id`, which is `audit.log`.
    pub(super) fn skip_to(&mut self, id: FileId, position: Position) -> Result<(), LogError> {
        match &mut self.open {
            Some(open) if open.id == id => {
                open.moved = true;
                (self.position, self.torn) = (position, 0);
            }
            _ => {
                let path = self.paths.audit_log.clone();
                let file = File::open(&path).map_err(|source| read_error(&path, source))?;
                self.enter(file, path, position)?;
            }
        }
        self.at_end = true;
        Ok(())
    }
}

impl OpenFile {
    fn return_to(&mut self, offset: u64) -> Result<(), LogError> {
        if std::mem::take(&mut self.moved) {
            self.reader.seek(SeekFrom::Start(offset)).map_err(|source| read_error(&self.path, source))?;
        }
        Ok(())
    }
}

/// Paths of the log's files, the one that grows first.
fn newest_first(paths: &Paths) -> Result<impl Iterator<Item = PathBuf>, LogError> {
    let rotated = files::rotated(paths)?;
    Ok(std::iter::once(paths.audit_log.clone()).chain(rotated.into_iter().rev().map(|r| r.path)))
}

pub(super) fn read_error(path: &Path, source: io::Error) -> LogError {
    LogError::Read { path: path.to_owned(), source }
}

/// The number of a line, for those who need nothing else of it.
pub(super) fn seq_of(line: &[u8]) -> Option<(u64, u64)> {
    Link::parse(line).map(|link| (link.seq, link.seq))
}

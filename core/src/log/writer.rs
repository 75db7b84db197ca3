//! Appending to the log.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::cursor::{Cursor, Position, read_error};
use super::entry::{Draft, Entry};
use super::mend::{self, Torn};
use super::redact::{self, Redact};
use super::{LogError, backward, checkpoint, files, heads};
use crate::id::Digest;
use crate::model::Actor;
use crate::store::lock::Guard;
use crate::store::{FileId, Paths, atomic};

/// From this size on, in bytes, the next append begins a new file.
pub const ROTATE_AT: u64 = 64 << 20;

/// The log, open for writing. Everything that writes asks for the guard of the project lock.
///
/// Other processes append too: what they have written since is read first and handed over, so that who folds
/// all that [`Log::append`] returns misses nothing.
pub struct Log {
    paths: Paths,
    redact: Arc<dyn Redact>,
    rotate_at: u64,
    cursor: Cursor,
    /// The last entry, which the next one is chained to.
    seq: u64,
    hash: Digest,
    out: Option<Out>,
    /// Read but not yet handed over.
    seen: Vec<Entry>,
    /// What the log has to tell of itself with the next append.
    owed: Vec<Draft>,
    /// Heads to note outside once they are durable.
    due: Vec<Position>,
    buffer: Vec<u8>,
}

struct Out {
    file: Arc<File>,
    id: FileId,
}

impl Log {
    /// Opens the log at its present end. The file is made by the first append.
    ///
    /// # Errors
    /// [`LogError::Read`].
    pub fn open(paths: &Paths, redact: Arc<dyn Redact>) -> Result<Self, LogError> {
        Ok(Self::on(Cursor::end(paths)?, paths, redact))
    }

    /// Opens the log at a position: what has been appended since is handed over by the next call. At its end
    /// where the log does not have that position.
    ///
    /// # Errors
    /// [`LogError::Read`].
    pub fn open_at(paths: &Paths, redact: Arc<dyn Redact>, position: &Position) -> Result<Self, LogError> {
        match Cursor::at(paths, position)? {
            Some(cursor) => Ok(Self::on(cursor, paths, redact)),
            None => Self::open(paths, redact),
        }
    }

    fn on(cursor: Cursor, paths: &Paths, redact: Arc<dyn Redact>) -> Self {
        let Position { seq, hash, .. } = cursor.position().clone();
        Self {
            due: if seq > 0 { vec![cursor.position().clone()] } else { Vec::new() },
            paths: paths.clone(),
            redact,
            rotate_at: ROTATE_AT,
            cursor,
            seq,
            hash,
            out: None,
            seen: Vec::new(),
            owed: Vec::new(),
            buffer: Vec::new(),
        }
    }

    /// Tells the log that the project is being made now: heads noted for an earlier project at the same root
    /// count no more.
    pub fn begin_project(paths: &Paths) {
        heads::begin(paths.outside_heads.as_deref());
    }

    /// Changes from which size on the next append begins a new file.
    #[must_use]
    pub fn rotating_at(mut self, bytes: u64) -> Self {
        self.rotate_at = bytes;
        self
    }

    /// After which entry the log stands for this handle.
    pub fn position(&self) -> &Position {
        self.cursor.position()
    }

    /// Reads what others have appended since this handle last looked, and hands it over.
    ///
    /// # Errors
    /// [`LogError::Read`].
    pub fn catch_up(&mut self, guard: &Guard) -> Result<Vec<Entry>, LogError> {
        self.look(guard)?;
        Ok(std::mem::take(&mut self.seen))
    }

    /// Sets aside what a crash has left at the end of the log; the next append tells of it as `log.mend`.
    ///
    /// # Errors
    /// [`LogError::Read`] or [`LogError::Append`] where the file cannot be opened or cut.
    pub fn mend(&mut self, guard: &Guard) -> Result<Option<Torn>, LogError> {
        self.look(guard)?;
        if self.cursor.torn() == 0 {
            return Ok(None);
        }
        let file = self.writable()?;
        if !self.is_here() {
            return Ok(None);
        }
        let end = self.end();
        let failed = |source| LogError::Append { path: self.paths.audit_log.clone(), source };
        let torn = mend::cut(&file, end, &self.paths.state_dir).map_err(failed)?;
        tracing::warn!(bytes = torn.bytes, saved = ?torn.saved, "a torn end of the log was set aside");
        self.owed.push(torn.draft());
        self.look(guard)?;
        Ok(Some(torn))
    }

    /// Appends entries in one write and returns all that is new for this handle: what others have appended since
    /// its last call, what the log tells of itself (`log.mend`, `log.rotate`, `log.restart`), and last the
    /// entries of `drafts`.
    ///
    /// They are not durable before [`Log::sync`]. After `log.restart` a state folded so far should be loaded
    /// anew.
    ///
    /// # Errors
    /// [`LogError`]; nothing of `drafts` has been added then.
    pub fn append(&mut self, guard: &Guard, drafts: &[Draft]) -> Result<Vec<Entry>, LogError> {
        self.mend(guard)?;
        let greeting = self.ready()?;
        let all = greeting.into_iter().chain(self.owed.iter().cloned()).chain(drafts.iter().cloned());
        let (mut seq, mut hash) = (self.seq, self.hash.clone());
        let (mut entries, mut lines) = (Vec::new(), std::mem::take(&mut self.buffer));
        lines.clear();
        for mut draft in all {
            redact::draft(&mut draft, &*self.redact);
            let entry = draft.seal(seq + 1, hash, &mut lines)?;
            (seq, hash) = (entry.seq, entry.hash.clone());
            entries.push(entry);
        }
        self.write(&lines)?;
        self.advance(Position { seq, hash, offset: self.end() + lines.len() as u64 })?;
        self.buffer = lines;
        self.owed.clear();
        let mut new = std::mem::take(&mut self.seen);
        new.append(&mut entries);
        Ok(new)
    }

    /// As [`Log::append`], and durable on return.
    ///
    /// # Errors
    /// [`LogError`]; with [`LogError::Sync`] the entries stand in the file all the same.
    pub fn append_durable(&mut self, guard: &Guard, drafts: &[Draft]) -> Result<Vec<Entry>, LogError> {
        let entries = self.append(guard, drafts)?;
        self.sync()?;
        Ok(entries)
    }

    /// Makes durable all that has been appended so far, by anybody.
    ///
    /// # Errors
    /// [`LogError::Sync`].
    pub fn sync(&mut self) -> Result<(), LogError> {
        self.syncer().map_or(Ok(()), Syncer::sync)
    }

    /// What makes durable all that has been appended so far, to be used in another thread while this one goes on:
    /// many entries share one fdatasync. `None` where this handle has appended nothing yet.
    pub fn syncer(&mut self) -> Option<Syncer> {
        let file = Arc::clone(&self.out.as_ref()?.file);
        let due = std::mem::take(&mut self.due);
        Some(Syncer {
            file,
            path: self.paths.audit_log.clone(),
            heads: self.paths.outside_heads.clone(),
            due,
        })
    }

    /// Reads to the end; `seen` and the head follow.
    fn look(&mut self, guard: &Guard) -> Result<(), LogError> {
        if guard.path() != self.paths.lock {
            let (held, needed) = (guard.path().to_owned(), self.paths.lock.clone());
            return Err(LogError::WrongLock { held, needed });
        }
        while let Some(entry) = self.cursor.next(|line| Entry::parse(line).map(|e| (e.seq, e)))? {
            self.seq = self.seq.max(entry.seq);
            self.hash = entry.hash.clone();
            self.seen.push(entry);
        }
        if self.cursor.take_lost() {
            // What was read is the log from its start, not news.
            self.seen.clear();
            self.owed.push(restart("the log was cut or replaced", self.seq));
        }
        Ok(())
    }

    /// Whether the cursor reads the file that is appended to.
    fn is_here(&self) -> bool {
        self.out.as_ref().is_some_and(|out| self.cursor.file_id() == Some(out.id))
    }

    /// Where the last whole entry of that file ends.
    fn end(&self) -> u64 {
        if self.is_here() { self.cursor.position().offset } else { 0 }
    }

    /// Makes the file ready to be appended to; what it has to begin with, if it is new.
    fn ready(&mut self) -> Result<Option<Draft>, LogError> {
        let file = self.writable()?;
        if self.end() == 0 {
            return self.greeting();
        }
        if self.end() < self.rotate_at || !self.rotate(&file)? {
            return Ok(None);
        }
        self.writable()?;
        Ok(Some(rotated(self.seq)))
    }

    /// What a file begins with that has no entry yet. Where more is known of than the files tell, one was
    /// deleted.
    fn greeting(&mut self) -> Result<Option<Draft>, LogError> {
        let noted = heads::read(self.paths.outside_heads.as_deref()).into_iter().map(|h| (h.seq, h.hash));
        let known = noted.chain(checkpoint::noted_head(&self.paths)).max_by_key(|(seq, _)| *seq);
        if let Some((seq, hash)) = known.filter(|(seq, _)| *seq > self.seq) {
            (self.seq, self.hash) = (seq, hash);
            return Ok(Some(restart("the log was deleted", seq)));
        }
        Ok(match self.seq {
            0 => None,
            seq if self.last_is_rotated()? => Some(rotated(seq)),
            seq => Some(restart("the log was deleted", seq)),
        })
    }

    /// Whether the entry that the next one is chained to ends the newest rotated file.
    fn last_is_rotated(&self) -> Result<bool, LogError> {
        let Some(newest) = files::rotated(&self.paths)?.pop() else { return Ok(false) };
        let Some(file) = files::open(&newest.path)? else { return Ok(false) };
        let last = backward::last_entry(&file).map_err(|source| read_error(&newest.path, source))?;
        Ok(last.is_some_and(|position| position.hash == self.hash))
    }

    /// The file open for appending, made where absent.
    fn writable(&mut self) -> Result<Arc<File>, LogError> {
        let path = &self.paths.audit_log;
        let failed = |source| LogError::Append { path: path.clone(), source };
        if let Some(out) = &self.out
            && self.is_here()
            && self.cursor.is_at_end()
        {
            return Ok(Arc::clone(&out.file));
        }
        let now = FileId::at(path).map_err(failed)?;
        if let Some(out) = &self.out
            && now == Some(out.id)
        {
            return Ok(Arc::clone(&out.file));
        }
        let file = File::options().read(true).append(true).create(true).open(path).map_err(failed)?;
        if now.is_none() {
            atomic::sync_dir(&self.paths.threados).map_err(|error| failed(io::Error::other(error)))?;
        }
        let id = FileId::of(&file).map_err(failed)?;
        let file = Arc::new(file);
        self.out = Some(Out { file: Arc::clone(&file), id });
        Ok(file)
    }

    /// Puts the file away under the number of its first entry; `false` where that name is taken.
    fn rotate(&mut self, file: &File) -> Result<bool, LogError> {
        let path = &self.paths.audit_log;
        let first = files::first_seq(file).map_err(|source| read_error(path, source))?;
        let away = files::rotated_path(&self.paths, first.unwrap_or(self.seq));
        if away.exists() {
            tracing::warn!(path = %away.display(), "the log is not rotated: the name is taken");
            return Ok(false);
        }
        // A later sync reaches only the new file.
        file.sync_data().map_err(|source| LogError::Sync { path: path.clone(), source })?;
        std::fs::rename(path, &away).map_err(|source| LogError::Append { path: away, source })?;
        self.out = None;
        Ok(true)
    }

    /// Appends the lines whole, or not at all.
    fn write(&mut self, lines: &[u8]) -> Result<(), LogError> {
        let Some(out) = &self.out else { return Ok(()) };
        let mut rest = lines;
        while !rest.is_empty() {
            let written = match (&*out.file).write(rest) {
                Ok(0) => Err(io::ErrorKind::WriteZero.into()),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => Ok(0),
                other => other,
            };
            match written {
                Ok(n) => rest = &rest[n..],
                Err(source) => {
                    self.cut_back(&out.file);
                    return Err(LogError::Append { path: self.paths.audit_log.clone(), source });
                }
            }
        }
        Ok(())
    }

    fn cut_back(&self, file: &File) {
        if let Err(error) = file.set_len(self.end()) {
            tracing::error!(%error, "a short append cannot be cut back; the next append sets it aside");
        }
    }

    /// Takes note of what was just appended.
    fn advance(&mut self, head: Position) -> Result<(), LogError> {
        if head.seq / heads::EVERY > self.seq / heads::EVERY {
            self.due.push(head.clone());
        }
        (self.seq, self.hash) = (head.seq, head.hash.clone());
        match &self.out {
            Some(out) => self.cursor.skip_to(out.id, head),
            None => Ok(()),
        }
    }
}

fn restart(why: &str, known: u64) -> Draft {
    Draft::new(Actor::System, "log.restart", "audit.log").with("reason", why).with("known_seq", known)
}

fn rotated(last: u64) -> Draft {
    Draft::new(Actor::System, "log.rotate", "audit.log").with("last_seq", last)
}

/// Makes durable what was appended before it was taken from the [`Log`].
#[derive(Debug)]
pub struct Syncer {
    file: Arc<File>,
    path: PathBuf,
    heads: Option<PathBuf>,
    due: Vec<Position>,
}

impl Syncer {
    /// For any file, without heads.
    #[cfg(test)]
    pub(crate) fn of(file: File) -> Self {
        Self { file: Arc::new(file), path: PathBuf::from("audit.log"), heads: None, due: Vec::new() }
    }

    /// Waits until the disk has it. Then, and not before, heads that are due are noted outside the project: a
    /// note of an entry that a power cut could take back would be a false alarm.
    ///
    /// # Errors
    /// [`LogError::Sync`].
    pub fn sync(self) -> Result<(), LogError> {
        self.file.sync_data().map_err(|source| LogError::Sync { path: self.path, source })?;
        let heads: Option<&Path> = self.heads.as_deref();
        self.due.iter().for_each(|head| heads::note(heads, head));
        Ok(())
    }
}

#[cfg(test)]
mod tests;

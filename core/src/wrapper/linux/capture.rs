//! One stream of a step into its log: exact, complete up to the limit, then head and tail.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::agent::Translator;
use crate::model_cli::Finished;

/// Bytes read at once, and what both streams share as their only buffer. Small enough to come from the heap: a
/// mapping of its own would cost a silent step more than all else here.
pub(super) const BUFFER: usize = 64 << 10;
/// Most bytes kept of the end of a stream that is too long.
const TAIL: u64 = 4 << 20;
/// What a pipe is widened to once it proves busy.
const WIDE_PIPE: usize = 1 << 20;

/// The file of one stream. It only ever grows, so that a follower never reads a byte that changes later: first the
/// head, then, at the end, the mark and the tail. Until then the tail is a ring in an unlinked file beside it, so
/// that memory stays as it is whatever is printed.
pub(super) struct LogFile {
    path: PathBuf,
    file: File,
    ring: Option<File>,
    head_max: u64,
    tail_max: u64,
    total: u64,
    broken: Option<Broken>,
}

/// The disk would not take any more.
struct Broken {
    error: io::Error,
    lost: u64,
}

/// What became of a stream.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Captured {
    /// Bytes printed.
    pub total: u64,
    /// Bytes of them that the log does not hold.
    pub missing: u64,
    /// Why the log is not complete, where it should be.
    pub error: Option<String>,
}

impl LogFile {
    /// Makes the log; `max` bytes of the stream are kept.
    pub(super) fn create(path: &Path, max: u64) -> io::Result<Self> {
        let tail_max = TAIL.min(max / 2);
        let file = File::create(path)?;
        let head_max = max - tail_max;
        Ok(Self { path: path.to_owned(), file, ring: None, head_max, tail_max, total: 0, broken: None })
    }

    /// Takes the next bytes. A full disk never stops a step: what cannot be written is counted.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        if self.broken.is_none()
            && let Err(error) = self.store(bytes)
        {
            self.broken = Some(Broken { error, lost: 0 });
        }
        if let Some(broken) = &mut self.broken {
            broken.lost += bytes.len() as u64;
        }
        self.total += bytes.len() as u64;
    }

    fn store(&mut self, bytes: &[u8]) -> io::Result<()> {
        let room = self.head_max.saturating_sub(self.total).min(bytes.len() as u64);
        let (head, rest) = bytes.split_at(room as usize);
        self.file.write_all(head)?;
        if rest.is_empty() || self.tail_max == 0 {
            return Ok(());
        }
        let skip = rest.len().saturating_sub(self.tail_max as usize);
        let position = (self.total + room + skip as u64 - self.head_max) % self.tail_max;
        let (first, wrapped) =
            rest[skip..].split_at((rest.len() - skip).min((self.tail_max - position) as usize));
        let ring = self.ring()?;
        ring.write_all_at(first, position)?;
        ring.write_all_at(wrapped, 0)
    }

    fn ring(&mut self) -> io::Result<&File> {
        if self.ring.is_none() {
            let path = self.path.with_extension("tail");
            // The step may have put something there, which is neither written nor followed.
            let _ = fs::remove_file(&path);
            let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
            fs::remove_file(&path)?;
            self.ring = Some(file);
        }
        self.ring.as_ref().ok_or_else(|| io::Error::other("no ring"))
    }

    /// Puts the tail behind the head, with a mark where bytes are missing.
    pub(super) fn finish(mut self, buffer: &mut [u8]) -> Captured {
        let beyond = self.total.saturating_sub(self.head_max);
        let cut = beyond.saturating_sub(self.tail_max);
        if let Some(broken) = self.broken {
            let error = format!("{} is not complete: {}", self.path.display(), broken.error);
            // The ring is not put in place: it would need the space that is not there.
            return Captured { total: self.total, missing: broken.lost.max(beyond), error: Some(error) };
        }
        let placed = self.place_tail(beyond, cut, buffer);
        let error = placed.err().map(|e| format!("{} is not complete: {e}", self.path.display()));
        Captured { total: self.total, missing: if error.is_some() { beyond } else { cut }, error }
    }

    fn place_tail(&mut self, beyond: u64, cut: u64, buffer: &mut [u8]) -> io::Result<()> {
        if cut > 0 {
            self.file.write_all(format!("\n[… {cut} bytes cut …]\n").as_bytes())?;
        }
        let Some(ring) = self.ring.take() else { return Ok(()) };
        let oldest = if cut > 0 { beyond % self.tail_max } else { 0 };
        let filled = beyond.min(self.tail_max);
        for (from, to) in [(oldest, filled), (0, oldest)] {
            let mut at = from;
            while at < to {
                let size = (to - at).min(buffer.len() as u64) as usize;
                ring.read_exact_at(&mut buffer[..size], at)?;
                self.file.write_all(&buffer[..size])?;
                at += size as u64;
            }
        }
        Ok(())
    }
}

/// The reading end of a step's stream with its log.
pub(super) struct Tap {
    /// `None` once every writer has closed it.
    pipe: Option<OwnedFd>,
    wide: bool,
    log: LogFile,
    /// Makes readable text of an agent's events on their way into the log.
    translator: Option<Translator>,
}

impl Tap {
    pub(super) fn new(pipe: OwnedFd, log: LogFile, translator: Option<Translator>) -> Self {
        Self { pipe: Some(pipe), wide: false, log, translator }
    }

    /// The pipe to wait for, `None` at its end.
    pub(super) fn pipe(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(AsFd::as_fd)
    }

    /// How many events were read, once the one that ends an agent's stream is among them.
    pub(super) fn over(&self) -> Option<u64> {
        self.translator.as_ref().and_then(Translator::over)
    }

    /// Reads once, never blocking: how many bytes were read (none at the end or where nothing waits), and what of
    /// them a person should see.
    pub(super) fn pull<'b>(&'b mut self, buffer: &'b mut [u8]) -> (usize, &'b [u8]) {
        let Some(pipe) = &self.pipe else { return (0, &[]) };
        match rustix::io::read(pipe, &mut *buffer) {
            Ok(0) => self.pipe = None,
            Ok(n) => {
                if !self.wide && n == BUFFER {
                    // A wider pipe saves half of the wake-ups; where it is not granted, nothing is lost.
                    let _ = rustix::pipe::fcntl_setpipe_size(pipe, WIDE_PIPE);
                    self.wide = true;
                }
                let shown = match &mut self.translator {
                    Some(translator) => translator.take(&buffer[..n]),
                    None => &buffer[..n],
                };
                self.log.take(shown);
                return (n, shown);
            }
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => {}
            Err(_) => self.pipe = None,
        }
        (0, &[])
    }

    /// Closes the stream and completes its log; tells what an agent's events came to.
    pub(super) fn finish(self, buffer: &mut [u8]) -> (Captured, Option<Finished>) {
        match self.translator {
            None => (self.log.finish(buffer), None),
            Some(translator) => {
                let (captured, finished) = translator.finish(self.log, buffer);
                (captured, Some(finished))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn logged(chunks: &[Vec<u8>], max: u64) -> (Vec<u8>, Captured) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stdout.log");
        let mut log = LogFile::create(&path, max).unwrap();
        for chunk in chunks {
            log.take(chunk);
        }
        let captured = log.finish(&mut [0; 7]);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "the ring leaves no file");
        (fs::read(path).unwrap(), captured)
    }

    fn expected(all: &[u8], max: usize) -> Vec<u8> {
        if all.len() <= max {
            return all.to_vec();
        }
        let tail = (TAIL as usize).min(max / 2);
        let mark = format!("\n[… {} bytes cut …]\n", all.len() - max);
        [&all[..max - tail], mark.as_bytes(), &all[all.len() - tail..]].concat()
    }

    proptest! {
        #[test]
        fn head_mark_and_tail_whatever_the_chunks(
            chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..12),
            max in 0_u64..60,
        ) {
            let all = chunks.concat();
            let (log, captured) = logged(&chunks, max);
            prop_assert_eq!(log, expected(&all, max as usize));
            let missing = (all.len() as u64).saturating_sub(max);
            prop_assert_eq!(captured, Captured { total: all.len() as u64, missing, error: None });
        }
    }

    #[test]
    fn a_disk_that_is_full_is_counted_and_named() {
        let mut log = LogFile::create(Path::new("/dev/full"), 1 << 20).unwrap();
        log.take(b"12345");
        log.take(b"678");
        let captured = log.finish(&mut [0; 8]);
        assert_eq!((captured.total, captured.missing), (8, 8));
        assert!(captured.error.unwrap().contains("/dev/full is not complete"));
    }
}

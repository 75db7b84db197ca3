//! The files of the log: `audit.log` and the rotated `audit-<first seq>.log` beside it.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use super::LogError;
use super::entry::{Link, hash_of};
use crate::store::Paths;

/// A file that was rotated away.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rotated {
    pub(super) first_seq: u64,
    pub(super) path: PathBuf,
}

/// Where a file goes whose first entry is `first_seq`.
pub(super) fn rotated_path(paths: &Paths, first_seq: u64) -> PathBuf {
    paths.threados.join(format!("audit-{first_seq:012}.log"))
}

/// The rotated files, oldest first.
pub(super) fn rotated(paths: &Paths) -> Result<Vec<Rotated>, LogError> {
    let failed = |source| LogError::Read { path: paths.threados.clone(), source };
    let names = match std::fs::read_dir(&paths.threados) {
        Ok(names) => names,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(failed(e)),
    };
    let mut found = Vec::new();
    for entry in names {
        let entry = entry.map_err(failed)?;
        if let Some(first_seq) = entry.file_name().to_str().and_then(first_seq_of_name) {
            found.push(Rotated { first_seq, path: entry.path() });
        }
    }
    found.sort();
    Ok(found)
}

fn first_seq_of_name(name: &str) -> Option<u64> {
    let digits = name.strip_prefix("audit-")?.strip_suffix(".log")?;
    let plain = digits.len() >= 12 && digits.bytes().all(|c| c.is_ascii_digit());
    plain.then(|| digits.parse().ok())?
}

/// Opens a file of the log for reading, `None` where it is absent.
pub(super) fn open(path: &Path) -> Result<Option<File>, LogError> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(LogError::Read { path: path.to_owned(), source }),
    }
}

/// The number of the first whole entry of a file.
pub(super) fn first_seq(file: &File) -> io::Result<Option<u64>> {
    let mut reader = BufReader::new(At { file, offset: 0 });
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        if let Some(link) = Link::parse(&line) {
            return Ok(Some(link.seq));
        }
        line.clear();
    }
    Ok(None)
}

/// Whether the line that ends at `offset` has this hash.
pub(super) fn ends_with_hash(file: &File, offset: u64, hash: &str) -> io::Result<bool> {
    const LEN: usize = 76;
    let Some(start) = offset.checked_sub(LEN as u64) else { return Ok(false) };
    let mut end = [0; LEN];
    match read_exact_at(file, &mut end, start) {
        Ok(()) => Ok(end.ends_with(b"\n") && hash_of(&end) == Some(hash)),
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(e) => Err(e),
    }
}

pub(super) fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    At { file, offset }.read_exact(buffer)
}

/// A reader from an offset that leaves the file's own position alone.
pub(super) struct At<'a> {
    pub(super) file: &'a File,
    pub(super) offset: u64,
}

impl io::Read for At<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = read_at(self.file, buffer, self.offset)?;
        self.offset += n as u64;
        Ok(n)
    }
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_rotation_gives_are_files_of_the_log() {
        assert_eq!(first_seq_of_name("audit-000000000042.log"), Some(42));
        for other in ["audit.log", "audit-42.log", "audit-00000000004x.log", "audit-000000000042.log.bak"] {
            assert_eq!(first_seq_of_name(other), None, "{other}");
        }
    }
}

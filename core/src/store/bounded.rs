//! Files that people and programs edit, however large they have become.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// Reads a file, but no more than `most` bytes and the one that shows that there are more: its reader refuses it then.
///
/// # Errors
/// What the system says.
pub fn read(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    read_from(File::open(path)?, most)
}

/// As [`read`] for a file of a project, where a pipe that stands in its place would be waited for without end.
///
/// # Errors
/// What the system says; [`io::ErrorKind::InvalidInput`] for a pipe or a device.
pub fn read_regular(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK);
    let file = options.open(path)?;
    let kind = file.metadata()?.file_type();
    if kind.is_file() || kind.is_dir() {
        return read_from(file, most);
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file, but a pipe or a device"))
}

fn read_from(file: File, most: usize) -> io::Result<Vec<u8>> {
    let enough = most as u64 + 1;
    let size = file.metadata()?.len().min(enough);
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default() + 1);
    file.take(enough).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_file_that_is_too_large_one_byte_too_many_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        std::fs::write(&path, "12345").unwrap();
        assert_eq!(read(&path, 5).unwrap(), b"12345");
        File::options().write(true).open(&path).unwrap().set_len(1 << 40).unwrap();
        assert_eq!(read(&path, 5).unwrap(), b"12345\0");
        assert!(read(&dir.path().join("none"), 5).is_err());
    }
}

//! Files in folders that a step may write: it may have put something else in the place of one.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// Opens a regular file to read it. No link is followed, and nothing is waited for.
///
/// # Errors
/// What the system says, also of a link; [`io::ErrorKind::InvalidInput`] for a pipe, a folder or a device.
pub fn open(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    }
    let file = options.open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::ErrorKind::InvalidInput.into()) }
}

/// Reads a regular file whole.
///
/// # Errors
/// As [`open`].
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

//! Secrets of 256 bits, each in a file of ours alone.

use std::io;
use std::path::Path;

use super::atomic;
use crate::id::Digest;

/// The secret in a file: `prefix` and 64 hex digits. Where there is none it is made; one that others could read, or
/// that is none, is replaced.
///
/// # Errors
/// What the system says.
pub(crate) fn read_or_make(path: &Path, prefix: &str) -> io::Result<String> {
    if let Some(secret) = read(path, prefix) {
        return Ok(secret);
    }
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|e| io::Error::other(e.to_string()))?;
    let secret = format!("{prefix}{}", Digest::of([bytes.as_slice()]));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    atomic::write(path, secret.as_bytes(), atomic::PRIVATE).map_err(io::Error::other)?;
    Ok(secret)
}

/// Whether two secrets are the same; takes the same time wherever they differ.
pub(crate) fn same(ours: &str, shown: &str) -> bool {
    let differs = ours.bytes().zip(shown.bytes()).fold(0, |all, (a, b)| all | (a ^ b));
    std::hint::black_box(differs) == 0 && ours.len() == shown.len()
}

fn read(path: &Path, prefix: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok().filter(|_| is_private(path))?;
    let digits = text.strip_prefix(prefix)?;
    (digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit())).then_some(text)
}

#[cfg(unix)]
fn is_private(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|m| m.permissions().mode() & 0o077 == 0)
}

#[cfg(not(unix))]
fn is_private(_path: &Path) -> bool {
    true
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_secret_stays_and_one_that_others_could_read_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state/key");
        let first = read_or_make(&path, "x_").unwrap();
        assert_eq!(first.len(), 66);
        assert_eq!(read_or_make(&path, "x_").unwrap(), first);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let second = read_or_make(&path, "x_").unwrap();
        assert_ne!(second, first);
        std::fs::write(&path, "x_short").unwrap();
        assert_ne!(read_or_make(&path, "x_").unwrap(), "x_short");
    }

    #[test]
    fn only_the_whole_secret_is_the_same() {
        assert!(same("abc", "abc"));
        for other in ["", "ab", "abd", "abcd", "Abc"] {
            assert!(!same("abc", other), "{other}");
        }
    }
}

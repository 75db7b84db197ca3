//! Whether a file holds what it is thought to hold, without a copy of it in memory.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// Bytes that are compared at a time.
const BLOCK: usize = 32 << 10;

/// Whether a file holds just these bytes.
///
/// # Errors
/// Where it cannot be opened or read.
pub fn holds(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    let mut file = File::open(path)?;
    if file.metadata()?.len() != bytes.len() as u64 {
        return Ok(false);
    }
    let mut block = [0; BLOCK];
    let mut rest = bytes;
    loop {
        let n = match file.read(&mut block) {
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(e),
        };
        match rest.split_at_checked(n) {
            Some((here, after)) if here == &block[..n] => rest = after,
            _ => return Ok(false),
        }
        if n == 0 {
            return Ok(rest.is_empty());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_bytes_count() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        let bytes: Vec<u8> = (0..BLOCK * 2 + 7).map(|i| (i % 251) as u8).collect();
        std::fs::write(&path, &bytes).unwrap();
        assert!(holds(&path, &bytes).unwrap());
        let mut other = bytes.clone();
        *other.last_mut().unwrap() ^= 1;
        assert!(!holds(&path, &other).unwrap());
        assert!(!holds(&path, &bytes[1..]).unwrap() && !holds(&path, &[]).unwrap());
        assert!(holds(&dir.path().join("none"), &[]).is_err());
    }
}

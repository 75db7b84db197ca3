//! Files of a project that are replaced at each write.
//!
//! A sandbox that grants files one by one has granted what stood there when the step began. What has taken its place
//! since is another file to it, and refused, although nothing in it is secret. Inside a step there may be another way to
//! it.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::OnceLock;

use super::bounded;

/// Gives the bytes of a file that was refused; `None` where it cannot either.
type OtherWay = Box<dyn Fn(&Path) -> Option<Vec<u8>> + Send + Sync>;

static OTHER_WAY: OnceLock<OtherWay> = OnceLock::new();

/// From now on files that are refused to this process are asked for in this way; the first one that is set counts.
pub fn set_other_way(way: impl Fn(&Path) -> Option<Vec<u8>> + Send + Sync + 'static) {
    // A second way would lead to the same place.
    drop(OTHER_WAY.set(Box::new(way)));
}

/// Reads a file, in the other way where the system refuses it and there is one; no more than `most` bytes and one.
///
/// # Errors
/// What the system says.
pub fn read(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    match bounded::read_regular(path, most) {
        Err(refused) if refused.kind() == ErrorKind::PermissionDenied => {
            OTHER_WAY.get().and_then(|way| way(path)).ok_or(refused)
        }
        read => read,
    }
}

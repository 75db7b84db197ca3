//! Whether the files of the status have changed since they were read, for one read of what the kernel has told.

use std::sync::{Mutex, PoisonError};

use crate::log::Watch;
use crate::store::Paths;

/// A watch of its own, and how often it has told of a change. The kernel tells of a change before whoever makes it goes
/// on: what was acknowledged before a request is told by the time of the request.
pub(super) struct Unchanged(Option<Mutex<(Watch, u64)>>);

impl Unchanged {
    /// Watches from now on; tells nothing where the kernel does not tell by itself.
    pub fn of(paths: &Paths) -> Self {
        let watch = Watch::new(paths).ok().filter(|watch| watch.descriptor().is_some());
        Self(watch.map(|watch| Mutex::new((watch, 0))))
    }

    /// How often the log or the sequence has changed by now, or may have. `None`: look at the files instead.
    pub fn told(&self) -> Option<u64> {
        let mut watch = self.0.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        match watch.0.changes() {
            Ok(changes) if !(changes.log || changes.sequence) => {}
            // Where it cannot be known, it may have changed.
            Ok(_) | Err(_) => watch.1 += 1,
        }
        Some(watch.1)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::workspace::testing::Bed;

    #[test]
    fn what_is_written_is_told_at_once_and_what_others_do_beside_it_is_not() {
        let bed = Bed::new();
        let paths = &bed.workspace.paths;
        let unchanged = Unchanged::of(paths);
        let first = unchanged.told();
        assert_eq!((first, unchanged.told()), (Some(0), Some(0)));
        std::fs::write(&paths.policy, "mode: SAFE\n").unwrap();
        assert_eq!(unchanged.told(), first, "it is no part of the status");
        let mut log = std::fs::File::options().append(true).create(true).open(&paths.audit_log).unwrap();
        log.write_all(b"x").unwrap();
        let second = unchanged.told();
        assert!(second > first);
        let other = paths.sequence.with_extension("new");
        std::fs::write(&other, "").unwrap();
        assert_eq!(unchanged.told(), second);
        std::fs::rename(&other, &paths.sequence).unwrap();
        assert!(unchanged.told() > second);
    }
}

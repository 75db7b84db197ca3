//! Changes found by looking.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use super::{Changes, Watch};
use crate::store::{FileId, Paths};

/// What a file looked like; `None` where there was none.
type Look = Option<(FileId, u64, Option<SystemTime>)>;

#[derive(Debug)]
pub(super) struct Poll {
    files: [PathBuf; 3],
    seen: [Look; 3],
}

impl Poll {
    pub(super) fn new(paths: &Paths) -> Self {
        let files = [paths.audit_log.clone(), paths.sequence.clone(), paths.policy.clone()];
        Self { seen: files.each_ref().map(|file| look(file)), files }
    }

    pub(super) fn changes(&mut self) -> Changes {
        let now = self.files.each_ref().map(|file| look(file));
        let [log, sequence, policy] = std::array::from_fn(|i| now[i] != self.seen[i]);
        self.seen = now;
        Changes { log, sequence, policy }
    }

    pub(super) fn wait(&mut self, timeout: Option<Duration>) -> Changes {
        let start = Instant::now();
        loop {
            let changes = self.changes();
            let left = timeout.map(|t| t.saturating_sub(start.elapsed()));
            if changes.any() || left == Some(Duration::ZERO) {
                return changes;
            }
            std::thread::sleep(left.map_or(Watch::POLL, |left| left.min(Watch::POLL)));
        }
    }
}

fn look(path: &Path) -> Look {
    let meta = std::fs::metadata(path).ok()?;
    Some((FileId::from_metadata(&meta), meta.len(), meta.modified().ok()))
}

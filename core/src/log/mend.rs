//! Setting aside what a crash has left at the end of the log.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use chrono::Utc;

use super::entry::Draft;
use super::files::At;
use crate::model::Actor;
use crate::store::paths::create_private_dir;

/// What was cut from the end of the log: the rest of an entry whose writer died. It was never acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Torn {
    /// How much, in bytes.
    pub bytes: u64,
    /// Where it is kept; `None` where it could not be kept (disk full), which holds nobody up.
    pub saved: Option<PathBuf>,
}

impl Torn {
    /// The entry that tells of it.
    pub(super) fn draft(&self) -> Draft {
        let saved = self.saved.as_ref().and_then(|p| p.file_name()).map(|n| n.to_string_lossy());
        Draft::new(Actor::System, "log.mend", "audit.log")
            .with("bytes", self.bytes)
            .with("saved", saved.map_or(serde_json::Value::Null, |s| s.into()))
    }
}

/// Cuts `file` at `end` and keeps what followed in `state_dir`.
pub(super) fn cut(file: &File, end: u64, state_dir: &Path) -> io::Result<Torn> {
    let bytes = file.metadata()?.len().saturating_sub(end);
    let saved = match keep(file, end, state_dir) {
        Ok(path) => Some(path),
        Err(error) => {
            tracing::warn!(%error, bytes, "the torn end of the log cannot be kept");
            None
        }
    };
    file.set_len(end)?;
    Ok(Torn { bytes, saved })
}

fn keep(file: &File, from: u64, state_dir: &Path) -> io::Result<PathBuf> {
    create_private_dir(state_dir)?;
    let path = state_dir.join(format!("torn-{}", Utc::now().format("%Y%m%dT%H%M%S%.6fZ")));
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut kept = options.open(&path)?;
    let copied = io::copy(&mut At { file, offset: from }, &mut kept);
    match copied {
        Ok(_) => Ok(path),
        Err(error) => {
            drop(std::fs::remove_file(&path));
            Err(error)
        }
    }
}

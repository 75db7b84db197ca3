//! What a step may have put into the folder of its files in the place of a file: a link that leads out of it, a pipe,
//! a socket. Whoever goes on with that folder is not held as the step was, and would be led astray.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// How many of them a reason names.
const NAMED: usize = 3;

/// Removes all of it, once nothing of the step is left. Says what it was, for a person.
pub(super) fn remove(folder: &Path) -> Option<String> {
    let root = folder.canonicalize().ok()?;
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(dir) = open.pop() {
        let Ok(entries) = list(&dir) else {
            // What cannot be looked at is not worked with.
            found.push((dir.clone(), fs::remove_dir_all(&dir)));
            continue;
        };
        for path in entries {
            match path.symlink_metadata().map(|meta| meta.file_type()) {
                Ok(kind) if kind.is_dir() => open.push(path),
                Ok(kind) if kind.is_file() => {}
                Ok(kind)
                    if kind.is_symlink() && path.canonicalize().is_ok_and(|to| to.starts_with(&root)) => {}
                _ => {
                    let removed = fs::remove_file(&path).or_else(|_| {
                        make_ours(&dir)?;
                        fs::remove_file(&path)
                    });
                    found.push((path, removed));
                }
            }
        }
    }
    describe(folder, &found)
}

/// The same where nobody is told: of a step whose wrapper was killed.
pub fn forget_planted(folder: &Path) {
    if let Some(said) = remove(folder) {
        tracing::warn!(folder = %folder.display(), "{said}");
    }
}

fn list(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(dir).or_else(|_| {
        make_ours(dir)?;
        fs::read_dir(dir)
    })?;
    entries.map(|entry| entry.map(|e| e.path())).collect()
}

/// A step may have shut a folder of its own, so that what is in it is not seen.
fn make_ours(dir: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(dir, fs::Permissions::from_mode(0o700))
    }
    #[cfg(not(unix))]
    {
        Err(io::Error::new(io::ErrorKind::Unsupported, dir.display().to_string()))
    }
}

fn describe(folder: &Path, found: &[(PathBuf, io::Result<()>)]) -> Option<String> {
    let names = found.iter().take(NAMED).map(|(path, removed)| {
        let name = path.strip_prefix(folder).unwrap_or(path).display();
        match removed {
            Ok(()) => name.to_string(),
            Err(error) => format!("{name} ({error})"),
        }
    });
    let names = names.collect::<Vec<_>>().join(", ");
    let more = found.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!found.is_empty()).then(|| {
        format!("{names}{more}: no file, or a link that leads out of the folder of the step's files; removed")
    })
}

//! Which mprocs is used.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::MprocsError;
use crate::store::outer::search_path;

/// The version the adapter was made for and measured with.
pub const VERSION: &str = "mprocs 0.9.6";

const NAME: &str = "mprocs";

/// Finds mprocs: `$THREADOS_MPROCS_PATH`, then next to this program, then on PATH; it must be [`VERSION`].
///
/// # Errors
/// [`MprocsError::Missing`], [`MprocsError::OtherVersion`].
pub fn find() -> Result<PathBuf, MprocsError> {
    let named = std::env::var_os("THREADOS_MPROCS_PATH").filter(|name| !name.is_empty()).map(PathBuf::from);
    let mut looked = Vec::new();
    let candidates = match named {
        // Who names one wants that one.
        Some(path) => vec![path],
        None => beside_us().into_iter().chain(on_path()).collect(),
    };
    for path in candidates {
        if is_program(&path) {
            return check(path);
        }
        looked.push(path.display().to_string());
    }
    looked.truncate(LOOKED_SHOWN);
    Err(MprocsError::Missing { looked })
}

/// So many places are named where it is missing.
const LOOKED_SHOWN: usize = 8;

fn beside_us() -> Option<PathBuf> {
    Some(std::env::current_exe().ok()?.parent()?.join(NAME))
}

fn on_path() -> Vec<PathBuf> {
    std::env::split_paths(&search_path()).map(|folder| folder.join(NAME)).collect()
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

fn check(path: PathBuf) -> Result<PathBuf, MprocsError> {
    let said = Command::new(&path).arg("--version").stdin(Stdio::null()).stderr(Stdio::null()).output();
    let said = said.map_err(MprocsError::io("ask mprocs for its version"))?;
    let found: String = String::from_utf8_lossy(&said.stdout).trim().chars().take(80).collect();
    if found == VERSION {
        return Ok(path);
    }
    let found = if found.is_empty() { "a program that does not tell its version".to_owned() } else { found };
    Err(MprocsError::OtherVersion { path, found })
}

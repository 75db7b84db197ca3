//! So that a step finds us: an orchestrator and its agent type `seqctl`, wherever this program was started from.

use std::ffi::{OsStr, OsString};
use std::path::Path;

/// A PATH in which `seqctl` is found: with our own folder at its end where it is in no other. `None` where it is
/// found already, or where this program goes by another name.
pub(super) fn path_to_us(path: Option<&OsStr>, own: Option<&Path>) -> Option<OsString> {
    let own = own.filter(|own| own.file_stem().is_some_and(|name| name == "seqctl"))?;
    let folders: Vec<_> = std::env::split_paths(path.unwrap_or_default()).collect();
    let name = own.file_name()?;
    if folders.iter().any(|folder| folder.join(name).is_file()) {
        return None;
    }
    let ours = own.parent()?.to_owned();
    std::env::join_paths(folders.into_iter().filter(|f| !f.as_os_str().is_empty()).chain([ours])).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_folder_comes_last_and_only_where_it_is_missing() {
        let dir = tempfile::tempdir().unwrap();
        let own = dir.path().join("seqctl");
        std::fs::write(&own, "").unwrap();
        let found = path_to_us(Some(OsStr::new("/bin:/usr/bin")), Some(&own)).unwrap();
        let ours = dir.path().to_str().unwrap();
        assert_eq!(found, OsString::from(format!("/bin:/usr/bin:{ours}")));
        assert_eq!(path_to_us(Some(&found), Some(&own)), None);
        assert_eq!(path_to_us(None, Some(&own)), Some(ours.into()));
        assert_eq!(path_to_us(None, Some(&dir.path().join("tests"))), None);
    }
}

//! That steps find `seqctl`, wherever it was started from and whatever its file is called.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

use crate::store::Paths;
use crate::workspace::Workspace;

const NAME: &str = "seqctl";

/// Has steps find this program, which is `seqctl`, where its file goes by another name: by a link beside the sockets.
///
/// # Errors
/// Where the link cannot be made.
pub fn be_called_seqctl(workspace: &Workspace) -> io::Result<()> {
    let Some(own) = workspace.own_binary.as_deref().filter(|own| !goes_by_its_name(own)) else {
        return Ok(());
    };
    let folder = workspace.paths.ensure_runtime_dir().map_err(io::Error::other)?.join("bin");
    let link = folder.join(NAME);
    if std::fs::read_link(&link).is_ok_and(|leads| leads == own) {
        return Ok(());
    }
    crate::store::paths::create_private_dir(&folder)?;
    let fresh = folder.join(format!("{NAME}.{}", std::process::id()));
    symlink(own, &fresh)?;
    std::fs::rename(&fresh, &link)
}

#[cfg(unix)]
fn symlink(own: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(own, link)
}

#[cfg(not(unix))]
fn symlink(own: &Path, link: &Path) -> io::Result<()> {
    std::fs::hard_link(own, link)
}

fn goes_by_its_name(own: &Path) -> bool {
    own.file_stem().is_some_and(|name| name == NAME)
}

/// A PATH in which `seqctl` is found: with the folder where it is at its end. `None` where that is in it already, or where
/// this program is none.
pub(super) fn path_to_us(path: Option<&OsStr>, own: Option<&Path>, paths: &Paths) -> Option<OsString> {
    let at = place(own?, paths)?;
    let folders: Vec<_> = std::env::split_paths(path.unwrap_or_default()).collect();
    let ours = at.parent()?.to_owned();
    if folders.contains(&ours) {
        return None;
    }
    std::env::join_paths(folders.into_iter().filter(|f| !f.as_os_str().is_empty()).chain([ours])).ok()
}

/// The file that is this program by the name `seqctl`.
fn place(own: &Path, paths: &Paths) -> Option<PathBuf> {
    if goes_by_its_name(own) {
        return Some(own.to_owned());
    }
    let link = paths.runtime_dir.join("bin").join(NAME);
    std::fs::read_link(&link).is_ok_and(|leads| leads == own).then_some(link)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::paths::Outside;

    fn workspace(dir: &Path, own: &str) -> Workspace {
        std::fs::create_dir_all(dir.join("p/.threados")).unwrap();
        let paths = Paths::with_outside(&dir.join("p"), &Outside::below(dir)).unwrap();
        let mut workspace = Workspace::new(paths);
        let own = dir.join(own);
        std::fs::write(&own, "").unwrap();
        workspace.own_binary = Some(own);
        workspace
    }

    #[test]
    fn our_folder_comes_last_and_only_where_it_is_missing() {
        let dir = tempfile::tempdir().unwrap();
        let workspace = workspace(dir.path(), "seqctl");
        let to_us =
            |path: Option<&OsStr>| path_to_us(path, workspace.own_binary.as_deref(), &workspace.paths);
        let found = to_us(Some(OsStr::new("/bin:/usr/bin"))).unwrap();
        let ours = dir.path().to_str().unwrap();
        assert_eq!(found, OsString::from(format!("/bin:/usr/bin:{ours}")));
        assert_eq!(to_us(Some(&found)), None);
        assert_eq!(to_us(None), Some(ours.into()));
    }

    #[test]
    fn under_another_name_it_is_found_by_a_link_that_follows_it() {
        let dir = tempfile::tempdir().unwrap();
        let workspace = workspace(dir.path(), "seqctl-1.0");
        let to_us = |own: &Path| path_to_us(None, Some(own), &workspace.paths);
        let own = workspace.own_binary.clone().unwrap();
        assert_eq!(to_us(&own), None, "nobody has made the link");
        be_called_seqctl(&workspace).unwrap();
        let folder = workspace.paths.runtime_dir.join("bin");
        assert_eq!(to_us(&own), Some(folder.clone().into()));
        assert_eq!(std::fs::read_link(folder.join("seqctl")).unwrap(), own);
        assert_eq!(to_us(&dir.path().join("threados")), None, "the link is another program's");
        let mut moved = workspace.clone();
        moved.own_binary = Some(dir.path().join("seqctl-1.1"));
        be_called_seqctl(&moved).unwrap();
        assert_eq!((to_us(&own), std::fs::read_dir(&folder).unwrap().count()), (None, 1));
    }
}

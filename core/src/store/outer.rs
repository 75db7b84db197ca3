//! Where ThreadOS looks for the programs that it runs itself, outside of every sandbox.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

const SYSTEM: &str = "/usr/bin";

/// The folders of PATH in which no step can have put a program: absolute ones, outside of every project. A `bwrap` that
/// a step left in a folder of its project (where an environment of its own stands first in PATH) would else be run by us.
pub fn search_path() -> OsString {
    let path = outside(&std::env::var_os("PATH").unwrap_or_default());
    // An empty one would mean the folder one stands in.
    if path.is_empty() { SYSTEM.into() } else { path }
}

/// The first program of this name in [`search_path`] that is no link into a project either.
pub fn find_program(name: &str) -> Option<PathBuf> {
    find_in(name, &search_path())
}

fn outside(path: &OsStr) -> OsString {
    let folders =
        std::env::split_paths(path).filter(|folder| folder.is_absolute() && !is_in_a_project(folder));
    // What was one list is one again.
    std::env::join_paths(folders).unwrap_or_default()
}

fn find_in(name: &str, path: &OsStr) -> Option<PathBuf> {
    let files = std::env::split_paths(path).map(|folder| folder.join(name));
    files
        .into_iter()
        .find(|file| file.is_file() && !file.canonicalize().is_ok_and(|file| is_in_a_project(&file)))
}

fn is_in_a_project(path: &Path) -> bool {
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    real.ancestors().any(|folder| folder.join(super::paths::THREADOS).is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_step_could_have_put_there_is_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let at = |file: &str| dir.path().join(file);
        for folder in ["p/.threados", "p/bin", "usr/bin", "links"] {
            std::fs::create_dir_all(at(folder)).unwrap();
        }
        std::fs::write(at("p/bin/git"), "").unwrap();
        std::fs::write(at("usr/bin/git"), "").unwrap();
        std::os::unix::fs::symlink(at("p/bin"), at("venv")).unwrap();
        std::os::unix::fs::symlink(at("p/bin/git"), at("links/git")).unwrap();
        let path = ["p/bin", "venv", "links", "usr/bin"].map(at);
        let path = std::env::join_paths([vec!["bin".into(), "".into()], path.to_vec()].concat()).unwrap();
        let outer = outside(&path);
        let kept: Vec<PathBuf> = std::env::split_paths(&outer).collect();
        assert_eq!(kept, [at("links"), at("usr/bin")]);
        assert_eq!((find_in("git", &outer), find_in("hg", &outer)), (Some(at("usr/bin/git")), None));
        assert_eq!(outside(at("p/bin").as_os_str()), "");
    }
}

//! Working directories.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::*;

#[test]
fn hostile_folders() {
    let world = World::new();
    let cwd = "allowed_cwd";
    for (globs, folder, expected) in [
        (&["./**"][..], ".", "ok"),
        (&["./**"], "", "ok"),
        (&["./**"], "src/deep", "ok"),
        (&["./**"], "./src/../src", "ok"),
        (&["./**"], "~/p/src", "ok"),
        (&["./**"], "self/self/src", "ok"),
        (&["./**"], "inner", "ok"),
        (&["**"], ".", "ok"),
        (&["."], ".", "ok"),
        (&["."], "src", cwd),
        (&["./*"], "src", "ok"),
        (&["./*"], "src/deep", cwd),
        (&["./*"], ".", cwd),
        (&["src/**"], "src", "ok"),
        (&["./src/**"], "src/deep", "ok"),
        (&["src/**"], "bin", cwd),
        (&["src/**"], ".", cwd),
        (&["src"], "src/deep", cwd),
        (&["src/*"], "inner", "ok"),
        (&[], ".", cwd),
        (&["./**"], "..", cwd),
        (&["./**"], "../p2", cwd),
        (&["./**"], "src/../../other", cwd),
        (&["./**"], "../p/src", "ok"),
        (&["./**"], "/", cwd),
        (&["./**"], "/tmp", cwd),
        (&["./**"], "out", cwd),
        (&["./**"], "out/sub", cwd),
        (&["./**"], "out/..", cwd),
        (&["./**"], "etc", cwd),
        (&["./**"], "self/out", cwd),
        (&["out/**"], "out", cwd),
        (&["../other/**"], "../other", "POLICY_INVALID"),
        (&["a["], ".", "POLICY_INVALID"),
        (&["~/other/**"], "out", "ok"),
        (&["~/other/**"], "../other/sub", "ok"),
        (&["~/other"], "out/sub", cwd),
        (&["~/other/**"], ".", cwd),
        (&["~/p/out/**"], "out", cwd),
        (&["/**"], ".threados", cwd),
        (&["./**"], ".threados", cwd),
        (&["./**"], ".threados/state", cwd),
        (&["./**"], "src/../.threados", cwd),
        (&["./**"], "own/state", cwd),
        (&["./**"], "nested/.threados", cwd),
        (&["./**"], "none", "NO_SUCH_FOLDER"),
        (&["./**"], "scripts/build.sh", "NO_SUCH_FOLDER"),
        (&["./**"], "scripts/build.sh/x", "NO_SUCH_FOLDER"),
        (&["./**"], "round", "UNREADABLE"),
        (&["./**"], "src\0", "UNREADABLE"),
    ] {
        let allowed_cwd = globs.iter().map(|glob| world.fill(glob)).collect();
        let judge = Judge::new(&Policy { allowed_cwd, ..Policy::default() }, world.site("~/bin"));
        let folder = world.fill(folder);
        assert_eq!(verdict(judge.cwd(Path::new(&folder))), expected, "{folder:?} with {globs:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_cleared_folder_is_held_open_so_that_a_rename_cannot_divert_it() {
    use rustix::fs::fstat;

    let world = World::new();
    let folder = world.judge("~/bin", LISTED).cwd(Path::new("src")).unwrap();
    let Some(handle) = folder.handle() else { return };
    let before = fstat(handle).unwrap().st_ino;
    fs::rename(world.at("p/src"), world.at("p/moved")).unwrap();
    symlink(world.at("other"), world.at("p/src")).unwrap();
    let moved = fs::metadata(world.at("p/moved")).unwrap();
    assert_eq!(before, std::os::unix::fs::MetadataExt::ino(&moved));
    assert_eq!(fstat(handle).unwrap().st_ino, before);
}

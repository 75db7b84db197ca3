use super::*;

fn names(dir: &Path) -> Vec<String> {
    let mut all: Vec<_> =
        std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    all.sort();
    all
}

#[test]
fn a_write_replaces_the_whole_file_and_leaves_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.yaml");
    write(&path, b"long old content", PUBLIC).unwrap();
    write(&path, b"new", PUBLIC).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"new");
    write_unsynced(&path, b"newer", PUBLIC).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"newer");
    assert_eq!(names(dir.path()), ["a.yaml"]);
}

#[test]
fn a_failed_replacement_leaves_no_temporary_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.yaml");
    // A folder at the name refuses the rename for root too.
    std::fs::create_dir(&path).unwrap();
    let error = write(&path, b"x", PUBLIC).unwrap_err();
    assert!(matches!(error, WriteError::Replace { .. }), "{error}");
    assert_eq!(names(dir.path()), ["a.yaml"]);
    assert!(matches!(write(&dir.path().join("no/a"), b"", PUBLIC), Err(WriteError::Folder { .. })));
    assert!(matches!(write(Path::new("/"), b"", PUBLIC), Err(WriteError::NoName { .. })));
}

#[cfg(unix)]
#[test]
fn modes_are_kept_but_never_widened() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("token");
    let mode = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    write(&path, b"1", PRIVATE).unwrap();
    assert_eq!(mode(), 0o600);
    write(&path, b"2", PUBLIC).unwrap();
    assert_eq!(mode(), 0o600, "a private file stays private");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o664)).unwrap();
    write(&path, b"3", PUBLIC).unwrap();
    assert_eq!(mode(), 0o664, "the group keeps its right");
    write(&path, b"4", PRIVATE).unwrap();
    assert_eq!(mode(), 0o600);
}

#[cfg(unix)]
#[test]
fn a_symlinked_folder_is_refused_and_a_symlinked_file_replaced() {
    use std::os::unix::fs::symlink;
    let dir = tempfile::tempdir().unwrap();
    let (real, link) = (dir.path().join("real"), dir.path().join("link"));
    std::fs::create_dir(&real).unwrap();
    symlink(&real, &link).unwrap();
    assert!(matches!(write(&link.join("a"), b"x", PUBLIC), Err(WriteError::Folder { .. })));
    assert!(names(&real).is_empty());

    std::fs::write(dir.path().join("victim"), "safe").unwrap();
    symlink(dir.path().join("victim"), real.join("a")).unwrap();
    write(&real.join("a"), b"x", PUBLIC).unwrap();
    assert_eq!(std::fs::read(dir.path().join("victim")).unwrap(), b"safe");
}

#[test]
fn a_commit_stages_then_swaps_and_can_look_at_what_it_displaced() {
    let dir = tempfile::tempdir().unwrap();
    let (temp, target) = (dir.path().join(".next"), dir.path().join("sequence.yaml"));
    stage(&temp, &target, b"one", PUBLIC).unwrap();
    assert_eq!(exchange_or_rename(&temp, &target).unwrap(), Displaced::Gone);
    assert_eq!(names(dir.path()), ["sequence.yaml"]);

    stage(&temp, &target, b"left by a killed commit", PUBLIC).unwrap();
    stage(&temp, &target, b"two", PUBLIC).unwrap();
    let displaced = exchange_or_rename(&temp, &target).unwrap();
    assert_eq!(std::fs::read(&target).unwrap(), b"two");
    match displaced {
        Displaced::Kept => assert_eq!(std::fs::read(&temp).unwrap(), b"one"),
        Displaced::Gone => assert!(!temp.exists()),
    }
    sync_dir(dir.path()).unwrap();
}

#[test]
fn two_folders_cannot_swap() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("d")).unwrap();
    stage(&dir.path().join(".next"), &dir.path().join("a"), b"x", PUBLIC).unwrap();
    assert!(exchange_or_rename(&dir.path().join(".next"), &dir.path().join("d/a")).is_err());
}

#[test]
fn a_sweep_takes_old_temporary_files_of_ours_only() {
    let dir = tempfile::tempdir().unwrap();
    for name in [".a.1-0.threados-tmp", ".b.swp", "c"] {
        std::fs::write(dir.path().join(name), "").unwrap();
    }
    assert_eq!(sweep(dir.path(), Duration::from_secs(3600)), 0);
    assert_eq!(sweep(dir.path(), Duration::ZERO), 1);
    assert_eq!(names(dir.path()), [".b.swp", "c"]);
}

/// Does something only when run again by [`a_full_disk_leaves_the_old_file`] under a limit on the size of files.
#[test]
fn child_writes_beyond_the_limit() {
    let Some(path) = std::env::var_os("THREADOS_TEST_FILE").map(PathBuf::from) else { return };
    let error = write(&path, &vec![b'x'; 1 << 20], PUBLIC).unwrap_err();
    assert!(matches!(error, WriteError::Write { .. }), "{error}");
}

#[cfg(unix)]
#[test]
fn a_full_disk_leaves_the_old_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    write(&path, b"old", PUBLIC).unwrap();
    let output = crate::store::testing::limited("store::atomic::tests::child_writes_beyond_the_limit", &path);
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("1 passed"), "{told}");
    assert_eq!(std::fs::read(&path).unwrap(), b"old");
    assert_eq!(names(dir.path()), ["a"]);
}

//! `diff.patch`: what a step changed in the git work tree, whatever it was.

use std::fs;

use crate::engine_kit::{step_record, view};
use crate::support::Project;
use crate::worktree::{git, repository};

/// The latest run of the step; two runs of one second cannot be told apart by their ids.
fn run_of_a(p: &Project) -> String {
    view(p, "a")["run_id"].as_str().unwrap().to_owned()
}

/// Runs a script as a step whose changes are kept, and gives the patch; empty where there is none.
fn patch(p: &Project, text: &str) -> String {
    let text = shlex::try_quote(text).unwrap();
    drop(p.run("step rm a --yes"));
    p.ok(&format!("step add a --diff -- sh -c {text}"));
    p.ok("run all");
    fs::read_to_string(p.path(&format!("runs/{}/a/diff.patch", run_of_a(p)))).unwrap_or_default()
}

/// Whether the patch says what happened: taken back and applied again, it makes the same files.
#[track_caller]
fn applies(p: &Project, patch_path: &str) {
    let after = git(p, &["status", "--porcelain", "-uall"]);
    git(p, &["apply", "-R", patch_path]);
    git(p, &["apply", patch_path]);
    assert_eq!(git(p, &["status", "--porcelain", "-uall"]), after);
}

#[test]
fn changed_new_deleted_renamed_binary_and_executable_files_are_all_in_it() {
    let p = repository();
    p.write("gone.txt", "gone\n");
    p.write("old-name.txt", "a long enough text\nto be known again\nby its lines\n");
    p.write("run.sh", "#!/bin/sh\n");
    git(&p, &["add", "."]);
    git(&p, &["commit", "-qm", "more"]);
    let patch = patch(
        &p,
        "echo four >> file.txt; echo new > new.txt; rm gone.txt; mv old-name.txt new-name.txt; chmod +x run.sh; \
         head -c 300 /dev/zero > data.bin; mkdir ignored; echo x > ignored/x; ln -s file.txt link; mkdir 'a b'; echo ü > 'a b/ü.txt'",
    );
    for part in [
        "+four\n",
        "new file mode 100644",
        "deleted file mode 100644",
        "rename from old-name.txt\nrename to new-name.txt",
        "old mode 100644\nnew mode 100755",
        "GIT binary patch",
        "new file mode 120000",
    ] {
        assert!(patch.contains(part), "{part}: {patch}");
    }
    assert!(!patch.contains("ignored") && !patch.contains(".threados"), "{patch}");
    let run = run_of_a(&p);
    applies(&p, &format!(".threados/runs/{run}/a/diff.patch"));
    assert!(!p.path(&format!("runs/{run}/a/.snapshot")).exists());
}

#[test]
fn what_was_changed_before_is_not_in_it() {
    let p = repository();
    p.write("file.txt", "one\nby hand\nthree\n");
    p.write("untracked.txt", "mine\n");
    git(&p, &["add", "file.txt"]);
    let before = git(&p, &["status", "--porcelain", "-uall"]);
    assert_eq!(patch(&p, "cat file.txt"), "");
    let patch = patch(&p, "echo more >> untracked.txt");
    assert!(patch.contains("+more") && !patch.contains("by hand") && !patch.contains("+mine"), "{patch}");
    assert_eq!(
        git(&p, &["status", "--porcelain", "-uall"]),
        before,
        "the index of the repository is as it was"
    );
    assert_eq!(git(&p, &["count-objects", "-v"]).lines().find(|l| l.starts_with("count")), Some("count: 5"));
}

#[test]
fn a_commit_of_the_step_is_a_change_too() {
    let p = repository();
    let patch = patch(&p, "echo c > c.txt; git add c.txt; git -c user.name=a -c user.email=a@b commit -qm c");
    assert!(patch.contains("+++ b/c.txt"), "{patch}");
}

#[test]
fn a_shell_step_that_does_not_ask_for_it_and_a_project_outside_git_have_none() {
    let p = repository();
    p.ok("step add a -- sh -c 'echo x > x'");
    p.ok("run all");
    assert!(!p.path(&format!("runs/{}/a/diff.patch", run_of_a(&p))).exists());
    let p = Project::new();
    assert_eq!(patch(&p, "echo x > x"), "");
}

#[test]
fn a_repository_without_a_commit_has_changes_too() {
    let p = Project::new();
    git(&p, &["init", "-q"]);
    assert!(patch(&p, "echo x > x").contains("+++ b/x"));
}

#[test]
fn large_untracked_files_are_left_out_by_name() {
    let p = repository();
    let patch = patch(&p, "head -c 20000000 /dev/zero > large.bin; echo small > small.txt");
    assert!(patch.contains("small.txt") && !patch.contains("large.bin"), "{patch}");
    let notes = step_record(&p, &run_of_a(&p), "a")["diff_notes"].clone();
    assert_eq!(notes, serde_json::json!(["large.bin is untracked and has 20000000 bytes: left out"]));
}

#[test]
fn a_patch_that_grows_too_large_leaves_binary_contents_out() {
    let p = repository();
    for i in 0..3 {
        p.write(&format!("{i}.bin"), "");
    }
    git(&p, &["add", "."]);
    git(&p, &["commit", "-qm", "bins"]);
    let patch =
        patch(&p, "for i in 0 1 2; do head -c 9000000 /dev/urandom > $i.bin; done; echo small > small.txt");
    assert!(
        patch.contains("Binary files a/0.bin and b/0.bin differ") && patch.contains("+small"),
        "{}",
        patch.len()
    );
    let notes = step_record(&p, &run_of_a(&p), "a")["diff_notes"].clone();
    assert_eq!(notes, serde_json::json!(["the contents of binary files are left out: too large"]));
}

#[test]
fn a_nested_repository_without_a_commit_costs_the_patch_at_most() {
    let p = repository();
    git(&p, &["init", "-q", "inner"]);
    p.write("inner/x", "x");
    let patch = patch(&p, "echo y >> file.txt");
    let record = step_record(&p, &run_of_a(&p), "a");
    assert_eq!(record["status"], "DONE");
    assert!(
        patch.contains("+y") || record["diff_notes"][0].as_str().unwrap().starts_with("no diff:"),
        "{record:#}"
    );
}

#[test]
fn a_repository_that_ignores_all_of_the_project_keeps_patches_too() {
    let p = repository();
    p.write(".gitignore", ".threados/\n");
    assert!(patch(&p, "echo new > new.txt").contains("+new"));
}

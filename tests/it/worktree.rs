//! Worktrees of a step's own: made, kept, cleaned by rule, and never at the price of somebody's work.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::engine_kit::{go, kill_engine, latest_run, policy, processes_with, step_record};
use crate::support::{Project, finish, kill, lives, script, wait};

/// Runs git in the project, as its owner would.
#[track_caller]
pub fn git(p: &Project, args: &[&str]) -> String {
    let out = Command::new("git")
        .args(["-c", "user.name=me", "-c", "user.email=me@here", "-c", "init.defaultBranch=main"])
        .args(args)
        .current_dir(p.root())
        .env("HOME", p.root().parent().unwrap().join("home"))
        .env_remove("GIT_DIR")
        .output()
        .unwrap();
    assert!(out.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

/// A project in a repository of its own, with a committed file.
pub fn repository() -> Project {
    let p = Project::empty();
    git(&p, &["init", "-q"]);
    p.write("file.txt", "one\ntwo\nthree\n");
    p.write(".gitignore", "ignored/\n");
    git(&p, &["add", "."]);
    git(&p, &["commit", "-qm", "start"]);
    p.ok("init");
    policy(&p, "stop_grace_ms: 500");
    p
}

/// Adds a step with a worktree that runs a script.
pub fn tree_step(p: &Project, id: &str, text: &str) {
    let text = shlex::try_quote(text).unwrap();
    p.ok(&format!("step add {id} --worktree -- sh -c {text}"));
}

/// Where the worktree of a step stands in the latest run.
fn place(p: &Project, id: &str) -> PathBuf {
    let worktrees = p.root().parent().unwrap().join("home/state/threados");
    let project = fs::read_dir(worktrees).unwrap().flatten().next().unwrap().path();
    project.join("worktrees").join(latest_run(p)).join(id)
}

fn branches(p: &Project) -> String {
    git(p, &["for-each-ref", "--format=%(refname:short)", "refs/heads/threados"])
}

/// What the record of a step says of its worktree.
pub fn worktree(p: &Project, id: &str) -> Value {
    step_record(p, &latest_run(p), id)["worktree"].clone()
}

#[test]
fn a_step_works_in_a_tree_of_its_own_and_what_it_changed_is_kept() {
    let p = repository();
    p.write("file.txt", "not committed\n");
    tree_step(
        &p,
        "a",
        "cat file.txt; echo mine > file.txt; pwd; git branch --show-current; ls -a; echo $THREADOS_ROOT",
    );
    p.ok("run all");
    let tree = place(&p, "a");
    let out = p.ok("logs a");
    assert!(out.starts_with("one\ntwo\nthree\n"), "{out}");
    let root = p.root().canonicalize().unwrap();
    assert!(out.ends_with(&format!(".\n..\n.git\n.gitignore\nfile.txt\n{}\n", root.display())), "{out}");
    assert!(out.contains(&format!("threados/{}/a\n", latest_run(&p))), "{out}");
    assert_eq!(fs::read_to_string(tree.join("file.txt")).unwrap(), "mine\n");
    assert_eq!(fs::read_to_string(p.root().join("file.txt")).unwrap(), "not committed\n");
    let record = worktree(&p, "a");
    assert_eq!(record["path"], tree.to_str().unwrap());
    assert_eq!(record["branch"], format!("threados/{}/a", latest_run(&p)));
    assert_eq!(record["kept"], true);
    assert!(!git(&p, &["status", "--porcelain"]).contains("worktrees"));
}

#[test]
fn a_step_that_left_nothing_leaves_no_tree_and_no_branch() {
    let p = repository();
    tree_step(&p, "a", "mkdir ignored; echo built > ignored/output; cat file.txt");
    p.ok("run all");
    assert_eq!(worktree(&p, "a")["kept"], false);
    assert!(!place(&p, "a").exists());
    assert_eq!(branches(&p), "");
    assert_eq!(git(&p, &["worktree", "list"]).lines().count(), 1);
}

#[test]
fn a_commit_an_untracked_file_and_a_commit_on_no_branch_are_each_kept() {
    let p = repository();
    let commit = "git -c user.name=a -c user.email=a@b commit -qm more --allow-empty";
    tree_step(&p, "commit", commit);
    tree_step(&p, "untracked", "echo new > new.txt");
    tree_step(&p, "detached", &format!("git checkout -q --detach && {commit}"));
    tree_step(&p, "staged", "git rm -q --cached file.txt");
    tree_step(&p, "other", &format!("git checkout -qb threados/$THREADOS_RUN_ID/more && {commit}"));
    p.ok("run all --max-concurrent 1");
    for id in ["commit", "untracked", "detached", "staged"] {
        assert_eq!(worktree(&p, id)["kept"], true, "{id}");
    }
    // A branch that the step made itself, beside its own, stays by itself.
    assert_eq!(worktree(&p, "other")["kept"], false);
    assert!(git(&p, &["branch", "--list"]).contains("/more"));
}

#[test]
fn many_trees_are_made_at_once() {
    let p = repository();
    p.ok("step add many --type p --fanout 8 --worktree -- sh -c 'cat file.txt; echo $THREADOS_STEP_ID > mine.txt'");
    p.ok("run all");
    assert_eq!(branches(&p).lines().count(), 8);
    for i in 1..=8 {
        let id = format!("many-{i}");
        assert_eq!(fs::read_to_string(place(&p, &id).join("mine.txt")).unwrap(), format!("{id}\n"));
    }
}

#[test]
fn threados_is_not_in_the_tree_even_where_it_is_committed() {
    let p = repository();
    git(&p, &["add", "-f", ".threados/sequence.yaml", ".threados/policy.yaml"]);
    git(&p, &["commit", "-qm", "threados too"]);
    tree_step(
        &p,
        "a",
        "ls -a; git status --porcelain; echo x > x; git add -A; git -c user.name=a -c user.email=a@b commit -qm x; git show --stat --format= HEAD",
    );
    p.ok("run all");
    let out = p.ok("logs a");
    assert_eq!(out, ".\n..\n.git\n.gitignore\nfile.txt\n x | 1 +\n 1 file changed, 1 insertion(+)\n");
}

#[test]
fn a_project_below_the_top_of_its_repository_works_in_the_same_folder_of_its_tree() {
    let p = repository();
    fs::create_dir_all(p.root().join("sub/in")).unwrap();
    p.write("sub/in/here.txt", "here\n");
    git(&p, &["add", "."]);
    git(&p, &["commit", "-qm", "sub"]);
    let sub = p.root().join("sub");
    let run = |args: &[&str]| p.command(args).current_dir(&sub).output().unwrap();
    assert!(run(&["init"]).status.success());
    assert!(run(&["policy", "allow", "sh"]).status.success());
    assert!(
        run(&[
            "step",
            "add",
            "a",
            "--worktree",
            "--cwd",
            "in",
            "--",
            "sh",
            "-c",
            "cat here.txt; echo x > y; ls -a .."
        ])
        .status
        .success()
    );
    let ran = run(&["run", "all"]);
    assert!(ran.status.success(), "{ran:?}");
    let out = run(&["logs", "a"]).stdout;
    assert_eq!(String::from_utf8(out).unwrap(), "here\n.\n..\nin\n");
}

#[test]
fn a_retry_goes_on_in_the_same_tree() {
    let p = repository();
    tree_step(&p, "a", "if [ -e first ]; then cat first; else echo from the first > first; exit 1; fi");
    p.ok("step edit a --retry 1 --retry-backoff 10");
    p.ok("run all");
    assert_eq!(p.ok("logs a"), "from the first\n");
    assert_eq!(worktree(&p, "a")["kept"], true);
}

#[test]
fn a_program_of_the_project_is_that_of_the_tree() {
    let p = repository();
    script(&p.root(), "tool", "#!/bin/sh\necho committed\n");
    git(&p, &["add", "."]);
    git(&p, &["commit", "-qm", "tool"]);
    script(&p.root(), "tool", "#!/bin/sh\necho changed since\n");
    p.ok("policy allow ./tool");
    p.ok("step add a --worktree -- ./tool");
    p.ok("run all");
    assert_eq!(p.ok("logs a"), "committed\n");
}

#[test]
fn what_cannot_have_a_tree_is_told_before_anything_starts() {
    let p = Project::new();
    tree_step(&p, "a", "true");
    let refused = |code: &str| {
        let ran = p.json("run all");
        assert_eq!(ran["error"]["code"], code, "{ran:#}");
        assert_eq!(p.json("run all --dry-run")["error"]["code"], code);
        assert!(p.entries("step.start").is_empty());
    };
    refused("NO_REPOSITORY");
    git(&p, &["init", "-q"]);
    refused("NO_COMMIT");
    git(&p, &["commit", "-qm", "x", "--allow-empty"]);
    p.write(".gitmodules", "");
    refused("SUBMODULES");
    fs::remove_file(p.root().join(".gitmodules")).unwrap();
    git(&p, &["checkout", "-q", "--detach"]);
    p.ok("run all");
}

#[test]
fn a_tree_is_made_from_packed_refs_and_from_within_a_linked_worktree_too() {
    let p = repository();
    git(&p, &["pack-refs", "--all"]);
    tree_step(&p, "a", "cat file.txt");
    p.ok("run all");
    let linked = p.root().parent().unwrap().join("home/linked");
    git(&p, &["worktree", "add", "-q", linked.to_str().unwrap()]);
    let run = |args: &[&str]| p.command(args).current_dir(&linked).output().unwrap();
    assert!(run(&["init"]).status.success());
    assert!(run(&["policy", "allow", "sh"]).status.success());
    assert!(run(&["step", "add", "b", "--worktree", "--", "sh", "-c", "cat file.txt"]).status.success());
    let ran = run(&["run", "all"]);
    assert!(ran.status.success(), "{ran:?}");
}

#[test]
fn stopping_a_step_keeps_its_work() {
    let p = repository();
    tree_step(&p, "a", "echo half > half.txt; echo ready; sleep 600");
    let run = p.start("run all");
    wait("the step to work", || p.run("logs a").stdout.contains("ready"));
    p.ok("stop a --yes");
    finish(run);
    assert_eq!(p.reason("a"), "stopped by user");
    assert_eq!(fs::read_to_string(place(&p, "a").join("half.txt")).unwrap(), "half\n");
}

#[test]
fn the_end_of_the_engine_loses_no_tree_and_cleans_none_too_early() {
    let p = repository();
    tree_step(&p, "work", "echo w > w.txt; while [ ! -e \"$THREADOS_ROOT/go\" ]; do sleep 0.02; done");
    tree_step(&p, "idle", "while [ ! -e \"$THREADOS_ROOT/go\" ]; do sleep 0.02; done");
    let mut run = p.start("run all");
    wait("both to run", || p.wrapper("work").is_some() && place(&p, "work").join("w.txt").exists());
    wait("both to run", || p.wrapper("idle").is_some());
    run.kill().unwrap();
    run.wait().unwrap();
    let wrappers = [p.wrapper("work").unwrap(), p.wrapper("idle").unwrap()];
    kill_engine(&p);
    go(&p);
    wait("the wrappers to end", || wrappers.iter().all(|pid| !lives(*pid)));
    p.ok("reconcile");
    assert_eq!((p.status("work"), p.status("idle")), ("DONE".into(), "DONE".into()));
    assert!(place(&p, "work").join("w.txt").exists());
    assert!(!place(&p, "idle").exists());
}

#[test]
fn a_killed_wrapper_leaves_the_tree_to_the_next_attempt() {
    let p = repository();
    tree_step(&p, "a", "[ ! -e w.txt ] || exit 0; echo w > w.txt; echo ready; sleep 600");
    p.ok("step edit a --retry 1 --retry-backoff 10");
    let run = p.start("run all");
    wait("the step to work", || p.run("logs a").stdout.contains("ready") && p.wrapper("a").is_some());
    kill(p.wrapper("a").unwrap(), "KILL");
    assert_eq!(finish(run).code, 0);
    assert!(place(&p, "a").join("w.txt").exists());
    assert!(processes_with(&p, "sleep 600").is_empty());
}

#[test]
fn a_tree_that_was_not_made_to_the_end_is_made_again() {
    let p = repository();
    tree_step(&p, "a", "cat file.txt; echo x > x");
    p.ok("step edit a --retry 1 --retry-backoff 10");
    // The first attempt finds a git that dies in the middle.
    let bin = p.root().parent().unwrap().join("home/bin");
    fs::create_dir(&bin).unwrap();
    // It may write where the repository is kept, and nowhere else.
    let died = p.root().join(".git/died");
    let fake = format!(
        "#!/bin/sh\ncase $1 in checkout-index) [ -e {0} ] || {{ : > {0}; exit 128; }};; esac\nexec /usr/bin/git \"$@\"\n",
        died.display()
    );
    script(&bin, "git", &fake);
    let path = format!("{}:/usr/bin:/bin", bin.display());
    let ran = p.command(&["run", "all"]).env("PATH", path).output().unwrap();
    assert!(ran.status.success(), "{ran:?}");
    assert!(died.exists());
    assert_eq!(p.ok("logs a"), "one\ntwo\nthree\n");
    assert_eq!(worktree(&p, "a")["kept"], true);
}

#[test]
fn pruning_removes_trees_whose_work_is_elsewhere_and_holds_the_others() {
    let p = repository();
    let commit = "git add -A && git -c user.name=a -c user.email=a@b commit -qm more";
    tree_step(&p, "a", &format!("echo a > a.txt && {commit}"));
    p.ok("run all");
    let (run, tree) = (latest_run(&p), place(&p, "a"));
    let pruned = p.json("runs prune --keep 0 --yes");
    assert_eq!((&pruned["removed"], &pruned["held"]), (&serde_json::json!([]), &serde_json::json!([run])));
    assert!(tree.join("a.txt").exists());
    git(&p, &["merge", "-q", &format!("threados/{run}/a")]);
    fs::write(tree.join("b.txt"), "not committed").unwrap();
    assert_eq!(p.json("runs prune --keep 0 --yes")["held"], serde_json::json!([run]));
    fs::remove_file(tree.join("b.txt")).unwrap();
    assert_eq!(p.json("runs prune --keep 0 --yes")["removed"], serde_json::json!([run]));
    assert!(!tree.exists());
    assert_eq!(branches(&p), "");
}

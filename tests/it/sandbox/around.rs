//! What stands around a confined step: its worktree, its temporary files, our own git.

use std::fs;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::cage::{Cage, Level};
use crate::orchestrator_kit::SEQCTL;
use crate::support::{kill, wait};

#[test]
fn a_step_in_a_worktree_commits_on_its_branch_and_touches_no_other() {
    for level in Level::here() {
        let cage = Cage::new(level);
        let git = |args: &[&str]| {
            let mut git = std::process::Command::new("git");
            git.args(["-c", "user.name=me", "-c", "user.email=me@here"]).args(args);
            let out = git.current_dir(cage.p.root()).env("HOME", cage.base().join("home")).output().unwrap();
            assert!(out.status.success(), "{out:?}");
            String::from_utf8(out.stdout).unwrap()
        };
        fs::remove_dir_all(cage.p.root().join(".git")).unwrap();
        git(&["init", "-q", "-b", "main"]);
        cage.put("p/file", "one\n");
        git(&["add", "file"]);
        git(&["commit", "-qm", "start"]);
        let before = git(&["rev-parse", "main"]);
        let script = "echo two >> file && git -c user.name=s -c user.email=s@s commit -qam two || exit 3; \
                      c=$(git rev-parse --git-common-dir); own=$(git rev-parse --git-dir); \
                      git update-ref refs/heads/main HEAD && exit 4; git tag t && exit 5; \
                      (echo x > $c/hooks/post-commit) && exit 6; (echo x >> $c/config) && exit 7; \
                      (echo x > $c/worktrees/other) && exit 8; (echo x > $c/HEAD) && exit 9; \
                      (echo ../.. > $own/commondir) && exit 10; true";
        let words = ["step", "add", "one", "--worktree", "--", "sh", "-c", script];
        assert_eq!(cage.seqctl(&words).code, 0);
        let ran = cage.seqctl(&["run", "all"]);
        if level == Level::Landlock {
            assert!(ran.stdout.contains("exit code 10"), "a file in a folder that it writes: {ran:#?}");
        } else {
            assert_eq!(ran.code, 0, "{ran:#?}");
        }
        assert_eq!(git(&["rev-parse", "main"]), before);
        assert_eq!(git(&["tag"]), "");
    }
}

#[test]
fn a_killed_wrapper_leaves_no_temporary_files() {
    for level in Level::here() {
        let mut cage = Cage::new(level);
        cage.step("one", ".", "sh", "echo $TMPDIR > tmp; : > $TMPDIR/left; : > begun; sleep 600");
        std::thread::scope(|scope| {
            let root = cage.p.root();
            let files = cage.base();
            let run = scope.spawn(|| cage.run());
            wait("the step's start", || root.join("begun").exists());
            let locks = || fs::read_dir(root.join(".threados/state/wrappers")).unwrap().flatten();
            let holder = || {
                let text = locks().find_map(|l| fs::read(l.path()).ok())?;
                let holder: serde_json::Value = serde_json::from_slice(&text).ok()?;
                u32::try_from(holder["pid"].as_u64()?).ok()
            };
            wait("the wrapper to be known", || holder().is_some());
            let left = || {
                let of_user = format!("tos-{}", rustix::process::geteuid().as_raw());
                let all = fs::read_dir(std::env::temp_dir().join(of_user)).unwrap().flatten();
                let made = fs::metadata(&files).unwrap().created().unwrap();
                let ours = |e: &fs::DirEntry| {
                    e.path().join("left").exists()
                        && e.metadata().is_ok_and(|m| m.created().is_ok_and(|c| c > made))
                };
                all.filter(ours).map(|e| e.path()).collect::<Vec<_>>()
            };
            let before = left();
            assert!(!before.is_empty());
            kill(holder().unwrap(), "KILL");
            assert_eq!(run.join().unwrap()["one"].0, "FAILED");
            assert!(before.iter().any(|path| !path.exists()), "{level:?}: {before:?}");
        });
    }
}

#[test]
fn a_key_that_is_made_while_an_engine_lives_is_one() {
    for level in Level::here() {
        let mut cage = Cage::new(level);
        cage.step("one", ".", "sh", ": > begun; until test -e go; do sleep 0.02; done");
        let read = "cat $HOME/.git-credentials; cat $HOME/.config/gh/hosts.yml; cat $HOME/notes";
        cage.step("two", ".", "sh", read);
        cage.after("two", "one");
        std::thread::scope(|scope| {
            let (root, home) = (cage.p.root(), cage.base().join("home"));
            let run = scope.spawn(|| cage.run());
            wait("the first step", || root.join("begun").exists());
            fs::create_dir_all(home.join(".config/gh")).unwrap();
            for key in [".git-credentials", ".config/gh/hosts.yml", "notes"] {
                fs::write(home.join(key), "precious\n").unwrap();
            }
            fs::write(root.join("go"), "").unwrap();
            assert_eq!(run.join().unwrap()["two"].0, "DONE");
        });
        let runs = fs::read_dir(cage.p.path("runs")).unwrap().flatten().map(|e| e.path()).max().unwrap();
        let said = fs::read_to_string(runs.join("two/stdout.log")).unwrap();
        assert_eq!(said, "precious\n", "{level:?}: the notes and nothing else");
    }
}

/// What holds an orchestrator would hold nothing if what it adds could work elsewhere.
#[test]
fn what_an_orchestrator_adds_works_where_the_orchestrator_does() {
    for level in Level::here() {
        let mut cage = Cage::new(level);
        let elsewhere =
            |cwd: &str| format!("{SEQCTL} step add out --cwd {cwd} -- true && echo {cwd} >> out;");
        let (root, link, hooks) = (elsewhere("."), elsewhere("sub/up"), elsewhere("sub/.git/hooks"));
        let script = format!(
            "ln -s .. up; mkdir -p .git/hooks; {root} {link} {hooks} {SEQCTL} step add in -- sh -c 'pwd > where'; \
             {SEQCTL} step edit in --cwd . && echo edited >> out; {SEQCTL} run step in; true"
        );
        cage.step("lead", "sub", "sh", &script);
        cage.with("lead", "orchestrator: true");
        let ends = cage.run();
        assert_eq!(cage.p.status("in"), "DONE", "{level:?}: {ends:#?}");
        let sub = cage.p.root().join("sub");
        let works = fs::read_to_string(sub.join("where")).unwrap();
        assert_eq!(works.trim(), sub.to_string_lossy(), "{level:?}: {ends:#?}");
        assert!(!sub.join("out").exists(), "{level:?}: {:?}", fs::read_to_string(sub.join("out")));
        let denied = cage.p.entries("step.add");
        let why: Vec<&str> = denied.iter().filter_map(|entry| entry["error"].as_str()).collect();
        assert_eq!(why.len(), 3, "{why:#?}");
        assert!(why.iter().all(|why| why.contains("`lead` has added it")), "{why:#?}");
    }
}

/// In a linked worktree and in a submodule `.git` is a file.
#[test]
fn a_file_that_says_where_the_repository_is_is_held_by_bubblewrap() {
    for level in Level::here() {
        let mut cage = Cage::new(level);
        fs::rename(cage.p.root().join(".git"), cage.base().join("repository")).unwrap();
        let file = cage.put("p/.git", "gitdir: ../repository\n");
        cage.step("write", ".", "sh", "echo 'gitdir: evil' > .git");
        cage.step("replace", ".", "sh", "echo 'gitdir: evil' > other && mv other .git");
        let ends = cage.run();
        let held = level == Level::Bubblewrap;
        for step in ["write", "replace"] {
            assert_eq!(ends[step].0 == "FAILED", held, "{level:?}: {ends:#?}");
        }
        assert_eq!(fs::read_to_string(file).unwrap().contains("../repository"), held);
    }
}

#[test]
fn another_terminal_of_the_user_is_reached_at_landlock_only() {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let other = ptsname(&ours, Vec::new()).unwrap().into_string().unwrap();
    for level in Level::here() {
        let mut cage = Cage::new(level);
        cage.step("write", "sub", "sh", &format!("echo drawn > {other}"));
        let ends = cage.run();
        assert_eq!(ends["write"].0 == "DONE", level == Level::Landlock, "{level:?}: {ends:#?}");
    }
}

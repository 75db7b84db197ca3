//! Repositories that name programs for git to run: none of them runs on our behalf.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use crate::engine_kit::latest_run;
use crate::support::{Project, script};
use crate::worktree::{git, repository, tree_step, worktree};

/// A repository whose configuration names a program at every place where git would run one.
fn hostile() -> (Project, PathBuf) {
    let p = repository();
    let ran = p.root().parent().unwrap().join("home/ran");
    let evil = script(
        &p.root().parent().unwrap().join("home"),
        "evil",
        &format!("#!/bin/sh\necho \"$0 $@\" >> {}\ncat\n", ran.display()),
    );
    p.write(".gitattributes", "*.txt filter=evil diff=evil\n*.pipe filter=piped\n");
    p.write("data.pipe", "x\n");
    git(&p, &["add", "."]);
    git(&p, &["commit", "-qm", "attributes"]);
    let evil = evil.to_str().unwrap();
    for key in [
        "core.fsmonitor",
        "diff.external",
        "diff.evil.command",
        "diff.evil.textconv",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.piped.process",
        "core.alternateRefsCommand",
        "core.pager",
        "core.editor",
        "core.sshCommand",
    ] {
        git(&p, &["config", key, evil]);
    }
    git(&p, &["config", "filter.evil.required", "true"]);
    let hooks = p.root().join(".git/hooks");
    for hook in ["post-checkout", "post-index-change", "reference-transaction", "pre-commit", "post-commit"] {
        let at = hooks.join(hook);
        drop(fs::remove_file(&at));
        symlink(evil, at).unwrap();
    }
    drop(fs::remove_file(&ran));
    (p, ran)
}

#[test]
fn nothing_that_the_repository_names_is_run() {
    let (p, ran) = hostile();
    tree_step(&p, "a", "echo changed >> file.txt");
    tree_step(&p, "b", "true");
    p.ok("step add c --diff -- sh -c 'echo changed >> file.txt; echo new > new.txt'");
    p.ok("run all");
    let run = latest_run(&p);
    assert!(p.read(&format!("runs/{run}/a/diff.patch")).contains("+changed"));
    assert!(p.read(&format!("runs/{run}/c/diff.patch")).contains("+changed"));
    assert_eq!(
        (worktree(&p, "a")["kept"].clone(), worktree(&p, "b")["kept"].clone()),
        (true.into(), false.into())
    );
    drop(p.run("runs prune --keep 0 --yes"));
    assert!(!ran.exists(), "{}", fs::read_to_string(&ran).unwrap());
}

#[test]
fn nor_what_a_repository_inside_it_names() {
    let p = repository();
    let ran = p.root().parent().unwrap().join("home/ran");
    let evil = script(
        &p.root().parent().unwrap().join("home"),
        "evil",
        &format!("#!/bin/sh\necho \"$@\" >> {}\n", ran.display()),
    );
    git(&p, &["init", "-q", "inner"]);
    p.write("inner/x", "x");
    git(&p, &["-C", "inner", "add", "x"]);
    git(&p, &["-C", "inner", "commit", "-qm", "x"]);
    git(&p, &["-c", "advice.addEmbeddedRepo=false", "add", "inner"]);
    git(&p, &["commit", "-qm", "inner"]);
    git(&p, &["-C", "inner", "config", "core.fsmonitor", evil.to_str().unwrap()]);
    p.write("inner/x", "changed");
    p.ok("step add c --diff -- sh -c 'echo changed >> inner/x; echo y >> file.txt'");
    p.ok("run all");
    assert!(p.read(&format!("runs/{}/c/diff.patch", latest_run(&p))).contains("+y"));
    assert!(!ran.exists(), "{}", fs::read_to_string(&ran).unwrap());
}

/// A git that tries to get out before it does what it is asked; it fails where it can.
#[test]
fn git_itself_writes_nothing_else_and_reads_no_key() {
    let mut p = repository();
    let base = p.root().parent().unwrap().to_owned();
    p.write("../home/.ssh/id", "precious\n");
    let (out, key) = (base.join("outside"), base.join("home/.ssh/id"));
    let bin = p.add_to_path("bin");
    let tries = format!(
        "#!/bin/sh\nif (echo x > {}) 2>/dev/null || cat {} 2>/dev/null || (echo x > .threados/policy.yaml) 2>/dev/null; then exit 9; fi\nexec /usr/bin/git \"$@\"\n",
        out.display(),
        key.display()
    );
    script(&bin, "git", &tries);
    let policy = p.read("policy.yaml");
    tree_step(&p, "a", "echo changed >> file.txt");
    p.ok("step add c --diff -- sh -c 'echo changed >> file.txt'");
    tree_step(&p, "left", "true");
    p.ok("run all");
    for id in ["a", "c"] {
        assert!(p.read(&format!("runs/{}/{id}/diff.patch", latest_run(&p))).contains("+changed"), "{id}");
    }
    assert_eq!((&worktree(&p, "a")["kept"], &worktree(&p, "left")["kept"]), (&true.into(), &false.into()));
    assert!(!out.exists());
    assert_eq!(p.read("policy.yaml"), policy);
    assert_eq!(
        std::process::Command::new(bin.join("git"))
            .arg("version")
            .current_dir(p.root())
            .status()
            .unwrap()
            .code(),
        Some(9)
    );
}

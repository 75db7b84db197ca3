//! Files and folders that may not be read, are too large or are gone: the error says which, and what to do.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{Project, wait};

/// Whom files do keep out, where the tests are run by root.
const NOBODY: u32 = 65534;

/// Runs a command of the project as a user that files can keep out: exit code, standard error.
fn run(p: &Project, line: &str) -> (Option<i32>, String) {
    let words: Vec<&str> = line.split(' ').collect();
    let mut command = p.command(&words);
    if rustix::process::geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    let out = command.output().unwrap();
    (out.status.code(), String::from_utf8_lossy(&out.stderr).into_owned())
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn what_may_not_be_read_is_named_with_what_to_do() {
    let mut p = Project::new();
    p.ok("step add a -- true");
    p.ok("run all");
    p.ok("step add agent --prompt-text hello");
    p.write("prompt.md", "x");
    p.write(".threados/models.yaml", "{}\n");
    if rustix::process::geteuid().is_root() {
        p.open_to_others();
        let owner = format!("{NOBODY}:{NOBODY}");
        let all = p.root().parent().unwrap().to_owned();
        assert!(Command::new("chown").arg("-R").arg(owner).arg(all).status().unwrap().success());
    }
    for (shut, line, named) in [
        (".threados/sequence.yaml", "status", "sequence.yaml"),
        (".threados/sequence.yaml", "step add b -- true", "sequence.yaml"),
        (".threados/sequence.yaml", "validate", "sequence.yaml"),
        (".threados/policy.yaml", "run all", "policy.yaml"),
        (".threados/policy.yaml", "policy show", "policy.yaml"),
        (".threados/models.yaml", "models list", "models.yaml"),
        (".threados/audit.log", "audit list", "audit.log"),
        (".threados/audit.log", "status", "audit.log"),
        (".threados/prompts", "prompt show agent", "prompts/agent.md"),
        (".threados/runs", "logs a", "runs/"),
        (".threados/runs", "runs list", "runs"),
        (".threados/templates", "template list", "templates"),
        (".threados/history", "undo", "history/"),
        (".threados/state", "run step a --force --yes", "state/engine.lock"),
        (".threados", "status", ".threados/sequence.yaml"),
        ("prompt.md", "step add c --prompt prompt.md", "prompt.md"),
        ("prompt.md", "import prompt.md", "prompt.md"),
    ] {
        let path = p.root().join(shut);
        let before = path.metadata().unwrap().permissions().mode();
        // One that still lives would be asked instead.
        wait("the engine of a line before to end", || p.engine().is_none());
        mode(&path, 0);
        let (code, said) = run(&p, line);
        mode(&path, before);
        assert_eq!(code, Some(8), "{shut}, {line}: {said}");
        assert!(said.contains("Permission denied") && said.contains(named), "{shut}, {line}: {said}");
        assert!(said.contains("hint: ") && said.contains("ls -ld"), "{shut}, {line}: {said}");
    }
    assert_eq!(run(&p, "status").0, Some(0), "nothing of it has changed anything");
}

#[test]
fn a_file_of_a_terabyte_is_refused_and_not_read() {
    let p = Project::new();
    p.write(".threados/models.yaml", "");
    for (file, line, code) in
        [("sequence.yaml", "status", 3), ("policy.yaml", "policy show", 5), ("models.yaml", "models list", 3)]
    {
        let good = p.read(file);
        fs::File::options().write(true).open(p.path(file)).unwrap().set_len(1 << 40).unwrap();
        let failed = p.exits(code, line);
        assert!(failed.stderr.contains("more than 16777216 bytes"), "{file}: {failed:#?}");
        p.write(&format!(".threados/{file}"), &good);
        p.ok(line);
    }
}

#[test]
fn a_prompt_that_is_no_text_or_too_long_is_named_and_changes_nothing() {
    let p = Project::new();
    p.ok("step add a --model shell --prompt-text 'echo hello'");
    let path = p.path("prompts/a.md");
    let too_long = || fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
    let no_text = || fs::write(&path, b"echo \xff\n").unwrap();
    // Nobody writes into it, so that who waits for it waits for ever.
    let pipe = || {
        fs::remove_file(&path).unwrap();
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    };
    let cases: [(&dyn Fn(), &str); 3] =
        [(&too_long, "more than 4194304 bytes"), (&no_text, "no UTF-8"), (&pipe, "a pipe")];
    for (make, why) in cases {
        make();
        let length = fs::metadata(&path).unwrap().len();
        for (line, code) in
            [("prompt show a", 8), ("prompt set a --text x", 8), ("run all", 3), ("validate", 3)]
        {
            let ran = p.exits(code, line);
            let said = ran.stdout + &ran.stderr;
            assert!(said.contains("prompts/a.md") && said.contains(why), "{line}: {said}");
        }
        assert_eq!(fs::metadata(&path).unwrap().len(), length);
        assert_eq!(p.status("a"), "READY");
    }
    fs::remove_file(&path).unwrap();
    // What a person names may be one.
    let mut set = p.command(&["prompt", "set", "a", "--file", "/dev/stdin"]);
    let mut set = set.stdin(Stdio::piped()).spawn().unwrap();
    set.stdin.take().unwrap().write_all(b"echo from a pipe").unwrap();
    assert!(set.wait().unwrap().success());
    assert_eq!(p.read("prompts/a.md"), "echo from a pipe");
    fs::File::create(p.root().join("long.md")).unwrap().set_len((4 << 20) + 1).unwrap();
    for line in ["prompt set a --file long.md", "step add b --prompt long.md", "step edit a --prompt long.md"]
    {
        let said = p.exits(2, line).stderr;
        assert!(said.contains("long.md") && said.contains("4194304"), "{line}: {said}");
    }
}

#[test]
fn a_sequence_that_is_gone_can_be_had_again() {
    let p = Project::new();
    p.ok("step add a -- true");
    fs::remove_file(p.path("sequence.yaml")).unwrap();
    for line in ["status", "run all", "step add b -- true"] {
        let failed = p.exits(8, line).stderr;
        assert!(failed.contains("sequence.yaml") && failed.contains("seqctl init"), "{line}: {failed}");
    }
    p.ok("init");
    p.ok("step add b -- true");
    p.ok("run all");
    assert_eq!(p.json("status")["summary"]["done"], 1);
}

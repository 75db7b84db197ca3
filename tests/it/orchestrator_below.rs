//! An orchestrator that works below the project root, or in a worktree: its sandbox lets it read the project's files, and
//! these are replaced while it runs.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;

use crate::engine_kit::{HOLD, go, policy, socket};
use crate::orchestrator_kit::SEQCTL;
use crate::support::{Project, finish, wait};
use crate::worktree::repository;

/// Reads and changes by turns, also what others have changed meanwhile; each line that fails has a code of its own.
const SCRIPT: &str = r#"
seqctl step add one -- sh -c 'echo from one' || exit 11
seqctl step add two --depends-on one -- true || exit 12
seqctl status || exit 13
seqctl run all -q || exit 14
seqctl logs one || exit 15
while [ ! -e "$THREADOS_ROOT/go" ]; do sleep 0.02; done
seqctl policy show || exit 16
seqctl models list || exit 17
seqctl validate || exit 18
seqctl why two || exit 19
"#;

/// Replaces a file as an editor does.
fn replace(p: &Project, file: &str, text: &str) {
    p.write(".threados/new", text);
    fs::rename(p.path("new"), p.path(file)).unwrap();
}

/// Runs the orchestrator with these flags; what it printed.
fn led(p: &Project, flags: &str) -> String {
    let lead = p.root().join("lead.sh");
    p.write("lead.sh", &format!("seqctl() {{ {SEQCTL} \"$@\"; }}\n{SCRIPT}"));
    p.ok(&format!("step add lead --type b --orchestrator {flags} -- sh {}", lead.display()));
    let run = p.start("run all");
    let all = || p.json("status")["steps"].as_array().unwrap().clone();
    wait("the children to be run", || all().iter().any(|s| s["id"] == "two" && s["status"] == "DONE"));
    replace(p, "policy.yaml", &p.read("policy.yaml").replace("max_fanout: 40", "max_fanout: 39"));
    replace(p, "models.yaml", "of-mine: { command: [cat] }\n");
    go(p);
    let ran = finish(run);
    assert_eq!(ran.code, 0, "{ran:#?}\n{}", p.run("logs lead --stderr").stdout);
    p.ok("logs lead")
}

#[track_caller]
fn has_read_all(told: &str) {
    for part in ["two", "from one", "39", "of-mine"] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn an_orchestrator_in_a_folder_below_the_root_reads_what_it_has_changed() {
    let p = Project::empty();
    p.ok("init");
    policy(&p, "stop_grace_ms: 500");
    fs::create_dir(p.root().join("sub")).unwrap();
    has_read_all(&led(&p, "--cwd sub"));
}

#[test]
fn an_orchestrator_in_a_worktree_reads_what_it_has_changed() {
    let p = repository();
    has_read_all(&led(&p, "--worktree"));
}

#[test]
fn a_step_that_is_no_orchestrator_reads_what_was_changed_since_it_began() {
    let p = Project::empty();
    p.ok("init");
    policy(&p, "");
    fs::create_dir(p.root().join("sub")).unwrap();
    let script = format!("touch begun; while [ ! -e ../go ]; do sleep 0.02; done; {SEQCTL} status");
    p.ok(&format!("step add reader --cwd sub -- sh -c {}", shlex::try_quote(&script).unwrap()));
    let run = p.start("run all");
    wait("the step", || p.root().join("sub/begun").exists());
    p.ok("step add later -- true");
    go(&p);
    assert_eq!(finish(run).code, 0, "{}", p.run("logs reader --stderr").stdout);
    assert!(p.ok("logs reader").contains("later"), "{}", p.ok("logs reader"));
}

/// They read the files themselves; the engine is no way around what the system refuses them.
#[test]
fn the_engine_tells_the_text_of_files_to_steps_alone() {
    let p = Project::empty();
    p.ok("init");
    policy(&p, "");
    p.ok(&format!("step add a -- sh -c {}", shlex::try_quote(HOLD).unwrap()));
    let run = p.start("run all");
    p.wait_for("a", "RUNNING");
    for file in ["sequence", "policy", "models"] {
        let mut stream = UnixStream::connect(socket(&p).unwrap()).unwrap();
        stream.write_all(format!("{{\"read\":{{\"file\":\"{file}\"}}}}\n").as_bytes()).unwrap();
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer).unwrap();
        assert!(answer.contains("NOT_IN_A_STEP") && !answer.contains("version"), "{file}: {answer}");
    }
    go(&p);
    assert_eq!(finish(run).code, 0);
}

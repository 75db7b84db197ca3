//! Edits by hand while something lives that has to notice them: they are told by it, not only by the next command.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;

use crate::engine_kit::{HOLD, go, policy, project, socket, traced, wait_for_starts};
use crate::http_kit::Served;
use crate::support::{Project, finish, wait};

/// How many edits by hand are on record.
fn told(p: &Project) -> usize {
    p.entries("external.edit").len()
}

/// Gives a step another name, by hand.
fn edit(p: &Project) {
    let named = p.read("sequence.yaml").replacen("  - id: a\n", "  - id: a\n    name: By hand\n", 1);
    p.write(".threados/sequence.yaml", &named);
}

/// Holds the project's lock as a writer does.
fn hold(p: &Project) -> File {
    let lock = File::options().write(true).open(p.path("state/lock")).unwrap();
    lock.lock().unwrap();
    lock
}

#[test]
fn an_edit_that_a_run_could_not_look_at_is_looked_at_again() {
    let p = project(&[traced("a", &[], HOLD)]);
    let engine = p.start("engine --lock-timeout 50");
    wait("the engine", || socket(&p).is_some());
    let run = p.start("run all");
    wait_for_starts(&p, 1);
    let before = told(&p);
    let lock = hold(&p);
    edit(&p);
    let in_vain = || p.read("state/engine.log").contains("the last good version stays in force");
    wait("a look in vain", in_vain);
    assert_eq!(told(&p), before);
    drop(lock);
    wait("the edit to be told", || told(&p) == before + 1);
    go(&p);
    assert_eq!(finish(run).code, 0);
    finish(engine);
}

#[test]
fn an_edit_that_a_server_could_not_look_at_is_looked_at_again() {
    let p = project(&[traced("a", &[], HOLD)]);
    p.ok("step edit a --lane x");
    let mut served = p.command(&["serve", "--addr", "127.0.0.1:0", "--json", "--lock-timeout", "50", "-v"]);
    served.stdout(std::process::Stdio::piped()).stderr(File::create(p.root().join("told")).unwrap());
    let served = Served::begun(served.spawn().unwrap());
    let (before, lock) = (told(&p), hold(&p));
    edit(&p);
    let in_vain = || fs::read_to_string(p.root().join("told")).unwrap().contains("edit by hand");
    wait("a look in vain", in_vain);
    drop(lock);
    wait("the edit to be told", || told(&p) == before + 1);
    served.stop();
}

#[test]
fn an_edit_is_told_where_an_engine_has_a_client_and_nothing_to_run() {
    let p = project(&[traced("a", &[], "true")]);
    p.ok("run all");
    let engine = p.start("engine");
    wait("the engine", || socket(&p).is_some());
    let client = UnixStream::connect(socket(&p).unwrap()).unwrap();
    (&client).write_all(b"\"reconcile\"\n").unwrap();
    BufReader::new(&client).read_line(&mut String::new()).unwrap();
    let before = told(&p);
    edit(&p);
    wait("the edit of the sequence to be told", || told(&p) == before + 1);
    policy(&p, "max_fanout: 3");
    wait("the edit of the policy to be told", || told(&p) == before + 2);
    // A project that is removed piece by piece stays removed.
    for file in ["policy.yaml", "sequence.yaml"] {
        fs::remove_file(p.path(file)).unwrap();
    }
    fs::remove_dir_all(p.path("")).unwrap();
    drop(client);
    finish(engine);
    assert!(!p.path("").exists());
}

//! What the engine answers to those who speak its protocol.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;

use serde_json::Value;

use crate::engine_kit::{HOLD, all_done, go, kill_engine, project, socket, step, traced};
use crate::support::{Project, finish, kill, wait};

/// What the engine answers to a message of the protocol.
fn ask(p: &Project, message: &str) -> Value {
    let [answer] = hear(p, message);
    answer
}

/// Its first so many answers.
fn hear<const N: usize>(p: &Project, message: &str) -> [Value; N] {
    let mut stream = UnixStream::connect(socket(p).unwrap()).unwrap();
    writeln!(stream, "{message}").unwrap();
    let mut answers = BufReader::new(stream).lines();
    std::array::from_fn(|_| {
        let line = answers.next().and_then(Result::ok).unwrap_or_default();
        serde_json::from_str(&line).unwrap_or_default()
    })
}

#[test]
fn whoever_comes_back_to_a_run_that_has_ended_hears_that_it_began_and_how_it_ended() {
    let p = project(&[step("short", &[], "true"), traced("a", &[], HOLD)]);
    p.ok("run step short");
    let run = p.entries("run.step")[0]["run_id"].as_str().unwrap().to_owned();
    p.ok("run step a --detach");
    let [first, second] = hear(&p, &format!(r#"{{"attach":{{"run":"{run}"}}}}"#));
    assert_eq!(
        first["accepted"]["run"],
        run.as_str(),
        "a client that lost its engine waits for this: {first}"
    );
    assert_eq!(second["run_ended"]["report"]["state"], "done", "{second}");
    go(&p);
    wait("the end", || all_done(&p));
}

#[test]
fn reconciling_says_what_its_start_has_found() {
    let p = project(&[
        traced("lives", &[], HOLD),
        step("dies", &[], "sleep 600"),
        traced("ends", &[], "while [ ! -e end ]; do sleep 0.02; done"),
    ]);
    let mut run = p.start("run all --wait");
    wait("all to run", || ["lives", "dies", "ends"].iter().all(|s| p.wrapper(s).is_some()));
    run.kill().unwrap();
    run.wait().unwrap();
    kill_engine(&p);
    kill(p.wrapper("dies").unwrap(), "KILL");
    p.write("end", "");
    wait("the third to end", || p.status("ends") == "DONE");
    let held = p.start("run step lives");
    wait("another engine", || !p.entries("reconcile").is_empty());
    let found = ask(&p, "\"reconcile\"");
    let expected = serde_json::json!({ "orphaned": ["dies"], "recovered": ["ends"], "adopted": ["lives"] });
    assert_eq!(found["reconciled"], expected, "{found:#}");
    let payload = &p.entries("reconcile")[0]["payload"];
    assert_eq!(
        ["orphaned", "recovered", "adopted"].map(|k| &payload[k]),
        ["orphaned", "recovered", "adopted"].map(|k| &expected[k])
    );
    let again = ask(&p, "\"reconcile\"");
    assert_eq!(again["reconciled"]["orphaned"], serde_json::json!([]), "what was told is not news");
    go(&p);
    finish(held);
}

#[test]
fn nonsense_on_the_socket_ends_that_connection_only() {
    let p = project(&[traced("a", &[], HOLD)]);
    p.ok("run all --detach");
    assert_eq!(ask(&p, "no message"), Value::Null);
    assert_eq!(
        ask(&p, r#"{"attach":{"run":"20261122T204355Z-7f3a"}}"#)["refused"]["fault"]["code"],
        "RUN_NOT_FOUND"
    );
    go(&p);
    wait("the end", || all_done(&p));
}

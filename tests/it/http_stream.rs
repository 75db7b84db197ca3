//! The stream of what happens: nothing is missed, whatever becomes of the connection.

use std::collections::BTreeSet;
use std::io::{BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use threados_core::http::{Bind, Limits};

use crate::http_kit::{Served, Stream, Within, add, read_answer, read_head, server, two_steps};
use crate::support::{PATIENCE, Project, wait};

/// The entries of the log that tell of steps, gates or the definition.
fn telling(p: &Project) -> Vec<u64> {
    let tells = |e: &&Value| {
        e["result"] == "success" && e["payload"]["facts"].as_array().is_some_and(|facts| !facts.is_empty())
    };
    p.log().iter().filter(tells).map(|e| e["seq"].as_u64().unwrap()).collect()
}

#[test]
fn a_connection_that_is_cut_two_hundred_times_misses_nothing() {
    let p = Project::new();
    for i in 0..40 {
        p.ok(&format!("step add s{i} -- true"));
    }
    let s = Served::new(&p);
    let first = Stream::open(&s, None).next().unwrap();
    let begun = first.id.unwrap();
    let mut last = begun;
    let mut heard = Vec::new();
    let mut names = BTreeSet::new();
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        // Somebody changes something all the while: most cuts come in the middle of what is told.
        scope.spawn(|| {
            for i in 0.. {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                s.ok("/api/step", json!({"action": "edit", "id": "s0", "name": format!("at {i}")}));
            }
        });
        for cut in 0..200 {
            if cut == 10 {
                s.ok("/api/run", json!({"all": true}));
            }
            let mut stream = Stream::open(&s, Some(last));
            // Some cuts come at once, some after an event, some in the middle of several.
            let moment = Duration::from_millis(20 * (cut % 4) + 1);
            for nth in 0..cut % 5 {
                stream.patience(if nth == 0 && cut % 2 == 0 { PATIENCE } else { moment });
                let heard_of = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| stream.next()));
                let Ok(Some(event)) = heard_of else { break };
                last = event.id.unwrap_or(last);
                names.insert(event.name.clone());
                if event.name == "transition" {
                    heard.push(last);
                }
            }
        }
        over.store(true, Ordering::Relaxed);
    });
    wait("every step to be done", || s.get("/api/status").json()["summary"]["done"] == 40);
    let expected: Vec<u64> = telling(&p).into_iter().filter(|seq| *seq > begun).collect();
    let mut stream = Stream::open(&s, Some(last));
    while heard.last() < expected.last() {
        let event = stream.next().unwrap();
        if event.name == "transition" {
            heard.push(event.id.unwrap());
        }
    }
    let expected: Vec<u64> =
        telling(&p).into_iter().filter(|seq| *seq > begun && seq <= heard.last().unwrap()).collect();
    assert_eq!(heard, expected, "each once, in order");
    assert!(expected.len() > 80);
    assert_eq!(names, BTreeSet::from(["transition".to_owned()]), "what was missed is told, not summed up");
}

#[test]
fn whoever_was_away_longer_than_the_server_lives_gets_every_transition_and_then_how_things_stand() {
    let p = two_steps();
    let since = telling(&p)[0];
    p.ok("run all");
    let s = Served::new(&p);
    let mut stream = Stream::open(&s, Some(since));
    let mut heard = Vec::new();
    let snapshot = loop {
        let event = stream.next().unwrap();
        if event.name == "snapshot" {
            break event;
        }
        heard.push(event.id.unwrap());
    };
    assert_eq!(heard, telling(&p).into_iter().filter(|seq| *seq > since).collect::<Vec<_>>());
    assert_eq!(snapshot.data["summary"]["done"], 2);
    let future = Stream::open(&s, Some(1 << 40)).next().unwrap();
    assert_eq!(future.name, "snapshot", "an id of another life of the log");
}

#[test]
fn every_event_and_the_status_agree() {
    let p = Project::new();
    p.ok("step add a -- true");
    p.ok("step add b --depends-on a -- false");
    p.ok("step add c --depends-on b -- true");
    p.ok("gate insert g --after a --before b");
    let s = Served::new(&p);
    let mut stream = Stream::open(&s, None);
    let mut known = stream.next().unwrap().data;
    s.ok("/api/run", json!({"all": true}));
    wait("a to be done", || p.status("a") == "DONE");
    p.ok("gate approve g");
    p.ok("step add d --depends-on c -- true");
    p.ok("step edit d --name Dee");
    p.exits(1, "run all --failed");
    let end = s.get("/api/status").json();
    while known["seq"].as_u64() < end["seq"].as_u64() {
        let event = stream.next().unwrap();
        take(&mut known, &event.data);
    }
    for list in ["steps", "gates"] {
        for node in end[list].as_array().unwrap() {
            let ours = known[list].as_array().unwrap().iter().find(|n| n["id"] == node["id"]);
            assert_eq!(ours, Some(node));
        }
    }
}

/// Takes an event into what is known, as a client does.
fn take(known: &mut Value, event: &Value) {
    for list in ["steps", "gates"] {
        for node in event[list].as_array().into_iter().flatten() {
            let all = known[list].as_array_mut().unwrap();
            all.retain(|n| n["id"] != node["id"]);
            all.push(node.clone());
        }
    }
    known["seq"] = event["seq"].clone();
}

#[test]
fn a_reader_that_is_too_slow_is_told_so_and_closed() {
    let p = two_steps();
    let limits = Limits { queue: 4, grace: PATIENCE, ..Limits::default() };
    // What a Unix socket holds for a reader does not grow, so it is full soon.
    let path = p.root().join("api.sock");
    let (server, token) = server(&p, Bind::Unix(path.clone()), limits);
    let stopper = server.stopper();
    let serving = std::thread::spawn(move || server.run());
    let ask = |path_of: &str, more: &str| {
        let mut stream = UnixStream::connect(&path).unwrap();
        let head = format!("GET {path_of} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n");
        write!(stream, "{head}{more}\r\n").unwrap();
        BufReader::new(stream)
    };
    let mut slow = ask("/api/status/stream", "");
    assert_eq!(read_head(&mut slow).unwrap().0, 200);
    let name = "x".repeat(100_000);
    for i in 0..16 {
        p.ok(&format!("step edit a --name {i}{name}"));
    }
    // Whoever asks is answered with what is so, and by then every listener has been told.
    assert_eq!(read_answer(&mut ask("/api/status", "Connection: close\r\n")).unwrap().status, 200);
    let mut rest = String::new();
    slow.read_to_string(&mut rest).unwrap();
    let told = rest.matches("event: transition").count();
    assert!((4..16).contains(&told), "{told} before it was let go");
    assert!(rest.contains("event: lagged"), "the last word");
    stopper.stop();
    serving.join().unwrap().unwrap();
}

#[test]
fn a_server_that_is_stopped_ends_its_streams_and_leaves() {
    let p = two_steps();
    let s = Served::new(&p);
    let mut stream = Stream::open(&s, None);
    assert_eq!(stream.next().unwrap().name, "snapshot");
    s.ok("/api/step", add("c"));
    assert_eq!(stream.transition("step.add").data["steps"][0]["id"], "c");
    assert_eq!(s.stop(), Some(0));
    assert_eq!(stream.next(), None);
}

#[test]
fn so_many_streams_and_no_more() {
    let p = two_steps();
    let s = Within::new(&p, Limits { streams: 1, ..Limits::default() });
    let ask = || {
        let mut stream = s.connect();
        write!(stream, "{}\r\n", s.head("GET", "/api/status/stream")).unwrap();
        let mut read = BufReader::new(stream);
        let status = read_head(&mut read).unwrap().0;
        (status, read)
    };
    let (first, held) = ask();
    assert_eq!((first, ask().0), (200, 429));
    drop(held);
    wait("the place to be free again", || ask().0 == 200);
}

/// Memory of its own that a process has, in bytes.
fn memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}

#[test]
fn a_hundred_readers_that_read_nothing_cost_little() {
    const READERS: u64 = 100;
    let p = Project::new();
    let name = "x".repeat(1000);
    let step = |i| format!("  - {{ id: s{i}, name: {name}, command: [\"true\"] }}\n");
    let steps: String = (0..1000).map(step).collect();
    p.write(".threados/sequence.yaml", &format!("version: \"1.0\"\nname: many\nsteps:\n{steps}"));
    let s = Served::new(&p);
    let snapshot = s.get("/api/status").body.len() as u64;
    let name = "x".repeat(100_000);
    // What the server needs for changes of this size, whoever listens, is none of the readers' cost.
    let most_of = |edits: std::ops::Range<usize>| {
        let after = |i: usize| {
            p.ok(&format!("step edit s1 --name {i}{name}"));
            assert_eq!(s.get("/api/status").status, 200, "whoever reads is answered");
            memory(s.pid())
        };
        edits.map(after).max().unwrap()
    };
    let before = most_of(0..20);
    let stalled: Vec<_> = (0..READERS)
        .map(|_| {
            let mut stream = s.connect();
            write!(stream, "{}\r\n", s.head("GET", "/api/status/stream")).unwrap();
            stream
        })
        .collect();
    // What they were sent and do not take is a hundred times the snapshot; then much more happens.
    let most = memory(s.pid()).max(most_of(20..60));
    let cost = most.saturating_sub(before);
    println!("a snapshot of {snapshot} bytes; {READERS} readers cost {} KiB at most", cost >> 10);
    assert!(cost < 50 << 20, "{cost} bytes for {READERS} readers");
    drop(stalled);
}

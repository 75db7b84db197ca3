//! The stream of what happens: nothing is missed, whatever becomes of the connection.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use serde_json::{Value, json};
use threados_core::http::{Bind, Config, Limits, Server};
use threados_core::store::Paths;
use threados_core::store::paths::Outside;
use threados_core::workspace::Workspace;

use crate::http_kit::{Served, Stream, add, two_steps};
use crate::support::{Project, wait};

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
    for cut in 0..200 {
        if cut % 50 == 0 {
            s.ok("/api/step", json!({"action": "edit", "id": "s0", "name": format!("at {cut}")}));
        }
        if cut == 10 {
            s.ok("/api/run", json!({"all": true}));
        }
        let mut stream = Stream::open(&s, Some(last));
        // Some cuts come at once, some after an event, some in the middle of several.
        stream.patience(Duration::from_millis(20 * (cut % 4) + 1));
        for _ in 0..cut % 5 {
            let heard_of = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| stream.next()));
            let Ok(Some(event)) = heard_of else { break };
            last = event.id.unwrap_or(last);
            names.insert(event.name.clone());
            if event.name == "transition" {
                heard.push(last);
            }
        }
    }
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

/// A server in this process, with limits of its own.
fn server(p: &Project, limits: Limits) -> (Server, String) {
    let outside = Outside {
        state_home: Some(p.root().join("../home/state")),
        runtime_dir: Some(p.root().join("../run")),
    };
    let paths = Paths::with_outside(&p.root(), &outside).unwrap();
    let bind = Bind::Tcp((IpAddr::V4(Ipv4Addr::LOCALHOST), 0).into());
    let config =
        Config { workspace: Workspace::new(paths), engine: Vec::new(), bind, allow_remote: false, limits };
    let server = Server::bind(config).unwrap();
    let token = std::fs::read_to_string(server.token_file()).unwrap();
    (server, token)
}

#[test]
fn a_reader_that_is_too_slow_is_told_so_and_closed() {
    use std::io::{Read as _, Write as _};
    let p = two_steps();
    let limits = Limits { queue: 4, grace: Duration::from_millis(300), ..Limits::default() };
    let (server, token) = server(&p, limits);
    let at = server.address().trim_start_matches("http://").to_owned();
    let stopper = server.stopper();
    let serving = std::thread::spawn(move || server.run());
    let mut stream = std::net::TcpStream::connect(&at).unwrap();
    write!(stream, "GET /api/status/stream HTTP/1.1\r\nHost: {at}\r\nAuthorization: Bearer {token}\r\n\r\n")
        .unwrap();
    let mut first = [0; 15];
    stream.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 200 OK");
    // More than the queue and the buffers of the system hold.
    rustix::net::sockopt::set_socket_recv_buffer_size(&stream, 4096).unwrap();
    let name = "x".repeat(200_000);
    for i in 0..80 {
        let line = format!("step edit a --name {i}{}", &name[..100_000]);
        p.ok(&line);
    }
    let mut rest = Vec::new();
    // It ends: with the word, or, where the word does not get through either, without.
    drop(stream.read_to_end(&mut rest));
    let text = String::from_utf8_lossy(&rest);
    assert!(text.matches("event: transition").count() < 80, "it was let go");
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
    let (server, token) = server(&p, Limits { streams: 1, ..Limits::default() });
    let at: std::net::SocketAddr = server.address().trim_start_matches("http://").parse().unwrap();
    let stopper = server.stopper();
    let serving = std::thread::spawn(move || server.run());
    let ask = || {
        use std::io::Write as _;
        let mut stream = std::net::TcpStream::connect(at).unwrap();
        write!(
            stream,
            "GET /api/status/stream HTTP/1.1\r\nHost: {at}\r\nAuthorization: Bearer {token}\r\n\r\n"
        )
        .unwrap();
        let mut read = std::io::BufReader::new(stream);
        let status = crate::http_kit::read_head(&mut read).unwrap().0;
        (status, read)
    };
    let (first, held) = ask();
    assert_eq!((first, ask().0), (200, 429));
    drop(held);
    wait("the place to be free again", || ask().0 == 200);
    stopper.stop();
    serving.join().unwrap().unwrap();
}

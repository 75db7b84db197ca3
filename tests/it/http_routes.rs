//! Every route: it does what it is for, refuses bad input, is denied to who may not, and what needs a person's yes says so.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::http_kit::{Answer, Client, Served, two_steps};
use crate::mcp_kit;
use crate::support::{Project, wait};

/// A route that is posted to.
struct Row {
    route: &'static str,
    /// What succeeds, and how.
    good: (Value, u16),
    /// What no such request looks like.
    bad: Value,
    /// What the policy denies to a program.
    denied: Option<Value>,
    /// What waits for a person's yes; `None` where the route changes nothing.
    asks: Option<Value>,
}

fn row(
    route: &'static str,
    good: (Value, u16),
    bad: Value,
    denied: Option<Value>,
    asks: Option<Value>,
) -> Row {
    Row { route, good, bad, denied, asks }
}

fn call(tool: &str, arguments: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}})
}

/// In an order in which each finds what it needs.
fn rows() -> Vec<Row> {
    let add = |id: &str, program: &str| json!({"action": "add", "id": id, "command": [program]});
    let lines = |line: &str| json!({ "actions": [line] });
    vec![
        row(
            "/api/step",
            (add("x", "true"), 200),
            json!({"action": "add"}),
            Some(add("y", "nc")),
            Some(add("y", "true")),
        ),
        row(
            "/api/dep",
            (json!({"action": "add", "stepId": "x", "depId": "a"}), 200),
            json!({"action": "add", "stepId": "x", "depId": "../a"}),
            None,
            Some(json!({"action": "add", "stepId": "x", "depId": "b"})),
        ),
        row(
            "/api/gate",
            (json!({"action": "insert", "gateId": "g", "after": ["x"]}), 200),
            json!({"action": "insert"}),
            Some(json!({"action": "approve", "gateId": "g"})),
            Some(json!({"action": "insert", "gateId": "h", "after": ["x"]})),
        ),
        row(
            "/api/group",
            (json!({"action": "parallelize", "stepIds": ["a", "b"], "groupId": "both"}), 200),
            json!({"action": "parallelize", "stepIds": []}),
            None,
            Some(json!({"action": "parallelize", "stepIds": ["c", "d"]})),
        ),
        row(
            "/api/fusion",
            (json!({"action": "create", "candidates": ["a", "b"], "synthId": "best"}), 200),
            json!({"action": "create"}),
            None,
            Some(json!({"action": "create", "candidates": ["c", "d"], "synthId": "other"})),
        ),
        row(
            "/api/run",
            (json!({"stepId": "long"}), 202),
            json!({"stepId": "../long"}),
            Some(json!({"stepId": "x", "force": true})),
            Some(json!({"stepId": "a"})),
        ),
        row(
            "/api/restart",
            (json!({"stepId": "long"}), 202),
            json!({}),
            None,
            Some(json!({"stepId": "long"})),
        ),
        row("/api/stop", (json!({"stepId": "long"}), 200), json!({}), None, Some(json!({"stepId": "long"}))),
        row("/api/actions/validate", (lines("run all"), 200), lines(""), None, None),
        row(
            "/api/actions/apply",
            (lines("step add z -- true"), 200),
            lines("step fly"),
            Some(lines("gate approve g")),
            Some(lines("step add w -- true")),
        ),
        row(
            "/api/chat",
            (json!({"message": "what is running?"}), 200),
            json!({"message": 7}),
            Some(json!({"message": "run all", "provider": "codex"})),
            Some(json!({"message": "remove z"})),
        ),
        row(
            "/mcp",
            (call("status", json!({})), 200),
            json!({"jsonrpc": "2.0", "id": 1}),
            None,
            Some(call("step_rm", json!({"id": "z"}))),
        ),
    ]
}

/// Whether an answer says that it waits for a person: by its status, or in what it tells.
fn waits(answer: &Answer) -> bool {
    let body = String::from_utf8_lossy(&answer.body);
    answer.status == 428 && answer.json()["error"]["details"]["proposal"].is_string()
        || answer.status == 200 && body.contains("\"state\":\"waiting\"")
}

#[test]
fn every_route_is_tried_with_success_bad_input_denial_and_a_missing_yes() {
    let p = Project::new();
    for id in ["a", "b", "c", "d"] {
        p.ok(&format!("step add {id} -- true"));
    }
    p.ok("step add long -- sleep 600");
    p.ok("step add plain -- sh -c 'printf %s \"$THREADOS_TOKEN\" > token; exec sleep 600'");
    p.ok("run step plain --detach");
    let read = || std::fs::read_to_string(p.root().join("token")).unwrap_or_default();
    wait("the step's token", || read().len() == 73);
    let (s, step) = (Served::new(&p), read());
    let document = s.get("/api/openapi.json").json();
    // A step is asked nothing: it may do what is its own, and nothing else.
    let no_right = |row: &Row, s: &Client| {
        let answer = s.post_as(&step, row.route, &row.good.0.to_string());
        (answer.status, answer.code())
    };

    p.ok("policy mode POWER --yes");
    for row in rows() {
        assert_eq!(s.post("/not/there", row.bad.clone()).status, 404);
        let bad = s.post(row.route, row.bad.clone());
        assert!(matches!(bad.status, 400 | 415 | 422), "{} {}: {bad:?}", row.route, row.bad);
        assert_eq!(s.post_as("wrong", row.route, "{}").status, 401, "{}", row.route);
        assert_eq!(no_right(&row, &s), (403, "POLICY_DENIED".to_owned()), "{} for a step", row.route);
        if let Some(denied) = &row.denied {
            let answer = s.post(row.route, denied.clone());
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (403, "POLICY_DENIED"),
                "{} {denied}",
                row.route
            );
        }
        let good = s.post(row.route, row.good.0.clone());
        assert_eq!(good.status, row.good.1, "{} {}: {good:?}", row.route, row.good.0);
    }

    // In SAFE, with everything on the list of what needs a yes.
    p.ok("policy mode SAFE --yes");
    s.ok("/api/run", json!({"stepId": "long"}));
    p.wait_for("long", "RUNNING");
    let policy = p.read("policy.yaml");
    let (before, after) = policy.split_once("confirmation_required:").unwrap();
    let after = after.split_once("\n\n").map_or("", |(_, rest)| rest);
    let all = "[step.add, dep.add, gate.insert, group.parallelize, fusion.create, run.step, step.stop, step.restart]";
    p.write(".threados/policy.yaml", &format!("{before}confirmation_required: {all}\n\n{after}"));
    p.ok("validate");
    let things = || (p.json("status")["revision"].clone(), p.entries("step.start").len());
    let before = things();
    for row in rows() {
        let Some(asks) = row.asks else { continue };
        let answer = s.post(row.route, asks.clone());
        assert!(waits(&answer), "{} {asks}: {answer:?}", row.route);
    }
    assert_eq!(things(), before, "nothing was done");
    assert_eq!(p.status("long"), "RUNNING");

    // What is read: there, not there, malformed, and for whoever shows no token.
    let run = s.get("/api/runs").json()["runs"][0]["run_id"].as_str().unwrap().to_owned();
    let id = p.json("proposals")["proposals"][0]["id"].as_str().unwrap().to_owned();
    let of = |path: &str| path.replace("RUN", &run).replace("ID", &id);
    let reads = [
        ("/api/health", "/api/health", &[][..]),
        ("/api/openapi.json", "/api/openapi.json", &[]),
        ("/api/sequence", "/api/sequence", &[]),
        ("/api/status", "/api/status", &[]),
        ("/api/status/stream", "/api/status/stream", &[]),
        ("/api/audit", "/api/audit?limit=3", &[("/api/audit?limit=-1", 400), ("/api/audit?odd=1", 400)]),
        ("/api/runs", "/api/runs", &[]),
        (
            "/api/runs/{runId}/{stepId}",
            "/api/runs/RUN/long",
            &[("/api/runs/x/long", 400), ("/api/runs/RUN/a", 404)],
        ),
        (
            "/api/runs/{runId}/{stepId}/files/{path}",
            "/api/runs/RUN/long/files/stdout.log",
            &[("/api/runs/x/long/files/a", 400), ("/api/runs/RUN/long/files/..%2fstatus.json", 404)],
        ),
        (
            "/api/proposals/{id}",
            "/api/proposals/ID",
            &[("/api/proposals/x", 400), ("/api/proposals/p-00000000", 404)],
        ),
    ];
    let mut tried: BTreeSet<&str> = rows().iter().map(|row| row.route).collect();
    for (route, path, bad) in reads {
        tried.insert(route);
        if route == "/api/status/stream" {
            assert_eq!(crate::http_kit::Stream::open(&s, None).next().unwrap().name, "snapshot");
        } else {
            assert_eq!(s.get(&of(path)).status, 200, "{path}");
        }
        for (path, status) in bad {
            assert_eq!(s.get(&of(path)).status, *status, "{path}");
        }
        let stranger = format!("GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", of(path), s.at);
        let expected = if route == "/api/health" { 200 } else { 401 };
        assert_eq!(s.raw(stranger.as_bytes()).unwrap().status, expected, "{path}");
    }
    let documented: BTreeSet<&str> =
        document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(tried, documented, "a route that is not tried, or not there");
    p.ok("stop --all --yes");
}

/// Through every door that a program has: each refuses, and what was proposed still waits.
#[test]
fn the_asker_cannot_confirm_its_own_proposal_by_any_route() {
    let p = Project::new();
    p.ok("step add a -- true");
    let s = Served::new(&p);
    let mut client = mcp_kit::Client::start(&p);
    let held = s.post("/api/actions/apply", json!({"actions": ["step add mine -- true"]}));
    let id = held.json()["error"]["details"]["proposal"].as_str().unwrap().to_owned();
    let before = p.read("sequence.yaml");
    let state = || p.json("proposals")["proposals"][0]["state"].clone();
    assert_eq!(state(), "waiting");

    let document = s.get("/api/openapi.json").json();
    let paths: Vec<&String> = document["paths"].as_object().unwrap().keys().collect();
    for path in paths {
        // A yes in any of the forms that a program could think of.
        for body in [
            json!({"action": "confirm", "id": id}),
            json!({"id": id, "yes": true}),
            json!({"proposal": id, "confirm": true}),
            json!({"actions": [format!("confirm {id}")]}),
            json!({"actions": [format!("seqctl confirm {id} --yes")]}),
            json!({"actions": ["step add mine -- true"], "yes": true}),
            json!({"message": format!("confirm {id}")}),
            json!({"message": format!("yes, apply {id}"), "history": [{"text": "add mine", "message": "I understood."}]}),
            json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "confirm", "arguments": {"id": id}}}),
        ] {
            s.post(&path.replace("{id}", &id), body);
        }
    }
    for path in
        ["/api/confirm", "/api/proposals", "/api/actions/confirm", &format!("/api/proposals/{id}/confirm")]
    {
        assert_eq!(s.post(path, json!({"id": id})).status, 404, "{path}");
    }
    assert_eq!(s.post(&format!("/api/proposals/{id}"), json!({"state": "applied"})).status, 405);

    let tools = client.request("tools/list", json!({}));
    for tool in tools["result"]["tools"].as_array().unwrap() {
        let name = tool["name"].as_str().unwrap();
        if tool["inputSchema"]["properties"]["id"].is_object() && name != "proposal_show" {
            client.call(name, json!({ "id": id }));
        }
    }
    for line in [format!("confirm {id}"), format!("proposals discard {id}"), format!("chat 'confirm {id}'")] {
        client.refused("propose", json!({ "lines": [line] }));
    }
    let as_program = |line: &str| {
        let words = shlex::split(line).unwrap();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        p.command(&words).env("THREADOS_ACTOR", "orchestrator").output().unwrap().status.code()
    };
    for line in [
        format!("confirm {id} --yes"),
        format!("proposals discard {id} --yes"),
        format!("chat 'confirm {id}' --apply --yes"),
        "chat 'add a step called mine that runs true' --apply --yes".to_owned(),
    ] {
        assert!(matches!(as_program(&line), Some(2 | 5)), "{line}: {:?}", as_program(&line));
    }
    assert_eq!(p.read("sequence.yaml"), before);
    let waiting = p.json("proposals list --waiting")["proposals"].to_string();
    assert!(waiting.contains(&id), "{waiting}");
    let yes = |e: &&Value| e["payload"]["confirmed_by"] == "user";
    assert_eq!(p.log().iter().filter(yes).count(), 0, "nobody said yes");
    // The person says it, once.
    p.ok(&format!("confirm {id}"));
    assert!(p.read("sequence.yaml").contains("id: mine"));
}

#[test]
fn a_method_that_is_refused_is_told_which_are_not() {
    let p = two_steps();
    let s = Served::new(&p);
    for (method, path, allowed) in [
        ("POST", "/api/status", "GET"),
        ("GET", "/api/step", "POST"),
        ("TRACE", "/api/step", "POST"),
        ("DELETE", "/api/proposals/p-1", "GET"),
        ("PUT", "/api/nowhere", "GET, POST"),
    ] {
        let text = format!("{}Connection: close\r\n\r\n", s.head(method, path));
        let answer = s.raw(text.as_bytes()).unwrap();
        assert_eq!((answer.status, answer.headers["allow"].as_str()), (405, allowed), "{method} {path}");
    }
}

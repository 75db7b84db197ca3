//! The OpenAPI document: what every route answers is what the document says.

use serde_json::{Value, json};

use crate::http_kit::{Served, two_steps};
use crate::schema_kit::{check, is_documented};
use crate::support::{Project, wait};

#[test]
fn every_answer_is_as_the_document_says() {
    let p = two_steps();
    p.ok("step add long -- sleep 600");
    let s = Served::new(&p);
    let document = s.get("/api/openapi.json").json();
    let run = s.ok("/api/run", json!({"stepId": "a"}))["run_id"].as_str().unwrap().to_owned();
    p.wait_for("a", "DONE");
    wait("its record", || s.get(&format!("/api/runs/{run}/a")).json()["running"] == false);
    let held = s.post("/api/step", json!({"action": "rm", "id": "long"})).json();
    let held = held["error"]["details"]["proposal"].as_str().unwrap();
    let mut seen = Vec::new();
    let step = "/api/runs/{runId}/{stepId}";
    let file = "/api/runs/{runId}/{stepId}/files/{path}";
    let reads = [
        ("/api/health", "/api/health".to_owned(), 200),
        ("/api/openapi.json", "/api/openapi.json".into(), 200),
        ("/api/sequence", "/api/sequence".into(), 200),
        ("/api/status", "/api/status".into(), 200),
        ("/api/audit", "/api/audit?limit=5".into(), 200),
        ("/api/audit", "/api/audit?limit=many".into(), 400),
        ("/api/runs", "/api/runs".into(), 200),
        (step, format!("/api/runs/{run}/a"), 200),
        (step, format!("/api/runs/{run}/b"), 404),
        (step, "/api/runs/x/b".into(), 400),
        (file, format!("/api/runs/{run}/a/files/status.json"), 200),
        (file, format!("/api/runs/{run}/a/files/absent"), 404),
        ("/api/proposals/{id}", format!("/api/proposals/{held}"), 200),
        ("/api/proposals/{id}", "/api/proposals/p-00000000".into(), 404),
    ];
    for (route, path, status) in &reads {
        let answer = s.get(path);
        assert_eq!(answer.status, *status, "{path}: {answer:?}");
        is_documented(&document, "get", route, &answer);
        seen.push(*route);
    }
    let changes = [
        ("/api/step", json!({"action": "add", "id": "c", "command": ["true"]}), 200),
        ("/api/step", json!({"action": "add", "id": "c", "command": ["true"]}), 409),
        ("/api/step", json!({"action": "rm", "id": "c"}), 428),
        ("/api/step", json!({"action": "rm", "id": "zz"}), 404),
        ("/api/step", json!({"action": "add", "id": "x", "command": ["nc"]}), 403),
        ("/api/step", json!({"action": "accept", "id": "c"}), 403),
        ("/api/dep", json!({"action": "add", "stepId": "c", "depId": "b"}), 200),
        ("/api/dep", json!({"action": "fly"}), 400),
        ("/api/gate", json!({"action": "insert", "gateId": "g", "after": ["b"]}), 200),
        ("/api/gate", json!({"action": "approve", "gateId": "g"}), 403),
        ("/api/gate", json!({"action": "block", "gateId": "g"}), 403),
        ("/api/group", json!({"action": "parallelize", "stepIds": ["a", "b"]}), 409),
        ("/api/group", json!({"action": "dissolve", "groupId": "none"}), 404),
        ("/api/fusion", json!({"action": "create", "candidates": ["c", "long"], "synthId": "s"}), 200),
        ("/api/fusion", json!({"action": "create"}), 400),
        ("/api/run", json!({"stepId": "long"}), 202),
        ("/api/run", json!({"stepId": "long"}), 409),
        ("/api/run", json!({"stepId": "b", "force": true}), 403),
        ("/api/stop", json!({"stepId": "long"}), 428),
        ("/api/stop", json!({}), 400),
        ("/api/actions/validate", json!({"actions": ["run all"]}), 200),
        ("/api/actions/validate", json!({"actions": []}), 400),
        ("/api/actions/apply", json!({"actions": ["step add e -- true"]}), 428),
        ("/api/actions/apply", json!({"actions": ["step fly"]}), 400),
        ("/api/chat", json!({"message": "why is b blocked?"}), 200),
        ("/api/chat", json!({"message": ""}), 400),
        ("/api/chat", json!({"message": "run all", "provider": "codex"}), 403),
        ("/mcp", json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}), 200),
        ("/mcp", json!({"jsonrpc": "2.0", "method": "notifications/initialized"}), 202),
        ("/api/restart", json!({"stepId": "zz"}), 404),
        ("/api/restart", json!({"stepId": "long"}), 428),
    ];
    let mut wrong = Vec::new();
    for (route, body, status) in &changes {
        let answer = s.post(route, body.clone());
        if answer.status != *status {
            wrong.push(format!("{route} {body}: {}, not {status}", answer.status));
        }
        is_documented(&document, "post", route, &answer);
        let schema =
            &document["paths"][*route]["post"]["requestBody"]["content"]["application/json"]["schema"];
        if *status != 400 {
            assert_eq!(check(schema, body, &document, "request"), Ok(()), "{route} {body}");
        }
        seen.push(*route);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    p.ok("policy mode POWER --yes");
    let applied = s.post("/api/actions/apply", json!({"actions": ["step add f -- true"]}));
    assert_eq!(applied.status, 200, "{applied:?}");
    is_documented(&document, "post", "/api/actions/apply", &applied);
    for (route, status) in [("/api/restart", 202), ("/api/stop", 200)] {
        let answer = s.post(route, json!({"stepId": "long"}));
        assert_eq!(answer.status, status, "{route}: {answer:?}");
        is_documented(&document, "post", route, &answer);
    }
    for (route, item) in document["paths"].as_object().unwrap() {
        assert!(seen.contains(&route.as_str()) || route == "/api/status/stream", "{route} is not tried");
        for method in item.as_object().unwrap().keys() {
            refusals(&s, &document, method, route);
        }
    }
}

/// What every route says to a stranger, to a page of another site, and to what is no JSON.
fn refusals(s: &Served, document: &Value, method: &str, route: &str) {
    let path = route
        .replace("{runId}", "20261122T204355Z-7f3a")
        .replace("{stepId}", "a")
        .replace("{path}", "x")
        .replace("{id}", "x");
    let verb = method.to_uppercase();
    let ask = |head: &str, body: &str| {
        let length = body.len();
        let text = format!(
            "{verb} {path} HTTP/1.1\r\nHost: {}\r\n{head}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}",
            s.at
        );
        s.raw(text.as_bytes()).unwrap()
    };
    let token = format!("Authorization: Bearer {}\r\n", s.token);
    let mut tries = vec![(ask(&format!("{token}Origin: http://evil.example\r\n"), ""), 403)];
    if route != "/api/health" {
        tries.push((ask("", ""), 401));
    }
    if verb == "POST" {
        tries.push((ask(&format!("{token}Content-Type: text/plain\r\n"), "{}"), 415));
        tries.push((ask(&format!("{token}Content-Type: application/json\r\n"), "{"), 400));
        tries.push((
            ask(&format!("{token}Content-Type: application/json\r\n"), &" ".repeat((1 << 20) + 1)),
            413,
        ));
    }
    for (answer, status) in tries {
        assert_eq!(answer.status, status, "{verb} {route}");
        is_documented(document, method, route, &answer);
    }
}

#[test]
fn a_file_that_is_invalid_is_told_by_every_route_that_needs_it() {
    let p = Project::new();
    p.ok("step add a -- true");
    let s = Served::new(&p);
    let document = s.get("/api/openapi.json").json();
    p.write(".threados/sequence.yaml", "version: [");
    let answer = s.get("/api/sequence");
    assert_eq!((answer.status, answer.code().as_str()), (422, "INVALID_FILE"));
    is_documented(&document, "get", "/api/sequence", &answer);
    assert_eq!(s.get("/api/runs").status, 200, "what has happened does not rest on the file");
    let bodies = [
        ("/api/step", json!({"action": "add", "id": "x", "command": ["true"]})),
        ("/api/dep", json!({"action": "add", "stepId": "x", "depId": "a"})),
        ("/api/gate", json!({"action": "insert", "gateId": "g", "after": ["a"]})),
        ("/api/group", json!({"action": "parallelize", "stepIds": ["a", "b"]})),
        ("/api/fusion", json!({"action": "create", "candidates": ["a"], "synthId": "s"})),
        ("/api/run", json!({"stepId": "a"})),
    ];
    for (route, body) in bodies {
        let answer = s.post(route, body);
        assert_eq!(answer.status, 422, "{route}: {answer:?}");
        is_documented(&document, "post", route, &answer);
    }
}

//! The OpenAPI document: what every route answers is what the document says.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::http_kit::{Answer, Served, Stream, add, two_steps};
use crate::support::{Project, wait};

/// Whether a value is as a schema says; the first fault with its place.
fn check(schema: &Value, value: &Value, all: &Value, at: &str) -> Result<(), String> {
    if let Some(to) = schema["$ref"].as_str() {
        let found = to.trim_start_matches("#/").split('/').fold(all, |v, part| &v[part]);
        return check(found, value, all, at);
    }
    if let Some(types) = schema.get("type") {
        let types: Vec<&str> = match types {
            Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
            one => vec![one.as_str().unwrap()],
        };
        if !types.iter().any(|kind| is(kind, value)) {
            return Err(format!("{at}: {value} is no {types:?}"));
        }
    }
    if let Some(list) = schema["enum"].as_array()
        && !list.contains(value)
    {
        return Err(format!("{at}: {value} is none of {list:?}"));
    }
    if let Some(only) = schema.get("const")
        && only != value
    {
        return Err(format!("{at}: {value} is not {only}"));
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        check(part, value, all, at)?;
    }
    for (word, exactly) in [("anyOf", false), ("oneOf", true)] {
        if let Some(list) = schema[word].as_array() {
            let fits: Vec<_> = list.iter().map(|s| check(s, value, all, at)).collect();
            let count = fits.iter().filter(|f| f.is_ok()).count();
            if count == 0 || exactly && count > 1 {
                return Err(format!("{at}: {count} of {word} fit: {fits:?}"));
            }
        }
    }
    let (Some(properties), Some(object)) = (schema.get("properties"), value.as_object()) else {
        let items = schema.get("items").zip(value.as_array());
        let Some((schema, items)) = items else { return Ok(()) };
        return items
            .iter()
            .enumerate()
            .try_for_each(|(i, item)| check(schema, item, all, &format!("{at}[{i}]")));
    };
    for name in schema["required"].as_array().into_iter().flatten() {
        if !object.contains_key(name.as_str().unwrap()) {
            return Err(format!("{at}: {name} is missing"));
        }
    }
    for (name, value) in object {
        match properties.get(name) {
            Some(schema) => check(schema, value, all, &format!("{at}.{name}"))?,
            None if schema["additionalProperties"] == false => {
                return Err(format!("{at}: {name} is unknown"));
            }
            None => {}
        }
    }
    Ok(())
}

fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        _ => value.is_object(),
    }
}

/// Fails where an answer is not what the document says of its route.
#[track_caller]
fn is_documented(document: &Value, method: &str, route: &str, answer: &Answer) {
    let operation = &document["paths"][route][method];
    assert!(operation.is_object(), "{method} {route} is not in the document");
    let response = &operation["responses"][answer.status.to_string()];
    assert!(response.is_object(), "{method} {route} answers {} without saying so: {answer:?}", answer.status);
    if answer.body.is_empty() {
        assert!(response.get("content").is_none(), "{method} {route} {} has no body", answer.status);
        return;
    }
    let kind = answer.headers["content-type"].as_str();
    let content = &response["content"][kind];
    assert!(content.is_object(), "{method} {route} answers {kind} without saying so");
    if kind == "application/json" {
        let fit = check(&content["schema"], &answer.json(), document, "body");
        assert_eq!(fit, Ok(()), "{method} {route} {}: {answer:?}", answer.status);
    }
}

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

/// The data of events is described beside the stream, which is no JSON itself.
#[test]
fn every_event_is_as_the_document_says() {
    let p = two_steps();
    let s = Served::new(&p);
    let document = s.get("/api/openapi.json").json();
    let answers =
        |route: &str, kind: &str| &document["paths"][route]["get"]["responses"]["200"]["content"][kind];
    let of_transition = &answers("/api/status/stream", "text/event-stream")["schema"]["x-data-of-transition"];
    assert!(of_transition.is_object(), "{of_transition}");
    let mut stream = Stream::open(&s, None);
    let snapshot = stream.next().unwrap().data;
    let schema = &answers("/api/status", "application/json")["schema"];
    assert_eq!(check(schema, &snapshot, &document, "snapshot"), Ok(()), "{snapshot:#}");
    s.ok("/api/step", add("c"));
    s.ok("/api/gate", json!({"action": "insert", "gateId": "g", "after": ["a"]}));
    s.ok("/api/run", json!({"all": true}));
    let mut told = BTreeSet::new();
    while !["a", "c"].iter().all(|id| p.status(id) == "DONE") || !told.contains("step.end") {
        let event = stream.next().unwrap();
        assert_eq!(event.name, "transition");
        assert_eq!(check(of_transition, &event.data, &document, "event"), Ok(()), "{:#}", event.data);
        told.insert(event.data["action"].as_str().unwrap().to_owned());
    }
    for action in ["step.add", "gate.insert", "step.start", "step.end"] {
        assert!(told.contains(action), "{action}: {told:?}");
    }
    let odd = s.raw(
        format!("{}Last-Event-ID: x\r\nConnection: close\r\n\r\n", s.head("GET", "/api/status/stream"))
            .as_bytes(),
    );
    let odd = odd.unwrap();
    assert_eq!(odd.status, 400, "{odd:?}");
    is_documented(&document, "get", "/api/status/stream", &odd);
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

//! The OpenAPI document: what comes as events, and by the protocol for agents, is what the document says.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::http_kit::{Client, Served, Stream, add, two_steps};
use crate::schema_kit::{check, is_documented};

/// Whether an event is one of those that the document names for a route.
#[track_caller]
fn is_event(document: &Value, (method, route): (&str, &str), name: &str, id: Option<&str>, data: &Value) {
    let answers = &document["paths"][route][method]["responses"]["200"]["content"]["text/event-stream"];
    let events = answers["schema"]["oneOf"].as_array().unwrap();
    let schema = events.iter().find(|event| event["properties"]["event"]["const"] == name);
    let schema = schema.unwrap_or_else(|| panic!("{route} tells {name} without saying so"));
    let mut event = json!({ "event": name, "data": data.to_string() });
    event["id"] = id.map_or(Value::Null, Value::from);
    event.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    assert_eq!(check(schema, &event, document, "event"), Ok(()), "{name}");
    let content = &schema["properties"]["data"]["contentSchema"];
    assert!(content.is_object(), "{schema}");
    assert_eq!(check(content, data, document, name), Ok(()), "{data:#}");
}

#[test]
fn every_event_of_the_status_is_as_the_document_says() {
    let p = two_steps();
    let s = Served::new(&p);
    let document = s.get("/api/openapi.json").json();
    let mut stream = Stream::open(&s, None);
    let mut told = BTreeSet::new();
    let mut next = || {
        let event = stream.next().unwrap();
        let id = event.id.map(|id| id.to_string());
        is_event(&document, ("get", "/api/status/stream"), &event.name, id.as_deref(), &event.data);
        told.insert(event.data["action"].as_str().unwrap_or(&event.name).to_owned());
        told.clone()
    };
    assert!(next().contains("snapshot"));
    s.ok("/api/step", add("c"));
    s.ok("/api/gate", json!({"action": "insert", "gateId": "g", "after": ["a"]}));
    s.ok("/api/run", json!({"all": true}));
    while !["a", "b", "c"].iter().all(|id| p.status(id) == "DONE") {
        next();
    }
    let whole = p.read("sequence.yaml");
    p.write(".threados/sequence.yaml", "steps: [");
    while !next().contains("problems") {}
    p.write(".threados/sequence.yaml", &whole);
    let told = next();
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

/// The names of the events of a chat, each held against the document.
#[track_caller]
fn said(s: &Client, document: &Value, message: &str) -> Vec<String> {
    let answer = s.post("/api/chat", json!({ "message": message }));
    assert_eq!(answer.status, 200, "{answer:?}");
    let text = String::from_utf8(answer.body).unwrap();
    let events = text.split_terminator("\n\n").map(|event| {
        let (name, data) = event.split_once("\ndata: ").unwrap();
        let name = name.strip_prefix("event: ").unwrap();
        is_event(document, ("post", "/api/chat"), name, None, &serde_json::from_str(data).unwrap());
        name.to_owned()
    });
    events.collect()
}

#[test]
fn every_event_of_a_chat_is_as_the_document_says() {
    let p = two_steps();
    p.ok("gate insert g --after a --before b");
    let s = Served::new(&p);
    let document = s.get("/api/openapi.json").json();
    for message in
        ["add a lint step that runs true after a", "why is b blocked?", "paint it blue", "approve g"]
    {
        assert_eq!(said(&s, &document, message), ["text", "answer"], "{message}");
    }
    p.ok("policy mode POWER --yes");
    for message in ["add a test step that runs true after b", "run a", "run zz"] {
        assert_eq!(said(&s, &document, message), ["text", "answer"], "{message}");
    }
    p.write(
        ".threados/policy.yaml",
        "chat: {provider: openai-compatible, model: m, url: 'http://127.0.0.1:1'}\n",
    );
    assert_eq!(said(&s, &document, "run all"), ["error"]);
}

#[test]
fn every_answer_of_the_protocol_for_agents_is_as_the_document_says() {
    let p = two_steps();
    p.ok("run all");
    let s = Served::new(&p);
    let document = s.get("/api/openapi.json").json();
    let hello = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } });
    let call = |name: &str, arguments: Value| ("tools/call", json!({ "name": name, "arguments": arguments }));
    let asked = [
        ("initialize", hello),
        ("ping", json!({})),
        ("tools/list", json!({})),
        ("resources/list", json!({})),
        ("resources/templates/list", json!({})),
        ("resources/read", json!({ "uri": "threados://sequence" })),
        ("resources/read", json!({ "uri": "threados://status" })),
        ("resources/read", json!({ "uri": "threados://nowhere" })),
        call("status", json!({})),
        call("step_add", json!({ "id": "c", "command": ["true"] })),
        call("step_add", json!({ "id": "a", "command": ["true"] })),
        call("logs", json!({ "id": "a" })),
        call("fly", json!({})),
        ("fly", json!({})),
    ];
    for (method, params) in asked {
        let message = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params });
        let answer = s.post("/mcp", message.clone());
        assert_eq!(answer.status, 200, "{message}: {answer:?}");
        is_documented(&document, "post", "/mcp", &answer);
        let schema =
            &document["paths"]["/mcp"]["post"]["requestBody"]["content"]["application/json"]["schema"];
        assert_eq!(check(schema, &message, &document, "request"), Ok(()), "{message}");
    }
    // The protocol of today, which has no greeting and tells more with each result.
    let now = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "t", "version": "1" },
    });
    for method in ["server/discover", "tools/list", "resources/list", "resources/templates/list"] {
        let body = json!({ "jsonrpc": "2.0", "id": "x", "method": method, "params": { "_meta": now } });
        let body = body.to_string();
        let text = format!(
            "{}Content-Type: application/json\r\nMCP-Protocol-Version: 2026-07-28\r\nMcp-Method: {method}\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            s.head("POST", "/mcp"),
            body.len(),
        );
        let answer = s.raw(text.as_bytes()).unwrap();
        assert_eq!(answer.json()["result"]["resultType"], "complete", "{answer:?}");
        is_documented(&document, "post", "/mcp", &answer);
    }
}

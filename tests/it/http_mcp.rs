//! `POST /mcp`: the Model Context Protocol over HTTP, behind the same checks as every route.

use serde_json::{Value, json};

use crate::http_kit::{Answer, Client, Served, two_steps};
use crate::support::wait;

/// Sends a message as a client of the protocol does.
#[track_caller]
fn send(s: &Client, more: &str, message: &Value) -> Answer {
    let body = message.to_string();
    let text = format!(
        "{}Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n{more}\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        s.head("POST", "/mcp"),
        body.len(),
    );
    s.raw(text.as_bytes()).unwrap()
}

/// Asks for something.
#[track_caller]
fn request(s: &Client, method: &str, params: Value) -> Value {
    let message = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params });
    let answer = send(s, "MCP-Protocol-Version: 2025-06-18\r\n", &message);
    assert_eq!(
        (answer.status, answer.headers["content-type"].as_str()),
        (200, "application/json"),
        "{answer:?}"
    );
    assert_eq!((&answer.json()["jsonrpc"], &answer.json()["id"]), (&json!("2.0"), &json!(7)));
    answer.json()
}

/// Calls a tool; what it answers.
#[track_caller]
fn call(s: &Client, name: &str, arguments: Value) -> Value {
    let answer = request(s, "tools/call", json!({ "name": name, "arguments": arguments }));
    answer["result"]["structuredContent"].clone()
}

#[test]
fn a_client_looks_proposes_and_sees_what_a_person_decided() {
    let p = two_steps();
    let s = Served::new(&p);
    let hello = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } });
    let info = request(&s, "initialize", hello);
    assert_eq!(info["result"]["serverInfo"]["name"], "threados", "{info:#}");
    let begun = send(&s, "", &json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
    assert_eq!((begun.status, begun.body.as_slice()), (202, &b""[..]));
    let tools = request(&s, "tools/list", json!({}));
    let names: Vec<&str> =
        tools["result"]["tools"].as_array().unwrap().iter().filter_map(|t| t["name"].as_str()).collect();
    assert!(names.contains(&"status") && names.contains(&"step_add"), "{names:?}");
    assert!(!names.iter().any(|name| name.contains("confirm")), "{names:?}");
    assert_eq!(call(&s, "status", json!({}))["summary"]["total"], 2);

    let held = call(&s, "step_add", json!({ "id": "c", "command": ["true"] }));
    assert_eq!((&held["ok"], &held["state"]), (&json!(true), &json!("waiting")), "{held:#}");
    let id = held["proposal"].as_str().unwrap();
    assert!(!p.read("sequence.yaml").contains("id: c"));
    p.ok(&format!("confirm {id}"));
    assert_eq!(call(&s, "proposal_show", json!({ "id": id }))["proposal"]["state"], "applied");
    let held = call(&s, "run_all", json!({}));
    p.ok(&format!("confirm {}", held["proposal"].as_str().unwrap()));
    let done = || call(&s, "status", json!({}))["summary"]["done"] == 3;
    wait("everything to be done", done);
    let listed = request(&s, "resources/list", json!({}));
    assert!(listed["result"]["resources"].as_array().is_some_and(|all| !all.is_empty()), "{listed:#}");
}

/// Nobody knows what a client has read before: so nothing of it applies by itself.
#[test]
fn power_keeps_what_comes_by_http_for_a_person() {
    let p = two_steps();
    p.ok("policy mode POWER --yes");
    let s = Served::new(&p);
    let held = call(&s, "step_add", json!({ "id": "c", "command": ["true"] }));
    assert_eq!(held["state"], "waiting", "{held:#}");
    let refused = call(&s, "gate_approve", json!({ "id": "g" }));
    assert_eq!(refused["ok"], false, "{refused:#}");
}

#[test]
fn who_may_not_ask_is_refused_before_the_protocol_hears_of_it() {
    let p = two_steps();
    let s = Served::new(&p);
    let hello = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }).to_string();
    assert_eq!(s.post_as("wrong", "/mcp", &hello).status, 401);
    for more in ["Origin: http://evil.example\r\n", "Sec-Fetch-Site: cross-site\r\n"] {
        let answer = send(&s, more, &json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }));
        assert_eq!((answer.status, answer.code().as_str()), (403, "FOREIGN_ORIGIN"), "{more}");
    }
    let text = format!(
        "POST /mcp HTTP/1.1\r\nHost: evil.example\r\nAuthorization: Bearer {}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}",
        s.token
    );
    assert_eq!(s.raw(text.as_bytes()).unwrap().code(), "FOREIGN_HOST");
    assert_eq!(s.get("/mcp").status, 405);
    // Of another form: not JSON, no object, no message of the protocol, too large.
    let plain = format!(
        "{}Content-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi",
        s.head("POST", "/mcp")
    );
    assert_eq!(s.raw(plain.as_bytes()).unwrap().status, 415);
    assert_eq!(s.post_as(&s.token, "/mcp", "[1]").status, 400);
    let odd = send(&s, "", &json!({ "hello": "there" }));
    assert!((400..500).contains(&odd.status) && odd.json()["ok"] == false, "{odd:?}");
    let large = send(&s, "", &json!({ "jsonrpc": "2.0", "id": 1, "method": "x".repeat(2 << 20) }));
    assert_eq!(large.status, 413);
    assert!(s.lives());
}

/// Where others may come, a machine is called by its address; MCP knows the very names that every route knows.
#[test]
fn it_is_called_by_the_names_of_every_other_route() {
    let p = two_steps();
    p.ok("policy mode POWER --yes");
    let s = Served::begun(p.start("serve --addr 0.0.0.0:0 --allow-remote --json"));
    let port = s.at.port();
    let asked = |host: &str, path: &str, body: &str| {
        let method = if body.is_empty() { "GET" } else { "POST" };
        let text = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            s.token,
            body.len()
        );
        s.raw(text.as_bytes()).unwrap()
    };
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }).to_string();
    for (host, status) in [
        (format!("192.0.2.7:{port}"), 200),
        (format!("[2001:db8::7]:{port}"), 200),
        (format!("localhost:{port}"), 200),
        (format!("127.0.0.1:{port}"), 200),
        (format!("evil.example:{port}"), 403),
        ("evil.example".to_owned(), 403),
        ("192.0.2.7".to_owned(), 403),
        ("192.0.2.7:1".to_owned(), 403),
        (format!("127.0.0.1:{port}.evil.example"), 403),
    ] {
        let (route, mcp) = (asked(&host, "/api/status", ""), asked(&host, "/mcp", &list));
        assert_eq!((route.status, mcp.status), (status, status), "{host}: {mcp:?}");
        if status == 403 {
            assert_eq!(
                (route.code().as_str(), mcp.code().as_str()),
                ("FOREIGN_HOST", "FOREIGN_HOST"),
                "{host}"
            );
        }
    }
}

#[test]
fn a_step_speaks_the_protocol_where_it_is_known() {
    let p = two_steps();
    p.ok("step add talker -- sh -c 'printf %s $THREADOS_TOKEN > token; sleep 600'");
    let run = p.start("run step talker");
    wait("the step to have begun", || p.root().join("token").exists());
    let s = Served::new(&p);
    wait("its token to be known", || {
        let token = std::fs::read_to_string(p.root().join("token")).unwrap();
        s.post_as(&token, "/mcp", "{}").status == 403
    });
    p.ok("stop talker --yes");
    drop(run.wait_with_output());
}

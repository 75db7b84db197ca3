//! The HTTP API, opened and closed in the window.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use egui::Key;
use egui_kittest::kittest::Queryable as _;
use threados_core::log::{Filter, tail};
use threados_core::model::Actor;

use crate::kit::{click_by_name, line, until};
use crate::project::Project;

/// What a program gets that knows this token.
fn ask(address: &str, request: &str, token: &str, body: &str) -> String {
    let host = address.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    let head = format!(
        "{request} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn programs_are_let_in_only_while_the_switch_is_on() {
    let p = Project::new(&["step add fetch --name Fetch -- sh -c true"]);
    let (mut screen, _backend) = p.open();
    until(&mut screen, "the scene", |s| line(s, "Fetch") == "ready");
    assert!(screen.state().state().served.is_none(), "off until it is opened");
    screen.key_press_modifiers(egui::Modifiers::COMMAND, Key::Comma);
    screen.run();
    click_by_name(&mut screen, "HTTP API");
    until(&mut screen, "the address", |s| s.state().state().served.is_some());
    let served = screen.state().state().served.clone().unwrap();
    assert!(served.address.starts_with("http://127.0.0.1:"), "{served:?}");
    assert!(screen.query_by_label(&served.address).is_some(), "it is shown");
    let token = std::fs::read_to_string(&served.token_file).unwrap();
    let token = token.trim();
    assert!(ask(&served.address, "GET /api/status", "wrong", "").starts_with("HTTP/1.1 401"));
    let status = ask(&served.address, "GET /api/status", token, "");
    assert!(status.starts_with("HTTP/1.1 200") && status.contains("fetch"), "{status}");
    let step = r#"{"actions":["step add late -- sh -c true"]}"#;
    let answer = ask(&served.address, "POST /api/actions/apply", token, step);
    assert!(answer.starts_with("HTTP/1.1 428"), "it waits for a person: {answer}");
    click_by_name(&mut screen, "Close");
    until(&mut screen, "the card", |s| s.query_all_by_label_contains("1 change from http").next().is_some());
    let by_program = Filter { actor: Some(Actor::Orchestrator), ..Filter::default() };
    assert!(!tail(&p.workspace.paths, &by_program).unwrap().is_empty(), "it is in the audit log");
    click_by_name(&mut screen, "Apply");
    until(&mut screen, "the step", |s| !line(s, "late").is_empty());
    screen.key_press_modifiers(egui::Modifiers::COMMAND, Key::Comma);
    screen.run();
    click_by_name(&mut screen, "HTTP API");
    until(&mut screen, "the end", |s| s.state().state().served.is_none());
    let host = served.address.strip_prefix("http://").unwrap().to_owned();
    until(&mut screen, "nobody to listen", |_| TcpStream::connect(&host).is_err());
}

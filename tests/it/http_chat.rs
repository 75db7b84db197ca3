//! `POST /api/chat`: a sentence over HTTP becomes a proposal, told as it comes.

use serde_json::{Value, json};

use crate::chat_kit::{ModelServer, Reply, lines};
use crate::http_kit::{Client, Served, two_steps};
use crate::support::wait;

/// The events of an answer, by name and data.
#[track_caller]
fn said(s: &Client, body: Value) -> Vec<(String, Value)> {
    let answer = s.post("/api/chat", body);
    assert_eq!(
        (answer.status, answer.headers["content-type"].as_str()),
        (200, "text/event-stream"),
        "{answer:?}"
    );
    let text = String::from_utf8(answer.body).unwrap();
    let event = |event: &str| {
        let (name, data) = event.split_once('\n').unwrap();
        let data = data.strip_prefix("data: ").unwrap();
        (name.strip_prefix("event: ").unwrap().to_owned(), serde_json::from_str(data).unwrap())
    };
    text.split_terminator("\n\n").map(event).collect()
}

#[track_caller]
fn answer(s: &Client, body: Value) -> Value {
    let mut events = said(s, body);
    let (name, data) = events.pop().unwrap();
    assert_eq!(name, "answer", "{data:#}");
    data
}

#[test]
fn a_sentence_is_a_proposal_that_waits_for_a_person() {
    let p = two_steps();
    let s = Served::new(&p);
    let before = p.read("sequence.yaml");
    let held = answer(&s, json!({ "message": "add a lint step that runs true after a" }));
    assert_eq!((&held["ok"], &held["state"]), (&json!(true), &json!("waiting")), "{held:#}");
    assert_eq!(held["actions"][0]["command"], "seqctl step add lint --depends-on a -- true");
    assert_eq!(p.read("sequence.yaml"), before);
    let id = held["proposal"].as_str().unwrap();
    let kept = s.get(&format!("/api/proposals/{id}")).json();
    assert_eq!(
        (&kept["state"], &kept["proposal"]["asker"]),
        (&json!("waiting"), &json!({"actor": "orchestrator", "source": "http"}))
    );
    p.ok(&format!("confirm {id}"));
    assert!(p.read("sequence.yaml").contains("id: lint"));
    let asked = answer(&s, json!({ "message": "why is b blocked?" }));
    assert_eq!((&asked["understood"], &asked["actions"]), (&json!(true), &json!([])), "{asked:#}");
    let lost = answer(
        &s,
        json!({ "message": "paint it blue", "history": [{ "text": "hello", "message": "Hello." }] }),
    );
    assert_eq!((&lost["ok"], &lost["understood"]), (&json!(false), &json!(false)));
}

#[test]
fn a_program_cannot_decide_a_gate_by_a_sentence() {
    let p = two_steps();
    p.ok("gate insert g --after a --before b");
    let s = Served::new(&p);
    let refused = answer(&s, json!({ "message": "approve g" }));
    assert_eq!(refused["state"], "rejected", "{refused:#}");
    assert_eq!(refused["rejected"][0]["error"]["code"], "POLICY_DENIED");
    assert_eq!(p.status("g"), "PENDING");
}

#[test]
fn what_is_no_sentence_is_refused() {
    let p = two_steps();
    let s = Served::new(&p);
    for body in [
        json!({}),
        json!({ "message": "" }),
        json!({ "message": 5 }),
        json!({ "message": "x".repeat(20_000) }),
        json!({ "message": "hello", "apply": true }),
        json!({ "message": "hello", "provider": "gpt" }),
        json!({ "message": "hello", "history": "none" }),
        json!({ "message": "hello", "history": [5] }),
    ] {
        s.refused("/api/chat", body, 400, "USAGE");
    }
    assert_eq!(s.get("/api/chat").status, 405);
    s.refused("/api/chat", json!({ "message": "hello", "provider": "claude" }), 403, "POLICY_DENIED");
    assert_eq!(s.post_as("wrong", "/api/chat", "{}").status, 401);
}

#[test]
fn a_step_says_nothing_here() {
    let p = two_steps();
    p.ok("step add talker -- sh -c 'printf %s $THREADOS_TOKEN > token; sleep 600'");
    let run = p.start("run step talker");
    wait("the step to have begun", || p.root().join("token").exists());
    let s = Served::new(&p);
    wait("its token to be known", || {
        let token = std::fs::read_to_string(p.root().join("token")).unwrap();
        s.post_as(&token, "/api/chat", r#"{"message":"run all"}"#).status == 403
    });
    p.ok("stop talker --yes");
    drop(run.wait_with_output());
}

#[test]
fn a_model_is_heard_while_it_speaks_and_its_failure_is_told() {
    let p = two_steps();
    let server = ModelServer::new(|asked| match asked.question.said.as_str() {
        "fail" => Reply::Status(500, "{}".into()),
        _ => Reply::Text(lines("I add a step for you, as you wish.", &["step add c -- true"])),
    });
    server.provide(&p);
    let s = Served::new(&p);
    let mut events = said(&s, json!({ "message": "add c" }));
    let (name, answer) = events.pop().unwrap();
    assert_eq!((name.as_str(), &answer["provider"]), ("answer", &json!("openai-compatible")));
    assert!(events.len() > 1 && events.iter().all(|(name, _)| name == "text"), "{events:?}");
    let heard: String = events.iter().map(|(_, data)| data["text"].as_str().unwrap()).collect();
    assert_eq!(heard, answer["message"].as_str().unwrap());
    let mut events = said(&s, json!({ "message": "fail" }));
    let (name, data) = events.pop().unwrap();
    assert_eq!((name.as_str(), &data["error"]["code"]), ("error", &json!("PROVIDER_FAILED")), "{data:#}");
}

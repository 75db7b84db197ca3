//! A proposal is a person's to answer, and no crash or program gets around that.

use std::process::Stdio;
use std::time::Duration;

use serde_json::json;

use crate::mcp_kit::Client;
use crate::orchestrator_kit::{asked_by, orchestrated, tries};
use crate::support::Project;
use crate::terminal_kit::{Kind, Terminal};

#[test]
fn no_process_of_a_step_can_say_yes_or_no() {
    let p = orchestrated("try seqctl confirm $(cat id) --yes; try seqctl proposals discard $(cat id)");
    let mut client = Client::start(&p);
    let id = client.waits("step_add", json!({ "id": "x", "command": ["true"] }));
    p.write("id", &id);
    p.ok("run step lead");
    let codes: Vec<i32> = tries(&p).into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, [5, 5], "{:?}", tries(&p));
    let denied = asked_by(&p, "lead");
    assert!(denied.iter().any(|line| line.starts_with("confirm") && line.ends_with("denied")), "{denied:?}");
    assert_eq!(client.ok("proposal_show", json!({ "id": id }))["proposal"]["state"], "waiting");
}

#[test]
fn a_proposal_made_before_a_hand_edit_is_stale() {
    let p = Project::new();
    let mut client = Client::start(&p);
    let id = client.waits("step_add", json!({ "id": "x", "command": ["true"] }));
    p.ok("step add other -- true");
    let refused = p.exits(7, &format!("confirm {id} --yes --json"));
    assert_eq!(refused.json()["error"]["code"], "STALE_REVISION");
    let last = p.log().pop().unwrap();
    assert_eq!((&last["action"], &last["result"]), (&json!("confirm"), &json!("error")), "{last:#}");
}

#[test]
fn a_person_can_list_show_and_discard_what_waits() {
    let p = Project::new();
    let mut client = Client::start(&p);
    let id = client.waits("step_add", json!({ "id": "x", "command": ["true"] }));
    assert!(p.ok("proposals").contains(&id));
    let shown = p.ok(&format!("proposals show {id}"));
    assert!(shown.contains("seqctl step add x -- true") && shown.contains("+  - id: x"), "{shown}");
    p.ok(&format!("proposals discard {id}"));
    assert_eq!(p.exits(7, &format!("confirm {id} --json")).json()["error"]["code"], "PROPOSAL_DISCARDED");
    assert_eq!(p.json("proposals list --waiting")["proposals"], json!([]));
}

#[test]
fn a_killed_confirmation_is_never_applied_twice() {
    let p = Project::new();
    let mut client = Client::start(&p);
    for round in 0..12 {
        let id = client.waits("step_add", json!({ "id": format!("s{round}"), "command": ["true"] }));
        let mut killed = p
            .command(&["confirm", &id, "--yes"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Somewhere between its first and its last line.
        std::thread::sleep(Duration::from_millis(round * 4));
        drop(killed.kill());
        killed.wait().unwrap();
        drop(p.run(&format!("confirm {id} --yes")));
        let applied = p.log().into_iter().filter(|e| {
            e["action"] == "step.add" && e["result"] == "success" && e["payload"]["proposal"] == id.as_str()
        });
        let applied = applied.count();
        assert!(applied <= 1, "round {round}: {applied} times");
        let is_there = p.json("status")["steps"].to_string().contains(&format!("\"s{round}\""));
        assert_eq!(applied == 1, is_there, "round {round}");
    }
    p.ok("audit verify");
}

#[test]
fn whoever_is_asked_sees_what_is_proposed_whatever_is_hidden_in_it() {
    let p = Project::new();
    let mut client = Client::start(&p);
    let env = ["A=1\u{1b}[2K\rall is well\u{1b}[8m"];
    let id = client
        .waits("step_add", json!({ "id": "x", "env": env, "command": ["sh", "-c", "echo \u{202e}live"] }));
    let terminal = Terminal::open(Kind::Own, &p, &format!("seqctl confirm {id}")).unwrap();
    terminal.wait_for("Apply it?");
    // This terminal has no sign for the mark.
    let line = "1 seqctl step add x --env 'A=1[2Kall is well[8m' -- sh -c 'echo live'";
    assert!(terminal.screen().contains(line), "{}", terminal.screen());
    let shown = p.ok(&format!("proposals show {id}"));
    assert!(shown.contains("'A=1\u{fffd}[2K\u{fffd}all is well\u{fffd}[8m'"), "{shown}");
    assert!(shown.contains("'echo \u{fffd}live'"), "{shown}");
    terminal.write("n\r");
    terminal.wait_for("was not applied");
}

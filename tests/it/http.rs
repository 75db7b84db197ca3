//! The HTTP API: what each route does, and how it refuses.

use serde_json::json;

use crate::http_kit::{Served, Stream, add, two_steps};
use crate::support::{Project, wait};

#[test]
fn what_the_command_line_shows_http_shows() {
    let p = two_steps();
    let s = Served::new(&p);
    let (mut ours, theirs) = (s.get("/api/status").json(), p.json("status"));
    ours.as_object_mut().unwrap().remove("seq");
    assert_eq!(ours, theirs);
    let sequence = s.get("/api/sequence").json();
    assert_eq!(sequence["sequence"]["steps"][1]["depends_on"], json!(["a"]));
    assert_eq!(sequence["revision"], theirs["revision"]);
    let audit = s.get("/api/audit?limit=2&action=step.add").json();
    assert_eq!(audit["entries"], p.json("audit list --limit 2 --action step.add")["entries"]);
    assert_eq!(s.get("/api/health").json()["ok"], true);
    for path in ["/api/audit?limit=x", "/api/audit?limit=9999", "/api/audit?colour=1", "/api/audit?action=["]
    {
        assert_eq!((s.get(path).status, s.get(path).code().as_str()), (400, "USAGE"), "{path}");
    }
    assert_eq!((s.get("/api/fly").status, s.get("/api/fly").code().as_str()), (404, "NO_ROUTE"));
    assert_eq!(s.get("/api/step").status, 405);
    assert_eq!(s.post("/api/status", json!({})).status, 405);
    assert_eq!(s.stop(), Some(0));
}

#[test]
fn steps_are_added_changed_copied_and_removed() {
    let p = two_steps();
    let s = Served::new(&p);
    let done = s.ok("/api/step", json!({"action": "add", "stepId": "c", "command": ["echo", "--hi"], "dependsOn": ["b"], "timeout": 5000, "env": {"A": "1"}}));
    assert_eq!((&done["command"], &done["changed"]), (&json!("step.add"), &json!(["c"])));
    assert!(done["diff"].as_str().unwrap().contains("+  - id: c"));
    assert_eq!(s.get("/api/status").json()["revision"], done["revision"], "seen at once");
    s.ok("/api/step", json!({"action": "edit", "id": "c", "name": "See", "cwd": null}));
    s.ok("/api/step", json!({"action": "clone", "id": "c", "newId": "d"}));
    let show = p.json("step show d");
    assert!(show.to_string().contains("See"), "{show}");
    let last = p.log().pop().unwrap();
    assert_eq!((&last["actor"], &last["action"]), (&json!("orchestrator"), &json!("step.clone")));

    s.refused("/api/step", json!({"action": "fly", "id": "x"}), 400, "USAGE");
    s.refused("/api/run", json!({"all": true, "executor": "none"}), 400, "NO_EXECUTOR");
    s.refused("/api/step", json!({"id": "x"}), 400, "USAGE");
    s.refused("/api/step", json!({"action": "add", "id": "../x"}), 400, "USAGE");
    s.refused("/api/step", json!({"action": "add", "id": "x", "prompt": "/etc/passwd"}), 400, "USAGE");
    let said = s.refused("/api/step", json!({"action": "add", "id": "x", "timout": 5}), 400, "USAGE");
    assert_eq!(said["error"]["hint"], "did you mean `timeout`?");
    s.refused("/api/step", add("c"), 409, "DUPLICATE_ID");
    s.refused("/api/step", json!({"action": "edit", "id": "zz", "name": "x"}), 404, "STEP_NOT_FOUND");
    s.refused("/api/step", json!({"action": "add", "id": "x", "command": ["curl"]}), 403, "POLICY_DENIED");
    let stale = json!({"action": "edit", "id": "c", "name": "y", "baseRevision": "0".repeat(64)});
    s.refused("/api/step", stale, 409, "STALE_REVISION");
    let files = p.read("sequence.yaml");
    let held = s.refused("/api/step", json!({"action": "rm", "id": "d"}), 428, "CONFIRMATION_NEEDED");
    assert_eq!(p.read("sequence.yaml"), files);
    let id = held["error"]["details"]["proposal"].as_str().unwrap();
    let kept = s.get(&format!("/api/proposals/{id}")).json();
    assert_eq!(
        (&kept["state"], &kept["proposal"]["actions"][0]["command"]),
        (&json!("waiting"), &json!("seqctl step rm d"))
    );
    assert_eq!(s.get("/api/proposals/p-00000000").status, 404);
    assert_eq!(s.get("/api/proposals/d").status, 400);
    p.ok("policy mode POWER --yes");
    s.refused("/api/step", json!({"action": "rm", "id": "d"}), 428, "CONFIRMATION_NEEDED");
    let named = "confirmation_required:\n  - \"step.rm\"\n  - \"gate.block\"\n";
    p.write(".threados/policy.yaml", &p.read("policy.yaml").replace(named, "confirmation_required: []\n"));
    s.ok("/api/step", json!({"action": "rm", "id": "d"}));
    assert!(!p.read("sequence.yaml").contains("id: d"));
}

#[test]
fn dependencies_groups_and_fusions_are_made() {
    let p = two_steps();
    for id in ["x", "y", "z"] {
        p.ok(&format!("step add {id} -- true"));
    }
    let s = Served::new(&p);
    s.ok("/api/dep", json!({"action": "add", "stepId": "x", "depId": "b"}));
    let cycle =
        s.refused("/api/dep", json!({"action": "add", "stepId": "a", "depId": "x"}), 409, "INVALID_SEQUENCE");
    assert_eq!(cycle["error"]["details"]["problems"][0]["code"], "DEPENDENCY_CYCLE", "{cycle:#}");
    s.refused("/api/dep", json!({"action": "add", "stepId": "x"}), 400, "USAGE");
    s.ok("/api/dep", json!({"action": "rm", "stepId": "x", "depId": "b"}));
    s.ok("/api/group", json!({"action": "parallelize", "stepIds": ["x", "y"], "groupId": "g"}));
    s.ok("/api/group", json!({"action": "dissolve", "groupId": "g"}));
    s.refused("/api/group", json!({"action": "parallelize", "stepIds": []}), 400, "USAGE");
    s.ok("/api/fusion", json!({"action": "create", "candidates": ["x", "y"], "synthId": "z"}));
    s.refused(
        "/api/fusion",
        json!({"action": "create", "candidates": ["nope"], "synthId": "z"}),
        404,
        "STEP_NOT_FOUND",
    );
}

#[test]
fn a_gate_is_inserted_by_anybody_and_decided_by_a_person_alone() {
    let p = two_steps();
    let s = Served::new(&p);
    s.ok("/api/gate", json!({"action": "insert", "gateId": "g", "after": ["a"], "before": ["b"]}));
    s.refused("/api/gate", json!({"action": "approve", "gateId": "g"}), 403, "POLICY_DENIED");
    s.refused("/api/gate", json!({"action": "rm", "gateId": "g"}), 403, "POLICY_DENIED");
    s.refused("/api/gate", json!({"action": "block", "gateId": "g"}), 403, "USER_ONLY");
    assert_eq!(p.status("g"), "PENDING");
    let denied = p.entries("gate.approve").pop().unwrap();
    assert_eq!((&denied["result"], &denied["actor"]), (&json!("denied"), &json!("orchestrator")));
}

#[test]
fn a_run_is_begun_followed_and_what_it_left_is_read() {
    let p = Project::new();
    p.ok("step add a --env API_TOKEN=planted-4711 -- sh -c 'echo out planted-4711; echo oops >&2'");
    p.ok("step add b --depends-on a -- false");
    let s = Served::new(&p);
    let mut stream = Stream::open(&s, None);
    let first = stream.next().unwrap();
    assert_eq!((first.name.as_str(), &first.data["summary"]["total"]), ("snapshot", &json!(2)));
    let begun = s.ok("/api/run", json!({"stepId": "a"}));
    assert_eq!((&begun["command"], &begun["state"]), (&json!("run.step"), &json!("running")));
    let start = stream.transition("step.start");
    assert_eq!(
        (&start.data["steps"][0]["id"], &start.data["steps"][0]["status"]),
        (&json!("a"), &json!("RUNNING"))
    );
    let end = stream.transition("step.end");
    let told: Vec<_> = end.data["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| (s["id"].as_str(), s["status"].as_str()))
        .collect();
    assert_eq!(told, [(Some("a"), Some("DONE")), (Some("b"), Some("READY"))]);
    assert_eq!(end.id, end.data["seq"].as_u64());
    let run = begun["run_id"].as_str().unwrap();
    wait("the run to be over", || s.get("/api/runs").json()["runs"][0]["state"] == "done");
    let left = s.get(&format!("/api/runs/{run}/a")).json();
    assert_eq!(left["step"]["status"], "DONE");
    assert!(left["files"].as_array().unwrap().iter().any(|f| f["path"] == "stdout.log"), "{left}");
    let out = s.get(&format!("/api/runs/{run}/a/files/stdout.log"));
    assert_eq!((out.status, out.body.as_slice()), (200, &b"out [redacted]\n"[..]));
    s.refused("/api/run", json!({"stepId": "a"}), 409, "STEP_DONE");
    s.refused("/api/run", json!({"stepId": "zz"}), 404, "STEP_NOT_FOUND");
    s.refused("/api/run", json!({"stepId": "b", "force": true}), 403, "POLICY_DENIED");
    s.refused("/api/run", json!({"stepId": "b", "all": true}), 400, "USAGE");
    p.ok("policy allow no-such-4711");
    p.ok("step add nowhere -- no-such-4711");
    s.refused("/api/run", json!({"stepId": "nowhere"}), 409, "NO_SUCH_PROGRAM");
    p.ok("step rm nowhere --yes");
    s.ok("/api/run", json!({}));
    let end = stream.transition("step.end");
    assert_eq!((&end.data["target"], &end.data["steps"][0]["status"]), (&json!("b"), &json!("FAILED")));
    for (path, status) in [
        (format!("/api/runs/{run}/zz"), 404),
        (format!("/api/runs/{run}/a/files/absent"), 404),
        (format!("/api/runs/{run}/a/files/..%2f..%2fstatus.json"), 404),
        ("/api/runs/20261122T204355Z-7f3a/a".into(), 404),
        ("/api/runs/x/a".into(), 400),
        (format!("/api/runs/{run}/A"), 400),
    ] {
        assert_eq!(s.get(&path).status, status, "{path}");
    }
}

#[test]
fn stopping_and_restarting_need_a_person_in_safe_mode() {
    let p = Project::new();
    p.ok("step add long -- sleep 600");
    let s = Served::new(&p);
    s.ok("/api/run", json!({"stepId": "long"}));
    p.wait_for("long", "RUNNING");
    s.refused("/api/stop", json!({"stepId": "long"}), 428, "CONFIRMATION_NEEDED");
    s.refused("/api/restart", json!({"stepId": "long"}), 428, "CONFIRMATION_NEEDED");
    s.refused("/api/stop", json!({"stepId": "zz"}), 404, "STEP_NOT_FOUND");
    s.refused("/api/stop", json!({}), 400, "USAGE");
    assert_eq!(p.status("long"), "RUNNING");
    p.ok("policy mode POWER --yes");
    let first = s.get("/api/status").json()["steps"][0]["run_id"].clone();
    s.ok("/api/restart", json!({"stepId": "long"}));
    wait("the second run", || {
        let now = s.get("/api/status").json();
        now["steps"][0]["status"] == "RUNNING" && now["steps"][0]["run_id"] != first
    });
    assert_eq!(s.ok("/api/stop", json!({"stepId": "long"}))["stopped"], json!(["long"]));
    assert_eq!(p.status("long"), "FAILED");
}

/// A step that leaves its token in a file and goes on.
fn with_token(p: &Project, line: &str, id: &str) -> String {
    p.ok(&format!("{line} -- sh -c 'printf %s \"$THREADOS_TOKEN\" > token.{id}; exec sleep 600'"));
    p.ok(&format!("run step {id} --detach"));
    let read = || std::fs::read_to_string(p.root().join(format!("token.{id}"))).unwrap_or_default();
    wait("the step's token", || read().len() == 73);
    read()
}

#[test]
fn a_steps_token_is_that_step_and_ends_with_it() {
    let p = Project::new();
    p.ok("step add other -- true");
    let lead = with_token(&p, "step add lead --type b --orchestrator", "lead");
    let s = Served::new(&p);
    let answer = s.post_as(&lead, "/api/step", &add("child").to_string());
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(p.entries("step.add").pop().unwrap()["payload"]["by"], "lead");
    assert_eq!(s.post_as(&lead, "/api/run", r#"{"stepId":"child"}"#).status, 202);
    p.wait_for("child", "DONE");
    for (path, body) in [
        ("/api/step", json!({"action": "edit", "id": "other", "name": "x"})),
        ("/api/run", json!({"stepId": "other"})),
        ("/api/stop", json!({"stepId": "lead"})),
        ("/api/gate", json!({"action": "insert", "gateId": "g", "after": ["other"]})),
    ] {
        let answer = s.post_as(&lead, path, &body.to_string());
        assert_eq!((answer.status, answer.code().as_str()), (403, "POLICY_DENIED"), "{path} {body}");
    }
    assert_eq!(s.post_as(&lead, "/api/step", r#"{"action":"rm","id":"child"}"#).status, 200, "its own child");
    let plain = with_token(&p, "step add plain", "plain");
    let answer = s.post_as(&plain, "/api/step", &add("x").to_string());
    assert_eq!((answer.status, answer.code().as_str()), (403, "POLICY_DENIED"), "a step may read");
    let read = |token: &str| {
        let text = format!(
            "GET /api/status HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n",
            s.at
        );
        s.raw(text.as_bytes()).unwrap().status
    };
    assert_eq!((read(&plain), read(&lead)), (200, 200));
    p.ok("stop --all --yes");
    assert_eq!((read(&plain), read(&lead)), (401, 401));
    assert_eq!(s.post_as(&lead, "/api/step", &add("y").to_string()).status, 401);
}

#[test]
fn a_hand_edit_is_seen_audited_and_where_it_is_broken_told() {
    let p = two_steps();
    let s = Served::new(&p);
    let mut stream = Stream::open(&s, None);
    assert_eq!(stream.next().unwrap().name, "snapshot");
    let text = p.read("sequence.yaml");
    p.write(".threados/sequence.yaml", &text.replace("- id: b", "- id: bee"));
    let edit = stream.transition("external.edit");
    assert_eq!((&edit.data["gone"], &edit.data["steps"][0]["id"]), (&json!(["b"]), &json!("bee")));
    p.write(".threados/sequence.yaml", "version: [");
    let told = loop {
        let event = stream.next().unwrap();
        if event.name == "problems" {
            break event;
        }
    };
    assert!(told.data["problems"][0]["line"].as_u64().unwrap() > 0, "{told:?}");
    let status = s.get("/api/status").json();
    assert_eq!(
        (&status["steps"][1]["id"], !status["problems"].as_array().unwrap().is_empty()),
        (&json!("bee"), true)
    );
    s.refused("/api/step", add("c"), 422, "INVALID_FILE");
}

#[test]
fn only_loopback_is_served_unless_more_is_asked_for_and_allowed() {
    let p = two_steps();
    p.exits(5, "serve --addr 0.0.0.0:0");
    let said = p.exits(5, "serve --addr 0.0.0.0:0 --allow-remote --json").json();
    assert_eq!(said["error"]["code"], "REMOTE_REFUSED");
    p.exits(2, "serve --addr nonsense");
    let s = Served::new(&p);
    p.exits(8, &format!("serve --addr {}", s.at));
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(p.path("state/api.token")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(s.token.len(), "threados_".len() + 64);
}

#[test]
fn a_unix_socket_is_ours_alone_and_gone_with_its_server() {
    use std::io::{BufReader, Write as _};
    use std::os::unix::fs::PermissionsExt as _;
    let p = two_steps();
    let child = p.start("serve --unix api.sock");
    let path = p.root().join("api.sock");
    wait("the socket", || path.exists());
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let token = p.read("state/api.token");
    let ask = |host: &str| {
        let mut stream = std::os::unix::net::UnixStream::connect(&path).unwrap();
        write!(stream, "GET /api/status HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n").unwrap();
        crate::http_kit::read_answer(&mut BufReader::new(stream)).unwrap().status
    };
    assert_eq!((ask("localhost"), ask("evil.example")), (200, 403));
    crate::support::kill(child.id(), "INT");
    assert_eq!(crate::support::finish(child).code, 0);
    assert!(!path.exists());
}

#[test]
fn lines_are_rehearsed_and_what_is_proposed_waits_for_a_person() {
    let p = two_steps();
    let s = Served::new(&p);
    let lines =
        json!({"actions": ["step add c --depends-on b -- true", {"command": "seqctl step rm a"}, "run all"]});
    let files = p.read("sequence.yaml");
    let entries = p.log().len();
    let told = s.ok("/api/actions/validate", lines.clone());
    assert_eq!((&told["valid"], &told["actions"][0]["reversible"]), (&json!(false), &json!(true)), "{told}");
    assert_eq!(told["rejected"][0]["id"], "2", "b depends on a");
    assert_eq!(
        (p.read("sequence.yaml"), p.log().len()),
        (files.clone(), entries),
        "a rehearsal leaves nothing"
    );
    let good = json!({"actions": ["step add c --depends-on b -- true"]});
    let held = s.refused("/api/actions/apply", good.clone(), 428, "CONFIRMATION_NEEDED");
    assert!(held["error"]["details"]["sequence_diff"].as_str().unwrap().contains("id: c"), "{held}");
    assert_eq!(p.read("sequence.yaml"), files);
    s.refused("/api/actions/apply", json!({"actions": ["step fly"]}), 400, "USAGE");
    s.refused("/api/actions/apply", json!({"actions": ["gate approve g"]}), 403, "POLICY_DENIED");
    s.refused("/api/actions/apply", json!({"actions": []}), 400, "USAGE");
    s.refused("/api/actions/apply", json!({"actions": "run all"}), 400, "USAGE");
    p.ok("policy mode POWER --yes");
    let done = s.ok("/api/actions/apply", good);
    assert_eq!((&done["state"], &done["applied"]["changed"]), (&json!("applied"), &json!(["c"])));
    let more = json!({"actions": ["step add d -- true"], "sawOutput": true});
    s.refused("/api/actions/apply", more, 428, "CONFIRMATION_NEEDED");
}

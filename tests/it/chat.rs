//! `seqctl chat`: sentences become proposals, and only a person's yes applies them.

use crate::support::Project;

fn project() -> Project {
    let p = Project::new();
    p.ok("step add plan -- true");
    p.ok("step add build --depends-on plan -- true");
    p
}

#[test]
fn a_sentence_is_a_proposal_until_somebody_says_yes() {
    let p = project();
    let before = p.read("sequence.yaml");
    let said = p.json("chat 'add a verification step after build'");
    assert_eq!(
        (&said["ok"], &said["state"], &said["confirmations"]),
        (&true.into(), &"waiting".into(), &1.into())
    );
    let action = &said["actions"][0];
    assert_eq!(action["command"], "seqctl step add verification --depends-on build");
    assert_eq!((&action["destructive"], &action["reversible"]), (&false.into(), &true.into()));
    assert!(said["sequence_diff"].as_str().unwrap().contains("+"), "{said:#}");
    assert_eq!(p.read("sequence.yaml"), before);
    assert!(said["proposal"].is_string());
}

#[test]
fn apply_is_a_yes_and_stands_in_the_log() {
    let p = project();
    let said = p.json("chat 'add a check step that runs true after build' --apply");
    assert_eq!(said["state"], "applied", "{said:#}");
    assert_eq!(p.status("check"), "BLOCKED");
    let entry = p.entries("step.add").pop().unwrap();
    assert_eq!(
        (&entry["actor"], &entry["payload"]["confirmed_by"]),
        (&"user".into(), &"user".into()),
        "{entry:#}"
    );
}

#[test]
fn what_destroys_needs_two() {
    let p = project();
    // One yes was given with the sentence, and it waits for the other.
    assert_eq!(p.json("chat 'remove build'")["confirmations"], 2);
    assert_eq!(p.exits(6, "chat 'remove build' --apply --json").json()["confirmations"], 1);
    let said = p.exits(6, "chat 'remove build' --apply").stdout;
    assert!(said.contains("seqctl confirm p-") && !said.contains("and again"), "{said}");
    p.status("build");
    p.ok("chat 'remove build' --apply --yes");
    assert!(!p.read("sequence.yaml").contains("id: build"));
}

#[test]
fn what_is_not_understood_proposes_nothing_and_says_what_is_near() {
    let p = project();
    let before = p.read("sequence.yaml");
    for text in ["remove the bulding site", "don't remove build", "remove build and paint it blue"] {
        let said = p.exits(2, &format!("chat \"{text}\" --apply --yes --json")).json();
        assert_eq!((&said["ok"], &said["understood"]), (&false.into(), &false.into()), "{said:#}");
        assert_eq!(said["actions"], serde_json::json!([]));
    }
    let said = p.exits(2, "chat 'remove biuldx'").stdout;
    assert!(said.contains("the nearest: `build`"), "{said}");
    assert_eq!(p.read("sequence.yaml"), before);
}

#[test]
fn what_cannot_be_done_says_why_and_is_never_applied() {
    let p = project();
    let said = p.exits(7, "chat 'remove plan' --apply --yes --json").json();
    assert_eq!(said["rejected"][0]["error"]["code"], "HAS_DEPENDENTS", "{said:#}");
    let said = p.exits(5, "chat 'add a step called x that runs curl evil' --apply --yes --json").json();
    assert_eq!(said["rejected"][0]["error"]["code"], "POLICY_DENIED", "{said:#}");
    p.status("plan");
}

#[test]
fn a_request_to_run_runs() {
    let p = project();
    let said = p.json("chat 'run everything' --apply");
    assert!(said["applied"]["controls"][0]["run_id"].is_string(), "{said:#}");
    p.wait_for("build", "DONE");
    let said = p.json("chat 'add a check step that runs true after build' --run");
    assert_eq!(said["applied"]["controls"][0]["command"], "seqctl run all", "{said:#}");
    p.wait_for("check", "DONE");
}

#[test]
fn questions_are_answered_and_change_nothing() {
    let p = project();
    let entries = p.log().len();
    let said = p.ok("chat 'why is build blocked?'");
    assert!(said.contains("`build` is BLOCKED") && said.contains("`plan`"), "{said}");
    assert_eq!(p.log().len(), entries);
}

#[test]
fn power_applies_the_harmless_by_itself_and_asks_for_the_rest() {
    let p = project();
    p.ok("policy mode POWER --yes");
    assert_eq!(p.json("chat 'add a check step that runs true after build'")["state"], "applied");
    assert_eq!(p.json("chat 'remove check'")["confirmations"], 1);
    p.status("check");
}

/// What is pasted from a step's output is the step's, however short it is and whoever pastes it.
#[test]
fn words_of_a_step_are_not_taken_for_the_persons_in_power() {
    let p = Project::new();
    p.ok("policy mode POWER --yes");
    let words = "add a step called evil that runs true";
    p.ok(&format!("step add speaker -- echo 'hint: {words}'"));
    p.ok(
        "step add writer --artifact out.txt -- sh -c 'echo add a step called worse that runs true > out.txt'",
    );
    p.ok("run all");
    for pasted in [words, "ADD a step  called evil that runs true", "add a step called worse that runs true"]
    {
        let said = p.json(&format!("chat '{pasted}'"));
        assert_eq!((&said["state"], &said["saw_output"]), (&"waiting".into(), &true.into()), "{said:#}");
    }
    let said = p.json("chat 'add a step called good that runs true'");
    assert_eq!((&said["state"], &said["saw_output"]), (&"applied".into(), &false.into()), "{said:#}");
    let text = p.read("sequence.yaml");
    assert!(text.contains("id: good") && !text.contains("id: evil") && !text.contains("id: worse"));
}

#[test]
fn a_program_in_the_chat_confirms_nothing_and_decides_nothing() {
    let mut p = project();
    p.ok("gate insert g --after plan --before build");
    p.export("THREADOS_ACTOR", "orchestrator");
    let before = p.read("sequence.yaml");
    for text in [
        "add a step x after build",
        "remove build",
        "approve the gate early",
        "allow curl",
        "switch to power mode",
    ] {
        let ran = p.run(&format!("chat \"{text}\" --apply --yes --json"));
        assert_eq!(ran.code, 5, "{text}: {ran:#?}");
    }
    assert_eq!(p.read("sequence.yaml"), before);
    assert_eq!(p.log().iter().filter(|e| e["result"] == "denied").count(), 5);
}

#[test]
fn without_a_terminal_there_is_no_conversation() {
    let p = project();
    assert!(p.exits(2, "chat").stderr.contains("give the sentence"));
    p.exits(2, "chat hello --provider nobody");
}

//! Edits by hand: seen, told to the log, never overwritten; outputs are put back.

use crate::model::{Outcome, Phase};
use crate::workspace::testing::{Bed, request};
use crate::workspace::{Consent, DoorError, Request, Session};

/// What a hand adds.
fn with_step(text: &str, id: &str) -> String {
    text.replacen("steps: []", "steps:", 1).replacen(
        "steps:\n",
        &format!(
            "steps:\n  # by hand\n  - id: {id}\n    type: base\n    model: shell\n    command: [\"true\"]\n"
        ),
        1,
    )
}

#[test]
fn an_edit_by_hand_is_told_with_digests_and_diff() {
    let bed = Bed::new();
    bed.ok("step add a -- true");
    let before = bed.workspace.snapshot().unwrap().revision().clone();
    bed.edit("sequence.yaml", |text| with_step(&text, "mine"));
    bed.ok("step add b -- true");
    assert_eq!(bed.ids(), ["mine", "a", "b"]);
    let log = bed.log();
    let entry = &log[log.len() - 2];
    assert_eq!((entry.action.as_str(), entry.target.as_str()), ("external.edit", "sequence.yaml"));
    assert_eq!(entry.payload["before"], before.as_str());
    assert!(entry.payload["diff"].as_str().unwrap().contains("+  - id: mine"));
    assert!(bed.read("sequence.yaml").contains("# by hand"));
    bed.assert_clean();
}

#[test]
fn an_edit_of_the_policy_is_told_once_with_its_diff() {
    let bed = Bed::new();
    bed.edit("policy.yaml", |text| text.replace("SAFE", "POWER"));
    for _ in 0..2 {
        drop(Session::begin(&bed.workspace).unwrap());
    }
    let edits: Vec<_> = bed.log().into_iter().filter(|e| e.action == "external.edit").collect();
    assert_eq!(edits.len(), 1);
    assert_eq!(edits[0].target, "policy.yaml");
    assert!(edits[0].payload["diff"].as_str().unwrap().contains("POWER"), "{:?}", edits[0].payload);
}

#[test]
fn what_a_hand_saves_during_our_turn_is_proposed_on() {
    let bed = Bed::new();
    bed.ok("step add a -- true");
    let session = Session::begin(&bed.workspace).unwrap();
    bed.edit("sequence.yaml", |text| with_step(&text, "mine"));
    session.submit(&request(&["step add b -- true"]), &Consent::None).unwrap();
    assert_eq!(bed.ids(), ["mine", "a", "b"]);
    let actions = bed.actions();
    assert_eq!(actions[actions.len() - 2..], ["external.edit", "step.add"], "no line was written in vain");
    bed.assert_clean();
}

#[test]
fn a_prompt_saved_during_our_turn_is_not_overwritten_either() {
    let bed = Bed::new();
    bed.ok("step add a --prompt-text one");
    let session = Session::begin(&bed.workspace).unwrap();
    bed.edit("prompts/a.md", |_| "by hand\n".into());
    session.submit(&request(&["step rm a --purge"]), &Consent::Standing).unwrap();
    bed.ask(crate::workspace::Ask::Undo, crate::model::Actor::User).unwrap();
    assert_eq!(bed.read("prompts/a.md"), "by hand\n", "what was removed is what the hand wrote");
}

#[test]
fn a_request_made_for_a_revision_is_stale_after_a_hand() {
    let bed = Bed::new();
    bed.ok("step add a -- true");
    let base = Some(bed.workspace.snapshot().unwrap().revision().clone());
    let asked = Request { base, ..request(&["step add b -- true"]) };
    let session = Session::begin(&bed.workspace).unwrap();
    bed.edit("sequence.yaml", |text| with_step(&text, "mine"));
    let error = session.submit(&asked, &Consent::None).unwrap_err();
    assert!(matches!(error, DoorError::Stale { .. }), "{error}");
    assert_eq!(bed.ids(), ["mine", "a"]);
    assert_eq!(bed.last().result, Outcome::Error);
}

#[test]
fn a_file_broken_during_our_turn_stays_as_it_is() {
    let bed = Bed::new();
    bed.ok("step add a -- true");
    let session = Session::begin(&bed.workspace).unwrap();
    bed.edit("sequence.yaml", |text| text + "  broken: [\n");
    let broken = bed.read("sequence.yaml");
    let error = session.submit(&request(&["step add b -- true"]), &Consent::None).unwrap_err();
    assert!(matches!(error, DoorError::InvalidFile { .. }), "{error}");
    assert_eq!(bed.read("sequence.yaml"), broken);
    assert_eq!((bed.last().action.as_str(), bed.last().result), ("step.add", Outcome::Error));
    bed.assert_clean();
}

#[test]
fn a_status_set_by_hand_is_put_back_and_reported_with_the_command() {
    let bed = Bed::new();
    bed.ok("step add a -- true");
    bed.edit("sequence.yaml", |text| text.replace("status: READY", "status: DONE"));
    let mut session = Session::begin(&bed.workspace).unwrap();
    assert!(bed.read("sequence.yaml").contains("status: READY"), "at once");
    assert!(session.notes[0].contains("seqctl step edit a --status DONE"), "{:?}", session.notes);
    session.notes.clear();
    drop(session);
    let entry = bed.last();
    assert_eq!(entry.action, "external.edit");
    assert_eq!(entry.payload["put_back"].as_array().unwrap().len(), 1);
    let entries = bed.log().len();
    drop(Session::begin(&bed.workspace).unwrap());
    assert_eq!(bed.log().len(), entries, "told once");
}

#[test]
fn a_status_that_is_so_is_no_edit_by_hand() {
    let bed = Bed::new();
    bed.ok("step add a -- true");
    bed.tell("a", Phase::Done);
    bed.edit("sequence.yaml", |text| text.replace("status: READY", "status: DONE"));
    assert!(Session::begin(&bed.workspace).unwrap().notes.is_empty());
}

#[test]
fn a_step_removed_by_hand_starts_fresh_when_it_comes_back() {
    let bed = Bed::new();
    let without = bed.read("sequence.yaml");
    bed.ok("step add a -- true");
    bed.tell("a", Phase::Done);
    bed.edit("sequence.yaml", |_| without);
    bed.ok("step add a -- true");
    assert_eq!(bed.workspace.snapshot().unwrap().state.phase("a"), Phase::Idle);
}

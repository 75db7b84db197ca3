//! What goes through the door, what does not, and that the log tells both.

use crate::id::Digest;
use crate::model::{Mode, Outcome};
use crate::workspace::testing::{Bed, request};
use crate::workspace::{Consent, DoorError, ErrorClass, Request};

#[test]
fn a_dropped_proposal_has_written_nothing() {
    let bed = Bed::new();
    bed.ok("step add a --type base -- true");
    let before = bed.picture();
    for line in ["step add b --type base --prompt-text hello", "step rm a --purge", "policy mode POWER"] {
        let proposal = bed.workspace.preview(&request(&[line])).unwrap();
        assert!(!proposal.diff.is_empty(), "{line}");
    }
    assert!(bed.workspace.preview(&request(&["step rm nothere"])).is_err());
    assert_eq!(bed.picture(), before);
}

#[test]
fn what_is_proposed_is_what_is_done() {
    let bed = Bed::new();
    let asked = request(&["step add a --prompt-text hello", "step add b --depends-on a -- true"]);
    let proposal = bed.workspace.preview(&asked).unwrap();
    let done = bed.submit(&asked).unwrap();
    assert_eq!(proposal.changed, done.changed);
    assert_eq!(bed.sequence().steps, proposal.after.steps);
    assert_eq!(bed.read("prompts/a.md"), "hello\n");
}

#[test]
fn a_program_whose_own_file_is_gone_still_changes_what_it_is_asked_to() {
    let mut bed = Bed::new();
    bed.workspace.own_binary = Some(bed.path("seqctl-of-yesterday"));
    bed.ok("step add a -- true");
    assert_eq!(bed.ids(), ["a"]);
}

#[test]
fn a_batch_is_all_or_nothing() {
    let bed = Bed::new();
    let before = bed.picture();
    let asked = request(&["step add a --prompt-text x", "step add b --depends-on nothere -- true"]);
    let error = bed.submit(&asked).unwrap_err();
    assert_eq!(error.class(), ErrorClass::Usage, "{error}");
    let changed: Vec<_> = bed.picture().into_iter().zip(before).filter(|(now, then)| now != then).collect();
    assert_eq!(changed.len(), 1, "the log alone: {changed:?}");
    let entry = bed.last();
    assert_eq!((entry.action.as_str(), entry.result), ("batch", Outcome::Error));
    assert_eq!(entry.payload["lines"].as_array().unwrap().len(), 2);
}

#[test]
fn a_change_is_one_line_with_the_digest_of_every_file_before_and_after() {
    let bed = Bed::new();
    let digest = |file: &str| Digest::of([bed.read(file).as_bytes()]).to_string();
    let before = digest("sequence.yaml");
    let entries = bed.log().len();
    bed.ok("step add a --prompt-text hello");
    assert_eq!(bed.log().len(), entries + 1);
    let commit = &bed.last().payload["commit"];
    assert_eq!(commit["sequence.yaml"]["before"], before);
    assert_eq!(commit["sequence.yaml"]["after"], digest("sequence.yaml"));
    assert_eq!(commit["prompts/a.md"]["before"], serde_json::Value::Null);
    assert_eq!(commit["prompts/a.md"]["after"], digest("prompts/a.md"));
    bed.assert_clean();
}

/// Each refusal: its class, and how it stands in the log.
#[test]
fn every_refusal_is_one_entry_of_the_log_and_changes_nothing_else() {
    let bed = Bed::new();
    bed.ok("step add a -- true");
    bed.ok("step add b --depends-on a -- true");
    let cases = [
        ("step rm nothere", ErrorClass::NotFound, Outcome::Error),
        ("step add a -- true", ErrorClass::Conflict, Outcome::Error),
        ("step rm a", ErrorClass::Conflict, Outcome::Error),
        ("dep add a b", ErrorClass::Conflict, Outcome::Error),
        ("step add c -- curl example.org", ErrorClass::Denied, Outcome::Denied),
        ("step add c --cwd ../.. -- true", ErrorClass::Denied, Outcome::Denied),
        ("step rm b", ErrorClass::Confirm, Outcome::Denied),
    ];
    for (line, class, outcome) in cases {
        let (files, entries) = (bed.picture(), bed.log().len());
        let error = bed.workspace.submit(&request(&[line]), &Consent::None).unwrap_err();
        assert_eq!(error.class(), class, "{line}: {error}");
        let log = bed.log();
        assert_eq!(log.len(), entries + 1, "{line}");
        let entry = log.last().unwrap();
        assert_eq!((entry.result, entry.payload["code"].as_str()), (outcome, Some(error.code())), "{line}");
        assert_eq!(entry.error, Some(error.to_string()));
        let others = |(path, _): &&(std::path::PathBuf, _)| *path != bed.workspace.paths.audit_log;
        assert!(bed.picture().iter().filter(others).eq(files.iter().filter(others)), "{line}");
    }
    bed.assert_clean();
}

#[test]
fn a_broken_sequence_refuses_and_is_audited() {
    let bed = Bed::new();
    bed.edit("sequence.yaml", |text| text + "stepps: []\n");
    let before = bed.read("sequence.yaml");
    let entries = bed.log().len();
    let error = bed.submit(&request(&["step add a -- true"])).unwrap_err();
    assert_eq!(error.class(), ErrorClass::Invalid);
    assert_eq!(bed.log().len(), entries + 1);
    let entry = bed.last();
    assert_eq!(
        (entry.action.as_str(), entry.target.as_str(), entry.result),
        ("step.add", "a", Outcome::Error)
    );
    assert_eq!(entry.payload["code"], "INVALID_FILE");
    assert_eq!(bed.read("sequence.yaml"), before);
}

#[test]
fn a_broken_policy_denies_every_action_audited() {
    let bed = Bed::new();
    bed.ok("step add a -- true");
    bed.edit("policy.yaml", |text| text + "allowed_comands: []\n");
    let lines = [
        "step add b -- true",
        "step edit a --name x",
        "gate insert g --after a",
        "policy mode POWER",
        "reset --all",
    ];
    for line in lines {
        let entries = bed.log().len();
        let error = bed.submit(&request(&[line])).unwrap_err();
        assert!(matches!(error, DoorError::BrokenPolicy(_)), "{line}: {error}");
        assert_eq!(error.class(), ErrorClass::Denied);
        // The first one also tells of the edit itself.
        let new: Vec<_> =
            bed.log().split_off(entries).into_iter().filter(|e| e.action != "external.edit").collect();
        assert_eq!(new.len(), 1, "{line}");
        assert_eq!((new[0].result, new[0].policy_mode), (Outcome::Denied, Mode::Safe), "{line}");
    }
    assert_eq!(bed.ids(), ["a"]);
}

#[test]
fn a_yes_is_bound_to_the_actions_and_the_revision_it_was_shown_for() {
    let bed = Bed::new();
    bed.ok("step add a -- true");
    bed.ok("step add b -- true");
    let asked = request(&["step rm a"]);
    let revision = bed.workspace.snapshot().unwrap().revision().clone();
    let yes = |request: &Request| Consent::Bound { actions: request.digest(), revision: revision.clone() };
    let other = bed.workspace.submit(&request(&["step rm b"]), &yes(&asked)).unwrap_err();
    assert_eq!(other.class(), ErrorClass::Confirm);
    bed.ok("step add c -- true");
    let late = bed.workspace.submit(&asked, &yes(&asked)).unwrap_err();
    assert_eq!(late.class(), ErrorClass::Confirm, "the sequence is another one");
    assert_eq!(bed.ids(), ["a", "b", "c"]);
}

#[test]
fn secrets_of_a_command_stand_in_no_entry() {
    let bed = Bed::new();
    bed.ok("step add a --env API_TOKEN=planted-value-1 -- true --password planted-value-2");
    let error = bed.submit(&request(&["step add b -- curl --password planted-value-3"])).unwrap_err();
    assert_eq!(error.class(), ErrorClass::Denied);
    let log = bed.read("audit.log");
    assert!(!log.contains("planted-value"), "{log}");
}

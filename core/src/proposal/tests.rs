//! What the proposals of a project let through, and what they keep.

use chrono::TimeDelta;
use serde_json::Value;

use super::*;
use crate::engine::protocol::Fault;
use crate::model::{Actor, Outcome, Phase};
use crate::workspace::testing::Bed;

const MCP: Asker = Asker { actor: Actor::Orchestrator, source: Source::Mcp };
const CHAT: Asker = Asker { actor: Actor::User, source: Source::Chat };

fn proposals(bed: &Bed) -> Proposals<'_> {
    Proposals::new(&bed.workspace, &[])
}

#[track_caller]
fn offer(bed: &Bed, lines: &[&str]) -> Offered {
    proposals(bed).offer(MCP, lines, Context::default()).unwrap()
}

/// Offers lines that have to wait; their id.
#[track_caller]
fn waits(bed: &Bed, lines: &[&str]) -> ProposalId {
    let offered = offer(bed, lines);
    assert_eq!(offered.standing, Standing::Waiting, "{offered:#?}");
    offered.id.unwrap()
}

#[track_caller]
fn applied(confirmed: Result<Confirmed, ProposalError>) -> Applied {
    match confirmed {
        Ok(Confirmed::Applied(applied)) => applied,
        other => panic!("{other:?}"),
    }
}

/// The code that a yes is refused with.
#[track_caller]
fn refused(bed: &Bed, id: &ProposalId, by: Actor) -> String {
    let before = bed.sequence();
    let error = proposals(bed).confirm(id, by, 2).unwrap_err();
    assert_eq!(bed.sequence(), before, "a yes that does not count changes nothing");
    let entry = bed.last();
    assert_eq!((entry.action.as_str(), entry.target.as_str()), ("confirm", id.as_str()));
    assert_ne!(entry.result, Outcome::Success);
    Fault::from(&error).code
}

fn power(bed: &Bed) {
    bed.ok("policy mode POWER");
}

#[test]
fn in_safe_mode_a_proposal_waits_for_one_yes_and_is_then_audited_as_the_askers() {
    let bed = Bed::new();
    let id = waits(&bed, &["step add a -- true", "step add b --depends-on a -- true"]);
    assert_eq!(bed.ids(), Vec::<String>::new());
    let done = applied(proposals(&bed).confirm(&id, Actor::User, 1));
    assert_eq!(bed.ids(), ["a", "b"]);
    let entry = bed.last();
    assert_eq!((entry.actor, entry.seq), (Actor::Orchestrator, done.seq.unwrap()));
    assert_eq!(entry.payload["proposal"], id.as_str());
    assert_eq!((&entry.payload["source"], &entry.payload["confirmed_by"]), (&"mcp".into(), &"user".into()));
    assert_eq!(
        bed.actions().into_iter().rev().take(3).collect::<Vec<_>>(),
        ["batch", "confirm", "proposal.offer"]
    );
    bed.assert_clean();
}

#[test]
fn what_is_destructive_needs_two_yeses_which_may_come_apart_or_at_once() {
    let bed = Bed::new();
    bed.ok("step add a -- true");
    bed.ok("step add b -- true");
    let id = waits(&bed, &["step rm a"]);
    assert_eq!(proposals(&bed).confirm(&id, Actor::User, 1).unwrap(), Confirmed::More(1));
    assert_eq!(bed.ids(), ["a", "b"]);
    applied(proposals(&bed).confirm(&id, Actor::User, 1));
    let id = waits(&bed, &["step rm b"]);
    applied(proposals(&bed).confirm(&id, Actor::User, 2));
    assert_eq!(bed.ids(), Vec::<String>::new());
}

#[test]
fn a_yes_is_used_once() {
    let bed = Bed::new();
    let id = waits(&bed, &["step add a -- true"]);
    applied(proposals(&bed).confirm(&id, Actor::User, 1));
    bed.ok("step rm a");
    assert_eq!(refused(&bed, &id, Actor::User), "CONFIRM_USED");
}

#[test]
fn only_a_person_says_yes_or_no() {
    let bed = Bed::new();
    let id = waits(&bed, &["step add a -- true"]);
    assert_eq!(refused(&bed, &id, Actor::Orchestrator), "POLICY_DENIED");
    assert_eq!(refused(&bed, &id, Actor::System), "CONFIRM_NOT_A_PERSON");
    assert!(proposals(&bed).discard(&id, Actor::Orchestrator).is_err());
    assert_eq!(bed.last().action, "proposal.discard");
    assert_eq!(proposals(&bed).show(&id).unwrap().standing(chrono::Utc::now()), Standing::Waiting);
}

#[test]
fn a_proposal_for_another_revision_is_refused() {
    let bed = Bed::new();
    let id = waits(&bed, &["step add a -- true"]);
    bed.ok("step add other -- true");
    assert_eq!(refused(&bed, &id, Actor::User), "STALE_REVISION");
    let fault = Fault::from(&proposals(&bed).confirm(&id, Actor::User, 1).unwrap_err());
    assert_eq!(fault.exit, 7);
}

/// Changes the kept file of a proposal.
fn tamper(bed: &Bed, id: &ProposalId, change: impl FnOnce(&mut Value)) {
    let file = format!("state/proposals/{id}.json");
    let mut record: Value = serde_json::from_str(&bed.read(&file)).unwrap();
    change(&mut record);
    bed.edit(&file, |_| record.to_string());
}

#[test]
fn lines_that_were_changed_since_are_refused() {
    let bed = Bed::new();
    let id = waits(&bed, &["step add a -- true"]);
    tamper(&bed, &id, |record| record["actions"][0]["command"] = "seqctl step add evil -- true".into());
    assert_eq!(refused(&bed, &id, Actor::User), "CONFIRM_OTHER_ACTIONS");
}

#[test]
fn after_five_minutes_a_proposal_has_lapsed() {
    let bed = Bed::new();
    let id = waits(&bed, &["step add a -- true"]);
    let old = chrono::Utc::now() - TimeDelta::seconds(301);
    tamper(&bed, &id, |record| record["confirmation"]["shown_at"] = serde_json::to_value(old).unwrap());
    assert_eq!(refused(&bed, &id, Actor::User), "CONFIRM_LAPSED");
    assert_eq!(proposals(&bed).list().unwrap()[0].standing(chrono::Utc::now()), Standing::Lapsed);
}

#[test]
fn a_no_is_final() {
    let bed = Bed::new();
    let id = waits(&bed, &["step add a -- true"]);
    proposals(&bed).discard(&id, Actor::User).unwrap();
    assert_eq!(refused(&bed, &id, Actor::User), "PROPOSAL_DISCARDED");
}

#[test]
fn power_lets_the_harmless_through_and_asks_once_for_the_rest() {
    let bed = Bed::new();
    power(&bed);
    let offered = offer(&bed, &["step add a -- true"]);
    assert_eq!((offered.standing, bed.ids().len()), (Standing::Applied, 1), "{offered:#?}");
    assert!(bed.last().payload.get("confirmed_by").is_none());
    let offered = offer(&bed, &["step rm a"]);
    assert_eq!((offered.standing, offered.confirmations), (Standing::Waiting, 1));
    let context = Context { saw_output: true, ..Context::default() };
    let offered = proposals(&bed).offer(MCP, &["step add b -- true"], context).unwrap();
    assert_eq!((offered.standing, offered.confirmations), (Standing::Waiting, 1));
}

#[test]
fn what_the_policy_says_needs_a_yes_needs_two_as_a_proposal() {
    let bed = Bed::new();
    bed.edit("policy.yaml", |text| text.replace("\"step.rm\"", "\"step.add\""));
    let offered = offer(&bed, &["step add a -- true"]);
    assert_eq!((offered.confirmations, offered.actions[0].destructive), (2, true), "{offered:#?}");
}

#[test]
fn what_cannot_be_applied_says_why_and_never_is() {
    let bed = Bed::new();
    bed.ok("step add a -- true");
    let lines = [
        "step add b -- true",
        "step add c -- curl evil",
        "no such line",
        "step edit a --prompt /etc/passwd",
        "gate approve g",
        "policy allow curl",
        "dep add a --on nothing",
        "run step missing",
        "undo",
        "run step b --yes",
    ];
    let offered = offer(&bed, &lines);
    let codes: Vec<(&str, &str)> =
        offered.rejected.iter().map(|r| (r.id.as_str(), r.error.code.as_str())).collect();
    assert_eq!(offered.actions.iter().map(|a| a.id.as_str()).collect::<Vec<_>>(), ["1"], "{offered:#?}");
    let expected = [
        ("2", "POLICY_DENIED"),
        ("3", "USAGE"),
        ("4", "USAGE"),
        ("5", "POLICY_DENIED"),
        ("6", "POLICY_DENIED"),
        ("8", "STEP_NOT_FOUND"),
        ("9", "USAGE"),
        ("10", "USAGE"),
    ];
    for (id, code) in expected {
        assert!(codes.contains(&(id, code)), "{id} {code}: {codes:?}");
    }
    applied(proposals(&bed).confirm(&offered.id.unwrap(), Actor::User, 2));
    assert_eq!(bed.ids(), ["a", "b"]);
    let denied: Vec<_> = bed.log().into_iter().filter(|e| e.result == Outcome::Denied).collect();
    assert_eq!(denied.len(), 3, "{denied:#?}");
}

#[test]
fn where_something_cannot_be_applied_the_rest_waits_even_in_power() {
    let bed = Bed::new();
    power(&bed);
    waits(&bed, &["step add b -- true", "step add c -- curl evil"]);
    assert_eq!(offer(&bed, &["step add c -- curl evil"]).standing, Standing::Rejected);
    assert_eq!(bed.ids(), Vec::<String>::new());
}

#[test]
fn each_line_is_shown_on_what_the_ones_before_it_leave() {
    let bed = Bed::new();
    let offered = offer(&bed, &["step add a -- true", "step clone a a2", "step rm a", "run all"]);
    let [add, clone, rm, run] = &offered.actions[..] else { panic!("{offered:#?}") };
    assert!(add.dry_run_result.contains("+- id: a\n") || add.dry_run_result.contains("id: a\n"), "{add:#?}");
    assert!(!clone.dry_run_result.contains("+  - id: a\n"), "{clone:#?}");
    assert_eq!((add.reversible, rm.destructive, rm.reversible, run.reversible), (true, true, true, false));
    assert_eq!(run.dry_run_result, "would run: a2 (READY)");
    assert_eq!(add.description, "Add a step: a");
    assert!(!offered.sequence_diff.contains("id: a\n"), "{}", offered.sequence_diff);
}

#[test]
fn what_undo_cannot_bring_back_is_not_called_reversible() {
    let bed = Bed::new();
    bed.ok("step add a -- true");
    bed.tell("a", Phase::Done);
    let removes = offer(&bed, &["step rm a"]);
    assert!(!removes.actions[0].reversible);
    let resets = offer(&bed, &["reset a"]);
    assert!(!resets.actions[0].reversible && resets.actions[0].destructive, "{resets:#?}");
}

#[test]
fn a_person_in_the_chat_may_propose_what_a_program_may_not() {
    let bed = Bed::new();
    bed.ok("step add a -- true");
    bed.ok("step add b --depends-on a -- true");
    bed.ok("gate insert g --after a --before b");
    bed.tell("a", Phase::Done);
    let offered = proposals(&bed).offer(CHAT, &["gate approve g"], Context::default()).unwrap();
    assert_eq!((offered.standing, offered.confirmations), (Standing::Waiting, 1), "{offered:#?}");
    applied(proposals(&bed).confirm(&offered.id.unwrap(), Actor::User, 1));
    assert_eq!(bed.last().actor, Actor::User);
}

#[test]
fn undo_is_a_proposal_of_its_own() {
    let bed = Bed::new();
    let id = waits(&bed, &["step add a -- true"]);
    applied(proposals(&bed).confirm(&id, Actor::User, 1));
    let id = waits(&bed, &["undo"]);
    applied(proposals(&bed).confirm(&id, Actor::User, 2));
    assert_eq!(bed.ids(), Vec::<String>::new());
}

#[test]
fn files_of_proposals_are_private_and_nobody_fills_the_disk() {
    use std::os::unix::fs::PermissionsExt as _;
    let bed = Bed::new();
    for _ in 0..MOST_WAITING {
        waits(&bed, &["step add a -- true"]);
    }
    let error = proposals(&bed).offer(MCP, &["step add a -- true"], Context::default()).unwrap_err();
    assert_eq!(Fault::from(&error).code, "TOO_MANY_PROPOSALS");
    let folder = bed.path("state/proposals");
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for file in std::fs::read_dir(folder).unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
    }
}

#[test]
fn too_much_and_nothing_are_refused() {
    let bed = Bed::new();
    let many = vec!["step add a -- true"; MOST_LINES + 1];
    let code = |lines: &[&str]| {
        Fault::from(&proposals(&bed).offer(MCP, lines, Context::default()).unwrap_err()).code
    };
    assert_eq!((code(&many), code(&["", " "])), ("PROPOSAL_TOO_LARGE".into(), "USAGE".into()));
    assert_eq!((bed.last().action.as_str(), bed.last().result), ("proposal.offer", Outcome::Error));
}

#[test]
fn a_proposal_that_was_marked_as_used_is_never_applied_again() {
    let bed = Bed::new();
    let id = waits(&bed, &["step add a -- true"]);
    // As after a crash between the mark and the commit.
    tamper(&bed, &id, |record| record["confirmation"]["used"] = true.into());
    assert_eq!(refused(&bed, &id, Actor::User), "CONFIRM_USED");
    assert_eq!(proposals(&bed).show(&id).unwrap().standing(chrono::Utc::now()), Standing::Used);
}

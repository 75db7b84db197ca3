//! Undo, redo and history.

use std::collections::BTreeSet;

use crate::model::{Actor, Phase};
use crate::workspace::testing::{Bed, request};
use crate::workspace::{Ask, DoorError, ErrorClass, Request, Workspace, changes};

fn undo(workspace: &Workspace) -> Result<crate::workspace::Committed, DoorError> {
    let asked =
        Request { ask: Ask::Undo, actor: Actor::User, step: None, base: None, proposed: None, command: None };
    workspace.submit(&asked, &crate::workspace::Consent::Standing)
}

fn redo(workspace: &Workspace) -> Result<crate::workspace::Committed, DoorError> {
    let asked =
        Request { ask: Ask::Redo, actor: Actor::User, step: None, base: None, proposed: None, command: None };
    workspace.submit(&asked, &crate::workspace::Consent::Standing)
}

#[test]
fn undo_and_redo_go_back_and_forth_over_restarts() {
    let bed = Bed::new();
    let mut seen = vec![bed.sequence().steps];
    for line in ["step add a -- true", "step add b --depends-on a -- true", "step edit a --name First"] {
        bed.ok(line);
        seen.push(bed.sequence().steps);
    }
    for then in seen.iter().rev().skip(1) {
        undo(&bed.reopened()).unwrap();
        assert_eq!(bed.sequence().steps, *then);
    }
    let error = undo(&bed.reopened()).unwrap_err();
    assert_eq!(error.class(), ErrorClass::Conflict, "{error}");
    for then in &seen[1..] {
        redo(&bed.reopened()).unwrap();
        assert_eq!(bed.sequence().steps, *then);
    }
    assert_eq!(redo(&bed.reopened()).unwrap_err().class(), ErrorClass::Conflict);
    bed.assert_clean();
}

#[test]
fn removing_with_purge_comes_back_with_its_prompt_in_its_place() {
    let bed = Bed::new();
    for id in ["a", "b", "c"] {
        bed.ok(&format!("step add {id} --prompt-text 'the work of {id}'"));
    }
    let before = bed.sequence().steps;
    bed.ok("step rm b --purge");
    assert!(!bed.path("prompts/b.md").exists());
    undo(&bed.workspace).unwrap();
    assert_eq!(bed.sequence().steps, before);
    assert_eq!(bed.read("prompts/b.md"), "the work of b\n");
    redo(&bed.workspace).unwrap();
    assert!(!bed.path("prompts/b.md").exists());
    bed.assert_clean();
}

#[test]
fn a_step_that_was_moved_goes_back_to_its_place_and_forth_again() {
    let bed = Bed::new();
    for id in ["a", "b", "c", "d"] {
        bed.ok(&format!("step add {id} -- true"));
    }
    bed.ok("step move d --before b");
    assert_eq!(bed.ids(), ["a", "d", "b", "c"]);
    bed.ok("step move a --after b");
    assert_eq!(bed.ids(), ["d", "b", "a", "c"]);
    undo(&bed.reopened()).unwrap();
    assert_eq!(bed.ids(), ["a", "d", "b", "c"]);
    undo(&bed.reopened()).unwrap();
    assert_eq!(bed.ids(), ["a", "b", "c", "d"]);
    redo(&bed.workspace).unwrap();
    assert_eq!(bed.ids(), ["a", "d", "b", "c"]);
    bed.assert_clean();
}

#[test]
fn a_new_step_that_is_moved_at_once_comes_again_where_it_was() {
    let bed = Bed::new();
    bed.ok("step add a -- true");
    bed.ok("step add b -- true");
    bed.submit(&request(&["step add c -- true", "step move c --before a", "step move b --before a"]))
        .unwrap();
    assert_eq!(bed.ids(), ["c", "b", "a"]);
    undo(&bed.workspace).unwrap();
    assert_eq!(bed.ids(), ["a", "b"]);
    redo(&bed.workspace).unwrap();
    assert_eq!(bed.ids(), ["c", "b", "a"]);
    bed.assert_clean();
}

#[test]
fn an_order_that_was_changed_since_is_not_undone() {
    let bed = Bed::new();
    for id in ["a", "b", "c"] {
        bed.ok(&format!("step add {id} -- true"));
    }
    bed.ok("step move c --before a");
    bed.submit(&Request { actor: Actor::System, ..request(&["step move a --before c"]) }).unwrap();
    let error = undo(&bed.workspace).unwrap_err();
    assert!(error.to_string().contains("the order of the steps was changed since"), "{error}");
    assert_eq!(bed.ids(), ["a", "c", "b"]);
}

#[test]
fn what_undo_leaves_of_a_change_of_several_kinds_is_told() {
    let bed = Bed::new();
    bed.submit(&request(&["step add a -- true", "policy allow nl"])).unwrap();
    let undone = undo(&bed.workspace).unwrap();
    assert_eq!(bed.ids(), [""; 0]);
    assert!(bed.read("policy.yaml").contains("nl"));
    let told = undone.notes.join("\n");
    assert!(told.contains("`seqctl policy allow nl`, which was part of it, stays"), "{told}");
    assert!(told.contains("`seqctl policy deny nl` takes that back"), "{told}");
    assert_eq!(redo(&bed.workspace).unwrap().notes, [""; 0], "it stands there still");
}

#[test]
fn each_actor_takes_back_its_own() {
    let bed = Bed::new();
    bed.ok("step add mine -- true");
    bed.submit(&Request { actor: Actor::System, ..request(&["step add theirs -- true"]) }).unwrap();
    undo(&bed.workspace).unwrap();
    assert_eq!(bed.ids(), ["theirs"]);
    let error = undo(&bed.workspace).unwrap_err();
    assert!(matches!(error, DoorError::NothingTo("undo")), "{error}");
}

#[test]
fn what_was_changed_since_is_not_undone() {
    let bed = Bed::new();
    bed.ok("step add a -- true");
    bed.submit(&Request { actor: Actor::System, ..request(&["step edit a --name Other"]) }).unwrap();
    let before = bed.read("sequence.yaml");
    let error = undo(&bed.workspace).unwrap_err();
    assert_eq!(error.class(), ErrorClass::Conflict);
    assert!(error.to_string().contains("changed since"), "{error}");
    assert_eq!(bed.read("sequence.yaml"), before);
}

#[test]
fn a_running_step_is_not_undone() {
    let bed = Bed::new();
    bed.ok("step add a -- true");
    bed.tell("a", Phase::Running);
    let error = undo(&bed.workspace).unwrap_err();
    assert_eq!(error.class(), ErrorClass::Conflict);
    assert!(error.to_string().contains("RUNNING"), "{error}");
}

#[test]
fn undo_restores_definitions_and_leaves_what_happened() {
    let bed = Bed::new();
    bed.ok("step add a -- true");
    bed.ok("step edit a --name Other");
    bed.tell("a", Phase::Done);
    undo(&bed.workspace).unwrap();
    assert_eq!(bed.workspace.snapshot().unwrap().state.phase("a"), Phase::Done);
    assert!(bed.read("sequence.yaml").contains("status: DONE"));
}

#[test]
fn a_new_change_ends_what_could_be_made_again() {
    let bed = Bed::new();
    bed.ok("step add a -- true");
    undo(&bed.workspace).unwrap();
    bed.ok("step add b -- true");
    assert!(matches!(redo(&bed.workspace).unwrap_err(), DoorError::NothingTo("redo")));
}

#[test]
fn history_lists_changes_with_who_and_whether_they_are_undone() {
    let bed = Bed::new();
    bed.ok("step add a -- true");
    bed.submit(&Request { actor: Actor::System, ..request(&["step add b -- true"]) }).unwrap();
    undo(&bed.workspace).unwrap();
    let list = changes(&bed.workspace.paths).unwrap();
    let rows: Vec<_> = list.iter().map(|c| (c.line(), c.entry.actor, c.undone)).collect();
    assert_eq!(rows.len(), 2);
    assert!(rows[0].0.starts_with("seqctl step add a") && rows[0].2, "{rows:?}");
    assert_eq!((rows[1].1, rows[1].2), (Actor::System, false));
}

#[test]
fn images_are_private_and_named_by_their_digest() {
    let bed = Bed::new();
    bed.ok("step add a --env API_TOKEN=planted -- true");
    let images: BTreeSet<_> = std::fs::read_dir(&bed.workspace.paths.history)
        .unwrap()
        .map(|item| item.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(images.len(), 1);
    assert_eq!(bed.last().payload["image"], *images.first().unwrap());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let path = bed.workspace.paths.history.join(images.first().unwrap());
        assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let path = bed.workspace.paths.history.join(images.first().unwrap());
    std::fs::write(&path, "{}").unwrap();
    let error = undo(&bed.workspace).unwrap_err();
    assert!(error.to_string().contains("was changed"), "{error}");
}

#[test]
fn what_undo_does_not_cover_is_named_where_it_came_after_the_change_that_is_undone() {
    let bed = Bed::new();
    bed.ok("step add a -- true");
    bed.ok("policy allow git");
    let notes = undo(&bed.workspace).unwrap().notes.join("\n");
    assert!(notes.contains("this is about `seqctl step add a -- true`"), "{notes}");
    assert!(notes.contains("`seqctl policy allow git`, which came after it, stays"), "{notes}");
    assert!(notes.contains("`seqctl policy deny git` takes that back"), "{notes}");
    bed.ok("step add b -- true");
    assert!(undo(&bed.workspace).unwrap().notes.is_empty());
    bed.ok("policy mode POWER");
    let error = undo(&bed.workspace).unwrap_err();
    assert!(error.to_string().contains("cannot undo `seqctl policy mode POWER`: "), "{error}");
    assert_eq!(error.class(), ErrorClass::Conflict);
}

//! The protocol, broken off at every place.

use super::*;
use crate::workspace::Request;
use crate::workspace::testing::{Bed, request};

/// How far a writer comes before it dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Dies {
    Staging,
    Staged,
    Logged,
    /// After so many files are in their places.
    Put(usize),
    /// After so many staged files are removed.
    Cleared(usize),
}

/// Does a request up to a place, with a hand at work between the line and the renames, and dies.
fn die(bed: &Bed, asked: &Request, at: Dies, hand: impl FnOnce()) {
    let mut session = Session::begin(&bed.workspace).unwrap();
    let proposal = bed.workspace.propose_on(&session.snapshot, asked).unwrap();
    let next = Next::of(&session.snapshot, &proposal);
    let told = told(&proposal, &next);
    let staging = session.staging(&next, &proposal);
    staging.write(&texts(&next, &proposal)).unwrap();
    if at == Dies::Staging {
        // Torn in the middle of the first staged file.
        let last = staging.staged(staging.files.last().unwrap());
        std::fs::write(&last, "version: \"1").unwrap();
        staging.files[..staging.files.len() - 1]
            .iter()
            .for_each(|f| drop(std::fs::remove_file(staging.staged(f))));
        return;
    }
    if at == Dies::Staged {
        return;
    }
    let image = session.keep_image(proposal.image.as_ref().unwrap()).unwrap();
    let draft = session.draft(&next, &proposal, &told).with("image", image.as_str());
    session.append_durable(&[draft.with("commit", serde_json::to_value(staging.record()).unwrap())]).unwrap();
    hand();
    for (file, n) in staging.files.iter().zip(0..) {
        if at <= Dies::Put(n) {
            return;
        }
        staging.put(file).unwrap();
    }
    for (file, n) in staging.files.iter().zip(0..) {
        if at <= Dies::Cleared(n) {
            return;
        }
        crate::workspace::staging::remove(&staging.staged(file));
    }
}

/// Every place of a commit of two files.
fn places() -> Vec<Dies> {
    let mut places = vec![Dies::Staging, Dies::Staged, Dies::Logged];
    places.extend((0..3).map(Dies::Put));
    places.extend((0..3).map(Dies::Cleared));
    places
}

#[test]
fn a_change_broken_off_anywhere_is_whole_or_not_at_all() {
    for at in places() {
        let bed = Bed::new();
        bed.ok("step add a --prompt-text one");
        let before = bed.read("sequence.yaml");
        die(&bed, &request(&["step add b --prompt-text two"]), at, || {});

        // The next look mends it; a second one finds nothing to mend.
        let ids = bed.ids();
        let made = at > Dies::Staged;
        assert_eq!(ids.len(), if made { 2 } else { 1 }, "{at:?}");
        assert_eq!(bed.path("prompts/b.md").exists(), made, "{at:?}");
        assert_eq!(bed.read("sequence.yaml") != before, made, "{at:?}");
        assert_eq!(bed.log().iter().filter(|e| e.target == "b").count(), usize::from(made), "{at:?}");
        bed.ok("step add c -- true");
        bed.assert_clean();
        assert!(!bed.actions().contains(&"external.edit".to_owned()), "{at:?}");
        assert_eq!(bed.ids().len(), ids.len() + 1, "{at:?}");
    }
}

#[test]
fn a_removal_broken_off_anywhere_is_whole_or_not_at_all() {
    for at in places() {
        let bed = Bed::new();
        bed.ok("step add a --prompt-text one");
        die(&bed, &request(&["step rm a --purge"]), at, || {});
        let made = at > Dies::Staged;
        assert_eq!(bed.ids().is_empty(), made, "{at:?}");
        drop(Session::begin(&bed.workspace).unwrap());
        assert_eq!(!bed.path("prompts/a.md").exists(), made, "{at:?}");
        bed.assert_clean();
    }
}

#[test]
fn a_change_of_the_policy_broken_off_is_rolled_forward_too() {
    for at in [Dies::Logged, Dies::Put(1), Dies::Cleared(0)] {
        let bed = Bed::new();
        let session = Session::begin(&bed.workspace).unwrap();
        let proposal = bed.workspace.propose_on(&session.snapshot, &request(&["policy allow cat"])).unwrap();
        assert!(proposal.document.is_none() && proposal.image.is_none(), "one file alone");
        drop(session);
        die_in_policy(&bed, at);
        drop(Session::begin(&bed.workspace).unwrap());
        assert!(bed.read("policy.yaml").contains("cat"), "{at:?}");
        assert!(!bed.actions().contains(&"external.edit".to_owned()), "{at:?}");
        bed.assert_clean();
    }
}

fn die_in_policy(bed: &Bed, at: Dies) {
    let mut session = Session::begin(&bed.workspace).unwrap();
    let proposal = bed.workspace.propose_on(&session.snapshot, &request(&["policy allow cat"])).unwrap();
    let next = Next::of(&session.snapshot, &proposal);
    let staging = session.staging(&next, &proposal);
    staging.write(&texts(&next, &proposal)).unwrap();
    let draft = session.draft(&next, &proposal, &told(&proposal, &next));
    session.append_durable(&[draft.with("commit", serde_json::to_value(staging.record()).unwrap())]).unwrap();
    if at > Dies::Logged {
        staging.put(&staging.files[0]).unwrap();
    }
}

/// A hand saves between the line and the rename, and the writer dies at each place after it.
#[test]
fn a_hand_quicker_than_a_writer_that_died_keeps_its_file_and_the_line_is_withdrawn() {
    for at in [Dies::Logged, Dies::Put(1), Dies::Put(2), Dies::Cleared(0)] {
        let bed = Bed::new();
        bed.ok("step add a --prompt-text one");
        let by_hand = bed.read("sequence.yaml").replace("id: a", "id: mine");
        let asked = request(&["step add b --prompt-text two"]);
        die(&bed, &asked, at, || bed.edit("sequence.yaml", |_| by_hand.clone()));

        drop(Session::begin(&bed.workspace).unwrap());
        assert_eq!(bed.ids(), ["mine"], "{at:?}");
        assert!(!bed.path("prompts/b.md").exists(), "{at:?}");
        let actions = bed.actions();
        assert_eq!(actions[actions.len() - 3..], ["step.add", "change.withdraw", "external.edit"], "{at:?}");
        let snapshot = bed.workspace.snapshot().unwrap();
        assert_eq!(snapshot.state.revision.as_ref(), Some(snapshot.revision()), "{at:?}");
        let listed = crate::workspace::changes(&bed.workspace.paths).unwrap();
        assert_eq!(listed.len(), 1, "history does not list what was withdrawn");
        bed.assert_clean();
    }
}

/// The same with a writer that lives: it takes the line back itself and proposes anew.
#[test]
fn a_file_displaced_at_the_rename_is_swapped_back() {
    let bed = Bed::new();
    bed.ok("step add a -- true");
    let mut session = Session::begin(&bed.workspace).unwrap();
    let proposal =
        bed.workspace.propose_on(&session.snapshot, &request(&["step add b --prompt-text x"])).unwrap();
    let next = Next::of(&session.snapshot, &proposal);
    let told = told(&proposal, &next);
    let staging = session.staging(&next, &proposal);
    staging.write(&texts(&next, &proposal)).unwrap();
    let draft = session.draft(&next, &proposal, &told);
    let entry = session.append_durable(std::slice::from_ref(&draft)).unwrap().pop().unwrap();
    bed.edit("sequence.yaml", |text| text.replace("id: a", "id: mine"));
    let by_hand = bed.read("sequence.yaml");

    assert_eq!(staging.publish(|| panic!("nothing stands in its place")).unwrap(), Published::TakenBack);
    assert_eq!(bed.read("sequence.yaml"), by_hand);
    assert!(!bed.path("prompts/b.md").exists(), "all or nothing");
    let back = State::default().retract(&told);
    session.append_durable(&[withdraw::draft(entry.seq, &draft, &back)]).unwrap();
    staging.clear();
    session.submit(&request(&["step add b --prompt-text x"]), &crate::workspace::Consent::None).unwrap();
    assert_eq!(bed.ids(), ["mine", "b"]);
    bed.assert_clean();
}

#[test]
fn a_change_whose_file_has_no_place_is_not_made() {
    let bed = Bed::new();
    bed.ok("step add a -- true");
    // A folder where the prompt of the new step is to stand: refused to root too.
    std::fs::create_dir_all(bed.path("prompts/b.md")).unwrap();
    let before = bed.read("sequence.yaml");
    let error = bed.submit(&request(&["step add b --prompt-text x"])).unwrap_err();
    assert_eq!(error.class(), crate::workspace::ErrorClass::Environment, "{error}");
    assert_eq!(bed.read("sequence.yaml"), before);
    assert_eq!(bed.ids(), ["a"]);
    assert_eq!(crate::workspace::changes(&bed.workspace.paths).unwrap().len(), 1);
    bed.assert_clean();
}

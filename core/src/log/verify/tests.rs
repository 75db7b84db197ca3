use super::*;
use crate::log::testing::Project;
use crate::log::{Draft, Entry, Position};
use crate::model::Actor;

/// Five entries, opened twice so that a head is noted outside.
fn five() -> Project {
    let p = Project::new();
    p.append_all(&["a", "b", "c", "d"]);
    p.append_all(&["e"]);
    p
}

fn lines(p: &Project) -> Vec<String> {
    String::from_utf8(p.bytes()).unwrap().lines().map(str::to_owned).collect()
}

fn set(p: &Project, lines: &[String]) {
    let text: String = lines.iter().map(|l| format!("{l}\n")).collect();
    p.set(text.as_bytes());
}

fn broken(p: &Project) -> (u64, Option<u64>, Why) {
    let report = p.verify();
    let found = report.broken.unwrap();
    assert_eq!(found.file, p.paths.audit_log);
    (found.line, found.seq, found.why)
}

#[test]
fn a_good_log_is_good() {
    let report = five().verify();
    assert_eq!(report.broken, None);
    assert_eq!((report.entries, report.first_seq, report.last_seq), (5, Some(1), Some(5)));
    assert_eq!(report.noted, 1);
    assert_eq!(Project::new().verify(), Report::default());
}

#[test]
fn an_edited_line_is_named() {
    let p = five();
    let mut all = lines(&p);
    all[2] = all[2].replace("\"target\":\"x\"", "\"target\":\"y\"");
    set(&p, &all);
    assert_eq!(broken(&p), (3, Some(3), Why::HashMismatch));
}

#[test]
fn any_single_changed_byte_is_found() {
    let p = five();
    let good = p.bytes();
    // A damaged end of the last line cannot be told from a torn one.
    for i in (0..good.len() - 78).step_by(5) {
        p.damage(|bytes| bytes[i] ^= 1);
        let report = p.verify();
        assert!(report.broken.is_some(), "byte {i} of {}", good.len());
        p.set(&good);
    }
}

#[test]
fn a_deleted_line_is_named() {
    for gone in 0..4 {
        let p = five();
        let mut all = lines(&p);
        all.remove(gone);
        set(&p, &all);
        let at = gone as u64 + 1;
        assert_eq!(broken(&p), (at, Some(at + 1), Why::SeqGap { expected: at }));
    }
}

#[test]
fn reordered_and_repeated_lines_are_named() {
    let p = five();
    let mut all = lines(&p);
    all.swap(1, 3);
    set(&p, &all);
    assert_eq!(broken(&p), (2, Some(4), Why::SeqGap { expected: 2 }));
    all.swap(1, 3);
    all.insert(2, all[1].clone());
    set(&p, &all);
    assert_eq!(broken(&p), (3, Some(2), Why::SeqGap { expected: 3 }));
}

#[test]
fn a_line_that_is_no_entry_is_named_unless_it_is_the_torn_end() {
    let p = five();
    let mut all = lines(&p);
    all[1] = "note to self".into();
    set(&p, &all);
    assert_eq!(broken(&p), (2, None, Why::Unparseable));
    let p = five();
    p.damage(|bytes| bytes.extend_from_slice(b"{\"action\":"));
    let report = p.verify();
    assert_eq!((report.broken, report.torn, report.entries), (None, 10, 5));
}

/// Makes the log anew from the entry `from` on, each rightly chained: what a forger would do.
fn forge(p: &Project, from: usize) {
    let mut entries: Vec<Entry> =
        lines(p).iter().map(|line| Entry::parse(line.as_bytes()).unwrap()).collect();
    let mut bytes = Vec::new();
    let mut prev = entries[from].prev.clone();
    for entry in entries.drain(from..) {
        let draft = Draft::new(Actor::User, "forged", &entry.target);
        prev = draft.seal(entry.seq, prev, &mut bytes).unwrap().hash;
    }
    let mut all = lines(p);
    all.truncate(from);
    all.extend(String::from_utf8(bytes).unwrap().lines().map(str::to_owned));
    set(p, &all);
}

#[test]
fn one_line_replaced_with_a_right_hash_is_named_by_the_next() {
    let p = five();
    let good = lines(&p);
    forge(&p, 2);
    let mut all = lines(&p);
    all[3..].clone_from_slice(&good[3..]);
    set(&p, &all);
    assert_eq!(broken(&p), (4, Some(4), Why::PrevMismatch));
}

#[test]
fn a_rewritten_chain_differs_from_the_note_outside() {
    let p = five();
    forge(&p, 1);
    assert_eq!(broken(&p), (4, Some(4), Why::HeadDiffers), "entry 4 was the head when the log was opened");
    // Going on with the forged log does not make it good.
    p.append_all(&["f"]);
    p.append_all(&["g"]);
    assert_eq!(broken(&p), (4, Some(4), Why::HeadDiffers));
}

#[test]
fn a_log_cut_below_a_noted_head_is_named() {
    let p = five();
    let mut all = lines(&p);
    all.truncate(3);
    set(&p, &all);
    assert_eq!(broken(&p), (3, Some(3), Why::Truncated { noted: 4 }));
    std::fs::remove_file(&p.paths.audit_log).unwrap();
    assert_eq!(broken(&p), (0, None, Why::Truncated { noted: 4 }));
}

#[test]
fn rotated_files_are_part_of_it() {
    let p = Project::new().rotating_at(600);
    p.append_all(&["a", "b", "c", "d", "e", "f"]);
    let rotated = crate::log::files::rotated(&p.paths).unwrap();
    assert!(rotated.len() >= 2);
    let text = std::fs::read_to_string(&rotated[1].path).unwrap();
    std::fs::write(&rotated[1].path, text.replacen("\"target\":\"x\"", "\"target\":\"y\"", 1)).unwrap();
    let found = p.verify().broken.unwrap();
    assert_eq!((&found.file, found.why), (&rotated[1].path, Why::HashMismatch));

    std::fs::remove_file(&rotated[1].path).unwrap();
    assert!(matches!(p.verify().broken.unwrap().why, Why::SeqGap { .. }), "a file from the middle is missed");
    std::fs::remove_file(&rotated[0].path).unwrap();
    let report = p.verify();
    assert_eq!(report.broken, None, "old files may be removed");
    assert!(report.first_seq > Some(1));
}

#[test]
fn a_break_is_told_with_its_place() {
    let p = five();
    let mut all = lines(&p);
    all[2] = all[2].replace("\"target\":\"x\"", "\"target\":\"y\"");
    set(&p, &all);
    let text = p.verify().broken.unwrap().to_string();
    assert!(
        text.ends_with("audit.log:3 (entry 3): its content does not match its hash (it was edited)"),
        "{text}"
    );
}

#[test]
fn the_first_entry_follows_nothing() {
    let p = Project::new();
    let mut bytes = Vec::new();
    let other = Position { hash: crate::id::Digest::from_text(&"1".repeat(64)), ..Position::origin() };
    Draft::new(Actor::User, "a", "").seal(1, other.hash, &mut bytes).unwrap();
    std::fs::write(&p.paths.audit_log, bytes).unwrap();
    assert_eq!(broken(&p), (1, Some(1), Why::PrevMismatch));
}

//! The corpora: sentences with the lines they come to, and sentences written before the grammar was tried on them.

mod corpus;

use corpus::{Judged, read};

#[track_caller]
fn judged(name: &str, least: usize) {
    let path = format!("{}/../tests/it/chat/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    let cases = read(&std::fs::read_to_string(&path).unwrap());
    let came: Vec<_> = cases.iter().map(|case| (case, case.run())).collect();
    let of = |how: Judged| -> Vec<String> {
        let those = came.iter().filter(|(case, got)| case.judge(got) == how);
        those.map(|(case, got)| format!("{}\n  want {:?}\n  got {:?}", case.said, case.want, got)).collect()
    };
    let wrong = of(Judged::Wrong);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    let right = cases.len() - of(Judged::NotUnderstood).len();
    assert!(cases.len() >= least && right * 100 >= cases.len() * 95, "{right} of {}", cases.len());
}

#[test]
fn at_least_95_of_100_sentences_come_to_their_lines_and_none_to_others() {
    judged("corpus", 150);
}

#[test]
fn sentences_that_the_grammar_was_not_written_for() {
    judged("heldout", 60);
}

#[test]
fn sentences_of_a_second_trial() {
    judged("heldout_second", 45);
}

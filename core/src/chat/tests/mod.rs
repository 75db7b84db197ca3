//! The corpora: sentences with the lines they come to, and sentences written before the grammar was tried on them.

mod corpus;

use corpus::{Judged, read};

/// How many sentences a corpus has, those that come to something else, and those that are not understood.
fn tried(name: &str) -> (usize, Vec<String>, Vec<String>) {
    let path = format!("{}/../tests/it/chat/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    let cases = read(&std::fs::read_to_string(&path).unwrap());
    let came: Vec<_> = cases.iter().map(|case| (case, case.run())).collect();
    let of = |how: Judged| -> Vec<String> {
        let those = came.iter().filter(|(case, got)| case.judge(got) == how);
        those.map(|(case, got)| format!("{}\n  want {:?}\n  got {:?}", case.said, case.want, got)).collect()
    };
    (cases.len(), of(Judged::Wrong), of(Judged::NotUnderstood))
}

#[track_caller]
fn judged(name: &str, least: usize) {
    let (all, wrong, missed) = tried(name);
    let right = all - wrong.len() - missed.len();
    let enough = all >= least && right * 100 >= all * 95;
    assert!(
        wrong.is_empty() && enough,
        "{right} of {all} right; {} wrong:\n{}\nnot understood:\n{}",
        wrong.len(),
        wrong.join("\n"),
        missed.join("\n")
    );
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

#[test]
fn sentences_of_a_third_trial() {
    judged("heldout_third", 100);
}

#[test]
fn sentences_of_a_fourth_trial() {
    judged("heldout_fourth", 95);
}

#[test]
fn sentences_of_a_fifth_trial() {
    judged("heldout_fifth", 95);
}

#[test]
fn sentences_of_a_sixth_trial() {
    judged("heldout_sixth", 60);
}

#[test]
fn sentences_of_a_seventh_trial() {
    judged("heldout_seventh", 120);
}

#[test]
fn sentences_of_an_eighth_trial() {
    judged("heldout_eighth", 100);
}

#[test]
fn sentences_of_a_ninth_trial() {
    judged("heldout_ninth", 100);
}

#[test]
fn sentences_of_a_tenth_trial() {
    judged("heldout_tenth", 130);
}

#[test]
fn sentences_of_an_eleventh_trial() {
    judged("heldout_eleventh", 75);
}

#[test]
fn sentences_of_a_twelfth_trial() {
    judged("heldout_twelfth", 75);
}

#[test]
fn sentences_of_a_thirteenth_trial() {
    judged("heldout_thirteenth", 70);
}

#[test]
fn sentences_of_a_fourteenth_trial() {
    judged("heldout_fourteenth", 120);
}

#[test]
fn sentences_of_a_fifteenth_trial() {
    judged("heldout_fifteenth", 119);
}

#[test]
fn sentences_of_a_sixteenth_trial() {
    judged("heldout_sixteenth", 60);
}

#[test]
fn sentences_of_a_seventeenth_trial() {
    judged("heldout_seventeenth", 75);
}

#[test]
fn sentences_of_an_eighteenth_trial() {
    judged("heldout_eighteenth", 200);
}

#[test]
fn sentences_of_a_nineteenth_trial() {
    judged("heldout_nineteenth", 200);
}

#[test]
fn sentences_of_a_twentieth_trial() {
    judged("heldout_twentieth", 110);
}

#[test]
fn sentences_of_a_twenty_first_trial() {
    judged("heldout_twentyfirst", 110);
}

#[test]
fn sentences_of_a_twenty_second_trial() {
    judged("heldout_twentysecond", 110);
}

/// Of these many are not understood; none may come to something else, and none that is right may be lost.
#[track_caller]
fn kept(name: &str, all: usize, right: usize) {
    let (of, wrong, missed) = tried(name);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(of == all && of - missed.len() >= right, "{} right:\n{}", of - missed.len(), missed.join("\n"));
}

#[test]
fn sentences_of_a_twenty_third_trial() {
    kept("heldout_twentythird", 110, 76);
}

#[test]
fn sentences_of_a_twenty_fourth_trial() {
    kept("heldout_twentyfourth", 115, 96);
}

#[test]
fn sentences_of_a_twenty_fifth_trial() {
    kept("heldout_twentyfifth", 110, 95);
}

#[test]
fn sentences_of_a_twenty_sixth_trial() {
    kept("heldout_twentysixth", 93, 85);
}

#[test]
fn sentences_of_a_twenty_seventh_trial() {
    judged("heldout_twentyseventh", 120);
}

#[test]
fn sentences_of_a_twenty_eighth_trial() {
    judged("heldout_twentyeighth", 120);
}

#[test]
fn sentences_of_a_twenty_ninth_trial() {
    judged("heldout_twentyninth", 120);
}

#[test]
fn sentences_of_a_thirtieth_trial() {
    kept("heldout_thirtieth", 100, 94);
}

#[test]
fn sentences_of_a_thirty_first_trial() {
    judged("heldout_thirtyfirst", 56);
}

#[test]
fn sentences_of_a_thirty_second_trial() {
    judged("heldout_thirtysecond", 78);
}

#[test]
fn sentences_of_a_thirty_third_trial() {
    judged("heldout_thirtythird", 115);
}

#[test]
fn sentences_of_a_thirty_fourth_trial() {
    judged("heldout_thirtyfourth", 117);
}

#[test]
fn sentences_of_a_thirty_fifth_trial() {
    kept("heldout_thirtyfifth", 108, 101);
}

#[test]
fn sentences_of_a_thirty_sixth_trial() {
    judged("heldout_thirtysixth", 107);
}

#[test]
fn sentences_of_a_thirty_seventh_trial() {
    judged("heldout_thirtyseventh", 76);
}

#[test]
fn sentences_of_a_thirty_eighth_trial() {
    judged("heldout_thirtyeighth", 120);
}

#[test]
fn sentences_of_a_thirty_ninth_trial() {
    kept("heldout_thirtyninth", 107, 99);
}

#[test]
fn sentences_of_a_fortieth_trial() {
    kept("heldout_fortieth", 106, 100);
}

#[test]
fn sentences_of_a_forty_first_trial() {
    kept("heldout_fortyfirst", 65, 61);
}

#[test]
fn sentences_of_a_forty_second_trial() {
    judged("heldout_fortysecond", 57);
}

#[test]
fn sentences_of_a_forty_third_trial() {
    judged("heldout_fortythird", 137);
}

#[test]
fn sentences_of_a_forty_fourth_trial() {
    kept("heldout_fortyfourth", 129, 115);
}

#[test]
fn sentences_of_a_forty_fifth_trial() {
    kept("heldout_fortyfifth", 36, 34);
}

#[test]
fn sentences_of_a_forty_sixth_trial() {
    judged("heldout_fortysixth", 125);
}

#[test]
fn sentences_of_a_forty_seventh_trial() {
    judged("heldout_fortyseventh", 90);
}

#[test]
fn sentences_of_a_forty_eighth_trial() {
    kept("heldout_fortyeighth", 150, 142);
}

#[test]
fn sentences_of_a_forty_ninth_trial() {
    judged("heldout_fortyninth", 80);
}

#[test]
fn sentences_of_a_fiftieth_trial() {
    kept("heldout_fiftieth", 77, 64);
}

/// Denials, conditions, tales, and words that nothing explains.
#[test]
fn what_is_not_plainly_asked_for_proposes_nothing() {
    judged("misleading", 65);
}

/// A word that nothing explains is never passed over in a request that frames read.
#[test]
fn no_word_is_passed_over() {
    let said = [
        "give build 20 minutes and two retries",
        "cap build at 90s",
        "build should also wait for install",
        "use codex for docs",
        "add sbom after build, npm run sbom, 2 retries",
        "insert gate cab between build and docs",
        "group lint and test as checks",
        "bounce test",
        "NODE_ENV=test for test and build",
    ];
    let path = format!("{}/../tests/it/chat/misleading.txt", env!("CARGO_MANIFEST_DIR"));
    let case = read(&std::fs::read_to_string(&path).unwrap()).remove(0);
    for text in said {
        let words: Vec<&str> = text.split(' ').collect();
        let plain = corpus::Case { said: text.to_owned(), ..case.clone() }.run();
        assert!(!plain.lines.is_empty() && plain.misses.is_empty(), "{text}: {plain:?}");
        for at in 0..=words.len() {
            let mut with = words.clone();
            with.insert(at, "frobs");
            let said = with.join(" ");
            let got = corpus::Case { said: said.clone(), ..case.clone() }.run();
            let told = got.lines.is_empty() || got.lines.join(" ").contains("frobs");
            assert!(told, "{said}: {:?}", got.lines);
        }
    }
}

/// Whatever is left out at either end, something is said: nobody types only whole sentences.
#[test]
fn no_piece_of_a_sentence_stops_it() {
    for name in ["heldout_tenth", "heldout_eleventh", "heldout_twelfth"] {
        let path = format!("{}/../tests/it/chat/{name}.txt", env!("CARGO_MANIFEST_DIR"));
        for case in read(&std::fs::read_to_string(&path).unwrap()) {
            let words: Vec<&str> = case.said.split(' ').collect();
            let n = words.len();
            for (from, to) in [(1, n), (0, n - 1), (n.min(2), n), (0, n.saturating_sub(2)), (n / 2, n)] {
                let said = words[from.min(to)..to].join(" ");
                let got = corpus::Case { said: said.clone(), ..case.clone() }.run();
                let says = got.lines.len() + got.answers.len() + got.notes.len() + got.misses.len();
                assert!(says > 0, "{said}");
            }
        }
    }
}

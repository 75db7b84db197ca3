//! Broken and hostile files: refused with a place, or read rightly, and quickly.

use super::speed::clock;
use super::*;

/// One fault at least, with a place, within the time. The bound is for any build on any machine: a release build
/// needs a tenth of it.
fn refused(what: &str, bytes: &[u8]) -> Vec<crate::model::Problem> {
    let from = clock();
    let parsed = parse(bytes);
    let spent = clock() - from;
    println!("{what}: {:.1} ms, {}", spent.as_secs_f64() * 1000.0, parsed.problems.first().unwrap());
    assert!(
        parsed.problems.iter().all(|p| p.line > 0 || p.code == "MORE_FAULTS"),
        "{what}: {:?}",
        parsed.problems
    );
    assert!(spent.as_secs() < 3, "{what} took {spent:?}");
    parsed.problems
}

#[test]
fn hostile_files_are_refused_with_a_place() {
    let mut bomb = "a0: &a0 [x]\n".to_owned();
    for i in 1..40 {
        bomb.push_str(&format!("a{i}: &a{i} [*a{0}, *a{0}, *a{0}]\n", i - 1));
    }
    let levels: String = (0..10_000).map(|i| format!("{:i$}a:\n", "")).take(2_000).collect();
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("alias bomb", bomb.into(), "UNSUPPORTED"),
        ("80 KB of [", "[".repeat(80_000).into(), "TOO_DEEP"),
        ("80 KB of {", "{".repeat(80_000).into(), "TOO_DEEP"),
        ("80 KB of {a:", "{a: ".repeat(20_000).into(), "TOO_DEEP"),
        ("80 KB of dashes", "- ".repeat(40_000).into(), "TOO_DEEP"),
        ("2,000 indented levels", levels.into(), "TOO_DEEP"),
        (
            "10,000 levels of lists",
            format!("a: {}{}", "[".repeat(10_000), "]".repeat(10_000)).into(),
            "TOO_DEEP",
        ),
        ("5,000 anchors", "- &a x\n".repeat(5_000).into(), "UNSUPPORTED"),
        ("duplicate keys", "name: a\nname: b\nsteps: []\n".into(), "DUPLICATE_KEY"),
        ("NUL", b"name: a\nsteps:\0 []\n".into(), "NUL_BYTE"),
        ("not UTF-8", b"name: a\nsteps: \xff\n".into(), "NOT_UTF8"),
        ("UTF-16", b"\xff\xfen\0a\0".into(), "NOT_UTF8"),
        ("tabs", "name: a\nsteps:\n\t- id: a\n".into(), "SYNTAX"),
        ("a tag", "name: !!python/object a\n".into(), "UNSUPPORTED"),
        ("a merge key", "name: a\nmetadata:\n  <<: { a: b }\n".into(), "UNSUPPORTED"),
        ("two documents", "name: a\n---\nname: b\n".into(), "UNSUPPORTED"),
        ("a directive", "%YAML 1.2\n---\nname: a\n".into(), "SYNTAX"),
        ("a key with ?", "? name\n: a\n".into(), "UNSUPPORTED"),
        ("an unclosed quote", format!("name: 'a{}", "x\n".repeat(500_000)).into(), "SYNTAX"),
        ("an empty file", "".into(), "MISSING_KEY"),
        ("only a comment", "# nothing\n".into(), "MISSING_KEY"),
        ("a list", "- a\n".into(), "WRONG_TYPE"),
        ("a word", "hello".into(), "WRONG_TYPE"),
        ("a million values", format!("name: a\nx-a: [{}]\n", "a,".repeat(1_000_000)).into(), "TOO_LARGE"),
        ("a million lines", format!("name: a\nx-a:\n{}", "- a\n".repeat(1_000_000)).into(), "TOO_LARGE"),
        (
            "many unknown keys",
            (0..100_000).map(|i| format!("k{i}: v\n")).collect::<String>().into(),
            "UNKNOWN_KEY",
        ),
        ("many duplicates", format!("name: a\nx-m: {{{}}}", "a: b, ".repeat(50_000)).into(), "DUPLICATE_KEY"),
    ];
    for (what, bytes, code) in cases {
        let problems = refused(what, &bytes);
        assert!(problems.iter().any(|p| p.code == code), "{what}: {problems:?}");
    }
}

#[test]
fn size_is_checked_before_anything_is_read() {
    let zeroes = vec![0_u8; 100 << 20];
    let from = clock();
    let parsed = parse(zeroes);
    assert!((clock() - from).as_millis() < 200, "nothing of it is looked at");
    assert_eq!(parsed.problems[0].code, "TOO_LARGE");
    assert!(parsed.document.is_none());
}

#[test]
fn long_files_of_little_are_read_in_time() {
    let comment = format!("name: a\n{}", "# c\n".repeat(4 << 20 >> 2));
    let text = format!("name: a\nmetadata: {{ description: '{}' }}\n", "x".repeat(4 << 20));
    let blank = format!("name: a\n{}", "\n".repeat(4 << 20));
    for (what, text) in [("comments", comment), ("one text", text), ("blank lines", blank)] {
        for text in [text.clone(), text.replace('\n', "\r\n")] {
            let from = clock();
            assert_eq!(parse(text.as_bytes()).problems, [], "{what}");
            println!("4 MiB of {what}: {:.1} ms", (clock() - from).as_secs_f64() * 1000.0);
        }
    }
}

#[test]
fn a_long_sequence_may_have_the_values_its_steps_need_and_a_file_of_values_may_not() {
    let text = large(16_000);
    let whole = Text::new(text.clone());
    assert!(super::super::full::read(&whole, &mut Default::default()).is_none(), "only in the plain style");
    assert_eq!(good(&text).sequence().steps.len(), 16_000);
    for (open, value) in [("[", "a,"), ("[", "a, "), ("\n", "- \n")] {
        let dense = format!("{text}x-a: {open}{}", value.repeat(2_000_000));
        let problems = parse(dense.as_bytes()).problems;
        assert!(problems.iter().any(|p| p.code == "TOO_LARGE"), "{value:?}: {problems:?}");
    }
}

#[test]
fn a_file_of_many_keys_is_changed_in_time() {
    let own: String = (0..100_000).map(|i| format!("x-{i}: 1\n")).collect();
    let document = good(&format!("name: a\n{own}steps: []\ngates: []\n"));
    let mut after = document.sequence().clone();
    after.name = "b".into();
    let from = clock();
    let changed = document.rewrite(&after).unwrap();
    assert!((clock() - from).as_secs() < 3);
    assert_eq!(**changed.text(), format!("name: b\n{own}steps: []\ngates: []\n"));
}

#[test]
fn places_are_of_the_first_bad_byte() {
    assert_eq!(faults("name: a\nsteps:\n\t- id: a\n")[0].split(' ').next(), Some("3:1"));
    let problem = &parse(b"name: a\nsteps: \xc3\xa4 \xff\n").problems[0];
    assert_eq!((problem.line, problem.column), (2, 10));
    let problem = &parse("näme: a\nx-ä: \0".as_bytes()).problems[0];
    assert_eq!((problem.line, problem.column), (2, 6));
}

#[test]
fn a_merge_that_is_not_resolved_is_called_by_its_name() {
    for eol in ["\n", "\r\n"] {
        let text = "name: a\nsteps:\n<<<<<<< HEAD\n  - id: a\n=======\n  - id: b\n>>>>>>> other\n";
        let problems = parse(text.replace('\n', eol).as_bytes()).problems;
        assert_eq!((problems.len(), problems[0].line, problems[0].column), (1, 3, 1), "{problems:?}");
        assert_eq!(problems[0].message, "a merge conflict is not resolved");
    }
}

#[test]
fn no_truncated_file_is_fatal() {
    let windows = SAMPLE.replace('\n', "\r\n");
    for text in [SAMPLE, windows.as_str()] {
        for end in 0..text.len() {
            let parsed = parse(&text.as_bytes()[..end]);
            if let Some(document) = parsed.document {
                document.revision();
                drop(document.rewrite(document.sequence()));
                document.with_outputs(|_| StepOutput::default(), |_| GateOutput::default());
            }
        }
    }
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_are_read() {
    let plain = good(SAMPLE);
    for text in [SAMPLE.replace('\n', "\r\n"), format!("\u{feff}{SAMPLE}")] {
        let other = good(&text);
        assert_eq!(other.sequence(), plain.sequence());
        assert_eq!(other.written(), plain.written());
        assert_eq!(other.locate("steps[1].depends_on[0]"), plain.locate("steps[1].depends_on[0]"));
        assert_eq!(other.locate("version"), plain.locate("version"));
    }
}

//! The fast reader gives the very tree of the complete one, or none.

use proptest::prelude::*;

use super::super::{fast, fault::Faults, full};
use super::*;

fn agree(text: &str) -> bool {
    let text = &Text::new(text.to_owned());
    let quick = fast::read(text);
    assert_eq!(fast::halves::read(text), quick, "in two halves: {text:?}");
    let Some(quick) = quick else { return false };
    let mut faults = Faults::default();
    let slow = full::read(text, &mut faults);
    assert_eq!(faults.finish(text), [], "accepted by the fast reader: {text:?}");
    assert_eq!(Some(quick), slow, "{text:?}");
    true
}

#[test]
fn our_own_style_is_read_fast() {
    assert!(agree(&large(20)));
    assert!(agree(SAMPLE), "flow mappings and comments are read fast too");
    assert!(agree("a:\n- b\n- c: d\n  e:\n- f: \"g\\n\"\n"));
}

#[test]
fn a_long_list_that_ends_early_or_looks_like_one_is_read_as_a_whole() {
    let list = |key: &str, item: &str| format!("{key}:\n{}", item.repeat(40));
    let (short, steps) = ("steps:\n  - id: a\n", list("steps", "  - id: a\n    depends_on:\n    - b\n"));
    let gates = list("gates", "  - id: g\n");
    assert!(agree(&format!("{short}{gates}")), "its half lies in another list");
    assert!(agree(&format!("{steps}{gates}")));
    assert!(agree(&format!("{steps}# the end\n\n{short}")), "the same key once more");
    assert!(agree(&list("steps", "  - \"a\\n\"\n")), "what is no slice of the text stands where it stood");
    assert!(!agree(&format!("{steps}  - id: [\n{steps}")), "a fault in the second half");
    assert!(!agree(&format!("{steps}- id: a\n{steps}")), "an item of nothing");
}

#[test]
fn what_is_unusual_is_left_to_the_complete_reader() {
    for text in [
        "a: b\r\n",
        "a:\t b",
        "a: |\n  b\n",
        "---\na: b\n",
        "a: b\n c\n",
        "a: &x b",
        "a: [b,\n c]",
        "\u{feff}a: b",
        "? a",
        "",
    ] {
        assert!(!agree(text), "{text:?}");
    }
}

/// Lines made of the pieces that YAML is made of, so that most are nearly right.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "b-c",
        "x_1",
        "1",
        "-",
        "- ",
        ": ",
        ":",
        ": b",
        "\n",
        "\n",
        "\n  ",
        "\n    ",
        "\n- ",
        "\n  - ",
        "#",
        " # c",
        "[",
        "]",
        "{",
        "}",
        ", ",
        ",",
        "'",
        "''",
        "\"",
        "\\n",
        "\\",
        "~",
        "null",
        "true",
        " ",
        "  ",
        "é",
        "\u{2028}",
        "\u{85}",
        "\u{feff}",
        "\u{a0}",
        "😀",
        "a:b",
        "k: v\n",
        "- k: v\n",
        "  k: v\n",
        "  - v\n",
        "[a, b]",
        "{ a: b }",
        "'q'",
        "\"q\"",
        "--- ",
        "...",
        "%",
        "@",
        "!",
        "&",
        "*",
        "?",
        "|",
        ">",
        "k:\n",
        "  k:\n",
        "    k: v\n",
    ]);
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

/// Files that are right, in our style and near it.
fn document() -> impl Strategy<Value = String> {
    let scalar = prop::sample::select(vec![
        "a",
        "two words",
        "'it''s'",
        "\"q\\\"\\\\\"",
        "1.5",
        "a:b",
        "a#b",
        "http://x/y",
        "./p",
        "-x",
        "--long",
        "~",
        "[]",
        "{}",
        "[a, 'b c', \"d\"]",
        "{ k: v, l: [1, 2] }",
        "",
        "é",
        "a, b",
        "a]b",
        "x  # note",
        "$HOME",
        "(a)",
        "a ?b",
        "{ k: }",
        "[a, ]",
    ]);
    let line = (0..4_usize, prop::bool::ANY, "[a-z]{1,3}", scalar, prop::bool::ANY);
    prop::collection::vec(line, 1..14).prop_map(|lines| {
        let mut out = String::new();
        for (indent, dash, key, scalar, gap) in lines {
            let dash = if dash { "- " } else { "" };
            out.push_str(&format!("{:width$}{dash}{key}: {scalar}\n", "", width = indent * 2));
            if gap {
                out.push_str("\n  # a note\n");
            }
        }
        out
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn readers_agree_on_any_soup(text in soup()) {
        agree(&text);
    }

    #[test]
    fn readers_agree_on_documents(text in document()) {
        agree(&text);
    }
}

//! New files, outputs, revisions and policies.

use super::*;
use crate::model::{Mode, StepStatus};

#[test]
fn a_new_file_reads_back_as_what_was_written() {
    let wanted = good(SAMPLE).sequence().clone();
    let text = emit(&wanted, Some("yaml-language-server: $schema=state/sequence.schema.json"));
    assert!(text.starts_with("# yaml-language-server: "), "{text}");
    assert_eq!(good(&text).sequence(), &wanted, "{text}");
    assert!(text.contains("  - id: build\n    command: [cargo, build, --release]\n"), "{text}");
}

#[test]
fn keys_are_written_in_the_order_of_the_tables() {
    let document = good(SAMPLE);
    let tables = super::super::decode::keys(super::super::decode::STEP).collect::<Vec<_>>();
    for (step, output) in document.sequence().steps.iter().zip(&document.written().steps) {
        let keys = super::super::wire::step_entries(step, output);
        let ranks: Vec<_> =
            keys.keys().map(|k| super::super::place::rank(&tables, k.as_str().unwrap())).collect();
        assert!(ranks.is_sorted(), "{keys:?}");
    }
    assert!(
        super::super::output::ORDER
            .iter()
            .filter(|k| tables.contains(k))
            .is_sorted_by_key(|k| { super::super::place::rank(&tables, k) })
    );
}

#[test]
fn the_schema_names_every_key_that_is_read_and_no_other() {
    use super::super::decode::{GATE, METADATA, RETRY, SEQUENCE, SEQUENCE_POLICY, STEP, keys};
    let schema = schema();
    let names = |of: &serde_json::Value| {
        assert_eq!(of["additionalProperties"], false, "{of}");
        assert!(of["patternProperties"]["^x-"].is_boolean(), "{of}");
        let mut names: Vec<_> = of["properties"].as_object().unwrap().keys().cloned().collect();
        assert!(of["properties"].as_object().unwrap().values().all(|p| p["description"].is_string()), "{of}");
        names.sort();
        names
    };
    let sorted = |mut keys: Vec<&'static str>| {
        keys.sort_unstable();
        keys
    };
    let part = |name: &str| &schema["$defs"][name];
    assert_eq!(names(&schema), sorted(keys(SEQUENCE).collect()));
    assert_eq!(names(part("Step")), sorted(keys(STEP).collect()));
    assert_eq!(names(part("Gate")), sorted(keys(GATE).collect()));
    assert_eq!(names(part("Retry")), sorted(keys(RETRY).collect()));
    assert_eq!(names(part("Metadata")), sorted(keys(METADATA).collect()));
    assert_eq!(names(part("SequencePolicy")), sorted(keys(SEQUENCE_POLICY).collect()));
    assert_eq!(schema["required"], serde_json::json!(["name"]));
    assert_eq!(part("Step")["required"], serde_json::json!(["id"]));
}

#[test]
fn texts_survive_being_written() {
    for text in [
        "",
        " ",
        "a",
        "yes",
        "No",
        "null",
        "~",
        "1",
        "1.5",
        "0x1f",
        "true",
        "-",
        "- a",
        "--x",
        "---",
        "a: b",
        "a #b",
        "#a",
        "a:",
        "[a",
        "a, b",
        "a]",
        "{{ x }}",
        "it's",
        "\"q\"",
        "a\nb",
        "\ttab",
        "\r\n",
        "\\s+",
        "*a",
        "&a",
        "!a",
        "%a",
        "@a",
        "`a`",
        "é",
        "\u{feff}",
        "\u{2028}",
        "😀",
        "\u{7}",
        "a  b",
        "a ",
        "?",
        "? a",
        "2026-11-22T20:43:55Z",
        "=",
        "<<",
        ".",
        "...",
        "|",
        ">",
        "\u{85}",
    ] {
        let printed = super::super::print::scalar(text);
        for line in [
            format!("name: {printed}\n"),
            format!("name: n\nx-l: [{printed}, {printed}]\n"),
            format!("name: n\nx-m: {{ a: {printed} }}\n"),
        ] {
            let sequence = good(&line).sequence().clone();
            let found = match sequence.extra.values().next() {
                Some(serde_json::Value::Array(items)) => items[1].clone(),
                Some(serde_json::Value::Object(map)) => map["a"].clone(),
                _ => sequence.name.clone().into(),
            };
            assert_eq!(found, text, "{line}");
        }
    }
}

#[test]
fn outputs_change_nothing_else() {
    let document = good(SAMPLE);
    let text = document.with_outputs(
        |step| match step.id.as_str() {
            "plan" => StepOutput { status: Some(StepStatus::Running), reason: None },
            "build" => StepOutput { status: Some(StepStatus::Ready), reason: None },
            _ => StepOutput { status: Some(StepStatus::Blocked), reason: Some("blocked by gate: x".into()) },
        },
        |_| GateOutput::default(),
    );
    let wanted = SAMPLE
        .replace("status: DONE", "status: RUNNING")
        .replace("    status: FAILED\n    reason: 'exit code 101'\n", "    status: READY\n")
        .replace(
            "depends_on: [build]\n",
            "depends_on: [build]\n    status: BLOCKED\n    reason: 'blocked by gate: x'\n",
        )
        .replace(", status: APPROVED, decided_by: user, decided_at: 2026-11-22T20:50:00Z", "");
    assert_eq!(text, wanted);
    assert_eq!(good(&text).revision(), document.revision());
}

#[test]
fn the_revision_knows_a_definition_from_an_output() {
    let revision = |text: &str| good(text).revision();
    let base = revision("name: a\nsteps:\n- id: a\n  status: READY\n  reason: x\n");
    for same in [
        "name: a\nsteps:\n- id: a\n",
        "name: a\nsteps:\n- status: DONE\n  id: a\n",
        "name: a\nsteps:\n- status: DONE\n  reason: >-\n    long\n    text\n  id: a\n  # no\n",
    ] {
        assert_eq!(revision(same) == base, !same.contains("# no"), "{same}");
    }
    assert_ne!(revision("name: a\nsteps:\n- id: b\n  status: READY\n"), base);
    assert_ne!(revision("name: b\nsteps:\n- id: a\n"), base);
}

const POLICY: &str = r#"# Ours.
mode: SAFE        # or POWER
max_fanout: 12

allowed_commands:
  - "claude"      # the agent
  - git
# Patterns.
forbidden_patterns:
  - "rm\\s+-rf\\s+/"
"#;

#[test]
fn a_policy_is_read_with_the_lines_of_its_rules() {
    let parsed = parse_policy(POLICY.as_bytes());
    assert_eq!(parsed.problems, []);
    let document = parsed.document.unwrap();
    let policy = document.policy();
    assert_eq!(policy.max_fanout, 12);
    assert_eq!(policy.allowed_commands, ["claude", "git"]);
    assert_eq!(policy.forbidden_patterns, [r"rm\s+-rf\s+/"]);
    assert_eq!(policy.max_concurrent, crate::policy::Policy::default().max_concurrent);
    assert_eq!((policy.lines["mode"], policy.lines["allowed_commands[1]"]), (2, 7));
    assert!(!policy.lines.contains_key("max_concurrent"));
}

#[test]
fn edits_of_a_policy_keep_its_comments() {
    let document = parse_policy(POLICY.as_bytes()).document.unwrap();
    assert_eq!(document.with_mode(Mode::Power), POLICY.replace("mode: SAFE ", "mode: POWER "));
    assert_eq!(document.with_mode(Mode::Safe), POLICY);
    assert_eq!(document.with_command("cargo"), POLICY.replace("  - git\n", "  - git\n  - cargo\n"));
    assert_eq!(document.with_command("git"), POLICY);
    assert_eq!(document.without_command("claude"), POLICY.replace("  - \"claude\"      # the agent\n", ""));
    let bare = parse_policy(b"# nothing yet\n").document.unwrap();
    assert_eq!(bare.with_mode(Mode::Power), "# nothing yet\nmode: POWER\n");
    let text = bare.with_command("cargo");
    let again = parse_policy(text.as_bytes()).document.unwrap();
    assert!(again.policy().allowed_commands.ends_with(&["tsc".to_owned(), "cargo".to_owned()]), "{text}");
    let empty = parse_policy(b"allowed_commands: []\n").document.unwrap();
    assert_eq!(empty.with_command("cargo"), "allowed_commands: [cargo]\n");
    assert_eq!(
        parse_policy(b"allowed_commands: [cargo]\n").document.unwrap().without_command("cargo"),
        "allowed_commands: []\n"
    );
}

#[test]
fn faults_of_a_policy_are_named_at_once() {
    let text = "mode: POWR\nmax_fanout: 0\nmax_log_bytes: 1000\nforbidden_pattern: []\nredact: ['(']\nallowed_cwd: ['a{']\nsandbox: on\nx-own: 1\n";
    let problems = parse_policy(text.as_bytes()).problems;
    let found: Vec<_> = problems.iter().map(|p| (p.line, p.code.as_str(), p.path.as_str())).collect();
    assert_eq!(
        found,
        [
            (1, "BAD_VALUE", "mode"),
            (2, "OUT_OF_RANGE", "max_fanout"),
            (3, "OUT_OF_RANGE", "max_log_bytes"),
            (4, "UNKNOWN_KEY", "forbidden_pattern"),
            (5, "BAD_VALUE", "redact[0]"),
            (6, "BAD_VALUE", "allowed_cwd[0]"),
            (7, "BAD_VALUE", "sandbox"),
        ]
    );
    assert_eq!(problems[3].hint.as_deref(), Some("did you mean `forbidden_patterns`?"));
}

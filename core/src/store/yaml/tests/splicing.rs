//! Changes of a definition touch only what changed.

use proptest::prelude::*;

use super::*;
use crate::id::{NodeId, StepId};
use crate::model::{Gate, ModelName, Retry, Sequence, Step, StepStatus};

/// Changes a file, checks that the result means what is wanted and keeps the outputs, and gives its text.
fn change(text: &str, edit: impl FnOnce(&mut Sequence)) -> String {
    let before = good(text);
    let mut after = before.sequence().clone();
    edit(&mut after);
    let text = before.rewrite(&after).unwrap().text().to_string();
    let found = good(&text);
    assert_eq!(found.sequence(), &after, "{text}");
    for (step, output) in after.steps.iter().zip(&found.written().steps) {
        let old = before.sequence().steps.iter().position(|s| s.id == step.id);
        assert_eq!(output, &old.map(|i| before.written().steps[i].clone()).unwrap_or_default(), "{text}");
    }
    text
}

fn step(id: &str) -> Step {
    let mut step = Step::new(StepId::new(id).unwrap(), ModelName::shell());
    step.command = vec!["true".to_owned()];
    step
}

fn id(text: &str) -> NodeId {
    NodeId::new(text).unwrap()
}

#[test]
fn nothing_changed_is_nothing_written() {
    assert_eq!(change(SAMPLE, |_| {}), SAMPLE);
}

#[test]
fn a_value_is_replaced_where_it_stands() {
    let text = change(SAMPLE, |s| {
        s.name = "launch".into();
        s.step_mut("build").unwrap().timeout_ms = Some(5);
        s.step_mut("build").unwrap().retry = Some(Retry { max: 3, backoff_ms: 500, factor: 2.0 });
        s.step_mut("check").unwrap().depends_on = vec![id("build"), id("plan")];
    });
    let wanted = SAMPLE
        .replace("name: release ", "name: launch ")
        .replace("timeout_ms: 1800000", "timeout_ms: 5")
        .replace("{ max: 2,", "{ max: 3,")
        .replace("depends_on: [build]", "depends_on: [build, plan]");
    assert_eq!(text, wanted);
}

#[test]
fn keys_come_and_go_in_their_place() {
    let text = change(SAMPLE, |s| {
        let plan = s.step_mut("plan").unwrap();
        plan.lane = Some("backend".into());
        plan.review = true;
        plan.name = "plan".into();
        let build = s.step_mut("build").unwrap();
        build.timeout_ms = None;
        build.depends_on = vec![id("review-gate")];
        build.env.insert("EXTRA".into(), "yes".into());
        s.metadata.description = Some("two\nlines".into());
    });
    let wanted = SAMPLE
        .replace("    name: Plan it\n", "")
        .replace(
            "prompts/plan.md\n    status: DONE\n",
            "prompts/plan.md\n    lane: backend\n    status: DONE\n    review: true\n",
        )
        .replace("    timeout_ms: 1800000\n", "")
        .replace("      - plan          # it needs the plan\n", "")
        .replace("JOBS: 4 }", "JOBS: 4, EXTRA: 'yes' }")
        .replace("created_by: ada\n", "created_by: ada\n  description: \"two\\nlines\"\n");
    assert_eq!(text, wanted);
}

#[test]
fn steps_come_go_and_move_with_their_comments() {
    let added = change(SAMPLE, |s| s.steps.insert(1, step("lint")));
    let body = "    status: DONE\n\n  - id: lint\n    command: ['true']\n\n  # --- build ---\n";
    assert_eq!(added, SAMPLE.replace("    status: DONE\n\n  # --- build ---\n", body));
    let gone = change(&added, |s| s.steps.retain(|step| step.id.as_str() != "lint"));
    assert_eq!(gone, SAMPLE);
    let moved = change(SAMPLE, |s| s.steps.swap(0, 1));
    assert!(
        moved.find("# --- build ---").unwrap() < moved.find("# The plan comes first").unwrap(),
        "{moved}"
    );
    assert_eq!(moved.lines().count(), SAMPLE.lines().count(), "{moved}");
    let first = change(SAMPLE, |s| drop(s.steps.remove(0)));
    assert!(first.contains("steps:\n  # --- build ---\n  - id: build\n"), "{first}");
    let last = change(SAMPLE, |s| drop(s.steps.pop()));
    assert!(last.contains("# The gates."), "{last}");
}

#[test]
fn gates_come_and_go_in_flow_style() {
    let text = change(SAMPLE, |s| s.gates.push(Gate::new(crate::id::GateId::new("g2").unwrap())));
    assert!(text.ends_with("20:50:00Z }\n  - id: g2\nx-note: kept\n"), "{text}");
    let text = change(SAMPLE, |s| s.gates.clear());
    assert!(text.contains("# The gates.\ngates: []\nx-note: kept\n"), "{text}");
    let text = change("name: a\ngates: [{id: g}]\n", |s| {
        s.gates.insert(0, Gate::new(crate::id::GateId::new("f").unwrap()))
    });
    assert_eq!(text, "name: a\ngates: [{ id: f }, {id: g}]\n");
}

#[test]
fn lists_are_begun_and_emptied() {
    for (before, after) in [
        ("name: a\n", "name: a\nsteps:\n  - id: a\n    command: ['true']\n"),
        ("name: a", "name: a\nsteps:\n  - id: a\n    command: ['true']"),
        ("name: a\nsteps: []\ngates: []\n", "name: a\nsteps:\n  - id: a\n    command: ['true']\ngates: []\n"),
        (
            "name: a\nsteps:   # none\n# end\n",
            "name: a\nsteps:   # none\n  - id: a\n    command: ['true']\n# end\n",
        ),
        ("name: a\nsteps:\n", "name: a\nsteps:\n  - id: a\n    command: ['true']\n"),
        ("{name: a, steps: []}", "{name: a, steps: [{ id: a, command: ['true'] }]}"),
        ("{name: a}\n", "{name: a, steps: [{ id: a, command: ['true'] }]}\n"),
        ("name: a\r\nsteps: []\r\n", "name: a\r\nsteps:\r\n  - id: a\r\n    command: ['true']\r\n"),
    ] {
        assert_eq!(change(before, |s| s.steps.push(step("a"))), after);
    }
    let text = change("name: a\nsteps:\n- id: a\n- id: b\ngates: []\n", |s| s.steps.clear());
    assert_eq!(text, "name: a\nsteps: []\ngates: []\n");
}

#[test]
fn flow_style_stays_flow_style() {
    let base = "name: a\nsteps: [{id: a}, {id: b, cwd: x}]\n";
    for (edit, wanted) in [
        (0, "name: a\nsteps: [{id: a}, {id: b, cwd: x}, { id: c, command: ['true'] }]\n"),
        (1, "name: a\nsteps: [{id: b, cwd: x}]\n"),
        (2, "name: a\nsteps: [{id: b, cwd: x}, {id: a}]\n"),
        (3, "name: a\nsteps: [{id: a}, {id: b}]\n"),
        (4, "name: a\nsteps: [{id: a, depends_on: [b]}, {id: b, cwd: x}]\n"),
    ] {
        let text = change(base, |s| match edit {
            0 => s.steps.push(step("c")),
            1 => drop(s.steps.remove(0)),
            2 => s.steps.swap(0, 1),
            3 => s.steps[1].cwd = None,
            _ => s.steps[0].depends_on.push(id("b")),
        });
        assert_eq!(text, wanted);
    }
}

#[test]
fn windows_line_ends_and_the_byte_order_mark_stay() {
    let text = format!("\u{feff}{}", SAMPLE.replace('\n', "\r\n"));
    let out = change(&text, |s| {
        s.steps.push(step("new"));
        s.step_mut("plan").unwrap().lane = Some("x".into());
        s.steps.remove(1);
    });
    assert!(out.starts_with('\u{feff}') && !out.replace("\r\n", "").contains('\n'), "{out:?}");
}

#[test]
fn what_means_the_same_is_no_reason_to_write_anew() {
    let document = good(SAMPLE);
    let mut after = document.sequence().clone();
    after.step_mut("check").unwrap().cwd = Some(".".into());
    let text = document.rewrite(&after).unwrap().text().to_string();
    assert!(text.contains("# The plan comes first.") && text.contains("# the end of check"), "{text}");
}

#[test]
fn what_could_not_be_read_again_is_not_written() {
    let refused = |edit: fn(&mut Step)| {
        let before = good(SAMPLE);
        let mut after = before.sequence().clone();
        edit(after.step_mut("build").unwrap());
        before.rewrite(&after).unwrap_err()
    };
    let faults = refused(|s| s.timeout_ms = Some(u64::MAX));
    assert_eq!((faults.len(), &*faults[0].path), (1, "steps[1].timeout_ms"), "{faults:?}");
    refused(|s| s.watchdog_interval_ms = Some(u64::MAX));
    refused(|s| s.retry = Some(Retry { max: 1, backoff_ms: 3_600_001, factor: 2.0 }));
    refused(|s| drop(s.env.insert("A\0B".into(), String::new())));
    let faults = refused(|s| s.command = vec!["x".repeat(16 << 20)]);
    assert_eq!(faults[0].code, "TOO_LARGE", "{:?}", faults[0]);
}

/// Files of different styles with the same steps.
fn styles() -> Vec<String> {
    let block = SAMPLE.to_owned();
    let flow = "name: a\nsteps: [ {id: plan, status: READY}, {status: DONE, id: build, depends_on: [plan] }, # c\n {id: check} ]\n";
    let tight = "name: a\nsteps:\n- status: DONE\n  reason: x\n  id: plan\n# about build\n- id: build\n  depends_on:\n  - plan\n  status: READY\n\n\n- id: check\n  when: |+\n    a\n\n\ngates:\n- status: PENDING\n  id: review-gate";
    [block, flow.to_owned(), tight.to_owned()]
        .into_iter()
        .flat_map(|t| [t.replace('\n', "\r\n"), t.trim_end().to_owned(), t])
        .collect()
}

fn edits() -> impl Strategy<Value = Vec<(u8, usize, u8)>> {
    prop::collection::vec((0..12_u8, 0..5_usize, 0..4_u8), 0..6)
}

fn apply(sequence: &mut Sequence, edits: &[(u8, usize, u8)]) {
    for (n, (what, at, value)) in edits.iter().enumerate() {
        let len = sequence.steps.len();
        let index = at % len.max(1);
        match what {
            0 => sequence.steps.insert(index.min(len), step(&format!("new-{n}"))),
            1 if len > 0 => drop(sequence.steps.remove(index)),
            2 if len > 0 => sequence.steps.swap(0, index),
            3 if len > 0 => {
                let step = sequence.steps.remove(index);
                sequence.steps.push(step);
            }
            4 => sequence.gates.push(Gate::new(crate::id::GateId::new(&format!("gate-{n}")).unwrap())),
            5 => drop(sequence.gates.pop()),
            6 => sequence.name = format!("name: {value}"),
            7 => sequence.metadata.description = (*value > 1).then(|| format!("# {value}")),
            _ if len == 0 => {}
            8 => {
                sequence.steps[index].depends_on =
                    ["plan", "build", "x"][..usize::from(*value % 4).min(3)].iter().map(|s| id(s)).collect()
            }
            9 => {
                sequence.steps[index].lane =
                    (*value > 0).then(|| ["", "a", "b c", "d: e"][usize::from(*value)].to_owned())
            }
            10 => sequence.steps[index].command = vec!["x".repeat(40); usize::from(*value)],
            _ => sequence.steps[index].review = *value % 2 == 0,
        }
        for step in &mut sequence.steps {
            let default = if step.command.is_empty() { "claude-code" } else { "shell" };
            step.model = default.parse().unwrap();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_change_of_any_style_means_what_is_wanted(edits in edits(), style in 0..9_usize) {
        let text = &styles()[style];
        let mut after = Sequence::new("");
        let out = change(text, |s| {
            apply(s, &edits);
            after = s.clone();
        });
        // These would be gone had the file been written anew.
        let window = text.contains("# shown in the window");
        prop_assert!(!window || out.contains("# shown in the window"), "{}", out);
        let build = text.contains("# about build") && after.step("build").is_some();
        prop_assert!(!build || out.contains("# about build"), "{}", out);
    }

    #[test]
    fn a_flush_of_outputs_never_changes_the_revision(edits in edits(), style in 0..9_usize, seed in 0..64_usize) {
        let text = change(&styles()[style], |s| apply(s, &edits));
        let document = good(&text);
        let mut n = seed;
        let mut next = || { n = (n * 31 + 7) % 65_537; n };
        let statuses = [None, Some(StepStatus::Ready), Some(StepStatus::Failed)];
        let reasons = [None, Some("x".to_owned()), Some("a: b\n#, [c]".to_owned())];
        let mut wanted = Vec::new();
        let text = document.with_outputs(
            |_| {
                let output = StepOutput { status: statuses[next() % 3], reason: reasons[next() / 8 % 3].clone() };
                wanted.push(output.clone());
                output
            },
            |_| GateOutput { reason: Some("r".into()), ..GateOutput::default() },
        );
        let flushed = good(&text);
        prop_assert_eq!(&flushed.written().steps, &wanted, "{}", text);
        prop_assert_eq!(flushed.sequence(), document.sequence());
        prop_assert_eq!(flushed.revision(), document.revision(), "{}", text);
    }
}

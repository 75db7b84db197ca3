//! What a file means, and what is said about its faults.

use super::*;
use crate::model::{Actor, FailPolicy, GateStatus, StepStatus, ThreadType};

#[test]
fn a_sample_is_read_in_full() {
    let document = good(SAMPLE);
    let sequence = document.sequence();
    assert_eq!(sequence.name, "release");
    assert_eq!(sequence.metadata.created_by.as_deref(), Some("ada"));
    assert_eq!(sequence.metadata.extra["x-ticket"], 12);
    assert_eq!(sequence.policy.as_ref().unwrap().max_fanout, Some(5));
    assert_eq!(sequence.extra["x-note"], "kept");
    let build = sequence.step("build").unwrap();
    assert_eq!(build.name, "build", "the id where no name is given");
    assert!(build.model.is_shell(), "a command means shell");
    assert_eq!(build.command, ["cargo", "build", "--release"]);
    assert_eq!(build.env["JOBS"], "4", "a number in env is its text");
    assert_eq!(build.depends_on.len(), 2);
    assert_eq!(build.retry.unwrap().factor, 2.0);
    assert_eq!(build.extra["x-owner"]["deep"]["n"], 1.5);
    assert_eq!(sequence.step("check").unwrap().kind, ThreadType::L);
    let written = document.written();
    assert_eq!(written.steps[0].status, Some(StepStatus::Done));
    assert_eq!(written.steps[1].reason.as_deref(), Some("exit code 101"));
    assert_eq!(written.steps[2], StepOutput::default());
    assert_eq!(written.gates[0].status, Some(GateStatus::Approved));
    assert_eq!(written.gates[0].decided_by, Some(Actor::User));
}

#[test]
fn files_of_the_older_program_are_read() {
    let document = good(
        "version: 1.0\nname: old\nmetadata: { author: bob }\nsteps:\n\
         - { id: a, fusion_candidates: true, fail_policy: continue, cwd: . }\n\
         - { id: b, fusion_candidates: true, fail_policy: stop-all }\n\
         - { id: s, fusion_synth: true, depends_on: [a, b] }\n\
         - { id: w, depends_on: [a], orchestrator: s }\n",
    );
    let sequence = document.sequence();
    assert_eq!(sequence.metadata.created_by.as_deref(), Some("bob"));
    let [a, b, s, w] = sequence.steps.iter().collect::<Vec<_>>()[..] else { panic!() };
    assert_eq!((a.fail_policy, b.fail_policy), (Some(FailPolicy::BestEffort), Some(FailPolicy::FailFast)));
    assert_eq!(a.cwd, None, "the root is the default");
    assert_eq!(a.model.as_str(), "claude-code");
    assert_eq!(s.fusion_candidates, [a.id.clone(), b.id.clone()]);
    assert!(!w.orchestrator && w.spawned_by.as_ref() == Some(&s.id));
}

#[test]
fn every_fault_is_named_at_once_with_its_place() {
    let text = r#"
name: x
metadata: { created_at: yesterday }
stepz: []
steps:
  - id: Build It
    depends-on: [a]
    timeout_ms: 0
    retry: { max: 101, factor: "2" }
  - name: no id
    review: yes
    type: z
    fanout: 1.5
    depends_on: plan
  - just text
  - id: c
    command: [a, { b: c }]
    status: done
    command: [b]
    env: { A: [1], "": b }
    artifacts:
      nested: true
gates: none
"#;
    assert_eq!(
        faults(text),
        [
            "3:25 BAD_VALUE metadata.created_at",
            "4:1 UNKNOWN_KEY stepz",
            "6:9 BAD_ID steps[0].id",
            "7:5 UNKNOWN_KEY steps[0].depends-on",
            "8:17 OUT_OF_RANGE steps[0].timeout_ms",
            "9:19 OUT_OF_RANGE steps[0].retry.max",
            "9:32 WRONG_TYPE steps[0].retry.factor",
            "10:5 MISSING_KEY steps[1]",
            "11:13 WRONG_TYPE steps[1].review",
            "12:11 BAD_VALUE steps[1].type",
            "13:13 WRONG_TYPE steps[1].fanout",
            "14:17 WRONG_TYPE steps[1].depends_on",
            "15:5 WRONG_TYPE steps[2]",
            "17:18 WRONG_TYPE steps[3].command[1]",
            "18:13 BAD_VALUE steps[3].status",
            "19:5 DUPLICATE_KEY steps[3].command",
            "20:15 WRONG_TYPE steps[3].env.A",
            "20:20 BAD_VALUE steps[3].env.",
            "22:7 WRONG_TYPE steps[3].artifacts",
            "23:8 WRONG_TYPE gates",
        ]
    );
    let parsed = parse(text.as_bytes());
    let hints: Vec<_> = parsed.problems.iter().filter_map(|p| p.hint.as_deref()).collect();
    assert_eq!(hints.len(), parsed.problems.len(), "each fault says what to do");
    assert!(
        hints.contains(&"did you mean `steps`?") && hints.contains(&"did you mean `depends_on`?"),
        "{hints:?}"
    );
    assert!(hints.contains(&"use `build-it`") && hints.contains(&"use 0 to 100"), "{hints:?}");
    assert!(
        hints.contains(&"did you mean `DONE`? Valid: READY, RUNNING, NEEDS_REVIEW, DONE, FAILED, BLOCKED")
    );
    let sequence = parsed.document.unwrap().sequence().clone();
    let ids: Vec<_> = sequence.steps.iter().map(|s| s.id.as_str()).collect();
    assert_eq!(ids, ["build-it", "step-2", "step-3", "c"], "what can be read is, and indices stay true");
}

#[test]
fn a_null_value_means_no_key() {
    let document = good("name: a\nsteps:\n- id: a\n  cwd:\n  depends_on: ~\n  retry: null\ngates:\n");
    assert!(document.sequence().steps[0].depends_on.is_empty());
    assert!(document.sequence().gates.is_empty());
}

#[test]
fn places_of_data_paths_are_found() {
    let document = good(SAMPLE);
    for (path, place) in [
        ("name", Some((3, 7))),
        ("steps[1]", Some((20, 5))),
        ("steps[1].depends_on[1]", Some((25, 9))),
        ("steps[1].env.JOBS", Some((22, 34))),
        ("steps[1].nothing", Some((20, 5))),
        ("gates[0].depends_on[0]", Some((41, 51))),
        ("nothing", None),
    ] {
        assert_eq!(document.locate(path), place, "{path}");
    }
}

#[test]
fn literal_texts_and_quotes_are_read() {
    let document = good(
        "name: |-\n  two\n  lines\nmetadata:\n  description: >\n    folded\n    text\n\n  created_by: \"\\u00e4\"\n",
    );
    assert_eq!(document.sequence().name, "two\nlines");
    assert_eq!(document.sequence().metadata.description.as_deref(), Some("folded text\n"));
    assert_eq!(document.sequence().metadata.created_by.as_deref(), Some("ä"));
}

/// Two threads read a long file.
#[test]
fn a_long_file_is_read_as_a_short_one() {
    let text = large(3000);
    assert!(text.len() >= LONG);
    let document = good(&text);
    let ids = document.sequence().steps.iter().map(|step| step.id.to_string());
    assert!(ids.eq((0..3000).map(|i| format!("step-{i}"))));
    assert_eq!(document.written().steps.len(), 3000);
    let without = document.with_outputs(|_| StepOutput::default(), |_| GateOutput::default());
    assert_eq!(document.revision(), crate::id::Digest::of([without.as_bytes()]));

    let broken = text.replace("./crates/part-7\n", "[]\n").replace("id: step-2900\n", "id: Step 2900\n");
    let broken = broken.replace("id: step-2950\n", "ident: step-2950\n");
    let found = parse(broken.as_bytes()).problems;
    let found: Vec<_> = found.iter().map(|p| (p.code.as_str(), p.path.as_str())).collect();
    let wanted = [
        ("WRONG_TYPE", "steps[7].cwd"),
        ("BAD_ID", "steps[2900].id"),
        ("MISSING_KEY", "steps[2950]"),
        ("UNKNOWN_KEY", "steps[2950].ident"),
    ];
    assert_eq!(found, wanted);

    let old = text.replace("id: step-1600\n", "id: step-1600\n    fusion_candidates: true\n");
    let synth = good(&old).sequence().step("step-1601").unwrap().clone();
    assert!(synth.fusion_synth && synth.fusion_candidates[0].as_str() == "step-1600");
}

#[test]
fn an_amount_is_held_as_it_is_written_or_refused() {
    let of = |usd: &str| format!("name: a\nbudget: {{ usd: {usd} }}\nsteps: []\n");
    for finer in ["0.0000001", "1e-7", "1.0000005"] {
        assert_eq!(faults(&of(finer)), ["2:16 OUT_OF_RANGE budget.usd"], "{finer}");
    }
    for amount in ["0", "0.000001", "2.5", "1e-6", "999999.999999"] {
        let held = good(&of(amount)).sequence().budgets.all.unwrap().usd.unwrap();
        assert_eq!(held.dollars(), amount.parse::<f64>().unwrap());
    }
}

use super::*;
use crate::dag::testing::sequence;
use crate::model::{FailPolicy, Retry};

const ALL: Checks<'_> = Checks { max_fanout: 3, prompt_exists: &|_| true, unknown_model: &|_| None };

/// Problems as `CODE path: message (hint)`.
fn faults(seq: &Sequence) -> Vec<String> {
    check(seq, &ALL).iter().map(|p| format!("{} {p}", p.code)).collect()
}

/// The only fault of a sequence of two steps, `a` and `b`, after a change of `a`.
fn fault_of(change: impl FnOnce(&mut crate::model::Step)) -> String {
    let mut seq = sequence("a; b");
    change(&mut seq.steps[0]);
    let mut found = faults(&seq);
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

fn in_group(seq: &mut Sequence, count: usize) {
    for step in seq.steps.iter_mut().take(count) {
        step.group_id = Some("team".parse().unwrap());
    }
}

#[test]
fn a_sound_sequence_has_no_fault() {
    assert_eq!(faults(&sequence("a; b: a a g; gate g: a")), [""; 0]);
}

#[test]
fn names_are_unique_and_exist() {
    assert_eq!(
        faults(&sequence("build; test: biuld; test: build; gate build: zzzzzz test")),
        [
            "DUPLICATE_ID steps[2].id: the id `test` is taken by steps[1] \
             (ids are unique among steps and gates; rename one of the two)",
            "DUPLICATE_ID gates[0].id: the id `build` is taken by steps[0] \
             (ids are unique among steps and gates; rename one of the two)",
            "UNKNOWN_DEPENDENCY steps[1].depends_on[0]: `test` depends on `biuld`, which does not exist \
             (did you mean `build`?)",
            "UNKNOWN_DEPENDENCY gates[0].depends_on[0]: `build` depends on `zzzzzz`, which does not exist \
             (add that first, or leave it out here)",
        ]
    );
}

#[test]
fn every_knot_is_printed_once() {
    assert_eq!(
        faults(&sequence("a: x b; x; b: a; c: c; d: g; gate g: d")),
        [
            "SELF_DEPENDENCY steps[3].depends_on[0]: `c` depends on itself (remove this dependency)",
            "DEPENDENCY_CYCLE steps[0].depends_on[1]: circular dependency: a -> b -> a \
             (remove one of these dependencies, for example that of `a`)",
            "DEPENDENCY_CYCLE steps[4].depends_on[0]: circular dependency: d -> g -> d \
             (remove one of these dependencies, for example that of `d`)",
        ]
    );
}

#[test]
fn watchdogs_watch_a_step() {
    let watch = |target: &'static str| fault_of(|s| s.watchdog_for = Some(target.parse().unwrap()));
    assert!(watch("a").starts_with("WATCHDOG_OF_ITSELF steps[0].watchdog_for"));
    assert!(watch("bb").ends_with("(did you mean `b`?)"));
    let mut seq = sequence("long; w; ww; after: w");
    seq.steps[1].watchdog_for = Some("long".parse().unwrap());
    seq.steps[2].watchdog_for = Some("w".parse().unwrap());
    assert_eq!(
        faults(&seq),
        [
            "WATCHDOG_OF_WATCHDOG steps[2].watchdog_for: the watchdog `ww` watches `w`, which is a watchdog itself \
             (watch `long`)",
            "WATCHDOG_DEPENDENCY steps[3].depends_on[0]: `after` depends on the watchdog `w`, which never ends by \
             itself (depend on `long`, which it watches)",
        ]
    );
}

#[test]
fn synths_have_candidates_and_wait_for_them() {
    assert!(fault_of(|s| s.fusion_synth = true).starts_with("SYNTH_WITHOUT_CANDIDATES"));
    let mut seq = sequence("c1; c2; c3; mid: c2; sum: c1 mid");
    seq.steps[4].fusion_synth = true;
    seq.steps[4].fusion_candidates = ["c1", "c2", "c3", "c9"].map(|id| id.parse().unwrap()).to_vec();
    let found = faults(&seq);
    assert!(found[0].starts_with("UNKNOWN_CANDIDATE steps[4].fusion_candidates[3]"), "{found:?}");
    assert!(found[1].starts_with("CANDIDATE_NOT_AWAITED steps[4].fusion_candidates[2]"), "{found:?}");
    assert_eq!(found.len(), 2);
}

#[test]
fn a_spawner_exists() {
    let found = fault_of(|s| s.spawned_by = Some("lead".parse().unwrap()));
    assert!(found.starts_with("UNKNOWN_ORCHESTRATOR steps[0].spawned_by"), "{found}");
}

#[test]
fn a_group_has_one_policy_and_no_inner_order() {
    let mut seq = sequence("a; b; mid: a; c: mid");
    in_group(&mut seq, 2);
    seq.steps[3].group_id = seq.steps[0].group_id.clone();
    seq.steps[0].fail_policy = Some(FailPolicy::FailFast);
    seq.steps[3].fail_policy = Some(FailPolicy::BestEffort);
    let found = faults(&seq);
    assert!(found[0].starts_with("MIXED_FAIL_POLICY steps[3].fail_policy"), "{found:?}");
    assert!(found[1].starts_with("GROUP_DEPENDS_ON_ITSELF steps[3].depends_on[0]: `c` depends on `a`"));
    assert_eq!(found.len(), 2);
}

#[test]
fn a_group_stays_within_the_policy() {
    let mut seq = sequence("a; b; c; d");
    in_group(&mut seq, 3);
    assert_eq!(faults(&seq), [""; 0]);
    in_group(&mut seq, 4);
    assert!(faults(&seq)[0].starts_with("FANOUT_OVER_POLICY steps[3].group_id"));
    assert!(fault_of(|s| s.fanout = Some(4)).starts_with("FANOUT_OVER_POLICY steps[0].fanout"));
}

#[test]
fn paths_stay_in_the_project() {
    for (cwd, program, artifact, prompt, place) in [
        (Some(".."), "x", "o", "p", Some("cwd")),
        (Some("a/../.."), "x", "o", "p", Some("cwd")),
        (Some("a"), "../x", "o", "../p", None),
        (Some("/tmp"), "/usr/bin/x", "o/**", "p", None),
        (None, "../x", "o", "p", Some("command[0]")),
        (None, "x", "../o", "p", Some("artifacts[0]")),
        (None, "x", "/o", "p", Some("artifacts[0]")),
        (None, "x", "o", "../../p", Some("prompt_file")),
        (None, "x", "o", "/p", Some("prompt_file")),
    ] {
        let mut seq = sequence("a");
        let step = &mut seq.steps[0];
        step.cwd = cwd.map(str::to_owned);
        step.command = vec![program.to_owned()];
        step.artifacts = vec![artifact.to_owned()];
        step.prompt_file = Some(prompt.to_owned());
        let found: Vec<String> = check(&seq, &ALL).into_iter().map(|p| p.path).collect();
        let expected: Vec<String> = place.map(|p| format!("steps[0].{p}")).into_iter().collect();
        assert_eq!(found, expected, "{cwd:?} {program} {artifact} {prompt}");
    }
}

#[test]
fn models_are_known() {
    let known = |name: &str| (name != "codex").then(|| vec!["shell".to_owned(), "codex".to_owned()]);
    let some = Checks { unknown_model: &known, ..ALL };
    let mut seq = sequence("a; b; c; d");
    for (step, model) in seq.steps.iter_mut().zip(["codex", "codexx", "opus", "shell"]) {
        step.command.clear();
        step.model = model.parse().unwrap();
    }
    let found: Vec<String> = check(&seq, &some).iter().map(|p| format!("{} {p}", p.code)).collect();
    assert_eq!(
        found,
        [
            "UNKNOWN_MODEL steps[1].model: the model of `b` is `codexx`, which nobody knows (did you mean `codex`?)",
            "UNKNOWN_MODEL steps[2].model: the model of `c` is `opus`, which nobody knows (choose one of shell, \
             codex, or describe it in .threados/models.yaml)",
        ]
    );
}

#[test]
fn prompts_exist_and_commands_fit_the_model() {
    let none = Checks { prompt_exists: &|_| false, ..ALL };
    let mut seq = sequence("a; b; c; d");
    seq.steps[0].prompt_file = Some("prompts/a.md".into());
    seq.steps[1].command.clear();
    seq.steps[2].model = "codex".parse().unwrap();
    let found: Vec<String> = check(&seq, &none).iter().map(|p| format!("{} {}", p.code, p.path)).collect();
    assert_eq!(
        found,
        [
            "PROMPT_MISSING steps[0].prompt_file",
            "PROMPT_MISSING steps[1].prompt_file",
            "COMMAND_WITHOUT_SHELL steps[2].command"
        ]
    );
}

#[test]
fn numbers_are_in_range() {
    let retry = |max, factor| Some(Retry { max, backoff_ms: 1, factor });
    for (place, found) in [
        ("timeout_ms", fault_of(|s| s.timeout_ms = Some(0))),
        ("watchdog_interval_ms", fault_of(|s| s.watchdog_interval_ms = Some(0))),
        ("fanout", fault_of(|s| s.fanout = Some(0))),
        ("retry.max", fault_of(|s| s.retry = retry(101, 2.0))),
        ("retry.factor", fault_of(|s| s.retry = retry(1, 0.5))),
        ("retry.factor", fault_of(|s| s.retry = retry(1, f64::NAN))),
    ] {
        assert!(found.starts_with(&format!("OUT_OF_RANGE steps[0].{place}:")), "{found}");
    }
}

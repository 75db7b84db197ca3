//! Parallel workers with a merge, fusions, and work that is sent back.

use std::fs;
use std::path::{Path, PathBuf};

use crate::agent_kit::{agents, ask};
use crate::engine_kit::{
    HOLD, go, kill_engine, last_run, processes_with, project, run_record, sequence, step, traced,
    wait_for_starts,
};
use crate::support::{Project, Ran, finish, script, wait};

/// What a step printed in the latest run.
#[track_caller]
fn printed(p: &Project, id: &str) -> String {
    p.read(&format!("runs/{}/{id}/stdout.log", last_run(p)))
}

/// What a step was asked in the latest run.
#[track_caller]
fn asked(p: &Project, id: &str) -> String {
    p.ok(&format!("prompt show {id} --run {}", last_run(p)))
}

/// A project and a `claude` that answers each prompt with `done by STEP`.
fn with_claude() -> (Project, PathBuf) {
    let p = Project::new();
    let folder = p.root().parent().unwrap().join("bin");
    fs::create_dir(&folder).unwrap();
    let answer = r#"{"type":"result","subtype":"success","is_error":false,"result":"done by '$THREADOS_STEP_ID'","session_id":"s","total_cost_usd":0,"usage":{"input_tokens":1,"output_tokens":1}}"#;
    script(&folder, "claude", &format!("#!/bin/sh\ncat > /dev/null\necho '{answer}'\n"));
    p.ok("policy allow claude");
    (p, folder)
}

/// Runs a line with that `claude` at hand.
fn run_with(p: &Project, folder: &Path, line: &str) -> Ran {
    let words = shlex::split(line).unwrap();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", folder.display());
    finish(
        p.command(&words)
            .env("PATH", path)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap(),
    )
}

#[test]
fn workers_that_are_programs_are_merged_by_printing_them() {
    let p = Project::new();
    p.ok("step add w --type p --fanout 3 --merge sum -- sh -c 'echo worker $THREADOS_WORKER_INDEX of $THREADOS_WORKER_COUNT'");
    p.ok("run all");
    let each: Vec<String> = (1..=3).map(|i| format!("## w-{i}\n\nworker {i} of 3\n")).collect();
    assert_eq!(printed(&p, "sum"), each.join("\n"));

    p.write("x.md", "echo x $THREADOS_WORKER_INDEX\n");
    p.write("y.md", "echo y {{ worker.index }}\n");
    p.ok("step add s --model shell --fanout 3 --merge all --prompts x.md,y.md");
    assert_eq!(p.json("step show all")["step"]["command"], serde_json::json!(["seqctl", "inputs"]));
    p.ok("run all");
    assert_eq!(printed(&p, "all"), "## s-1\n\nx 1\n\n## s-2\n\ny 2\n\n## s-3\n\nx 3\n");
}

#[test]
fn a_group_of_steps_that_are_there_is_merged_likewise() {
    let p = Project::new();
    for id in ["a", "b"] {
        p.ok(&format!("step add {id} -- echo from {id}"));
    }
    p.ok("group parallelize a b --merge both");
    p.ok("run all");
    assert_eq!(printed(&p, "both"), "## a\n\nfrom a\n\n## b\n\nfrom b\n");
}

#[test]
fn workers_that_are_agents_are_merged_by_an_agent_that_reads_what_they_said() {
    let (p, bin) = with_claude();
    p.ok("step add r --type p --fanout 2 --merge sum --prompt-text 'Look at {{ step.id }} ({{ worker.index }}/{{ worker.count }})'");
    assert_eq!(run_with(&p, &bin, "run all").code, 0, "{}", p.reason("r-1"));
    assert_eq!(asked(&p, "r-2"), "Look at r-2 (2/2)\n");
    let text = asked(&p, "sum");
    for part in ["Merge the results", "## r-1: DONE", "done by r-1", "## r-2: DONE", "done by r-2"] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn workers_may_have_models_and_prompts_of_their_own() {
    let p = Project::new();
    p.write("x.md", "X\n");
    p.write("y.md", "Y\n");
    p.ok("step add r --type p --fanout 3 --models codex,gemini,claude-code --prompts x.md,y.md --merge sum");
    let field = |id: &str, name: &str| p.json(&format!("step show {id}"))["step"][name].clone();
    assert_eq!(
        ["r-1", "r-2", "r-3", "sum"].map(|id| field(id, "model")),
        ["codex", "gemini", "claude-code", "codex"]
    );
    assert_eq!(["r-1", "r-2", "r-3"].map(|id| p.ok(&format!("prompt show {id}"))), ["X\n", "Y\n", "X\n"]);
    p.exits(2, "step add s --models codex -- true");
    p.exits(2, "step add s --fanout 2 --models codex --model gemini");
}

/// Three candidates, of which the third fails, and their synth.
fn fusion(scripts: [&str; 3]) -> Project {
    let p =
        project(&[traced("a", &[], scripts[0]), traced("b", &[], scripts[1]), traced("c", &[], scripts[2])]);
    p.ok("fusion create --candidates a b c --synth s");
    p
}

#[test]
fn the_synth_of_a_fusion_sees_who_succeeded() {
    let p = fusion(["echo one two three four", "echo one two three five", "echo half; exit 3"]);
    let done = p.json("run all");
    assert_eq!(
        (&done["state"], p.status("c"), p.status("s")),
        (&"done".into(), "FAILED".into(), "DONE".into())
    );
    assert_eq!(
        printed(&p, "s"),
        "## a\n\none two three four\n\n## b\n\none two three five\n\n## c (FAILED: exit code 3)\n\nhalf\n"
    );
    let record = run_record(&p, &last_run(&p));
    assert_eq!(record["fusion_agreement"], 0.75, "three of four words of each: {record:#}");
    assert_eq!(record["threads"], serde_json::json!({"f": 4}));
}

#[test]
fn the_synth_of_agents_gets_the_candidates_in_its_prompt() {
    let (p, bin) = with_claude();
    for id in ["a", "b"] {
        p.ok(&format!("step add {id} --prompt-text 'Do it.'"));
    }
    p.ok("step add c -- false");
    p.ok("fusion create a b c");
    assert_eq!(run_with(&p, &bin, "run all").code, 0);
    let text = asked(&p, "a-synth");
    for part in
        ["## a: DONE", "claude-code", "done by a", "done by b", "## c: FAILED (exit code 1)", "/a/stdout.log"]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn candidates_of_different_models_are_told_apart_also_where_one_fails() {
    let p = agents();
    for (id, model, prompt) in
        [("a", "claude-code", ""), ("b", "codex", "fake: api-error bad thing"), ("c", "gemini", "")]
    {
        ask(&p, id, model, prompt, "");
    }
    p.ok("fusion create --candidates a b c --synth best");
    assert_eq!(p.json("run all")["state"], "done");
    let text = asked(&p, "best");
    for part in ["## a: DONE", "claude-code", "## b: FAILED", "bad thing", "codex", "## c: DONE", "gemini"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert_eq!(run_record(&p, &last_run(&p))["fusion_agreement"], 1.0, "of the two that answered alike");
}

#[test]
fn a_fusion_of_which_all_fail_has_nothing_to_merge() {
    let p = fusion(["exit 1", "exit 1", "exit 1"]);
    p.exits(1, "run all");
    assert_eq!(["a", "b", "c", "s"].map(|id| p.status(id)), ["FAILED", "FAILED", "FAILED", "BLOCKED"]);
    assert!(run_record(&p, &last_run(&p))["fusion_agreement"].is_null());
}

#[test]
fn a_candidate_that_is_stopped_is_one_that_failed() {
    let long = format!("{HOLD}; echo ended");
    let p = fusion([&long, &long, "sleep 600"]);
    let run = p.start("run all");
    wait_for_starts(&p, 3);
    p.ok("stop c --yes");
    assert_eq!(p.status("s"), "BLOCKED");
    go(&p);
    assert_eq!(finish(run).code, 0);
    assert!(printed(&p, "s").contains("## c (FAILED: stopped by user)"), "{}", printed(&p, "s"));
    assert_eq!(processes_with(&p, "sleep 600"), [0_u32; 0]);
}

#[test]
fn a_fusion_survives_the_end_of_its_engine() {
    let long = format!("{HOLD}; echo one two");
    let p = fusion([&long, &long, "exit 1"]);
    let run = p.start("run all");
    p.wait_for("c", "FAILED");
    kill_engine(&p);
    go(&p);
    let ran = finish(run);
    assert_eq!((ran.code, p.status("s")), (0, "DONE".into()), "{ran:#?}");
    assert!(
        printed(&p, "s").contains("## a\n\none two\n") && printed(&p, "s").contains("## c (FAILED"),
        "{}",
        printed(&p, "s")
    );
    wait("the record", || run_record(&p, &last_run(&p))["fusion_agreement"] == 1.0);
}

#[test]
fn creating_a_fusion_is_undone_whole() {
    let p = Project::new();
    for id in ["a", "b"] {
        p.ok(&format!("step add {id} --model codex --prompt-text x"));
    }
    let before = p.json("step list")["steps"].clone();
    let all = |p: &Project| ["a", "b"].map(|id| p.json(&format!("step show {id}"))["step"].clone());
    let shown = all(&p);
    p.ok("fusion create --candidates a,b --synth s");
    let synth = p.json("step show s")["step"].clone();
    assert_eq!(
        (&synth["type"], &synth["model"], &synth["fusion_candidates"]),
        (&"f".into(), &"codex".into(), &serde_json::json!(["a", "b"]))
    );
    assert!(p.ok("prompt show s").contains("{{ candidates }}"));
    let a = &all(&p)[0];
    assert_eq!(
        (&a["type"], &a["group_id"], &a["fail_policy"]),
        (&"f".into(), &"s-candidates".into(), &"best_effort".into())
    );
    p.ok("undo --yes");
    assert_eq!((p.json("step list")["steps"].clone(), all(&p)), (before, shown));
    assert!(!p.path("prompts/s.md").exists());
    p.ok("redo");
    assert_eq!(p.json("step show s")["step"]["fusion_synth"], true);
    p.ok("validate");
}

#[test]
fn a_group_and_a_step_that_are_there_become_a_fusion() {
    let p = Project::new();
    p.ok("step add w --fanout 2 -- echo x");
    p.ok("step add s --depends-on w-1 -- seqctl inputs");
    p.ok("fusion create w-1 w-2 --synth s");
    let synth = p.json("step show s")["step"].clone();
    assert_eq!(synth["depends_on"], serde_json::json!(["w-1", "w-2"]));
    assert_eq!(p.json("step show w-2")["step"]["group_id"], "w");
    p.ok("run all");
}

#[test]
fn what_makes_no_fusion_is_refused_with_the_reason() {
    let p = Project::new();
    for line in [
        "a -- true",
        "b -- true",
        "c --depends-on a -- true",
        "t --depends-on b -- true",
        "w --fanout 2 -- true",
    ] {
        p.ok(&format!("step add {line}"));
    }
    p.ok("fusion create w-1 w-2 --synth taken");
    let before = p.read("sequence.yaml");
    for (line, code, told) in [
        ("a c --synth s", 2, "`c` depends on `a`"),
        ("a nope --synth s", 4, "there is no step `nope`"),
        ("a --synth s", 2, "at least two candidates"),
        ("a a --synth s", 2, "`a` is named twice"),
        ("a b --synth a", 2, "`a` cannot be a candidate and the synth"),
        ("a t --synth b", 2, "`t` depends on `b`"),
        ("a b --synth taken", 7, "the synth of another fusion"),
        ("a w-1 --synth s", 7, "group `w` is not made of just these candidates"),
        ("--synth s", 2, "required"),
    ] {
        let ran = p.exits(code, &format!("fusion create {line}"));
        assert!(ran.stderr.contains(told), "{line}: {}", ran.stderr);
    }
    assert_eq!(p.read("sequence.yaml"), before);
}

#[test]
fn work_that_is_sent_back_is_told_why_once() {
    let (p, bin) = with_claude();
    p.ok("step add plan --prompt-text 'Plan it.'");
    p.ok("step add draft --depends-on plan --prompt-text 'Draft it.{% if review.reason %} Mend: {{ review.reason }}{% endif %}'");
    p.ok("gate insert g --after draft");
    let run = |line: &str| assert!([0, 10].contains(&run_with(&p, &bin, line).code), "{line}");
    run("run all");
    assert_eq!((asked(&p, "plan"), asked(&p, "draft")), ("Plan it.\n".into(), "Draft it.\n".into()));
    p.ok("gate block g --rework plan --reason 'too long' --yes");
    run("run all");
    let text = asked(&p, "plan");
    assert!(
        text.starts_with("Plan it.\n") && text.contains("## Sent back") && text.ends_with("too long\n"),
        "{text}"
    );
    assert_eq!(asked(&p, "draft"), "Draft it.\n", "the reason is for plan");
    p.ok("gate block g --rework draft --reason 'too short' --yes");
    run("run all");
    assert_eq!(asked(&p, "draft"), "Draft it. Mend: too short\n", "and no heading besides");
    p.ok("reset --all --yes");
    run("run all");
    assert_eq!((asked(&p, "plan"), asked(&p, "draft")), ("Plan it.\n".into(), "Draft it.\n".into()));
}

#[test]
fn a_rejected_step_reads_the_reason_in_its_script() {
    let p = project(&[
        "  - id: draft\n    model: shell\n    prompt_file: prompts/draft.md\n    review: true\n".into(),
    ]);
    p.write(".threados/prompts/draft.md", "echo '[{{ review.reason }}]'\n");
    p.exits(10, "run all");
    assert_eq!(printed(&p, "draft"), "[]\n");
    p.ok("step reject draft --rework --reason 'no tests'");
    p.exits(10, "run all");
    assert_eq!(printed(&p, "draft"), "[no tests]\n");
    p.write(".threados/prompts/draft.md", "echo \"($THREADOS_REVIEW_REASON)\"\n");
    p.ok("step reject draft --rework --reason 'still none, \"quoted\"'");
    p.exits(10, "run all");
    assert_eq!(printed(&p, "draft"), "(still none, \"quoted\")\n", "without any template");
    p.write(".threados/prompts/draft.md", "echo '[{{ review.reason }}]'\n");
    p.ok("step accept draft");
    p.ok("reset draft --yes");
    p.exits(10, "run all");
    assert_eq!(printed(&p, "draft"), "[]\n");
}

#[test]
fn a_rework_that_fails_is_still_to_be_mended_when_it_is_tried_again() {
    let p = project(&[
        "  - id: draft\n    model: shell\n    prompt_file: prompts/draft.md\n    review: true\n".into(),
    ]);
    p.write(".threados/prompts/draft.md", "echo '[{{ review.reason }}]'; test -e fine\n");
    p.write("fine", "");
    p.exits(10, "run all");
    p.ok("step reject draft --rework --reason 'no tests'");
    fs::remove_file(p.root().join("fine")).unwrap();
    for line in ["run all", "run all --failed", "run step draft"] {
        p.exits(1, line);
        assert_eq!(printed(&p, "draft"), "[no tests]\n", "{line}");
    }
    p.ok("reset draft --yes");
    p.exits(1, "run all");
    assert_eq!(printed(&p, "draft"), "[]\n");
}

#[test]
fn the_template_of_fusions_makes_one() {
    let p = Project::new();
    p.ok("template apply fusion --set model=shell --set candidates=2");
    p.ok("run all");
    let synth = p.json("step show fusion")["step"].clone();
    assert_eq!(
        (&synth["fusion_synth"], &synth["fusion_candidates"]),
        (&true.into(), &serde_json::json!(["fusion-1", "fusion-2"]))
    );
    assert!(printed(&p, "fusion").starts_with("## fusion-1\n"), "{}", printed(&p, "fusion"));
    p.ok("template apply fusion");
    p.ok("validate");
}

#[test]
fn a_step_without_candidates_is_told_so_before_it_starts() {
    let p = project(&[]);
    sequence(&p, &[step("a", &[], "echo '{{ candidates }}'")], "");
    let error = p.json("run all")["error"].clone();
    assert!(error["message"].as_str().unwrap().contains("`candidates` are those of a synth"), "{error}");
}

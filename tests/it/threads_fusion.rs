//! F threads: candidates for the same task, and a step that makes one result of what they came to.

use crate::agent_kit::{agents, ask};
use crate::engine_kit::{
    HOLD, go, kill_engine, last_run, processes_with, project, run_record, sequence, step, traced,
    wait_for_starts,
};
use crate::merge_kit::{asked, printed, run_with, with_claude};
use crate::support::{Project, finish, wait};

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
fn a_megabyte_and_bytes_that_are_no_text_reach_the_synth_by_path_and_cut_and_marked() {
    let (p, bin) = with_claude();
    p.write("big.sh", "i=0; while [ $i -lt 16384 ]; do printf '%05d %057d\\n' $i 0; i=$((i+1)); done\n");
    p.write("bytes.sh", "printf 'a\\0b\\377'\n");
    p.ok("step add a -- sh big.sh");
    p.ok("step add b -- sh bytes.sh");
    p.ok("step add c -- sh -c 'echo half; exit 3'");
    p.ok("step add s --prompt-text 'Merge these: {{ candidates }}'");
    p.ok("fusion create --candidates a b c --synth s");
    assert_eq!(run_with(&p, &bin, "run all").code, 0);
    let (run, text) = (last_run(&p), asked(&p, "s"));
    let log = |step: &str| p.path(&format!("runs/{run}/{step}/stdout.log")).display().to_string();
    assert_eq!(std::fs::metadata(log("a")).unwrap().len(), 1 << 20);
    assert!(
        text.contains("00000 0") && text.contains("16383 0") && text.len() < 100_000,
        "{} bytes",
        text.len()
    );
    let mark = text.lines().find(|line| line.contains("bytes are cut out here")).unwrap();
    assert!(mark.contains(&log("a")), "{mark}");
    assert!(text.contains(&format!("[4 bytes that are no text: {}]", log("b"))));
    assert!(text.contains("## c: FAILED (exit code 3)") && text.contains("half"), "{text}");
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
        ("a c --synth s", 7, "`c` depends on `a`"),
        ("a nope --synth s", 4, "there is no step `nope`"),
        ("a --synth s", 2, "at least two candidates"),
        ("a a --synth s", 2, "`a` is named twice"),
        ("a b --synth a", 2, "`a` cannot be a candidate and the synth"),
        ("a t --synth b", 7, "`t` depends on `b`"),
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

#[test]
fn the_files_a_candidate_left_reach_the_synth_by_path_in_its_prompt_and_its_inputs() {
    let (p, bin) = with_claude();
    p.ok("step add a --artifact 'out/*.txt' -- sh -c 'mkdir -p out; echo mine > out/a.txt; echo said a'");
    p.ok("step add b -- sh -c 'echo said b'");
    p.ok("step add s --prompt-text 'Merge these: {{ candidates }}'");
    p.ok("fusion create --candidates a b --synth s");
    assert_eq!(run_with(&p, &bin, "run all").code, 0);
    let run = last_run(&p);
    let kept = p.path(&format!("runs/{run}/a/artifacts/out/a.txt"));
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), "mine\n");
    let text = asked(&p, "s");
    let of_a = text.split("## b: DONE").next().unwrap();
    assert!(of_a.contains("## a: DONE") && of_a.contains(&kept.display().to_string()), "{text}");
    let inputs: serde_json::Value =
        serde_json::from_str(&p.read(&format!("runs/{run}/s/inputs.json"))).unwrap();
    let artifacts = |at: usize| inputs["inputs"][at]["artifacts"].clone();
    assert_eq!(artifacts(0), serde_json::json!([kept]), "{inputs:#}");
    assert_eq!(artifacts(1), serde_json::json!([]), "{inputs:#}");
}

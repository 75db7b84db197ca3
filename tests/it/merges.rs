//! Parallel workers with a merge of what they came to, and work that is sent back.

use std::fs;

use crate::engine_kit::project;
use crate::merge_kit::{asked, printed, run_with, with_claude};
use crate::support::Project;

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

//! Data between steps: outputs, inputs, prompts and conditions.

use std::fs;

use crate::engine_kit::{all_done, last_run, policy, project, sequence, starts, step, step_record, traced};
use crate::support::Project;

/// What a step printed in the latest run.
#[track_caller]
fn printed(p: &Project, id: &str) -> String {
    p.read(&format!("runs/{}/{id}/stdout.log", last_run(p)))
}

/// A step that hands on `risk=low` and `n=3`.
fn plan() -> String {
    step("plan-1", &[], "echo the plan; printf 'risk=low\\nword=two words\\n' > $THREADOS_OUTPUT")
}

#[test]
fn outputs_reach_the_command_the_environment_the_script_and_the_condition() {
    let uses = "  - id: uses\n    command: [sh, -c, 'echo \"$1|$2|$RISK\"', x, '{{ steps.plan-1.outputs.word }}', \
                '<{{ steps[\"plan-1\"].status }}>']\n    env: { RISK: 'is {{ steps.plan-1.outputs.risk }}' }\n    \
                depends_on: [plan-1]\n    when: \"{{ steps.plan-1.outputs.risk == 'low' }}\"\n";
    let script =
        "  - id: script\n    model: shell\n    prompt_file: prompts/script.md\n    depends_on: [plan-1]\n";
    let p = project(&[plan(), uses.into(), script.into()]);
    p.write(
        ".threados/prompts/script.md",
        "echo {{ steps.plan-1.outputs.risk }} in ${#HOME} $0 $THREADOS_PROMPT_FILE\n",
    );
    p.ok("run all");
    assert_eq!(printed(&p, "uses"), "two words|<DONE>|is low\n", "an argument is never split");
    let prompt = p.path(&format!("runs/{}/script/prompt.md", last_run(&p)));
    let path = prompt.display().to_string();
    let script = fs::read_to_string(&prompt).unwrap();
    assert_eq!(script, "echo low in ${#HOME} $0 $THREADOS_PROMPT_FILE\n");
    let said = printed(&p, "script");
    assert!(said.starts_with("low in ") && said.ends_with(&format!(" {path} {path}\n")), "{said}");
    assert_eq!(p.ok(&format!("prompt show script --run {}", last_run(&p))), script);
    assert!(p.ok("prompt show script").contains("{{ steps.plan-1.outputs.risk }}"));
}

#[test]
fn a_condition_that_does_not_hold_skips_the_step_and_its_followers_go_on() {
    let p = project(&[
        plan(),
        traced("maybe", &["plan-1"], "echo x > $THREADOS_OUTPUT")
            + "    when: steps.plan-1.outputs.risk != 'low'\n",
        traced("after", &["maybe"], "echo \"[{{ steps.maybe.outputs.key }}]{{ steps.maybe.reason }}\""),
    ]);
    let done = p.json("run all");
    assert_eq!((&done["state"], &done["steps"][1]["reason"]), (&"done".into(), &"skipped".into()));
    assert_eq!(
        (p.status("maybe"), p.reason("maybe"), starts(&p, "maybe")),
        ("DONE".into(), "skipped".into(), 0)
    );
    assert!(!p.path(&format!("runs/{}/maybe", last_run(&p))).exists(), "nothing was started");
    assert!(printed(&p, "after").contains("[none]skipped"));
    let ends = p.entries("step.end");
    let skipped = ends.iter().find(|e| e["target"] == "maybe").unwrap();
    assert_eq!(
        (&skipped["payload"]["status"], &skipped["payload"]["reason"]),
        (&"DONE".into(), &"skipped".into())
    );
    assert_eq!(p.entries("step.start").iter().filter(|e| e["target"] == "maybe").count(), 0);
    p.ok("reset --all --yes");
    assert_eq!(p.status("maybe"), "BLOCKED");
}

#[test]
fn a_thousand_skipped_steps_need_no_slot() {
    let holder = traced("holder", &[], "while [ ! -e go ]; do sleep 0.02; done");
    let chain = |i: usize| {
        let after = if i == 0 { String::new() } else { format!("s{}", i - 1) };
        step(&format!("s{i}"), &[&after], "false") + "    when: 'false'\n"
    };
    let steps: Vec<String> =
        (0..200).map(chain).chain([traced("last", &["s199"], ": > go"), holder]).collect();
    let p = project(&[]);
    policy(&p, "max_concurrent: 2");
    sequence(&p, &steps, "");
    p.ok("run all");
    assert!(all_done(&p));
}

#[test]
fn an_output_that_was_not_written_fails_the_follower_by_name() {
    let p = project(&[
        plan(),
        step("a", &["plan-1"], "echo {{ steps.plan-1.outputs.rosk }}"),
        step("b", &["plan-1"], "true") + "    env: { X: '{{ steps.plan-1.outputs.none }}' }\n",
        step("c", &["plan-1"], "true") + "    when: steps.plan-1.outputs.nope\n",
    ]);
    p.exits(1, "run all");
    for (id, place, key) in
        [("a", "command[2]:1:", "rosk"), ("b", "env.X:1:", "none"), ("c", "when:", "nope")]
    {
        let reason = p.reason(id);
        let told = format!("step `plan-1` wrote no output `{key}` (it wrote risk, word)");
        assert!(reason.starts_with(place) && reason.ends_with(&told), "{reason}");
        assert_eq!(p.status(id), "FAILED");
    }
}

#[test]
fn what_is_asked_for_in_vain_is_a_refusal_before_anything_starts() {
    let p = project(&[
        plan(),
        traced("b", &["plan-1"], "echo {{ steps.plam-1.outputs.x }}"),
        step("z", &[], "true"),
    ]);
    let refused = p.json("run all");
    let error = &refused["error"];
    assert_eq!(error["code"], "TEMPLATE_UNKNOWN_STEP");
    let message = error["message"].as_str().unwrap();
    assert!(message.starts_with("step `b`: .threados/sequence.yaml:8:"), "{message}");
    assert_eq!(error["hint"], "did you mean `plan-1`?");
    assert_eq!(
        (p.exits(3, "run all").stdout, starts(&p, "b"), p.status("z")),
        (String::new(), 0, "READY".into())
    );
    let problem = &p.json("validate")["problems"][0];
    assert_eq!(
        (&problem["code"], &problem["path"], &problem["line"]),
        (&"TEMPLATE_UNKNOWN_STEP".into(), &"steps[1].command[2]".into(), &8.into())
    );
    p.exits(3, "run all --dry-run");
    p.ok("run step z");

    let p = project(&[plan(), step("b", &[], "echo {{ steps.plan-1.stdout }}")]);
    let error = p.json("run step b")["error"].clone();
    assert_eq!(
        (&error["code"], &error["hint"]),
        (&"TEMPLATE_NOT_UPSTREAM".into(), &"let it wait: seqctl dep add b plan-1".into())
    );
}

#[test]
fn a_fault_in_a_prompt_is_told_with_its_line() {
    let p = project(&["  - id: a\n    model: shell\n    prompt_file: prompts/a.md\n".into()]);
    p.write(".threados/prompts/a.md", "true\ntrue {{ steps. }}\n");
    let problem = p.json("validate")["problems"][0].clone();
    assert_eq!(
        (&problem["file"], &problem["line"], &problem["code"]),
        (&".threados/prompts/a.md".into(), &2.into(), &"TEMPLATE".into())
    );
    assert!(p.exits(3, "run all").stderr.contains(".threados/prompts/a.md:2:"), "{problem}");
    p.write(".threados/prompts/a.md", "echo '{% raw %}{{ .Names }}{% endraw %}'\n");
    p.ok("run all");
    assert_eq!(printed(&p, "a"), "{{ .Names }}\n");
}

#[test]
fn a_template_can_smuggle_nothing_past_the_policy() {
    let says = |text: &str| step("says", &[], &format!("echo {text} > $THREADOS_OUTPUT"));
    let program = "  - id: does\n    command: ['{{ steps.says.outputs.x }}', -c, 'touch evil']\n    depends_on: [says]\n";
    let script = "  - id: does\n    model: shell\n    prompt_file: prompts/does.md\n    depends_on: [says]\n";
    let p = project(&[says("x=bash"), program.into()]);
    p.write(".threados/prompts/does.md", "{{ steps.says.outputs.x }}\n");
    p.exits(1, "run all");
    assert!(p.reason("does").contains("policy: the shell `bash` is not allowed"), "{}", p.reason("does"));
    for step in [step("does", &["says"], "{{ steps.says.outputs.x }}"), script.into()] {
        sequence(&p, &[says("x=r'm' -rf /"), step], "");
        p.ok("reset --all --yes");
        p.exits(1, "run all");
        assert!(p.reason("does").contains("policy: "), "{}", p.reason("does"));
    }
    assert!(!p.root().join("evil").exists());
}

#[test]
fn inputs_json_tells_all_and_seqctl_inputs_prints_it() {
    let p = project(&[
        plan() + "    artifacts: [made.txt]\n",
        step("bad", &[], "echo half; exit 3") + "    group_id: g\n    fail_policy: best_effort\n",
        step("good", &[], "printf 'no newline'") + "    group_id: g\n",
        "  - id: sum\n    command: [seqctl, inputs]\n    depends_on: [bad, gate, good]\n".into(),
        "  - id: as-json\n    command: [seqctl, inputs, --json]\n    depends_on: [sum, plan-1]\n".into(),
        "  - id: alone\n    command: [seqctl, inputs]\n    depends_on: [plan-1]\n".into(),
    ]);
    let text = p.read("sequence.yaml").replace("gates: []", "gates:\n  - { id: gate, depends_on: [plan-1] }");
    p.write(".threados/sequence.yaml", &text);
    p.write("made.txt", "made");
    p.ok("gate approve gate --early");
    p.exits(0, "run all");
    assert_eq!(
        printed(&p, "sum"),
        "## bad (FAILED: exit code 3)\n\nhalf\n\n## plan-1\n\nthe plan\n\n## good\n\nno newline\n"
    );
    assert_eq!(printed(&p, "alone"), "the plan\n", "one needs no heading");
    let told: serde_json::Value = serde_json::from_str(&printed(&p, "as-json")).unwrap();
    let (run, plan) = (last_run(&p), &told["inputs"][1]);
    let dir = p.path(&format!("runs/{run}/plan-1")).display().to_string();
    assert_eq!(
        plan,
        &serde_json::json!({
            "step": "plan-1", "name": "plan-1", "role": null, "model": "shell", "status": "DONE", "reason": null,
            "exit_code": 0, "run": run, "dir": dir, "stdout": format!("{dir}/stdout.log"),
            "stderr": format!("{dir}/stderr.log"), "summary": null, "artifacts": [format!("{dir}/artifacts/made.txt")],
            "outputs": {"risk": "low", "word": "two words"},
        })
    );
    assert_eq!(told["inputs"][0]["step"], "sum");
}

#[test]
fn outside_a_step_there_are_no_inputs() {
    let p = Project::new();
    let ran = p.exits(2, "inputs");
    assert!(ran.stderr.contains("not inside a step") && ran.stderr.contains("hint:"), "{}", ran.stderr);
    assert_eq!(p.json("inputs")["error"]["code"], "NOT_IN_A_STEP");
}

#[test]
fn our_own_program_is_always_allowed_and_forbidden_patterns_still_hold() {
    let p = project(&["  - id: a\n    command: [seqctl, inputs]\n".into()]);
    p.write(".threados/policy.yaml", "mode: SAFE\nallowed_commands: []\n");
    p.ok("run all");
    p.write(".threados/policy.yaml", "mode: SAFE\nallowed_commands: []\nforbidden_patterns: ['seqctl']\n");
    p.ok("reset --all --yes");
    p.exits(5, "run all");
}

#[test]
fn large_and_binary_outputs_come_by_path_and_cut_and_marked() {
    let big = "i=0; while [ $i -lt 16384 ]; do echo \"$i 345678901234567890123456789012345678901234567890123456789\"; i=$((i+1)); done";
    let p = project(&[
        step("big", &[], big),
        step("bin", &[], "printf 'a\\0b\\377'"),
        "  - id: asks\n    model: shell\n    prompt_file: prompts/asks.md\n    depends_on: [big, bin]\n"
            .into(),
    ]);
    p.write(".threados/prompts/asks.md", "cat <<'EOF' > asked\n{{ inputs }}\nEOF\n");
    p.ok("run all");
    let (run, asked) = (last_run(&p), fs::read_to_string(p.root().join("asked")).unwrap());
    let whole = p.path(&format!("runs/{run}/big/stdout.log"));
    let total = fs::metadata(&whole).unwrap().len();
    assert!(total > 900_000 && asked.len() < 70_000, "{total} {}", asked.len());
    assert!(asked.contains("\n0 3456") && asked.contains("\n16383 3456"), "beginning and end are there");
    let mark = asked.lines().find(|l| l.contains("bytes are cut out here")).unwrap();
    assert!(mark.contains(&whole.display().to_string()), "{mark}");
    let bin = p.path(&format!("runs/{run}/bin/stdout.log"));
    assert!(asked.contains(&format!("[4 bytes that are no text: {}]", bin.display())), "by path and size");
}

#[test]
fn secrets_stay_out_of_what_is_shown() {
    let p = project(&[
        step("login", &[], "echo token=abcdef0123456789 > $THREADOS_OUTPUT"),
        "  - id: uses\n    command: [sh, -c, 'echo \"$1\" > got', x, '--password=hunter2hunter2 {{ steps.login.outputs.token }}']\n    env: { API_TOKEN: '{{ steps.login.outputs.token }}' }\n    depends_on: [login]\n".into(),
    ]);
    p.ok("run all");
    assert!(fs::read_to_string(p.root().join("got")).unwrap().contains("abcdef0123456789"));
    let record = step_record(&p, &last_run(&p), "uses")["command"].to_string();
    let log = serde_json::to_string(&p.entries("step.start")).unwrap();
    for shown in [record, log] {
        assert!(!shown.contains("abcdef0123456789") && !shown.contains("hunter2hunter2"), "{shown}");
    }
}

#[test]
fn an_argument_that_no_process_takes_is_refused_with_what_to_do() {
    let p = project(&[
        step(
            "big",
            &[],
            "head -c 200000 /dev/zero | tr '\\0' x > out; printf 'x=' > $THREADOS_OUTPUT; cat out >> $THREADOS_OUTPUT",
        ),
        step("a", &["big"], "echo {{ steps.big.outputs.x }}"),
    ]);
    p.exits(1, "run all");
    assert!(
        p.reason("a").contains("it would be 200005 bytes") && p.reason("a").contains("give the path"),
        "{}",
        p.reason("a")
    );
}

#[test]
fn a_template_that_nobody_can_read_is_refused_as_it_is_given() {
    let p = Project::new();
    let said = p.exits(2, "step add a --when 'steps.b.outputs.x ==' -- true").stderr;
    assert!(said.contains("`when` of step `a` cannot be read at column 19: "), "{said}");
    assert!(said.contains("hint: a condition compares, as in `steps.build.outputs.risk != 'low'`"), "{said}");
    let said = p.exits(2, "step add a -- echo '{{ .Names }}'").stderr;
    assert!(said.contains("`command[1]` of step `a` cannot be read at column 4: "), "{said}");
    assert!(said.contains("{% raw %}"), "{said}");
    p.ok("step add a --when 'steps.later.outputs.x == 1' -- true");
    p.exits(2, "step edit a --when '(1'");
    assert!(p.read("sequence.yaml").contains("steps.later.outputs.x == 1"));
}

#[test]
fn a_condition_that_was_broken_by_hand_does_not_stand_in_the_way_of_another_change() {
    let p = project(&[step("a", &[], "true") + "    when: '(1'\n"]);
    p.ok("step edit a --name Other");
    p.exits(2, "step edit a --when '(2'");
    p.ok("step edit a --when true");
}

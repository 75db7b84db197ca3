//! Thread templates: patterns to begin with, one's own, and what is told of those that are not right.

use crate::agent_kit::{agents, calls};
use crate::support::Project;

const SIX: [&str; 6] = ["base", "parallel", "chained", "fusion", "orchestrated", "long-autonomy"];

#[test]
fn init_writes_the_six_and_they_are_listed() {
    let p = Project::new();
    let listed = p.json("template list");
    let names: Vec<_> = listed["templates"].as_array().unwrap().iter().map(|t| t["name"].clone()).collect();
    assert_eq!(names, SIX);
    for name in SIX {
        assert!(p.read(&format!("templates/{name}.yaml")).starts_with("# The "), "{name} explains itself");
        assert_eq!(
            p.json(&format!("template show {name}"))["template"]["file"],
            format!(".threados/templates/{name}.yaml")
        );
    }
}

#[test]
fn four_phases_have_three_gates_between_and_a_prompt_each() {
    let p = Project::new();
    let made = p.json("template apply chained --set phases=4 --set task='Mend the clock'");
    assert_eq!(made["changed"].as_array().unwrap().len(), 7, "{made:#}");
    assert!(
        p.read("prompts/chained-3.md").contains("# Phase 3 of 4")
            && p.read("prompts/chained-3.md").contains("Mend the clock")
    );
    assert!(p.read("prompts/chained-3.md").contains("{{ inputs }}"), "what is for later stays for later");
    let graph = p.json("step show chained-2");
    assert_eq!(graph["step"]["depends_on"], serde_json::json!(["chained-gate-1"]), "{graph:#}");
    p.ok("validate");
}

#[test]
fn a_dry_run_shows_it_all_and_makes_nothing() {
    let p = Project::new();
    let before = p.read("sequence.yaml");
    let shown = p.ok("template apply parallel --set workers=2 --dry-run");
    for part in
        ["+  - id: parallel-2", "+    group_id: parallel", "+  - id: parallel-merge", "prompts/parallel-1.md"]
    {
        assert!(shown.contains(part), "`{part}` is not in\n{shown}");
    }
    assert_eq!(p.read("sequence.yaml"), before);
}

#[test]
fn one_undo_takes_all_of_it_back() {
    let p = Project::new();
    p.ok("template apply fusion");
    p.ok("undo --yes");
    assert_eq!(p.json("status")["summary"]["total"], 0);
    assert!(!p.path("prompts/fusion-1.md").exists());
}

#[test]
fn ids_that_are_taken_are_numbered_and_all_that_refers_to_them_with_them() {
    let p = Project::new();
    assert_eq!(p.json("template apply long-autonomy")["id"], "long");
    assert_eq!(p.json("template apply long-autonomy")["id"], "long-2");
    assert_eq!(p.json("step show long-2-watchdog")["step"]["watchdog_for"], "long-2");
    p.ok("step add lead-3 -- true");
    assert_eq!(p.json("template apply base --id lead-3")["id"], "lead-3-2");
}

#[test]
fn a_group_that_is_there_gets_no_new_members() {
    let p = Project::new();
    p.ok("step add a -- true");
    p.ok("step add b -- true");
    p.ok("group parallelize a b --id parallel");
    assert_eq!(p.json("template apply parallel")["id"], "parallel-2");
}

#[test]
fn made_of_commands_each_is_allowed_by_the_policy_of_a_new_project() {
    for name in SIX {
        let p = Project::empty();
        p.ok(&format!("init --template {name} --set model=shell"));
        let plan = p.json("run all --dry-run");
        let verdicts: Vec<_> =
            plan["steps"].as_array().unwrap().iter().map(|s| s["verdict"].clone()).collect();
        assert!(!verdicts.is_empty() && verdicts.iter().all(|v| v == "allowed"), "{name}: {plan:#}");
    }
}

#[test]
fn it_runs_at_once() {
    let p = Project::empty();
    p.ok("init --template chained --set phases=2 --set model=shell");
    assert_eq!(p.json("run all")["waiting_on"], serde_json::json!(["chained-gate-1"]));
    p.ok("gate approve chained-gate-1");
    p.ok("run all");
    assert!(p.ok("logs chained-2").contains("chained-2"));
}

#[test]
fn made_for_agents_each_runs_to_its_end_as_it_is_applied() {
    for name in SIX {
        let p = agents();
        p.ok(&format!("template apply {name}"));
        let ended = loop {
            let ran = p.json("run all");
            let gates = ran["waiting_on"].as_array().unwrap_or_else(|| panic!("{name}: {ran:#}"));
            if gates.is_empty() {
                break ran;
            }
            gates.iter().for_each(|gate| drop(p.ok(&format!("gate approve {}", gate.as_str().unwrap()))));
        };
        assert_eq!(ended["state"], "done", "{name}: {ended:#}");
        let calls = calls(&p);
        assert!(!calls.is_empty(), "{name} is for agents");
        for call in calls {
            let prompt = call["prompt"].as_str().unwrap();
            assert!(prompt.len() > 40 && !prompt.contains("{{"), "{name}: {prompt}");
        }
    }
}

#[test]
fn an_orchestrator_of_commands_adds_workers_and_runs_them() {
    let p = Project::empty();
    p.ok("init --template orchestrated --set model=shell");
    assert_eq!(p.json("run all")["state"], "done");
    let children = ["lead-part-1", "lead-part-2", "lead-part-3", "lead-part-merge"];
    for id in children {
        assert_eq!(
            (p.status(id), p.json(&format!("step show {id}"))["step"]["spawned_by"].clone()),
            ("DONE".into(), "lead".into())
        );
    }
    assert!(
        p.ok("logs lead-part-merge").contains("name         lead-part-1"),
        "{}",
        p.ok("logs lead-part-merge")
    );
}

#[test]
fn what_is_applied_can_be_run_at_once() {
    let p = Project::empty();
    p.ok("init -q");
    let said = p.json("template apply parallel --set model=shell --set workers=2 --run");
    assert_eq!(
        (&said["command"], &said["run"]["state"]),
        (&"template.apply".into(), &"done".into()),
        "{said:#}"
    );
    assert_eq!(p.status("parallel-merge"), "DONE");
    let text = p.ok("template apply base --set model=shell --run");
    assert!(text.contains("template base: base") && text.contains("4 done"), "{text}");
}

#[test]
fn one_of_your_own_takes_what_you_say() {
    let p = Project::new();
    p.write(
        ".threados/templates/sweep.yaml",
        "description: A step a folder\nparameters:\n  - { name: folders, type: list }\nlines: |\n  {% for f in folders %}\n  step add {{ id }}-{{ loop.index }} --cwd . -- echo {{ f }}\n  {% endfor %}\n",
    );
    let missing = p.exits(2, "template apply sweep");
    assert!(
        missing.stderr.contains("needs a value for `folders`") && missing.stderr.contains("--set folders=…"),
        "{missing:#?}"
    );
    p.ok("template apply sweep --set \"folders=src,my docs\"");
    p.ok("run all");
    assert_eq!(p.ok("logs sweep-2"), "my docs\n");
}

#[test]
fn what_is_wrong_is_told_with_its_place_and_changes_nothing() {
    let p = Project::new();
    let before = p.read("sequence.yaml");
    for (text, exit, says) in [
        ("lines: |\n  step add {{ id }} -- true\n  step add {{ ids }}\n", 3, "templates/own.yaml:3: "),
        (
            "lines: |\n  step add {{ id }}\n  step add b --colour red\n",
            3,
            "templates/own.yaml:3: `step add b --colour red`",
        ),
        ("lines: |\n  policy allow sh\n", 3, "a template only adds"),
        ("lines: |\n  step add x\nparamters: []\n", 3, "did you mean `parameters`?"),
        (
            "lines: |\n  step add x\nparameters:\n  - { name: n, type: number }\n",
            3,
            "valid: text, integer, boolean, list",
        ),
        ("lines: |\n  step add {{ id }} --depends-on nobody -- true\n", 2, "nobody"),
        ("lines: |\n  step add {{ id }} -- rm x\n", 5, "rm"),
    ] {
        p.write(".threados/templates/own.yaml", text);
        let ran = p.exits(exit, "template apply own");
        assert!(ran.stderr.contains(says), "{text}\n{}", ran.stderr);
        assert_eq!(p.read("sequence.yaml"), before);
    }
}

#[test]
fn a_slip_of_the_hand_gets_a_suggestion() {
    let p = Project::new();
    let ran = p.exits(4, "template apply chaned");
    assert!(ran.stderr.contains("did you mean `chained`?"), "{}", ran.stderr);
    let ran = p.exits(2, "template apply chained --set phase=4");
    assert!(ran.stderr.contains("did you mean `phases`?"), "{}", ran.stderr);
    let ran = p.exits(2, "template apply chained --set phases=many");
    assert!(ran.stderr.contains("a whole number from 2 to 50"), "{}", ran.stderr);
    let fresh = Project::empty();
    fresh.exits(4, "init --template chaned");
    assert!(!fresh.path("").exists(), "nothing was made");
}

#[test]
fn an_id_that_is_always_the_same_is_made_once() {
    let p = Project::new();
    p.write(".threados/templates/own.yaml", "lines: step add fixed -- true\n");
    p.ok("template apply own");
    let ran = p.exits(7, "template apply own");
    assert!(ran.stderr.contains("write it as `{{ id }}-fixed`"), "{}", ran.stderr);
}

#[test]
fn one_that_comes_with_the_program_is_yours_to_change() {
    let p = Project::new();
    let text = p.read("templates/parallel.yaml");
    let (workers, lines) = ("name: workers\n", "lines: |\n");
    assert!(text.contains(workers) && text.contains(lines), "{text}");
    let text = text.replacen(lines, "lines: |\n  step add {{ id }}-first -- echo {{ house }}\n", 1);
    let own = "  - name: house\n    description: Where\n    default: our house\n";
    let text = text.replacen("parameters:\n", &format!("parameters:\n{own}"), 1);
    p.write(".threados/templates/parallel.yaml", &text);
    let shown = p.json("template show parallel")["template"]["parameters"].clone();
    assert_eq!(shown[0]["name"], "house", "{shown:#}");
    p.ok("template apply parallel --set model=shell --set workers=2");
    p.ok("run all");
    assert_eq!(p.ok("logs parallel-first"), "our house\n");
    assert_eq!((p.status("parallel-2"), p.status("parallel-merge")), ("DONE".into(), "DONE".into()));
    std::fs::remove_file(p.path("templates/parallel.yaml")).unwrap();
    p.ok("template apply parallel --set model=shell --id again");
    p.exits(4, "step show again-first");
}

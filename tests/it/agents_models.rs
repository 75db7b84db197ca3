//! Models: which there are, what `models.yaml` says, and what is missing.

use std::time::Instant;

use serde_json::{Value, json};

use crate::agent_kit::{agents, ask, calls};
use crate::engine_kit::latest_run;
use crate::support::{PATIENCE, Project, script, wait};

fn model(p: &Project, name: &str) -> Value {
    let all = p.json("models list");
    all["models"]
        .as_array()
        .unwrap()
        .iter()
        .find(|m| m["name"] == name)
        .unwrap_or_else(|| panic!("{all:#}"))
        .clone()
}

#[test]
fn models_list_says_what_is_installed_and_how_it_is_called() {
    let p = agents();
    std::fs::remove_file(p.root().parent().unwrap().join("bin/qwen")).unwrap();
    let claude = model(&p, "claude-code");
    assert_eq!(claude["installed"], true);
    assert_eq!(claude["version"], "9.9.9 (fake claude)");
    assert_eq!(claude["command"][0], "claude");
    assert_eq!((&claude["origin"], &claude["resumes"]), (&json!("built_in"), &json!(true)));
    let qwen = model(&p, "qwen");
    assert_eq!(
        (&qwen["installed"], &qwen["install"]),
        (&json!(false), &json!("npm install -g @qwen-code/qwen-code"))
    );
    let text = p.ok("models list");
    assert!(text.contains("not installed") && text.contains("to get qwen: npm install -g"), "{text}");
}

#[test]
fn a_program_that_hangs_does_not_hang_the_list() {
    let mut p = agents();
    let bin = p.add_to_path("slow");
    script(&bin, "opencode", "#!/bin/sh\nsleep 654.3 &\nsleep 654.3\n");
    script(&bin, "qwen", "#!/bin/sh\nsleep 654.3 & echo 1.2.3\n");
    let start = Instant::now();
    let slow = model(&p, "opencode");
    assert!(start.elapsed() < PATIENCE, "it would hang for ten minutes");
    assert_eq!((&slow["installed"], &slow["version"]), (&json!(true), &Value::Null));
    assert_eq!(model(&p, "qwen")["version"], "1.2.3");
    // They were killed; that they are gone shows a moment later.
    wait("what they left to be gone", || crate::engine_kit::processes_with(&p, "sleep 654.3").is_empty());
}

#[test]
fn a_missing_program_is_an_error_before_anything_runs() {
    let mut p = Project::empty();
    p.add_to_path("bin");
    p.ok("init");
    p.ok("step add first -- git --version");
    ask(&p, "a", "codex", "hello", "");
    let refused = p.json("run all");
    assert_eq!(refused["error"]["code"], "NO_SUCH_PROGRAM");
    assert_eq!(refused["error"]["hint"], "install it: npm install -g @openai/codex");
    assert_eq!((p.status("first"), p.run("run all").code), ("READY".into(), 8));
}

#[test]
fn models_yaml_adds_and_changes_models() {
    let mut p = agents();
    let bin = p.add_to_path("own");
    script(&bin, "parrot", "#!/bin/sh\nprintf '%s;' \"$@\"; [ \"$3\" = loud ] || exit 7\n");
    p.ok("policy allow parrot");
    p.write(
        ".threados/models.yaml",
        "parrot:\n  command: [parrot, --in, \"{cwd}\", loud]\n  prompt: arg\nquiet: { command: [parrot, \"{prompt_file}\"], prompt: file }\nclaude-code: { command: [claude, -p, --output-format, stream-json, --verbose, --permission-mode, acceptEdits] }\n",
    );
    ask(&p, "a", "parrot", "two words", "");
    ask(&p, "b", "quiet", "x", "");
    ask(&p, "c", "claude-code", "", "");
    p.exits(1, "run all");
    assert_eq!(p.ok("logs a"), format!("--in;{};loud;two words\n;", p.root().display()));
    assert_eq!((p.status("a"), p.status("c")), ("DONE".into(), "DONE".into()));
    assert_eq!(p.reason("b"), "exit code 7", "a program that prints text is judged by its exit code");
    assert_eq!(
        p.ok("logs b"),
        format!("{};", p.path(&format!("runs/{}/b/prompt.md", latest_run(&p))).display())
    );
    assert_eq!(model(&p, "parrot")["origin"], "models.yaml");
    assert_eq!(calls(&p).len(), 1);
}

#[test]
fn a_broken_models_yaml_is_named_with_its_place_and_runs_nothing() {
    let p = agents();
    ask(&p, "a", "claude-code", "", "");
    p.write(".threados/models.yaml", "mine:\n  comand: [x]\n");
    let refused = p.json("run all");
    assert_eq!((p.run("run all").code, &refused["error"]["code"]), (3, &json!("INVALID_FILE")));
    let problems = &p.json("validate")["problems"];
    assert_eq!(problems[1]["file"], ".threados/models.yaml");
    assert_eq!((&problems[1]["line"], &problems[1]["hint"]), (&json!(2), &json!("did you mean `command`?")));
    assert_eq!(p.run("models list").code, 3);
    p.write(".threados/models.yaml", "");
    let sequence = p.read("sequence.yaml").replace("- id: a\n", "- id: a\n    model: nobody\n");
    p.write(".threados/sequence.yaml", &sequence);
    let told = &p.json("validate")["problems"][0];
    assert_eq!((&told["code"], &told["path"]), (&json!("UNKNOWN_MODEL"), &json!("steps[0].model")));
    let unknown = p.json("run all");
    assert_eq!(unknown["error"]["code"], "UNKNOWN_MODEL");
}

#[test]
fn a_model_that_nobody_knows_is_refused_as_it_is_named_and_one_that_is_not_installed_is_not() {
    let mut p = Project::empty();
    p.add_to_path("bin");
    p.ok("init");
    p.ok("step add a --model qwen");
    let before = p.read("sequence.yaml");
    for line in [
        "step add b --model nomodel",
        "step edit a --model nomodel",
        "step add b --type p --fanout 2 --models codex,nomodel",
    ] {
        let refused = p.json(line);
        assert_eq!(refused["error"]["code"], "INVALID_SEQUENCE", "{line}");
        let message = refused["error"]["message"].as_str().unwrap();
        assert!(message.contains("`nomodel`, which nobody knows"), "{message}");
        let hint = refused["error"]["hint"].as_str().unwrap();
        assert!(hint.contains("claude-code") && hint.contains(".threados/models.yaml"), "{hint}");
    }
    assert_eq!(p.json("step edit a --model claud-code")["error"]["hint"], "did you mean `claude-code`?");
    assert_eq!(p.read("sequence.yaml"), before);
    // Described in models.yaml it is known, whether its program is there or not.
    p.write(".threados/models.yaml", "nomodel: { command: [not-there] }\n");
    p.ok("step edit a --model nomodel");
    // A fault that stands already keeps nobody from other changes, and a broken file is told by those who read it.
    p.write(".threados/models.yaml", "");
    p.ok("step add c --depends-on a -- git --version");
    p.write(".threados/models.yaml", "mine:\n  comand: [x]\n");
    p.ok("step add d --model mine");
}

#[test]
fn who_gives_a_command_another_model_is_told_what_goes_and_how_it_comes_back() {
    let p = agents();
    p.ok("policy allow sh");
    p.ok("step add a -- sh -c 'echo 1'");
    let note = "`a` has lost its command, for model codex gets the prompt prompts/a.md; `seqctl undo` brings it back: sh -c 'echo 1'";
    let dry = p.json("step edit a --model codex --dry-run");
    assert_eq!(dry["notes"], json!([note]));
    assert!(p.ok("step edit a --model codex --dry-run").contains(&format!("note: {note}\n")));
    assert_eq!(p.ok("step edit a --model codex"), format!("step.edit: a\nnote: {note}\n"));
    assert_eq!(p.json("undo --yes")["notes"], json!([]));
    assert_eq!(p.json("step edit a --model codex")["notes"], json!([note]));
    // And the other way round: words for an agent are no script.
    let script = "`a` has no command: sh runs its prompt prompts/a.md as a script; give a command after `--`";
    assert_eq!(p.json("step edit a --model shell")["notes"], json!([script]));
    assert_eq!(p.json("step edit a -- sh -c 'echo 1'")["notes"], json!([]));
}

//! `export` and `import`: a sequence on its way to another program, from another project, and back.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::support::Project;

fn diamond(p: &Project) {
    for (id, after) in [("plan", ""), ("left", "plan"), ("right", "left"), ("join", "left,right")] {
        let after = if after.is_empty() { String::new() } else { format!("--depends-on {after}") };
        p.ok(&format!("step add {id} {after} -- sh -c 'echo {id} >> order.txt'"));
    }
}

fn order(p: &Project) -> String {
    let file = p.root().join("order.txt");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(file).unwrap();
    text
}

fn make(p: &Project, args: &[&str]) -> std::process::Output {
    Command::new("make").args(args).current_dir(p.root()).output().unwrap()
}

#[test]
fn make_runs_the_steps_in_the_same_order() {
    let p = Project::new();
    diamond(&p);
    p.ok("run all");
    let ours = order(&p);
    p.write("Makefile", &p.ok("export --format make"));
    let made = make(&p, &["-j4"]);
    assert!(made.status.success(), "{made:?}");
    assert_eq!(order(&p), ours);
}

#[test]
fn a_gate_in_make_holds_until_somebody_says_yes() {
    let p = Project::new();
    diamond(&p);
    p.ok("gate insert look --name \"Is it 'good'?\" --after right --before join");
    p.write("Makefile", &p.ok("export --format make"));
    let held = Command::new("setsid").args(["-w", "make"]).current_dir(p.root()).output().unwrap();
    assert!(!held.status.success(), "without a terminal nobody can say yes");
    assert_eq!(order(&p), "plan\nleft\nright\n");
    assert!(make(&p, &["APPROVED=look"]).status.success());
    assert_eq!(order(&p), "plan\nleft\nright\njoin\n");
}

#[test]
fn what_cannot_be_said_is_a_warning_beside_the_file() {
    let p = Project::new();
    p.ok("step add a --review -- true");
    let ran = p.exits(0, "export --format make");
    assert!(ran.stderr.contains("warning: `a`: its success does not wait for a review"), "{}", ran.stderr);
    assert!(ran.stdout.contains("# Not as in ThreadOS: its success does not wait for a review"));
    assert_eq!(p.json("export --format make")["warnings"].as_array().unwrap().len(), 1);
}

#[test]
fn a_workflow_has_a_job_a_step_and_an_environment_a_gate() {
    let p = Project::new();
    diamond(&p);
    p.ok("gate insert look --after right --before join");
    let text = p.ok("export --format github-actions");
    for part in [
        "\n  join:\n",
        "needs: [left, look]",
        "environment: \"look\"",
        "run: |-\n          exec sh -c 'echo join >> order.txt'",
    ] {
        assert!(text.contains(part), "`{part}` is not in\n{text}");
    }
}

#[test]
fn a_picture_for_markdown_is_that_of_graph() {
    let p = Project::new();
    diamond(&p);
    p.ok("gate insert look --after right --before join");
    let text = p.ok("export --format mermaid");
    for part in ["flowchart LR\n", "(\"plan<br/>ready\")", "{\"look<br/>", " --> "] {
        assert!(text.contains(part), "`{part}` is not in\n{text}");
    }
    assert_eq!(text, p.ok("graph --format mermaid"));
}

#[test]
fn what_is_exported_comes_back_the_same() {
    for format in ["yaml", "json"] {
        let (from, to) = (Project::new(), Project::new());
        from.ok("template apply chained --set phases=3 --set task='Say \"hi\"'");
        from.ok("step add tail --depends-on chained-3 --env A=b --retry 2 --timeout 5000 -- echo 'a  b'");
        to.write("flow", &from.ok(&format!("export --format {format}")));
        to.ok("import flow");
        assert_eq!(
            to.json("export")["text"].as_str().unwrap().split("steps:").nth(1),
            from.json("export")["text"].as_str().unwrap().split("steps:").nth(1)
        );
        assert_eq!(to.read("prompts/chained-2.md"), from.read("prompts/chained-2.md"));
    }
}

#[test]
fn an_older_project_is_taken_over_with_its_prompts() {
    let p = Project::new();
    p.write("old/.threados/prompts/a.md", "Do it.\n");
    p.write(
        "old/.threados/sequence.yaml",
        "version: '1.0'\nname: old\nthread_type: base\nsteps:\n  - { id: a, name: A, type: base, model: codex, prompt_file: .threados/prompts/a.md, phase: x, depends_on: [], status: DONE }\n  - { id: b, name: B, type: base, model: codex, prompt_file: .threados/prompts/b.md, depends_on: [g] }\ngates:\n  - { id: g, name: G, depends_on: [a], cascade: false }\n",
    );
    let told = p.ok("import old/.threados/sequence.yaml");
    for part in [
        "`thread_type` is left out",
        "`steps.phase` is left out",
        "`b`: its prompt prompts/b.md is not there",
    ] {
        assert!(told.contains(part), "`{part}` is not in\n{told}");
    }
    assert_eq!((p.read("prompts/a.md").as_str(), p.status("a").as_str()), ("Do it.\n", "READY"));
    p.ok("undo --yes");
    assert_eq!(p.json("status")["summary"]["total"], 0);
}

#[test]
fn nothing_is_imported_over_what_is_there_or_from_a_broken_file() {
    let p = Project::new();
    p.ok("step add a -- true");
    let before = p.read("sequence.yaml");
    p.write(
        "clash.yaml",
        "name: x\nsteps: [{ id: b, command: [\"true\"] }, { id: a, command: [\"true\"] }]\n",
    );
    p.write("broken.yaml", "name: x\nsteps: [{ id: b, timeout_ms: soon }]\n");
    p.write("outside.yaml", "name: x\nsteps: [{ id: b, prompt_file: ../../home/secret }]\n");
    p.exits(7, "import clash.yaml");
    let broken = p.exits(3, "import broken.yaml").stderr;
    assert!(broken.contains("steps[0].timeout_ms"), "{broken}");
    assert!(broken.contains("then repeat the command") && !broken.contains("seqctl validate"), "{broken}");
    p.exits(4, "import nowhere.yaml");
    assert!(p.ok("import outside.yaml --dry-run").contains("../../home/secret is not there"));
    assert_eq!(p.read("sequence.yaml"), before);
}

#[test]
fn what_comes_through_a_pipe_is_imported() {
    let (from, to) = (Project::new(), Project::new());
    from.ok("step add a -- true");
    let mut import = to.command(&["import", "/dev/stdin"]);
    let mut import = import.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    import.stdin.take().unwrap().write_all(from.ok("export").as_bytes()).unwrap();
    assert!(import.wait().unwrap().success());
    assert_eq!(to.status("a"), "READY");
}

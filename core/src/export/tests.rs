//! What another program makes of an exported file is what the step would have executed.

use std::process::Command;

use proptest::prelude::*;

use super::*;
use crate::model::ModelName;
use crate::model_cli::{Given, Models};

/// Texts that quoting gets wrong first.
fn nasty() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "a",
        "'",
        "\"",
        "\\",
        "$",
        "$$",
        "${{",
        "}}",
        "$(id)",
        "`id`",
        "\n",
        "\n\t",
        "\n@",
        "\n-",
        "\r",
        "\t",
        " ",
        "#",
        ": ",
        "- ",
        "*",
        "~",
        "!",
        "%",
        "%b",
        "\\n",
        "\\0101",
        "é",
        "\u{1F600}",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "\u{7f}",
        "\u{1}",
        "=",
        "{",
        "&",
        "|",
        ">",
        "<",
        ";",
        "--",
    ]);
    prop::collection::vec(pieces, 0..8).prop_map(|parts| parts.concat())
}

fn sequence(args: &[String], env: &[(String, String)]) -> Sequence {
    let mut step = Step::new("one".parse().unwrap(), ModelName::shell());
    step.command = ["printf", "%s\\0"].map(str::to_owned).to_vec();
    step.command.extend(args.iter().cloned());
    step.name = args.first().cloned().unwrap_or_default();
    step.env = env.iter().cloned().collect();
    let mut sequence = Sequence::new(&args.join(" "));
    sequence.steps.push(step);
    sequence
}

fn caller(step: &Step) -> Option<Call> {
    let given = Given { prompt_file: "", prompt: &String::new, cwd: ".", session: None };
    Models::default().call(step, &given).ok()
}

fn output(program: &str, args: &[&str], dir: &std::path::Path) -> String {
    let out = Command::new(program).args(args).current_dir(dir).output().unwrap();
    assert!(out.status.success(), "{out:?}");
    String::from_utf8(out.stdout).unwrap()
}

fn expected(args: &[String]) -> String {
    if args.is_empty() { "\0".to_owned() } else { args.iter().map(|a| format!("{a}\0")).collect() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn make_passes_every_argument_as_it_is(args in prop::collection::vec(nasty(), 0..4), value in nasty()) {
        let dir = tempfile::tempdir().unwrap();
        let exported = make(&sequence(&args, &[("V".into(), value)]), &caller);
        std::fs::write(dir.path().join("Makefile"), &exported.text).unwrap();
        prop_assert_eq!(output("make", &["-s"], dir.path()), expected(&args), "{}", exported.text);
    }

    #[test]
    fn a_workflow_holds_every_argument_as_it_is(args in prop::collection::vec(nasty(), 0..4)) {
        let dir = tempfile::tempdir().unwrap();
        let exported = github_actions(&sequence(&args, &[]), &caller);
        let read: serde_yaml::Value = serde_yaml::from_str(&exported.text).unwrap();
        let run = read["jobs"]["one"]["steps"][1]["run"].as_str().unwrap();
        let run = run.replace("${{ '${{' }}", "${{");
        prop_assert_eq!(output("sh", &["-c", &run], dir.path()), expected(&args), "{}", exported.text);
        let name = read["name"].as_str().unwrap().replace("${{ '${{' }}", "${{");
        prop_assert_eq!(name, args.join(" "));
    }
}

fn of(step: impl FnOnce(&mut Step)) -> (Exported, Exported) {
    let mut sequence = sequence(&[], &[]);
    step(&mut sequence.steps[0]);
    (make(&sequence, &caller), github_actions(&sequence, &caller))
}

#[test]
fn what_gets_lost_is_said_in_the_file_and_beside_it() {
    let (makefile, workflow) = of(|step| {
        step.review = true;
        step.timeout_ms = Some(90_000);
        step.when = Some("x".into());
    });
    for exported in [&makefile, &workflow] {
        assert!(exported.text.contains("# Not as in ThreadOS: its success does not wait for a review"));
        assert!(exported.warnings.iter().any(|w| w.contains("`one`: its condition")), "{exported:#?}");
    }
    assert!(makefile.warnings.iter().any(|w| w.contains("90000 ms is not enforced")));
    assert!(workflow.text.contains("timeout-minutes: 2"));
}

#[test]
fn further_attempts_are_made() {
    let dir = tempfile::tempdir().unwrap();
    let (makefile, _) = of(|step| {
        step.command =
            ["sh", "-c", "echo x >> tries; test $(wc -l < tries) -eq 3"].map(str::to_owned).to_vec();
        step.retry = Some(crate::model::Retry { max: 5, backoff_ms: 0, factor: 1.0 });
    });
    std::fs::write(dir.path().join("Makefile"), &makefile.text).unwrap();
    output("make", &[], dir.path());
    assert_eq!(std::fs::read_to_string(dir.path().join("tries")).unwrap(), "x\nx\nx\n");
}

#[test]
fn an_agent_gets_its_prompt_by_standard_input_from_wherever_it_works() {
    let (makefile, workflow) = of(|step| {
        step.command.clear();
        step.model = "codex".parse().unwrap();
        step.prompt_file = Some("prompts/one.md".into());
        step.cwd = Some("crates/a b".into());
    });
    let line = "cd './crates/a b' && exec codex exec";
    assert!(makefile.text.contains(&format!("root=$$PWD; {line}")), "{}", makefile.text);
    assert!(workflow.text.contains(line) && workflow.text.contains("< \"$root\"/.threados/prompts/one.md"));
}

#[test]
fn a_remark_stays_one_line() {
    let (makefile, _) = of(|step| step.name = "a\nALL: evil\\".into());
    assert!(makefile.text.contains("# a ALL: evil \n"), "{}", makefile.text);
}

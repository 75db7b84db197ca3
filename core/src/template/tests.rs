//! What a user writes, and what comes of it.

use std::collections::BTreeMap;

use super::*;
use crate::dag::Dag;
use crate::dag::testing::sequence;
use crate::id::StepId;
use crate::model::{ModelName, Sequence, StepStatus};

fn given(id: &str, outputs: Outputs) -> Given {
    let dir = format!("/runs/r/{id}");
    Given {
        id: StepId::new(id).unwrap(),
        name: id.to_owned(),
        role: None,
        model: ModelName::shell(),
        status: StepStatus::Done,
        reason: None,
        exit_code: Some(0),
        run: Some("20261122T204355Z-7f3a".parse().unwrap()),
        stdout: format!("{dir}/stdout.log"),
        stderr: format!("{dir}/stderr.log"),
        dir,
        artifacts: Vec::new(),
        outputs,
        summary_file: None,
        summary: String::new(),
        text: "hello".into(),
    }
}

fn written(pairs: &[(&str, serde_json::Value)]) -> Outputs {
    Outputs::Written(pairs.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect::<BTreeMap<_, _>>())
}

fn context() -> Context {
    let build = given(
        "build-1",
        written(&[("key", "va<l".into()), ("n", 3.into()), ("list", serde_json::json!(["a", 1]))]),
    );
    let skipped = given("skipped", Outputs::Skipped);
    let mut failed = given("fails", written(&[]));
    failed.status = StepStatus::Failed;
    failed.reason = Some("exit code 3".into());
    Context {
        watch: None,
        step: (StepId::new("me").unwrap(), "Me".into(), None),
        worker: Some((2, 3)),
        review: None,
        steps: vec![build.clone(), skipped],
        inputs: vec![build, failed],
        candidates: Vec::new(),
    }
}

fn render(text: &str) -> String {
    Template::text(text).render(&context()).unwrap_or_else(|e| format!("error: {e} {:?}", e.at))
}

#[test]
fn outputs_are_asked_for_as_a_user_writes_them() {
    assert_eq!(render("{{ steps.build-1.outputs.key }}"), "va<l");
    assert_eq!(render("{{ steps[\"build-1\"].outputs[\"key\"] }}"), "va<l");
    assert_eq!(render("{{ steps.build-1.outputs.n - 1 }} {{ steps.build-1.status }}\n"), "2 DONE\n");
    assert_eq!(render("{% for x in steps.build-1.outputs.list %}<{{ x }}>{% endfor %}"), "<a><1>");
    assert_eq!(render("{{ steps.build-1.outputs.list }} {{ 1 == 1 }}"), "[\"a\",1] true");
    assert_eq!(
        render("{{ steps.build-1.stdout }} {{ steps.build-1.dir }}"),
        "/runs/r/build-1/stdout.log /runs/r/build-1"
    );
    assert_eq!(
        render("{{ step.id }} {{ step.name }}{{ step.role }} {{ worker.index }}/{{ worker.count }}"),
        "me Me 2/3"
    );
    assert_eq!(render("[{{ review.reason }}]{% if review.reason %}again{% endif %}"), "[]");
    assert_eq!(render("{% for s in steps %}{{ s }} {% endfor %}"), "build-1 skipped ");
}

#[test]
fn what_is_missing_is_named() {
    assert_eq!(
        render("\n{{ steps.build-1.outputs.kez }}"),
        "error: step `build-1` wrote no output `kez` (it wrote key, list, n) Some((2, 4))"
    );
    assert_eq!(render("{{ steps.build-1.outputs.kez | default('x') }}"), "x");
    assert!(render("{{ steps['nope'].outputs.x }}").starts_with("error: `steps` has no `nope`"));
    assert_eq!(render("{{ steps.skipped.outputs.x }} {{ steps.skipped.outputs.x is none }}"), "none true");
    let mut context = context();
    context.steps[0].outputs = Outputs::Gone;
    let error = Template::text("{{ steps.build-1.outputs.key }}").render(&context).unwrap_err();
    assert!(error.message.contains("is gone or cannot be read"), "{error}");
}

#[test]
fn inputs_print_as_a_text_and_can_be_gone_through() {
    let text = render("{{ inputs }}");
    for part in [
        "## build-1: DONE\n\nhello\n",
        "Output: /runs/r/build-1/stdout.log",
        "key=va<l",
        "## fails: FAILED (exit code 3)",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert_eq!(
        render("{% for i in inputs %}{{ i.id }}={{ i.status }};{% endfor %}"),
        "build-1=DONE;fails=FAILED;"
    );
    assert_eq!(render("{{ inputs | length }}{{ inputs[1].exit_code }}"), "20");
}

#[test]
fn conditions_are_expressions_bare_or_between_marks() {
    let holds = |when: &str| Template::condition(when).holds(&context()).map_err(|e| e.to_string());
    for yes in [
        "steps.build-1.outputs.key == 'va<l'",
        "{{ steps.build-1.outputs.n > 2 }}",
        " {{ steps.build-1.outputs.key }}\n",
        "{% if steps.build-1.outputs.n == 3 %}true{% endif %}",
        "steps.skipped.outputs.x == none",
        "'yes'",
    ] {
        assert_eq!(holds(yes), Ok(true), "{yes}");
    }
    for no in [
        "false",
        "{{ 'false' }}",
        "{{ steps.build-1.outputs.n == 4 }}",
        "''",
        "{% if false %}x{% endif %}",
        "none",
        "steps.skipped.outputs",
    ] {
        assert_eq!(holds(no), Ok(false), "{no}");
    }
    assert!(holds("{{ steps.build-1.outputs.kez }}").unwrap_err().contains("wrote no output `kez`"));
}

#[test]
fn a_template_cannot_take_all_time_or_memory() {
    for hungry in [
        "{% for a in range(10000) %}{% for b in range(10000) %}x{% endfor %}{% endfor %}".to_owned(),
        "{{ 'x' * 100000000 }}".to_owned(),
        format!("{{% set a = 'xxxxxxxx' %}}{}{{{{ a }}}}", "{% set a = a ~ a %}".repeat(40)),
        "{{ ('x' * 100000) | replace('x', 'x' * 100000) }}".to_owned(),
    ] {
        let start = std::time::Instant::now();
        let told = render(&hungry);
        assert!(told.starts_with("error: "), "{}", told.len());
        assert!(start.elapsed().as_secs() < 20, "{hungry:.60}");
    }
    assert!(render("{% include 'x' %}").starts_with("error: "), "nothing is read from files");
}

/// The faults of the step `z` of a sequence, as `place code message (hint)`.
fn faults(text: &str, change: impl FnOnce(&mut Sequence), prompt: Option<&str>) -> Vec<String> {
    let mut sequence = sequence(text);
    change(&mut sequence);
    let index = sequence.steps.iter().position(|s| s.id.as_str() == "z").unwrap();
    let dag = Dag::new(&sequence);
    let tell = |f: Fault| match f.place {
        Place::Sequence => format!("{} {} {}", f.problem.path, f.problem.code, f.problem.message),
        Place::Prompt(file) => format!("{file}:{}:{} {}", f.problem.line, f.problem.column, f.problem),
    };
    check(&sequence, &dag, index, prompt).into_iter().map(tell).collect()
}

#[test]
fn what_is_named_must_be_there_and_come_before() {
    let with = |command: &'static str| {
        move |s: &mut Sequence| s.step_mut("z").unwrap().command = vec!["echo".into(), command.into()]
    };
    let base = "build-1; gate g: build-1; mid: g; other; z: mid";
    assert_eq!(faults(base, with("{{ steps.build-1.outputs.x }}{{ steps.mid.status }}"), None), [""; 0]);
    assert_eq!(
        faults(base, with("{{ steps.biuld-1.outputs.x }}"), None),
        ["steps[3].command[1] TEMPLATE_UNKNOWN_STEP there is no step `biuld-1`"]
    );
    assert_eq!(
        faults(base, with("{{ steps.other.outputs.x }}"), None),
        [
            "steps[3].command[1] TEMPLATE_NOT_UPSTREAM `z` does not wait for `other`, so it cannot ask for what that hands on"
        ]
    );
    assert_eq!(
        faults(base, with("{{ steps.mid.output.x }}"), None),
        ["steps[3].command[1] TEMPLATE_UNKNOWN_FIELD a step has no `output` to ask for"]
    );
    assert!(faults(base, with("{{ steps.z.status }}"), None)[0].contains("hands on itself"));
    assert!(faults(base, with("{{ input }}"), None)[0].contains("there is nothing called `input`"));
    assert!(faults(base, with("{{ inputs | shout }}"), None)[0].contains("there is no filter `shout`"));
    assert!(faults(base, with("{{ inputs is loud }}"), None)[0].contains("there is no test `loud`"));
    assert!(faults(base, with("{{ worker.index }}"), None)[0].contains("is in none"));
    assert!(faults(base, with("{{ candidates }}"), None)[0].contains("those of a synth"));
    assert!(faults(base, with("{{ a b }}"), None)[0].contains("a template is not right"));
    assert_eq!(faults(base, with("${#x} {.Names} {{ '{{.Names}}' }}"), None), [""; 0]);
}

#[test]
fn a_fault_of_a_prompt_has_its_line_and_column() {
    let prompt = |s: &mut Sequence| s.step_mut("z").unwrap().prompt_file = Some("prompts/z.md".into());
    assert_eq!(
        faults("middle; z: middle", prompt, Some("Read\n  this: {{ steps.midle.outputs.x }}\n")),
        ["prompts/z.md:2:18 2:18: there is no step `midle` (did you mean `middle`?)"]
    );
    let unclosed = &faults("z", prompt, Some("a\nb\n{% if x %}\n"))[0];
    assert!(unclosed.starts_with("prompts/z.md:") && unclosed.contains("{% raw %}"), "{unclosed}");
    // A condition without marks has none to be meant word for word.
    let half = &faults("z", |s| s.step_mut("z").unwrap().when = Some("1 ==".into()), None)[0];
    assert!(half.contains("a template is not right") && !half.contains("{% raw %}"), "{half}");
}

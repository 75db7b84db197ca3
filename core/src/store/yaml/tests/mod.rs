//! Tests of the whole way from text to text.

mod agree;
mod hostile;
mod reading;
mod speed;
mod splicing;
mod writing;

use super::*;

/// A file with a bit of everything that people write.
const SAMPLE: &str = r##"# yaml-language-server: $schema=state/sequence.schema.json
version: "1.0"
name: release   # shown in the window

metadata:
  created_at: 2026-11-22T20:43:55Z
  created_by: ada
  x-ticket: 12
policy: { mode: SAFE, max_fanout: 5, allowed_commands: [cargo, npm] }

steps:
  # The plan comes first.
  - id: plan
    name: Plan it
    model: claude-code
    prompt_file: prompts/plan.md
    status: DONE

  # --- build ---
  - id: build
    command: [cargo, build, --release]   # slow
    env: { RUST_LOG: info, JOBS: 4 }
    depends_on:
      - plan          # it needs the plan
      - review-gate
    status: FAILED
    reason: 'exit code 101'
    timeout_ms: 1800000
    retry: { max: 2, backoff_ms: 500 }
    x-owner: { team: [a, b], deep: { n: 1.5 } }

  - id: check
    type: l
    command: [sh, -c, "test -f 'a b'"]
    depends_on: [build]
    when: "{{ steps.plan.outputs.risk != 'low' }}"
    # the end of check

# The gates.
gates:
  - { id: review-gate, name: Review, depends_on: [plan], status: APPROVED, decided_by: user, decided_at: 2026-11-22T20:50:00Z }
x-note: kept
"##;

/// A document without faults.
fn good(text: &str) -> Document {
    let parsed = parse(text.as_bytes());
    assert_eq!(parsed.problems, [], "{text}");
    parsed.document.unwrap()
}

/// The faults of a text as `line:column CODE path`.
fn faults(text: &str) -> Vec<String> {
    let problems = parse(text.as_bytes()).problems;
    problems
        .iter()
        .map(|p| format!("{}:{} {} {}", p.line, p.column, p.code, p.path).trim_end().to_owned())
        .collect()
}

/// Many steps in the style of this program.
fn large(steps: usize) -> String {
    let mut sequence = crate::model::Sequence::new("large");
    for i in 0..steps {
        let id = crate::id::StepId::new(&format!("step-{i}")).unwrap();
        let mut step = crate::model::Step::new(id, crate::model::ModelName::shell());
        step.name = format!("Step number {i}");
        step.command = ["cargo", "build", "--release"].map(str::to_owned).to_vec();
        step.cwd = Some(format!("./crates/part-{i}"));
        step.lane = Some("backend".to_owned());
        if i > 0 {
            step.depends_on.push(crate::id::NodeId::new(&format!("step-{}", i - 1)).unwrap());
        }
        step.timeout_ms = Some(60_000);
        sequence.steps.push(step);
    }
    let document = good(&emit(&sequence, None));
    let ready = StepOutput { status: Some(crate::model::StepStatus::Ready), reason: None };
    document.with_outputs(|_| ready.clone(), |_| GateOutput::default())
}

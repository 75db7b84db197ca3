//! Reads a sequence file of another project, also one of the older ThreadOS, for `import`: what has no counterpart
//! is left out and told, not refused.

use std::collections::{BTreeMap, BTreeSet};

use super::decode::{Decoder, sequence};
use super::document::read;
use super::fault::Faults;
use super::node::{Ref, Tree};
use crate::id::{NodeId, slug};
use crate::model::{Problem, Sequence, ThreadType};

/// What came of reading a file of another project.
#[derive(Debug, Clone)]
pub struct Foreign {
    /// What it defines.
    pub sequence: Sequence,
    /// What was left out or turned into something else, with the line where it first stands.
    pub notes: Vec<String>,
}

/// Reads a file of another project.
///
/// # Errors
/// Every fault that leaves open what is meant.
pub fn parse_foreign(bytes: &[u8]) -> Result<Foreign, Vec<Problem>> {
    let mut faults = Faults::default();
    let tree = read(bytes, &mut faults)?;
    let mut sequence = sequence(&mut Decoder::new(&tree, &mut faults)).sequence;
    let mut notes = Notes::default();
    let mut wrong = Vec::new();
    for problem in faults.finish(tree.text()) {
        match meant(&tree, &problem, &mut sequence) {
            Some(note) => notes.add(&problem, note),
            None => wrong.push(problem),
        }
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    edges(&tree, &mut sequence);
    for step in &mut sequence.steps {
        if let Some(file) = step.prompt_file.as_mut().filter(|f| f.starts_with(".threados/")) {
            file.drain(..".threados/".len());
        }
    }
    Ok(Foreign { sequence, notes: notes.finish() })
}

/// What a fault means in an older file; `None` where nobody can tell.
fn meant(tree: &Tree, problem: &Problem, sequence: &mut Sequence) -> Option<String> {
    let key = problem.path.rsplit('.').next().unwrap_or_default();
    let (at, whole) = tree.follow(&problem.path);
    let value = if whole { tree.scalar(at) } else { "" };
    match (problem.code.as_str(), key) {
        ("UNKNOWN_KEY", "kind") => kind(&problem.path, value, sequence),
        ("UNKNOWN_KEY", "deps") if problem.path == "deps" => {
            Some("`deps` became `depends_on` of the steps".into())
        }
        ("UNKNOWN_KEY", "safe_mode" | "max_parallel" | "default_timeout_ms") => {
            Some(format!("`{}` is left out: limits stand in policy.yaml", problem.path))
        }
        ("UNKNOWN_KEY", "cascade" | "childGateIds" | "acceptance_conditions" | "required_review") => {
            Some(format!("`{key}` of a gate is left out: a gate is one decision of a person"))
        }
        ("UNKNOWN_KEY", _) => {
            Some(format!("`{}` is left out: there is nothing like it here", pattern(&problem.path)))
        }
        ("BAD_VALUE", "fail_policy") if value == "retry" => {
            Some("`fail_policy: retry` is left out: `step edit ID --retry N` tries again".into())
        }
        ("BAD_VALUE", "status") => Some("a status that is not known here is left out".into()),
        ("BAD_ID", _) => {
            let near = slug(value)?;
            Some(format!("the id `{value}` became `{near}`"))
        }
        _ => None,
    }
}

/// Older files may call the type so.
fn kind(path: &str, value: &str, sequence: &mut Sequence) -> Option<String> {
    let index: usize = path.strip_prefix("steps[")?.split(']').next()?.parse().ok()?;
    let step = sequence.steps.get_mut(index)?;
    let kind: ThreadType = value.parse().ok()?;
    if step.kind == ThreadType::Base {
        step.kind = kind;
    }
    Some("`kind` of the steps became `type`".into())
}

/// Older files may list the edges a second time, on their own.
fn edges(tree: &Tree, sequence: &mut Sequence) {
    let Some((_, list)) = tree.entry(tree.root(), "deps") else { return };
    let text = |at: Ref, key: &str| tree.entry(at, key).map(|(_, value)| tree.scalar(value).to_owned());
    for edge in tree.items(list) {
        let (Some(step), Some(dep)) = (text(edge, "step_id"), text(edge, "dep_id")) else { continue };
        let (Some(step), Ok(dep)) = (sequence.step_mut(&step), NodeId::new(&dep)) else { continue };
        if !step.depends_on.contains(&dep) {
            step.depends_on.push(dep);
        }
    }
}

/// A path without the numbers in it: what many steps have alike is told once.
fn pattern(path: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in path.chars() {
        inside = c == '[' || inside && c != ']';
        if !inside && c != ']' {
            out.push(c);
        }
    }
    out
}

#[derive(Default)]
struct Notes {
    first: BTreeMap<String, (u32, usize)>,
    order: Vec<String>,
    told: BTreeSet<String>,
}

impl Notes {
    fn add(&mut self, problem: &Problem, note: String) {
        if self.told.insert(note.clone()) {
            self.order.push(note.clone());
        }
        self.first.entry(note).or_insert((problem.line, 0)).1 += 1;
    }

    fn finish(self) -> Vec<String> {
        let word = |note: &String| match self.first.get(note) {
            Some((line, 1)) => format!("line {line}: {note}"),
            Some((line, count)) => format!("line {line} and {} more: {note}", count - 1),
            None => note.clone(),
        };
        self.order.iter().map(word).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "\
id: seq-1
version: \"1.0\"
name: release
thread_type: f
deps: [{ step_id: b, dep_id: a }]
policy: { safe_mode: true }
metadata: { author: kim, tags: [x] }
steps:
  - { id: a, name: A, kind: f, model: codex, prompt_file: .threados/prompts/a.md, fusion_candidates: true, phase: one, fail_policy: retry }
  - { id: b, name: B, kind: f, type: f, model: gemini, prompt_file: .threados/prompts/b.md, fusion_synth: true, phase: two, depends_on: [] }
  - { id: -c, name: C, type: base, model: codex, prompt_file: prompts/c.md, depends_on: [b], status: WAITING, fail_policy: continue }
gates:
  - { id: g, name: G, depends_on: [b], cascade: false }
";

    #[test]
    fn an_older_file_becomes_one_of_ours_and_says_what_it_lost() {
        let Foreign { sequence, notes } = parse_foreign(OLD.as_bytes()).unwrap();
        let ids: Vec<&str> = sequence.steps.iter().map(|s| s.id.as_str()).collect();
        assert_eq!(ids, ["a", "b", "c"]);
        assert_eq!(sequence.steps[0].kind, ThreadType::F);
        assert_eq!(sequence.steps[0].prompt_file.as_deref(), Some("prompts/a.md"));
        assert_eq!(sequence.steps[1].depends_on[0].as_str(), "a");
        assert_eq!(sequence.metadata.created_by.as_deref(), Some("kim"));
        let notes = notes.join("\n");
        for told in [
            "line 4: `thread_type` is left out",
            "line 9 and 1 more: `kind` of the steps became `type`",
            "line 9 and 1 more: `steps.phase` is left out",
            "`fail_policy: retry` is left out",
            "line 11: the id `-c` became `c`",
            "line 13: `cascade` of a gate is left out",
            "`policy.safe_mode` is left out: limits stand in policy.yaml",
        ] {
            assert!(notes.contains(told), "`{told}` is not in\n{notes}");
        }
    }

    #[test]
    fn what_leaves_open_what_is_meant_is_refused() {
        for (text, code) in [
            ("name: x\nsteps:\n  - { id: a, timeout_ms: soon }\n", "WRONG_TYPE"),
            ("name: x\nsteps:\n  - { id: a, model: '' }\n", "BAD_VALUE"),
            ("name: [x\n", "SYNTAX"),
        ] {
            let faults = parse_foreign(text.as_bytes()).unwrap_err();
            assert!(code == "SYNTAX" || faults[0].code == code, "{faults:?}");
        }
    }
}

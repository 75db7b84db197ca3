//! Every fault of the files a person writes, each with its place. Works on broken files.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::io;
use std::path::Path;

use serde::Serialize;

use super::DoorError;
use crate::dag::{Checks, Dag, check};
use crate::model::{ModelName, Problem};
use crate::model_cli::Models;
use crate::policy::Policy;
use crate::store::paths::Paths;
use crate::store::yaml::{self, Document, MAX_BYTES};
use crate::store::{prompt, replaced};
use crate::template::{self, Place};

/// A fault and the file it is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileProblem {
    /// The file, relative to the project root.
    pub file: Cow<'static, str>,
    /// The fault.
    #[serde(flatten)]
    pub problem: Problem,
}

const SEQUENCE: &str = ".threados/sequence.yaml";
const POLICY: &str = ".threados/policy.yaml";
const MODELS: &str = ".threados/models.yaml";

/// Every fault of `sequence.yaml`, `policy.yaml` and `models.yaml`: of the text, of single fields, and of what they mean
/// together. Empty where both are good. Nothing is written.
///
/// # Errors
/// [`DoorError::Read`] where a file is there and cannot be read, or there is no sequence.
pub fn validate(paths: &Paths) -> Result<Vec<FileProblem>, DoorError> {
    let (policy, faults) = policy(&paths.policy)?;
    let (mut all, prompts) = sequence(paths, &policy)?;
    all.extend(faults.into_iter().map(|problem| FileProblem { file: POLICY.into(), problem }));
    let models = models(&paths.models)?;
    all.extend(models.into_iter().map(|problem| FileProblem { file: MODELS.into(), problem }));
    all.extend(prompts);
    Ok(all)
}

fn policy(path: &Path) -> Result<(Policy, Vec<Problem>), DoorError> {
    let bytes = match replaced::read(path, MAX_BYTES) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok((Policy::default(), Vec::new())),
        read => read.map_err(|source| DoorError::Read { path: path.to_owned(), source })?,
    };
    let mut parsed = yaml::parse_policy(&bytes);
    let policy = parsed.document.map(|d| d.policy().clone()).unwrap_or_default();
    if parsed.problems.is_empty() {
        parsed.problems = policy.problems();
    }
    Ok((policy, parsed.problems))
}

fn models(path: &Path) -> Result<Vec<Problem>, DoorError> {
    match replaced::read(path, MAX_BYTES) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(source) => Err(DoorError::Read { path: path.to_owned(), source }),
        Ok(bytes) => Ok(yaml::parse_models(&bytes).1),
    }
}

/// Which models may be named, where the one asked for is unknown. What is not installed is known all the same, and a
/// broken `models.yaml` is a fault of its own. The file is read when it is first needed.
pub(super) fn unknown_model(path: &Path) -> impl Fn(&str) -> Option<Vec<String>> + use<> {
    let (path, read) = (path.to_owned(), OnceCell::new());
    move |name| {
        let models: &Models = read.get_or_init(|| Models::read(&path).ok()).as_ref()?;
        let all = || std::iter::once(ModelName::SHELL).chain(models.iter().map(|m| m.name.as_str()));
        models.get(name).is_none().then(|| all().map(str::to_owned).collect())
    }
}

/// The faults of `sequence.yaml`, and those of prompts.
fn sequence(paths: &Paths, policy: &Policy) -> Result<(Vec<FileProblem>, Vec<FileProblem>), DoorError> {
    let bytes = replaced::read(&paths.sequence, MAX_BYTES)
        .map_err(|source| DoorError::Read { path: paths.sequence.clone(), source })?;
    let parsed = yaml::parse(bytes);
    let mut problems = parsed.problems;
    let in_sequence = |problem| FileProblem { file: SEQUENCE.into(), problem };
    let Some(document) = parsed.document else {
        return Ok((problems.into_iter().map(in_sequence).collect(), Vec::new()));
    };
    let sequence = document.sequence();
    let policy = policy.narrowed(sequence.policy.as_ref());
    let exists = |file: &str| paths.threados.join(file).is_file();
    let unknown_model = unknown_model(&paths.models);
    let checks =
        Checks { max_fanout: policy.max_fanout, prompt_exists: &exists, unknown_model: &unknown_model };
    let dag = Dag::new(sequence);
    let templates = (0..sequence.steps.len()).flat_map(|i| step_problems(paths, &document, &dag, i));
    let (templates, prompts): (Vec<_>, Vec<_>) = templates.partition(|p| p.file == SEQUENCE);
    let meant = check(sequence, &checks).into_iter().map(|problem| located(&document, problem));
    let meant = meant.chain(templates.into_iter().map(|p| p.problem));
    // A fault of the text may show again in the meaning, at the same place.
    let known: Vec<(u32, u32)> = problems.iter().map(|p| (p.line, p.column)).collect();
    problems.extend(meant.filter(|p| !known.contains(&(p.line, p.column))));
    problems.sort_by_key(|p| (p.line, p.column));
    Ok((problems.into_iter().map(in_sequence).collect(), prompts))
}

fn located(document: &Document, problem: Problem) -> Problem {
    match document.locate(&problem.path) {
        Some((line, column)) => problem.at(line, column),
        None => problem,
    }
}

/// The faults of the templates of step `index`, each with the file it stands in.
pub fn step_problems(paths: &Paths, document: &Document, dag: &Dag, index: usize) -> Vec<FileProblem> {
    let sequence = document.sequence();
    let file = sequence.steps.get(index).and_then(|s| s.prompt_file.as_ref());
    let (prompt, unreadable) = match file.map(|f| (f, prompt::read(&paths.threados.join(f)))) {
        Some((_, Ok(text))) => (Some(text), None),
        // That it is not there is a fault of the step.
        Some((file, Err(error))) if error.kind() != io::ErrorKind::NotFound => (None, Some((file, error))),
        _ => (None, None),
    };
    let faults = template::check(sequence, dag, index, prompt.as_deref());
    let unreadable = unreadable.map(|(file, error)| FileProblem {
        file: format!(".threados/{file}").into(),
        problem: Problem::new("PROMPT_UNREADABLE", "", format!("the prompt cannot be read: {error}")),
    });
    let placed = |fault: template::Fault| match fault.place {
        Place::Sequence => FileProblem { file: SEQUENCE.into(), problem: located(document, fault.problem) },
        Place::Prompt(file) => {
            FileProblem { file: format!(".threados/{file}").into(), problem: fault.problem }
        }
    };
    unreadable.into_iter().chain(faults.into_iter().map(placed)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::paths::Outside;

    fn faults(sequence: &str, policy: &str) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join(".threados")).unwrap();
        let paths = Paths::with_outside(dir.path(), &Outside::below(dir.path())).unwrap();
        std::fs::write(&paths.sequence, sequence).unwrap();
        std::fs::write(&paths.policy, policy).unwrap();
        let found = validate(&paths).unwrap();
        found
            .iter()
            .map(|f| format!("{}:{}:{} {}", f.file, f.problem.line, f.problem.column, f.problem.code))
            .collect()
    }

    const GOOD: &str = "version: \"1.0\"\nname: x\nsteps:\n";

    #[test]
    fn good_files_have_no_fault() {
        assert_eq!(faults(&format!("{GOOD}- id: a\n  command: [\"true\"]\n"), "mode: SAFE\n"), [""; 0]);
    }

    #[test]
    fn faults_of_text_and_meaning_and_policy_are_told_at_once_in_order() {
        let text = format!(
            "{GOOD}- id: a\n  command: [\"true\"]\n  depends_on: [b]\n- id: b\n  command: [\"true\"]\n  depends_on: [nope]\n  colour: red\n"
        );
        assert_eq!(
            faults(&text, "mode: SAFE\nforbidden_patterns: [\"(\"]\n"),
            [
                ".threados/sequence.yaml:9:16 UNKNOWN_DEPENDENCY",
                ".threados/sequence.yaml:10:3 UNKNOWN_KEY",
                ".threados/policy.yaml:2:22 BAD_VALUE",
            ]
        );
    }

    #[test]
    fn a_file_that_is_no_yaml_is_told_too() {
        let found = faults("steps: [", "");
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with(".threados/sequence.yaml:1:"), "{found:?}");
    }
}

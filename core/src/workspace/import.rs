//! A sequence file of another project as a batch of actions.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::DoorError;
use crate::action::{Action, EnvPair, FusionCreate, GateInsert, Patch, StepAdd, StepFields, WorkerFields};
use crate::export::PROMPTS;
use crate::id::NodeId;
use crate::model::{Gate, Retry, Sequence, Step, ThreadType};
use crate::store::bounded;
use crate::store::yaml::{Foreign, MAX_BYTES, parse_foreign};

/// What importing a file would do.
#[derive(Debug, Clone)]
pub struct Import {
    /// The steps, then the gates.
    pub actions: Vec<Action>,
    /// What was left out or turned into something else.
    pub notes: Vec<String>,
}

impl Import {
    /// Reads a file, and the prompts that stand beside it.
    ///
    /// # Errors
    /// [`DoorError::Read`], or [`DoorError::InvalidFile`] with every fault that leaves open what is meant.
    pub fn read(file: &Path) -> Result<Self, DoorError> {
        let failed = |source| DoorError::Read { path: file.to_owned(), source };
        let bytes = bounded::read(file, MAX_BYTES).map_err(failed)?;
        let invalid = |problems| DoorError::InvalidFile { file: file.to_owned(), problems };
        let Foreign { sequence, notes } = parse_foreign(&bytes).map_err(invalid)?;
        let folder = file.parent().unwrap_or(Path::new("."));
        Ok(Self::of(&sequence, notes, |prompt| beside(folder, prompt)))
    }

    fn of(sequence: &Sequence, notes: Vec<String>, prompt: impl Fn(&str) -> Option<String>) -> Self {
        let mut import = Self { actions: Vec::new(), notes };
        let bundled: BTreeMap<String, String> = sequence
            .extra
            .get(PROMPTS)
            .and_then(|prompts| serde_json::from_value(prompts.clone()).ok())
            .unwrap_or_default();
        let text = |file: &str| bundled.get(file).cloned().or_else(|| prompt(file));
        for step in &sequence.steps {
            import.step(step, &text);
        }
        for step in sequence.steps.iter().filter(|step| step.fusion_candidates.len() > 1) {
            let candidates = step.fusion_candidates.clone();
            let fusion =
                FusionCreate { steps: candidates, candidates: Vec::new(), synth: Some(step.id.clone()) };
            import.actions.push(fusion.into());
        }
        for gate in in_order(&sequence.gates) {
            import.gate(gate);
        }
        import.head(sequence);
        import
    }

    fn head(&mut self, sequence: &Sequence) {
        if sequence.policy.is_some() {
            self.notes.push("`policy` is left out: put its limits into policy.yaml".into());
        }
        let own: Vec<&str> = sequence.extra.keys().filter(|k| *k != PROMPTS).map(String::as_str).collect();
        if !own.is_empty() {
            self.notes.push(format!("left out: {}", own.join(", ")));
        }
    }

    fn step(&mut self, step: &Step, text: &dyn Fn(&str) -> Option<String>) {
        let prompt_text = step.prompt_file.as_deref().and_then(text);
        if let (Some(file), None) = (&step.prompt_file, &prompt_text) {
            self.notes
                .push(format!("`{}`: its prompt {file} is not there; it begins with a starter", step.id));
        }
        let mut lost = Vec::new();
        if step.retry.is_some_and(|r| r.factor.to_bits() != Retry::default_factor().to_bits()) {
            lost.push("retry.factor".to_owned());
        }
        if step.spawned_by.is_some() {
            lost.push("spawned_by".to_owned());
        }
        lost.extend(step.extra.keys().cloned());
        if !lost.is_empty() {
            self.notes.push(format!("`{}`: left out: {}", step.id, lost.join(", ")));
        }
        let mut fields = fields(step);
        if step.kind == ThreadType::P && step.group_id.is_none() {
            fields.kind = None;
            self.notes.push(format!("`{}`: its type p is left out, for it is in no group", step.id));
        }
        fields.prompt_text = prompt_text;
        let workers = WorkerFields::default();
        self.actions.push(StepAdd { id: step.id.clone(), fields, workers }.into());
    }

    fn gate(&mut self, gate: &Gate) {
        let name = (gate.name != gate.id.as_str()).then(|| gate.name.clone());
        let after = gate.depends_on.clone();
        self.actions.push(GateInsert { id: gate.id.clone(), name, after, before: Vec::new() }.into());
    }
}

/// The fields of a step as `step add` takes them.
fn fields(step: &Step) -> StepFields {
    let retry = step.retry.filter(|retry| retry.max > 0);
    let pair =
        |(name, value): (&String, &String)| Patch::Set(EnvPair { name: name.clone(), value: value.clone() });
    StepFields {
        name: (step.name != step.id.as_str()).then(|| Patch::Set(step.name.clone())),
        kind: (step.kind != ThreadType::Base).then_some(step.kind),
        model: Some(step.model.clone()),
        cwd: set(&step.cwd),
        env: step.env.iter().map(pair).collect(),
        lane: set(&step.lane),
        role: set(&step.role),
        depends_on: step.depends_on.iter().cloned().map(Patch::Set).collect(),
        timeout: set(&step.timeout_ms),
        retry: retry.map(|retry| Patch::Set(retry.max)),
        retry_backoff: retry
            .filter(|retry| retry.backoff_ms != Retry::default_backoff_ms())
            .map(|retry| Patch::Set(retry.backoff_ms)),
        review: step.review.then_some(true),
        fail_policy: set(&step.fail_policy),
        group: set(&step.group_id),
        orchestrator: step.orchestrator.then_some(true),
        watchdog_for: set(&step.watchdog_for),
        watchdog_interval: set(&step.watchdog_interval_ms),
        artifact: step.artifacts.iter().cloned().map(Patch::Set).collect(),
        when: set(&step.when),
        worktree: step.worktree.then_some(true),
        diff: step.diff.then_some(true),
        network: (!step.network.is_allowed()).then_some(step.network),
        interactive: step.interactive.then_some(true),
        command: step.command.clone(),
        ..StepFields::default()
    }
}

fn set<T: Clone>(value: &Option<T>) -> Option<Patch<T>> {
    value.clone().map(Patch::Set)
}

/// Gates after the gates they wait for, as far as that goes.
fn in_order(gates: &[Gate]) -> Vec<&Gate> {
    let mut left: Vec<&Gate> = gates.iter().collect();
    let mut out = Vec::new();
    while !left.is_empty() {
        let waits = |gate: &Gate| {
            gate.depends_on.iter().any(|d: &NodeId| left.iter().any(|o| o.id.as_str() == d.as_str()))
        };
        let (later, now): (Vec<&Gate>, Vec<&Gate>) = left.iter().copied().partition(|gate| waits(gate));
        if now.is_empty() {
            out.extend(later);
            return out;
        }
        out.extend(now);
        left = later;
    }
    out
}

/// The text of a prompt beside the file, or in a `.threados` beside it; never of one elsewhere.
fn beside(folder: &Path, prompt: &str) -> Option<String> {
    let inside =
        Path::new(prompt).components().all(|c| matches!(c, Component::Normal(_) | Component::CurDir));
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder }.canonicalize().ok()?;
    let places: [PathBuf; 2] = [folder.join(prompt), folder.join(".threados").join(prompt)];
    let found = places.iter().filter(|_| inside).filter_map(|path| path.canonicalize().ok());
    let mut files = found.filter(|path| path.starts_with(&folder) && path.is_file());
    files.find_map(|path| crate::store::prompt::read(&path).ok())
}

//! What the steps before a step handed on: read from their records, for templates and for `inputs.json`.

use std::collections::BTreeSet;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use serde_json::{Value, json};

use super::core::Engine;
use crate::id::StepId;
use crate::model::{Phase, Step, StepStatus};
use crate::store::regular;
use crate::template::{Given, MAX_TEXT, Outputs, cut};
use crate::wrapper::StepRecord;

/// The reason of a step whose condition did not hold.
pub const SKIPPED: &str = "skipped";

/// Most bytes of texts in one prompt; each of many gets its part.
const MAX_TEXTS: usize = 1 << 20;

impl Engine {
    /// The steps a step depends on, in its own order; a gate stands for those it waits for.
    pub(super) fn inputs(&self, step: &Step) -> Vec<StepId> {
        let mut found = Vec::new();
        let mut seen = BTreeSet::new();
        let mut todo: Vec<_> = step.depends_on.iter().rev().collect();
        while let Some(id) = todo.pop() {
            if !seen.insert(id) {
                continue;
            }
            let step = StepId::from(id);
            if self.world.step(&step).is_some() {
                found.push(step);
            } else if let Some(gate) = self.world.sequence().gate(id.as_str()) {
                todo.extend(gate.depends_on.iter().rev());
            }
        }
        found
    }

    /// What these steps handed on; with `texts`, what they said too.
    pub(super) fn given(&self, ids: &[StepId], texts: bool) -> Vec<Given> {
        let room = texts.then(|| MAX_TEXT.min(MAX_TEXTS / ids.len().max(1)));
        ids.iter().filter_map(|id| self.given_by(id, room)).collect()
    }

    fn given_by(&self, id: &StepId, room: Option<usize>) -> Option<Given> {
        let step = self.world.step(id)?;
        let state = self.world.state.steps.get(id);
        let run = state.and_then(|s| s.run_id.clone());
        let reason = state.and_then(|s| s.reason.clone());
        let status = self.world.phase(id).status().unwrap_or(StepStatus::Ready);
        let dir = run.as_ref().map(|run| self.workspace().paths.run_step(run, id));
        let record = dir.as_deref().and_then(|dir| StepRecord::read(dir).ok().flatten());
        let file = |name: &str| dir.as_ref().map(|d| shown(&d.join(name))).unwrap_or_default();
        let outputs = match (&dir, &record) {
            (None, _) if is_skipped(status, reason.as_deref()) => Outputs::Skipped,
            (Some(_), None) if self.world.phase(id) != Phase::Running => Outputs::Gone,
            _ => Outputs::Written(record.as_ref().map(|r| r.outputs.clone()).unwrap_or_default()),
        };
        let artifacts = record.iter().flat_map(|r| &r.artifacts).map(|a| file(&format!("artifacts/{a}")));
        let summary_file = dir.as_ref().map(|d| d.join("summary.md")).filter(|f| f.is_file());
        let read = |path: &Path| room.and_then(|room| read_cut(path, room).ok()).unwrap_or_default();
        let summary = summary_file.as_deref().map(read).unwrap_or_default();
        let text = match &dir {
            Some(dir) if summary.is_empty() => read(&dir.join("stdout.log")),
            _ => summary.clone(),
        };
        Some(Given {
            id: id.clone(),
            name: step.name.clone(),
            role: step.role.clone(),
            model: step.model.clone(),
            status,
            reason,
            exit_code: state.and_then(|s| s.exit_code),
            stdout: file("stdout.log"),
            stderr: file("stderr.log"),
            artifacts: artifacts.collect(),
            dir: dir.as_deref().map(shown).unwrap_or_default(),
            run,
            outputs,
            summary_file: summary_file.as_deref().map(shown),
            summary,
            text,
        })
    }
}

fn is_skipped(status: StepStatus, reason: Option<&str>) -> bool {
    status == StepStatus::Done && reason == Some(SKIPPED)
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// `inputs.json`: what the step depends on, how that ended, and where its files are.
pub(super) fn inputs_json(given: &[Given]) -> String {
    let one = |g: &Given| {
        let outputs = match &g.outputs {
            Outputs::Written(map) => json!(map),
            Outputs::Skipped | Outputs::Gone => Value::Null,
        };
        json!({
            "step": g.id, "name": g.name, "role": g.role, "model": g.model, "status": g.status, "reason": g.reason,
            "exit_code": g.exit_code, "run": g.run, "dir": none_if_empty(&g.dir),
            "stdout": none_if_empty(&g.stdout), "stderr": none_if_empty(&g.stderr),
            "summary": g.summary_file, "artifacts": g.artifacts, "outputs": outputs,
        })
    };
    json!({ "inputs": given.iter().map(one).collect::<Vec<_>>() }).to_string()
}

fn none_if_empty(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// A file's text, cut to about so many bytes: more of its beginning than of its end.
pub(super) fn read_cut(path: &Path, room: usize) -> io::Result<String> {
    let mut file = regular::open(path)?;
    let total = file.metadata()?.len();
    let (mut head, mut tail) = (Vec::new(), Vec::new());
    if total <= room as u64 {
        file.take(room as u64).read_to_end(&mut head)?;
    } else {
        let end = room / 4;
        (&mut file).take((room - end) as u64).read_to_end(&mut head)?;
        file.seek(SeekFrom::End(-i64::try_from(end).unwrap_or(i64::MAX)))?;
        file.take(end as u64).read_to_end(&mut tail)?;
    }
    Ok(cut(&head, &tail, total, &shown(path)))
}

//! How a run ended, from its files: for when it ended while no engine could tell.

use threados_core::dag::reached;
use threados_core::engine::RunRecord;
use threados_core::engine::protocol::{RunReport, RunState, StepReport};
use threados_core::model::StepStatus;
use threados_core::workspace::{ErrorClass, Snapshot};

use super::Follower;
use crate::failure::Failure;
use crate::progress::Board;

impl Follower<'_> {
    /// The run ended while no engine could tell: its record and the statuses say how.
    pub(super) fn report_from_files(&self, board: &Board, otherwise: RunState) -> Result<RunReport, Failure> {
        let snapshot = self.workspace.snapshot()?;
        let statuses = snapshot.statuses();
        let mut steps = Vec::new();
        for (step, view) in snapshot.sequence().steps.iter().zip(&statuses.steps) {
            if !board.steps.contains(&step.id) {
                continue;
            }
            let state = snapshot.state.steps.get(&step.id);
            let took = state.and_then(|s| Some((s.ended_at? - s.started_at?).num_milliseconds()));
            steps.push(StepReport {
                id: step.id.clone(),
                status: view.status,
                reason: view.reason.clone(),
                exit_code: state.and_then(|s| s.exit_code),
                duration_ms: took.and_then(|ms| u64::try_from(ms).ok()),
            });
        }
        let file = self.workspace.paths.run(&board.run).join("status.json");
        let record = std::fs::read(file).ok().and_then(|b| serde_json::from_slice::<RunRecord>(&b).ok());
        let recorded = record.map(|r| r.state).filter(|s| *s != RunState::Running);
        let state =
            recorded.unwrap_or(if otherwise == RunState::Running { derived(&steps) } else { otherwise });
        let waiting_on = waiting_ids(&snapshot, board);
        Ok(RunReport { run_id: board.run.clone(), state, steps, waiting_on })
    }
}

fn derived(steps: &[StepReport]) -> RunState {
    if steps.iter().any(|s| s.status == StepStatus::Failed) {
        RunState::Failed
    } else if steps.iter().all(|s| s.status == StepStatus::Done) {
        RunState::Done
    } else {
        RunState::Waiting
    }
}

pub(super) fn waiting_ids(snapshot: &Snapshot, board: &Board) -> Vec<String> {
    let statuses = snapshot.statuses();
    let sequence = snapshot.sequence();
    let steps = sequence.steps.iter().zip(&statuses.steps);
    let reviews = steps
        .filter(|(s, v)| v.status == StepStatus::NeedsReview && board.steps.contains(&s.id))
        .map(|(s, _)| s.id.to_string());
    let gates = sequence.gates.iter().zip(&statuses.gates);
    let gates = gates
        .filter(|(_, v)| v.due && v.status != threados_core::model::GateStatus::Approved)
        .map(|(g, _)| g.id.to_string());
    let budgets = reached(sequence, &snapshot.state).into_iter().map(|budget| budget.of.to_string());
    reviews.chain(gates).chain(budgets).collect()
}

/// In a step, SIGTERM is the step's own end, not somebody's Ctrl+C: the engine stops its children with it.
pub(super) fn left() -> Failure {
    let message = "the step that waits for this run is being ended, and its children with it";
    Failure::new(ErrorClass::Failed, "STEP_ENDING", message)
}

//! How a run ended, from its files: for when it ended while no engine could tell.

use std::collections::BTreeSet;
use std::sync::Arc;

use threados_core::dag::{Dag, Frontier};
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
        let waiting_on = waiting(&snapshot, board).into_iter().map(|(what, _)| what).collect();
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

/// What a person has to do, with the command that does it.
pub(super) fn waits_for(snapshot: &Snapshot, board: &Board) -> Vec<String> {
    waiting(snapshot, board).into_iter().map(|(what, free)| format!("{what} ({free})")).collect()
}

/// What the steps of a run wait for that only a person can give, and the command that gives it.
fn waiting(snapshot: &Snapshot, board: &Board) -> Vec<(String, String)> {
    let statuses = snapshot.statuses();
    let sequence = snapshot.sequence();
    let steps = sequence.steps.iter().zip(&statuses.steps);
    let reviews = steps
        .filter(|(s, v)| v.status == StepStatus::NeedsReview && board.steps.contains(&s.id))
        .map(|(s, _)| (s.id.to_string(), format!("seqctl step accept {}", s.id)));
    let gates = sequence.gates.iter().zip(&statuses.gates);
    let gates = gates
        .filter(|(_, v)| v.due && v.status != threados_core::model::GateStatus::Approved)
        .map(|(g, _)| (g.id.to_string(), format!("seqctl gate approve {}", g.id)));
    let dag = Arc::new(Dag::new(sequence));
    let frontier = Frontier::new(Arc::clone(&dag), &snapshot.state);
    let ours: BTreeSet<&str> = board.steps.iter().map(|id| id.as_str()).collect();
    let budgets = frontier.budgets_asking(|node| ours.contains(dag.id(node).as_str()));
    let budgets = budgets.into_iter().map(|reached| (reached.of.to_string(), reached.free()));
    reviews.chain(gates).chain(budgets).collect()
}

/// In a step, SIGTERM is the step's own end, not somebody's Ctrl+C: the engine stops its children with it.
pub(super) fn left() -> Failure {
    let message = "the step that waits for this run is being ended, and its children with it";
    Failure::new(ErrorClass::Failed, "STEP_ENDING", message)
}

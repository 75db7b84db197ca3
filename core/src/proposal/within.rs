//! What a process of a step asks for: the engine, which knows whose process it is, decides at once.

use super::wanted::{Wanted, split};
use super::{Applied, Offered, ProposalError, Proposals, ProposedAction, Rejected, Standing};
use crate::engine::protocol::{ClientMessage, EngineMessage, Wanted as Change};
use crate::grammar::{Command, to_line};
use crate::model::Actor;
use crate::workspace::Ask;

impl Proposals<'_> {
    /// A line that does not parse keeps the others from being done, too. What the engine refuses is an error, and on
    /// record there.
    pub(super) fn within(&self, lines: &[String]) -> Result<Offered, ProposalError> {
        let mut offered = Offered {
            id: None,
            standing: Standing::Rejected,
            confirmations: 0,
            lapses_at: None,
            actions: Vec::new(),
            rejected: Vec::new(),
            sequence_diff: String::new(),
            applied: None,
        };
        let mut wanted = Vec::new();
        for (index, line) in lines.iter().enumerate() {
            let id = (index + 1).to_string();
            match Wanted::parse(line) {
                Ok(one) => {
                    offered.actions.push(asked(id, &one));
                    wanted.push(one);
                }
                Err(error) => offered.rejected.push(Rejected { id, command: line.clone(), error }),
            }
        }
        if offered.rejected.is_empty() {
            let applied = self.at_once(&wanted)?;
            offered.sequence_diff.clone_from(&applied.diff);
            offered.standing = applied.standing();
            offered.applied = Some(applied);
        }
        Ok(offered)
    }

    fn at_once(&self, wanted: &[Wanted]) -> Result<Applied, ProposalError> {
        let (ask, controls) = split(wanted);
        let mut applied = Applied::nothing(self.workspace.snapshot()?.revision().clone());
        if let Some(ask) = ask {
            match self.ask(&ClientMessage::Change { wanted: change(&ask) }).map_err(ProposalError::Engine)? {
                EngineMessage::Changed { change } => {
                    applied.seq = Some(change.seq);
                    (applied.revision, applied.changed) = (change.revision, change.changed);
                    (applied.diff, applied.notes) = (change.diff, change.notes);
                }
                EngineMessage::Refused { fault } => return Err(ProposalError::Engine(fault)),
                _ => return Err(ProposalError::Engine(super::apply::gone())),
            }
        }
        for control in controls {
            let (control, actor) = (control.detached(), Actor::Orchestrator);
            let message = ClientMessage::Control { control: control.clone(), actor, confirmed: false };
            let done = self.control(&control, &message);
            let failed = done.error.is_some();
            applied.controls.push(done);
            if failed {
                break;
            }
        }
        Ok(applied)
    }
}

/// The step's own wish is judged as it is done, not shown to anybody before.
fn asked(id: String, wanted: &Wanted) -> ProposedAction {
    ProposedAction {
        id,
        command: wanted.line(),
        description: wanted.description(),
        destructive: false,
        reversible: false,
        dry_run_result: String::new(),
    }
}

fn change(ask: &Ask) -> Change {
    match ask {
        Ask::Actions(actions) => {
            Change::Lines(actions.iter().map(|a| to_line(&Command::Change(a.clone()))).collect())
        }
        Ask::Undo => Change::Undo,
        Ask::Redo => Change::Redo,
    }
}

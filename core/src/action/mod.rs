//! Everything that can be changed, as values: one small struct a change, each with its own `apply`.
//!
//! An action is pure: it turns an [`Edit`] (the sequence and what comes with it) into the next one. Only the
//! workspace writes.

mod budget;
mod dep;
mod edit;
mod error;
mod fields;
mod fusion;
mod gate;
mod group;
mod patch;
mod policy;
mod prompt;
mod reach;
mod reset;
mod step_add;
mod step_clone;
mod step_edit;
mod step_move;
mod step_review;
mod step_rm;

use serde::{Deserialize, Serialize};

pub use budget::BudgetSet;
pub use dep::{DepAdd, DepRm};
pub use edit::{Edit, PolicyEdit, PromptSource, nearest};
pub use error::ActionError;
pub use fields::{EnvPair, StepFields, WorkerFields};
pub use fusion::FusionCreate;
pub use gate::{GateApprove, GateBlock, GateInsert, GateRm};
pub use group::{GroupDissolve, GroupParallelize};
pub use patch::Patch;
pub use policy::{PolicyAllow, PolicyDeny, PolicyMode};
pub use prompt::PromptSet;
pub use reset::SequenceReset;
pub use step_add::StepAdd;
pub use step_clone::StepClone;
pub use step_edit::StepEdit;
pub use step_move::StepMove;
pub use step_review::{StepAccept, StepReject};
pub use step_rm::StepRm;
pub(crate) use step_rm::hand_on;

macro_rules! actions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $target:expr;)*) => {
        /// One change of the sequence, its decisions or its policy.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub enum Action {
            $($(#[$doc])* #[serde(rename = $name)] $variant($variant),)*
        }

        impl Action {
            /// The name of every action, as the command line and the log have it.
            pub const NAMES: &[&str] = &[$($name),*];

            /// The name of the action: `step.add`.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$variant(_) => $name,)* }
            }

            /// What the action is about, for the log: ids, separated by commas.
            pub fn target(&self) -> String {
                match self { $(Self::$variant(a) => { let f: fn(&$variant) -> String = $target; f(a) })* }
            }

            /// Makes the change.
            ///
            /// # Errors
            /// [`ActionError`] where the change cannot be made; the edit is then to be dropped.
            pub fn apply(&self, edit: &mut Edit) -> Result<(), ActionError> {
                match self { $(Self::$variant(a) => a.apply(edit),)* }
            }

            /// The fields of the action as JSON, keyed by the names of the grammar's arguments.
            pub fn fields(&self) -> serde_json::Value {
                match self { $(Self::$variant(a) => serde_json::to_value(a).unwrap_or_default(),)* }
            }
        }

        $(impl From<$variant> for Action {
            fn from(a: $variant) -> Self { Self::$variant(a) }
        })*
    };
}

actions! {
    /// Adds a step, or a group of parallel steps.
    StepAdd = "step.add", |a| a.id.to_string();
    /// Changes fields of a step.
    StepEdit = "step.edit", |a| a.id.to_string();
    /// Removes a step.
    StepRm = "step.rm", |a| a.id.to_string();
    /// Copies a step.
    StepClone = "step.clone", |a| a.new_id.to_string();
    /// Moves a step to another place in the file.
    StepMove = "step.move", |a| a.id.to_string();
    /// Accepts the work of a step under review.
    StepAccept = "step.accept", |a| a.id.to_string();
    /// Rejects the work of a step under review.
    StepReject = "step.reject", |a| a.id.to_string();
    /// Adds a dependency.
    DepAdd = "dep.add", |a| a.id.to_string();
    /// Removes a dependency.
    DepRm = "dep.rm", |a| a.id.to_string();
    /// Replaces the prompt of a step.
    PromptSet = "prompt.set", |a| a.id.to_string();
    /// Makes a parallel group of existing steps.
    GroupParallelize = "group.parallelize", GroupParallelize::target;
    /// Takes a group apart; its steps stay.
    GroupDissolve = "group.dissolve", |a| a.group.to_string();
    /// Makes a fusion of candidates and a synth.
    FusionCreate = "fusion.create", FusionCreate::target;
    /// Inserts a gate.
    GateInsert = "gate.insert", |a| a.id.to_string();
    /// Lets what waits at a gate through.
    GateApprove = "gate.approve", |a| a.id.to_string();
    /// Holds what waits at a gate, or sends the work back.
    GateBlock = "gate.block", |a| a.id.to_string();
    /// Removes a gate.
    GateRm = "gate.rm", |a| a.id.to_string();
    /// Sets a budget.
    BudgetSet = "budget.set", BudgetSet::target;
    /// Forgets what ran.
    SequenceReset = "sequence.reset", SequenceReset::target;
    /// Sets SAFE or POWER.
    PolicyMode = "policy.mode", |a| a.mode.to_string();
    /// Lists a program.
    PolicyAllow = "policy.allow", |a| a.program.clone();
    /// Unlists a program.
    PolicyDeny = "policy.deny", |a| a.program.clone();
}

//! The sequence: plain data and its invariants.

mod actor;
mod agent;
mod budget;
mod fact;
mod gate;
mod network;
mod problem;
mod retract;
mod sequence;
mod state;
mod status;
mod step;
mod steps;

pub use actor::{Actor, Mode, Outcome};
pub use agent::{ModelEntry, PromptWay, ResultForm, Usage};
pub use budget::{Budget, BudgetOf, Budgets, MAX_TOKENS, Spent, Usd};
pub use fact::{Fact, GateFact, StepFact, WAITING_FOR_QUOTA};
pub use gate::Gate;
pub use network::Network;
pub use problem::Problem;
pub use sequence::{Metadata, Sequence, SequencePolicy};
pub use state::{Decision, GateState, Phase, State, StepState};
pub use status::{GateStatus, StepStatus};
pub use step::{FailPolicy, ModelName, Retry, Step, ThreadType};
pub use steps::Steps;

//! The dependency graph: built from the definition, judged with the state.

mod budget;
mod build;
mod check;
mod frontier;
mod order;
mod reason;
mod status;
#[cfg(test)]
pub(crate) mod testing;
mod why;

pub use budget::{Purse, Reached, reached};
pub use build::{Dag, Group, Node};
pub use check::{Checks, check, check_graph};
pub use frontier::{Change, Frontier};
pub use reason::STOPPED_BY_GROUP;
pub use status::{GateView, Statuses, StepView};
pub use why::{Hold, Root, Why, why};

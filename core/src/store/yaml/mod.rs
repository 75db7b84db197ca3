//! `sequence.yaml` and `policy.yaml`: read with every fault named, written without touching what did not change.

mod decode;
mod document;
mod fast;
mod fault;
mod full;
mod node;
mod output;
mod scalar;

pub use document::{Document, Parsed, parse};
pub use full::{MAX_DEPTH, MAX_NODES};
pub use output::{GateOutput, StepOutput, Written};

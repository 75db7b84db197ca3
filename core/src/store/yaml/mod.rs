//! The files of a project that are YAML (sequence, policy, models, templates): read with every fault named, written
//! without touching what did not change.
//!
//! A text becomes a tree of nodes with their spans (`fast` for the style this program writes, `full` for any
//! other), the tree becomes the model (`decode`), and a changed model becomes edits of the text (`splice`).

mod bytes;
mod decode;
mod document;
mod emit;
mod fast;
mod fault;
mod full;
mod items;
mod known;
mod merge;
mod models;
mod node;
mod older;
mod output;
mod outputs;
mod place;
mod policy;
mod print;
mod revision;
mod scalar;
mod splice;
mod template;
mod wire;

#[cfg(test)]
mod tests;

pub(crate) use document::LONG;
pub use document::{Document, MAX_BYTES, Parsed, parse};
pub use emit::{emit, to_json};
pub use full::{MAX_DEPTH, MAX_NODES};
pub use models::parse_models;
pub use node::Text;
pub use older::{Foreign, parse_foreign};
pub use output::{GateOutput, StepOutput, Written};
pub use policy::{ParsedPolicy, PolicyDocument, parse_policy};
pub use template::parse_template;
pub use wire::schema;

/// The file as it is written, for documents that tell of it.
pub type SequenceShape = wire::Sequence<'static>;

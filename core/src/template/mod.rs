//! Templates in prompts, commands, environments and conditions: what they may ask for, and filling them in.
//!
//! minijinja does the work: strict, without escaping, without any way to read a file. A text without marks never
//! comes here ([`is_template`]).

mod check;
mod context;
mod cut;
mod error;
mod render;
mod scan;
#[cfg(test)]
mod tests;

pub use check::{Fault, Place, check, unreadable};
pub use context::{Context, Given, MAX_TEXT, Outputs, Watched};
pub use cut::cut;
pub use error::TemplateError;
pub use render::{MAX_RENDERED, Template, is_template};
pub use scan::Reference;

//! What may run, where, how much of it, and what needs a person's yes.

mod data;

pub use data::{Policy, Sandbox};

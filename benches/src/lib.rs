//! Measurements of ThreadOS beside its peers: the same work, alternating in one run, medians and ratios.
//!
//! `cargo bench -p threados-benches` measures in full; `-- --small` runs everything once with small inputs.

mod compare;
pub mod drawing;
pub mod every;
mod project;

pub use compare::{Clock, Contender, Sizes, compare, compare_by, median, wall, work};
pub use project::{Project, have, ninja_file, run};

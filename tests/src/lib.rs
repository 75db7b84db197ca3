//! End-to-end tests of ThreadOS live in `it/`; this package also builds the binaries they run.

pub mod kernel;
pub mod obedient;

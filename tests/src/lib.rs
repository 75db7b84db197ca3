//! End-to-end tests of ThreadOS live in `it/`; this package also builds the binary they run.

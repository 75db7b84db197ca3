//! One binary for every end-to-end test: real processes, real files, nothing shared between tests.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

mod support;

mod basics;
mod cli;
mod cli_reference;
mod crash;
mod engine_kit;
mod policy;
mod snapshots;

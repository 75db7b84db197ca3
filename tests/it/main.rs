//! One binary for every end-to-end test: real processes, real files, nothing shared between tests.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

mod support;

mod architecture;
mod audit;
mod basics;
mod ci;
mod cli;
mod cli_reference;
mod crash;
mod demo;
mod engine;
mod engine_kit;
mod files;
mod policy;
mod retry;
mod run_output;
mod run_output_terminal;
mod sandbox;
mod session;
mod snapshots;
mod stop;
mod store;

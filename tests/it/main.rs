//! One binary for every end-to-end test: real processes, real files, nothing shared between tests.

mod support;

mod architecture;
mod basics;
mod ci;
mod cli;
mod cli_reference;
mod crash;
mod demo;
mod engine;
mod engine_kit;
mod policy;
mod retry;
mod run_output;
mod run_output_terminal;
mod snapshots;
mod stop;

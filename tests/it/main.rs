//! One binary for every end-to-end test: real processes, real files, nothing shared between tests.

mod support;

mod architecture;
mod basics;
mod ci;
mod demo;
mod policy;
mod run_output;
mod run_output_terminal;

//! The ThreadOS command line: parses, asks the core, renders. No rule of its own.

mod args;
mod command;
mod confirm;
mod context;
mod failure;
mod output;
mod progress;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;

use args::Cli;
use context::Context;

/// Runs one `seqctl` command line.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    // First of all, before any thread: the process that forks wrappers has to stay small.
    if args.get(1).is_some_and(|a| a == context::SPAWNER) {
        threados_core::wrapper::spawner_main(threados_core::wrapper::exit_code_is_the_truth);
    }
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(error) => return output::usage(&error, &args),
    };
    let context = Context::new(cli.global);
    let name = cli.command.name();
    let result = command::dispatch(cli.command, &context);
    output::finish(&context, &name, result)
}

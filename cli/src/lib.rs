//! The ThreadOS command line: parses, asks the core, renders. No rule of its own.

mod args;
mod command;
mod confirm;
mod context;
mod docs;
mod escape;
mod failure;
mod output;
mod paint;
mod parse;
mod progress;
mod table;
mod tip;
mod trace;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;

use context::Context;
use threados_core::wrapper::sandbox;

pub use docs::reference;

/// A command makes and drops a hundred thousand small things: an allocator that hands them out in bulk halves
/// what that costs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs one `seqctl` command line.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    // First of all, before any thread: the process that forks wrappers has to stay small.
    if args.get(1).is_some_and(|a| a == context::SPAWNER) {
        threados_core::wrapper::spawner_main(threados_core::wrapper::exit_code_is_the_truth);
    }
    // What mprocs runs inherits the terminals of its other panes.
    if args.get(1).is_some_and(|a| a == context::PANE) {
        threados_core::wrapper::close_inherited();
    }
    if args.get(1).is_some_and(|a| a == sandbox::INSIDE) {
        sandbox::inside_main(args.into_iter().skip(2));
    }
    let args = asks_for_help(args);
    let cli = match parse::parse(&args) {
        Ok(cli) => cli,
        Err(error) => return not_a_command(&error, &args),
    };
    let context = Context::new(cli.global);
    start_trace(&cli.command, &context);
    let name = cli.command.name();
    let result = command::dispatch(cli.command, &context);
    output::finish(&context, name, result)
}

/// `seqctl help step add` is `seqctl step add --help`.
fn asks_for_help(mut args: Vec<OsString>) -> Vec<OsString> {
    if args.get(1).is_some_and(|word| word == "help") {
        args.remove(1);
        args.push("--help".into());
    }
    args
}

/// Help comes with examples, which the grammar that is parsed does not carry.
fn not_a_command(error: &clap::Error, args: &[OsString]) -> ExitCode {
    let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if !asked && error.kind() != ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return output::usage(error, args);
    }
    let help = docs::command().try_get_matches_from(args).err();
    let help = help.as_ref().unwrap_or(error);
    if asked { output::help(help) } else { output::usage(help, args) }
}

/// The engine tells in a file of its own; everybody else on standard error, where asked to.
fn start_trace(command: &args::Command, context: &Context) {
    if !matches!(command, args::Command::Engine(_)) {
        return trace::init(context.global.verbose);
    }
    if let Ok(workspace) = context.workspace() {
        // An engine without a log of its own is better than none.
        drop(trace::init_engine(&workspace.paths));
    }
}

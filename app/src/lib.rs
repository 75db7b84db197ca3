//! The ThreadOS window: draws what the core says and asks it for what a person wants. No rule of its own.

pub mod ansi;
mod args;
pub mod backend;
pub mod canvas;
mod command;
pub mod detail;
pub mod dock;
pub mod draft;
mod engine;
mod folds;
pub mod glance;
pub mod link;
pub mod memory;
mod native;
mod output;
mod panel;
pub mod past;
pub mod plan;
pub mod scene;
mod shell;
mod state;
mod step_fields;
pub mod talk;
pub mod terminal;
pub mod theme;
mod trace;
mod window;
mod words;

use std::ffi::OsString;
use std::process::ExitCode;

use threados_core::wrapper::sandbox;

pub use command::{COMMANDS, Cmd};
pub use shell::Shell;
pub use window::Window;

/// What `seqctl` does, in this program.
pub type CommandLine = fn(Vec<OsString>) -> ExitCode;

/// Runs one `threados` command line: the window, or, where a command of `seqctl` is given or this program goes by that
/// name, that.
pub fn run(args: impl IntoIterator<Item = OsString>, seqctl: CommandLine) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    if args::is_for_seqctl(&args) {
        return seqctl(args);
    }
    backend::be_seqctl_too();
    // First of all, before any thread: the process that forks wrappers has to stay small.
    if args.get(1).is_some_and(|a| a == engine::SPAWNER) {
        threados_core::wrapper::spawner_main(threados_core::wrapper::exit_code_is_the_truth);
    }
    if args.get(1).is_some_and(|a| a == sandbox::INSIDE) {
        sandbox::inside_main(args.into_iter().skip(2));
    }
    let result = match args::parse(&args) {
        Ok(args::Asked::Engine { root }) => engine::run(&root),
        Ok(args::Asked::Window { root }) => native::run(root.as_deref()),
        Ok(args::Asked::Demo) => native::demo(),
        Err(usage) => return output::usage(&usage),
    };
    output::finish(result)
}

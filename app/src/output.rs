//! The only place that prints: the window itself speaks through its panels.

use std::io::{self, Write as _};
use std::process::ExitCode;

use threados_core::engine::protocol::Fault;

/// What is left to say, and the exit code.
pub fn finish(result: Result<Option<String>, Fault>) -> ExitCode {
    match result {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(farewell)) => {
            say(&format!("{farewell}\n"));
            ExitCode::SUCCESS
        }
        Err(fault) => {
            let hint = fault.hint.map(|h| format!("  hint: {h}\n")).unwrap_or_default();
            say(&format!("error: {}\n{hint}", fault.message));
            ExitCode::from(fault.exit)
        }
    }
}

/// Usage errors, help and version, as clap words them.
pub fn usage(error: &clap::Error) -> ExitCode {
    // Nobody is left to tell where the stream is closed.
    drop(error.print());
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// Tells the client that started this engine, which waits for the end of our standard output.
pub fn announce(word: &str) {
    let mut out = io::stdout().lock();
    // A client that is gone needs no word.
    drop(out.write_all(word.as_bytes()).and_then(|()| out.flush()));
    threados_core::wrapper::close_stdout();
}

fn say(text: &str) {
    drop(io::stderr().write_all(text.as_bytes()));
}

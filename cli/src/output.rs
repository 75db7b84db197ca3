//! Everything that is printed at the end of a command.

use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use serde_json::{Value, json};

use crate::context::Context;
use crate::failure::Failure;

/// What a command has to tell: for programs, or for people.
#[derive(Debug, Default)]
pub struct Report {
    /// The exit code; 0 and 10 are `ok`.
    pub exit: u8,
    /// For programs, without `ok` and `command`.
    pub json: Value,
    /// For people.
    pub text: String,
    /// It has printed all there is to print.
    pub silent: bool,
}

impl Report {
    /// It worked.
    pub fn new(json: Value, text: impl Into<String>) -> Self {
        Self { exit: 0, json, text: text.into(), silent: false }
    }

    /// It worked, and everything is printed already.
    pub fn printed(exit: u8) -> Self {
        Self { exit, silent: true, ..Self::default() }
    }

    /// With another exit code.
    pub fn exit(mut self, exit: u8) -> Self {
        self.exit = exit;
        self
    }
}

/// Prints a result and turns it into the exit code.
pub fn finish(context: &Context, name: &str, result: Result<Report, Failure>) -> ExitCode {
    match result {
        Ok(report) => {
            if !report.silent {
                let text = if context.global.json { object(name, &report) } else { report.text };
                print(&text);
            }
            ExitCode::from(report.exit)
        }
        Err(failure) => {
            fail(context.global.json, name, &failure);
            ExitCode::from(failure.exit)
        }
    }
}

fn object(name: &str, report: &Report) -> String {
    let mut all = json!({ "ok": matches!(report.exit, 0 | 10), "command": name });
    if let (Some(all), Some(more)) = (all.as_object_mut(), report.json.as_object()) {
        all.extend(more.clone());
    }
    format!("{all}\n")
}

fn fail(as_json: bool, name: &str, failure: &Failure) {
    if as_json {
        let mut error = json!({ "code": failure.code, "message": failure.message });
        if let Some(hint) = &failure.hint {
            error["hint"] = json!(hint);
        }
        if !failure.details.is_null() {
            error["details"] = failure.details.clone();
        }
        print(&format!("{}\n", json!({ "ok": false, "command": name, "error": error })));
        return;
    }
    let mut text = format!("error: {}\n", failure.message);
    if let Some(hint) = &failure.hint {
        text += &format!("  hint: {hint}\n");
    }
    // Nobody is left to tell where stderr is closed.
    drop(io::stderr().write_all(text.as_bytes()));
}

/// Prints to standard output; a closed pipe is no error.
pub fn print(text: &str) {
    let mut out = io::stdout().lock();
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

/// Usage errors, help and version, as clap words them; for programs as JSON.
pub fn usage(error: &clap::Error, args: &[OsString]) -> ExitCode {
    use clap::error::ErrorKind::{DisplayHelp, DisplayVersion};
    if matches!(error.kind(), DisplayHelp | DisplayVersion) {
        let colours = io::stdout().is_terminal();
        print(&if colours { error.render().ansi().to_string() } else { error.render().to_string() });
        return ExitCode::SUCCESS;
    }
    let before_argv = args.iter().take_while(|a| *a != "--");
    if before_argv.into_iter().any(|a| a == "--json") {
        let text = error.render().to_string();
        let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        let failure = Failure {
            exit: 2,
            code: "USAGE".into(),
            message,
            hint: Some("--help shows how it is used".into()),
            details: json!({ "text": text }),
        };
        fail(true, "", &failure);
    } else {
        let colours = io::stderr().is_terminal();
        let text = if colours { error.render().ansi().to_string() } else { error.render().to_string() };
        drop(io::stderr().write_all(text.as_bytes()));
    }
    ExitCode::from(2)
}

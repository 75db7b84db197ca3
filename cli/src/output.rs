//! Everything that is printed at the end of a command.

use std::borrow::Cow;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;

use serde_json::{Value, json};
use threados_core::plain::{is_seen, marked};

use crate::args::Global;
use crate::context::Context;
use crate::escape::own_colours;
use crate::failure::Failure;
use crate::paint::Style;
use crate::tip::tip;

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
                let text = if context.global.json {
                    object(name, &report)
                } else {
                    safe(report.text, &io::stdout())
                };
                print(&text);
            }
            ExitCode::from(report.exit)
        }
        Err(failure) => {
            fail(context, name, &failure.redacted());
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

fn fail(context: &Context, name: &str, failure: &Failure) {
    if context.global.json {
        let mut error = json!({ "code": failure.code, "message": failure.message });
        if let Some(hint) = &failure.hint {
            error["hint"] = json!(hint);
        }
        if !failure.details.is_null() {
            error["details"] = failure.details.clone();
        }
        let mut all = json!({ "ok": false, "error": error });
        if !name.is_empty() {
            all["command"] = json!(name);
        }
        print(&format!("{all}\n"));
        return;
    }
    let colours = context.colours_on(&io::stderr());
    let told = |text: &str| seen(text, &io::stderr()).into_owned();
    let mut text = format!("{} {}\n", Style::Red.paint("error:", colours), told(&failure.message));
    if let Some(hint) = &failure.hint {
        text += &format!("  {} {}\n", Style::Cyan.paint("hint:", colours), told(hint));
    }
    // Nobody is left to tell where stderr is closed.
    drop(io::stderr().write_all(text.as_bytes()));
}

/// A text that may quote a file, an id or a step: on a terminal every character of it is seen and none steers it.
pub fn seen<'a>(text: &'a str, to: &impl io::IsTerminal) -> Cow<'a, str> {
    if to.is_terminal() { marked(text).into() } else { text.into() }
}

/// What of a text in our own colours may reach a terminal: a file or a step may have had escape sequences in it.
fn safe(text: String, to: &impl io::IsTerminal) -> String {
    if to.is_terminal() { own_colours(&text) } else { text }
}

/// Prints to standard output; a closed pipe is no error.
pub fn print(text: &str) {
    write(text.as_bytes());
}

/// Writes bytes to standard output; whether somebody is still there to read.
pub fn write(bytes: &[u8]) -> bool {
    let mut out = io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).is_ok()
}

/// One object of a stream of them, as a line.
pub fn line(value: &Value) -> bool {
    write(format!("{value}\n").as_bytes())
}

/// Something a person should know beside the result, on standard error.
pub fn warn(context: &Context, text: &str) {
    if !context.global.json && !context.global.quiet {
        drop(io::stderr().write_all(format!("warning: {}\n", seen(text, &io::stderr())).as_bytes()));
    }
}

/// Something in the midst of a conversation, on standard error beside its questions.
pub fn tell(text: &str) {
    drop(io::stderr().write_all(safe(text.to_owned(), &io::stderr()).as_bytes()));
}

/// A failure in the midst of a conversation, which goes on.
pub fn told(context: &Context, failure: &Failure) {
    fail(context, "", &failure.redacted());
}

/// Usage errors, as clap words them; for programs as JSON.
pub fn usage(error: &clap::Error, args: &[OsString]) -> ExitCode {
    let before_argv = args.iter().take_while(|a| *a != "--");
    let as_json = before_argv.into_iter().any(|a| a == "--json");
    let context = Context::new(Global { json: as_json, ..Global::default() });
    if as_json {
        let text = error.render().to_string();
        let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        let failure = Failure {
            exit: 2,
            code: "USAGE".into(),
            message,
            hint: Some(tip(error, args).unwrap_or_else(|| "--help shows how it is used".into())),
            details: json!({ "text": text }),
        };
        fail(&context, "", &failure.redacted());
    } else {
        let colours = context.colours_on(&io::stderr());
        let plain = error.render().to_string();
        // What cannot be seen came with the arguments.
        let styled = colours && plain.chars().all(is_seen);
        let mut text =
            if styled { error.render().ansi().to_string() } else { seen(&plain, &io::stderr()).into_owned() };
        if let (Some(tip), Some(end)) = (tip(error, args), text.find('\n')) {
            text.insert_str(end, &format!("\n\n  tip: {tip}"));
        }
        let text = threados_core::policy::Redactor::default().redact(&text).into_owned();
        drop(io::stderr().write_all(text.as_bytes()));
    }
    ExitCode::from(2)
}

/// Help and version.
pub fn help(error: &clap::Error) -> ExitCode {
    let colours = Context::new(Global::default()).colours_on(&io::stdout());
    print(&if colours { error.render().ansi().to_string() } else { error.render().to_string() });
    ExitCode::SUCCESS
}

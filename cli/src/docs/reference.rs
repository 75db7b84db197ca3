//! The reference in Markdown, made from the grammar.

use std::fmt::Write as _;

use clap::{Arg, ArgAction, Command, CommandFactory as _};

use super::{EXITS, GROUPS, page};
use crate::args::Cli;

/// The text of `cli/README.md`.
pub fn reference() -> String {
    let mut root = Cli::command();
    root.build();
    let mut out = String::from(HEAD);
    for (title, names) in GROUPS {
        let _ = write!(out, "\n**{title}:** ");
        let links: Vec<String> = names.iter().map(|name| format!("[{name}](#{name})")).collect();
        let _ = writeln!(out, "{}", links.join(", "));
    }
    out += "\n## Global options\n\n";
    options(&root, true, &mut out);
    out += "\n## Exit codes\n\n| exit | meaning |\n| --- | --- |\n";
    for (code, meaning) in EXITS {
        let _ = writeln!(out, "| {code} | {meaning} |");
    }
    out += ERRORS;
    out += &super::worked::worked();
    out += super::guide::GUIDE;
    for name in GROUPS.iter().flat_map(|(_, names)| *names) {
        if let Some(command) = root.find_subcommand(name) {
            section(command, name, &mut out);
        }
    }
    out
}

const HEAD: &str = "# seqctl: the reference

<!-- Made from the grammar by `cargo test -p threados-tests --test it reference`; UPDATE=1 writes it anew. -->

One grammar for the command line, the chat, the API and the window. Every command takes `--json`, prints
exactly one JSON object then (streams: one a line), and ends with one of the exit codes below.
";

const ERRORS: &str = "
A command that fails prints what is wrong, where, and what to do, and has changed nothing. With `--json`:
`{\"ok\":false,\"command\":NAME,\"error\":{\"code\":CODE,\"message\":TEXT,\"hint\"?:TEXT,\"details\"?:…}}`.
`ok` is true for exits 0 and 10. In the shapes below `?` marks what may be absent.

`--json` and the other global options are accepted anywhere before `--`. Nothing is asked where standard input is
no terminal. Colours and tables are for terminals; `NO_COLOR` is honoured. `THREADOS_LOG=debug` (or `-vv`) tells
on standard error what goes on inside; the engine's own log is `.threados/state/engine.log`.
";

fn section(command: &Command, path: &str, out: &mut String) {
    let depth = if path.contains(' ') { "###" } else { "##" };
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let _ = write!(out, "\n{depth} {path}\n\n{about}.\n");
    if command.has_subcommands() {
        for sub in command.get_subcommands().filter(|c| !c.is_hide_set() && c.get_name() != "help") {
            section(sub, &format!("{path} {}", sub.get_name()), out);
        }
        return;
    }
    let mut usage = command.clone();
    let usage = usage.render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").replace("[OPTIONS]", "[options]");
    let _ = write!(out, "\n```\n{usage}\n```\n");
    if shown(command, false).next().is_some() {
        out.push('\n');
        options(command, false, out);
    }
    let Some(page) = page(path) else { return };
    out.push_str("\n```sh\n");
    for (line, what) in page.examples {
        let _ = writeln!(out, "{line}    # {what}");
    }
    let exits: Vec<String> = page.exits.iter().map(u8::to_string).collect();
    let _ = write!(out, "```\n\nExit codes: {}. JSON:\n\n```\n{}\n```\n", exits.join(", "), page.json);
}

fn shown(command: &Command, global: bool) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(move |a| {
        let help = ["help", "version"].contains(&a.get_id().as_str());
        !a.is_hide_set() && !help && a.is_global_set() == global
    })
}

fn options(command: &Command, global: bool, out: &mut String) {
    out.push_str("| option | meaning |\n| --- | --- |\n");
    for arg in shown(command, global) {
        let _ = writeln!(out, "| `{}` | {} |", name(arg), meaning(arg));
    }
}

fn name(arg: &Arg) -> String {
    let values: Vec<&str> =
        arg.get_value_names().into_iter().flatten().map(clap::builder::Str::as_str).collect();
    let takes = !matches!(arg.get_action(), ArgAction::SetTrue | ArgAction::Count);
    let value = if takes { values.join(" ") } else { String::new() };
    let many = if matches!(arg.get_action(), ArgAction::Append) { "…" } else { "" };
    match (arg.get_short(), arg.get_long()) {
        (Some(short), Some(long)) => format!("-{short}, --{long} {value}"),
        (None, Some(long)) => format!("--{long} {value}"),
        (Some(short), None) => format!("-{short} {value}"),
        (None, None) if arg.is_last_set() => format!("-- {value}…"),
        (None, None) => format!("{value}{many}"),
    }
    .trim_end()
    .to_owned()
}

fn meaning(arg: &Arg) -> String {
    let mut text = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let hidden = matches!(arg.get_action(), ArgAction::SetTrue | ArgAction::Count);
    let known: Vec<String> = arg.get_possible_values().iter().map(|v| v.get_name().to_owned()).collect();
    if !hidden && !known.is_empty() {
        let _ = write!(text, " [one of: {}]", known.join(", "));
    }
    let defaults: Vec<String> =
        arg.get_default_values().iter().map(|v| v.to_string_lossy().into_owned()).collect();
    if !hidden && !defaults.is_empty() {
        let _ = write!(text, " [default: {}]", defaults.join(", "));
    }
    if let Some(env) = arg.get_env() {
        let _ = write!(text, " [env: {}]", env.to_string_lossy());
    }
    text.replace('|', "\\|")
}

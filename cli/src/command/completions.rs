//! `completions`, `man`.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;
use serde_json::json;
use threados_core::workspace::ErrorClass;

use crate::args::Cli;
use crate::docs;
use crate::failure::Failure;
use crate::output::Report;

/// Completions for a shell
#[derive(Debug, Args)]
pub struct Completions {
    /// Shell to complete for
    #[arg(value_enum)]
    pub shell: Shell,
}

/// A manual page, in roff
#[derive(Debug, Args)]
pub struct Man {
    /// Command whose page it is [default: seqctl itself]
    #[arg(value_name = "COMMAND")]
    pub command: Vec<String>,
}

pub fn run(args: &Completions) -> Report {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "seqctl", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    Report::new(json!({ "shell": args.shell.to_string(), "script": script }), script)
}

pub fn man(args: &Man) -> Result<Report, Failure> {
    let mut command = docs::command();
    command.build();
    let mut name = String::from("seqctl");
    for word in &args.command {
        let known: Vec<&str> =
            command.get_subcommands().filter(|c| !c.is_hide_set()).map(clap::Command::get_name).collect();
        let Some(next) = command.find_subcommand(word) else {
            let hint = format!("there are: {}", known.join(", "));
            let message = format!("`{name}` has no command `{word}`");
            return Err(Failure::new(ErrorClass::Usage, "UNKNOWN_COMMAND", message).hint(hint));
        };
        name = format!("{name}-{word}");
        command = next.clone();
    }
    let mut page = Vec::new();
    let made = clap_mangen::Man::new(command.name(name)).render(&mut page);
    made.map_err(|e| Failure::io("make the manual page", &e))?;
    let page = String::from_utf8_lossy(&page).into_owned();
    Ok(Report::new(json!({ "page": page }), page))
}

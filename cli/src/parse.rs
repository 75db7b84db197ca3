//! From words to a command, without building what the words do not name.
//!
//! The whole grammar has hundreds of options, and building it takes longer than most commands do. So only the
//! command that the first word names is built; whatever does not parse that way is parsed by the whole grammar,
//! which knows what to say of it.

use std::ffi::OsString;

use clap::{Args as _, Command, FromArgMatches as _, Parser as _, Subcommand as _};
use threados_core::action::SequenceReset;
use threados_core::grammar::{DepVerb, StepStop};

use crate::args::{Cli, GateCommand, Global, GroupCommand, PolicyCommand, PromptCommand, StepCommand};
use crate::command::{audit, engine, graph, history, init, logs, mprocs, pane, run, runs, status, why};

/// Parses a command line.
///
/// # Errors
/// What clap says of it, by the whole grammar.
pub fn parse(args: &[OsString]) -> Result<Cli, clap::Error> {
    match quick(args) {
        Some(cli) => Ok(cli),
        None => Cli::try_parse_from(args),
    }
}

fn quick(args: &[OsString]) -> Option<Cli> {
    let name = args.iter().skip(1).filter_map(|a| a.to_str()).find(|a| !a.starts_with('-'))?;
    let command = command(name)?;
    let root = Global::augment_args(Command::new("seqctl").disable_help_subcommand(true)).subcommand(command);
    Cli::from_arg_matches(&root.try_get_matches_from(args).ok()?).ok()
}

/// The command of this name with its options, where it is one of those that are built alone.
fn command(name: &str) -> Option<Command> {
    let own = |name: &'static str| Command::new(name);
    Some(match name {
        "init" => init::Init::augment_args(own("init")),
        "step" => StepCommand::augment_subcommands(own("step")),
        "dep" => DepVerb::augment_subcommands(own("dep")),
        "prompt" => PromptCommand::augment_subcommands(own("prompt")),
        "group" => GroupCommand::augment_subcommands(own("group")),
        "gate" => GateCommand::augment_subcommands(own("gate")),
        "run" => run::Run::augment_args(own("run")),
        "stop" => StepStop::augment_args(own("stop")),
        "restart" => run::Restart::augment_args(own("restart")),
        "reset" => SequenceReset::augment_args(own("reset")),
        "status" => status::Status::augment_args(own("status")),
        "logs" => logs::Logs::augment_args(own("logs")),
        "runs" => runs::Runs::augment_subcommands(own("runs")),
        "why" => why::Why::augment_args(own("why")),
        "graph" => graph::Graph::augment_args(own("graph")),
        "policy" => PolicyCommand::augment_subcommands(own("policy")),
        "audit" => audit::Audit::augment_subcommands(own("audit")),
        "history" => history::History::augment_args(own("history")),
        "mprocs" => mprocs::Mprocs::augment_subcommands(own("mprocs")),
        "pane" => pane::Pane::augment_args(own("pane")),
        "engine" => engine::Engine::augment_args(own("engine")),
        "undo" | "redo" | "reconcile" | "validate" | "schema" | "doctor" => {
            own(BARE.iter().find(|b| **b == name)?)
        }
        _ => return None,
    })
}

/// Commands without options of their own.
const BARE: [&str; 6] = ["undo", "redo", "reconcile", "validate", "schema", "doctor"];

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn line(text: &str) -> Vec<OsString> {
        std::iter::once("seqctl").chain(text.split_whitespace()).map(Into::into).collect()
    }

    #[test]
    fn a_command_that_is_built_alone_is_parsed_as_by_the_whole_grammar() {
        for text in [
            "status",
            "--json status --watch",
            "--root status validate",
            "step add a --json --lane x -- echo --root b",
            "step list --quiet",
            "run all --dry-run --max-concurrent 3",
            "gate approve g --reason because -y",
            "--lock-timeout 5 undo",
            "audit list --limit 3",
        ] {
            let whole = Cli::try_parse_from(line(text)).map(|cli| format!("{cli:?}")).ok();
            assert_eq!(
                quick(&line(text)).or_else(|| parse(&line(text)).ok()).map(|c| format!("{c:?}")),
                whole
            );
            assert!(whole.is_some(), "{text}");
        }
    }

    #[test]
    fn what_does_not_parse_is_told_by_the_whole_grammar() {
        for text in
            ["", "statsu", "status --wach", "step", "step add", "--help", "status --help", "run all --nope"]
        {
            let whole = Cli::try_parse_from(line(text)).unwrap_err().to_string();
            assert_eq!(parse(&line(text)).unwrap_err().to_string(), whole);
        }
    }

    #[test]
    fn what_is_built_alone_is_in_the_grammar_with_the_same_options() {
        let whole = Cli::command();
        let names = |c: &Command| c.get_arguments().map(|a| a.get_id().to_string()).collect::<Vec<_>>();
        for known in whole.get_subcommands() {
            let Some(alone) = command(known.get_name()) else { continue };
            assert_eq!(names(&alone), names(known), "{}", known.get_name());
            let below =
                |c: &Command| c.get_subcommands().map(|s| s.get_name().to_owned()).collect::<Vec<_>>();
            assert_eq!(below(&alone), below(known), "{}", known.get_name());
        }
    }
}

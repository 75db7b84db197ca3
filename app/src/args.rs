//! The command line of the window.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};
use threados_core::wrapper::sandbox;

use crate::engine::SPAWNER;

/// The ThreadOS window: see and steer the sequence of a project.
#[derive(Debug, Parser)]
#[command(
    name = "threados",
    version,
    after_help = "Examples:\n  threados                 the project around the working directory\n  threados --root ~/shop   the project in a folder\n  threados --demo          a small project, made and run before your eyes\n  threados status          any command of seqctl: it is in this program, too\n\nThe window opens an existing project, and offers to make one where there is none."
)]
struct Args {
    /// Project root [default: found by walking up from the working directory]
    #[arg(long, value_name = "DIR", env = "THREADOS_ROOT")]
    root: Option<PathBuf>,
    /// Make a small project in a temporary folder and run it, to see how it works
    #[arg(long, conflicts_with = "root")]
    demo: bool,
    #[command(subcommand)]
    hidden: Option<Hidden>,
}

#[derive(Debug, Subcommand)]
enum Hidden {
    /// Serve a project until nothing is left to do
    #[command(hide = true)]
    Engine {
        #[arg(long, value_name = "DIR")]
        root: PathBuf,
    },
}

/// What a command line asks for.
pub enum Asked {
    /// A window on a project.
    Window {
        /// Its root, where one is named.
        root: Option<PathBuf>,
    },
    /// A window on the demo, which runs.
    Demo,
    /// The one process of a project that runs steps.
    Engine {
        /// Its root.
        root: PathBuf,
    },
}

/// Whether a command line is one of `seqctl`: called by that name, or with a word that is no hidden one of the window.
pub fn is_for_seqctl(args: &[OsString]) -> bool {
    let name = args.first().and_then(|own| Path::new(own).file_stem());
    let own = ["engine", SPAWNER, sandbox::INSIDE];
    name.is_some_and(|name| name == "seqctl") || first_word(args).is_some_and(|word| !own.contains(&word))
}

/// The first word after options that stand before a command of `seqctl`; `--demo` is the window's own.
fn first_word(args: &[OsString]) -> Option<&str> {
    let mut words = args.iter().skip(1).map_while(|word| word.to_str());
    while let Some(word) = words.next() {
        match word {
            "--demo" => return None,
            "--root" | "--lock-timeout" => drop(words.next()),
            option if option.starts_with('-') => {}
            word => return Some(word),
        }
    }
    None
}

/// Reads a command line.
///
/// # Errors
/// What clap has to say; help and version, too.
pub fn parse(args: &[OsString]) -> Result<Asked, clap::Error> {
    let args = Args::try_parse_from(args)?;
    Ok(match args.hidden {
        Some(Hidden::Engine { root }) => Asked::Engine { root },
        None if args.demo => Asked::Demo,
        None => Asked::Window { root: args.root },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_told_from_the_window_by_the_name_and_the_first_word() {
        let table = [
            (&["threados"] as &[&str], false),
            (&["/opt/threados", "--demo"], false),
            (&["threados", "engine", "--root", "/x"], false),
            (&["threados", "spawner"], false),
            (&["threados", sandbox::INSIDE], false),
            (&["threados", "--root", "/x"], false),
            (&["threados", "--root=/x"], false),
            (&["threados", "--root", "stop"], false),
            (&["threados", "--help"], false),
            (&["threados", "--demo", "status"], false),
            (&["threados", "--root", "/x", "engine"], false),
            (&["threados", "status"], true),
            (&["threados", "--root", "/x", "stop", "--all"], true),
            (&["threados", "--root=/x", "-y", "stop"], true),
            (&["threados", "--lock-timeout", "5", "--json", "status"], true),
            (&["threados", "pane"], true),
            (&["/run/bin/seqctl"], true),
            (&["seqctl", "engine"], true),
            (&[], false),
        ];
        for (args, is) in table {
            let args: Vec<OsString> = args.iter().map(OsString::from).collect();
            assert_eq!(is_for_seqctl(&args), is, "{args:?}");
        }
    }
}

//! The command line of the window.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// The ThreadOS window: see and steer the sequence of a project.
#[derive(Debug, Parser)]
#[command(
    name = "threados",
    version,
    after_help = "Examples:\n  threados                 the project around the working directory\n  threados --root ~/shop   the project in a folder\n  threados --demo          a small project, made and run before your eyes\n\nThe window opens an existing project; `seqctl init` and `seqctl demo` make one."
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

//! What goes on inside, for those who look: `--verbose` and `THREADOS_LOG` on standard error, the engine's into
//! `.threados/state/engine.log`.

use std::fs::{File, OpenOptions};
use std::io;
use std::sync::Mutex;

use threados_core::store::Paths;
use tracing_subscriber::EnvFilter;

/// The variable that says what is told, in the usual syntax: `debug`, `threados_core::engine=trace`.
pub const VARIABLE: &str = "THREADOS_LOG";

/// Begins to tell on standard error, as `--verbose` was given so often. Nothing is set up, and nothing costs,
/// where nobody asked.
pub fn init(verbose: u8) {
    let asked = std::env::var(VARIABLE).ok().filter(|v| !v.is_empty());
    if asked.is_none() && verbose == 0 {
        return;
    }
    let filter = asked.unwrap_or_else(|| level(verbose).to_owned());
    let started = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::builder().parse_lossy(filter))
        .with_writer(io::stderr)
        .with_ansi(false)
        .try_init();
    drop(started);
}

/// Begins to tell in the engine's own log, warnings and up unless `THREADOS_LOG` says more.
///
/// # Errors
/// Where the log cannot be opened.
pub fn init_engine(paths: &Paths) -> io::Result<()> {
    match std::fs::create_dir(&paths.state_dir) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e),
        _ => {}
    }
    let filter = std::env::var(VARIABLE).ok().filter(|v| !v.is_empty()).unwrap_or_else(|| "info".to_owned());
    let started = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::builder().parse_lossy(filter))
        .with_writer(Mutex::new(open(paths)?))
        .with_ansi(false)
        .try_init();
    drop(started);
    Ok(())
}

/// Opens the engine's log to append; one that has grown long makes room first.
fn open(paths: &Paths) -> io::Result<File> {
    const MOST: u64 = 8 << 20;
    let path = paths.state_dir.join("engine.log");
    if std::fs::metadata(&path).is_ok_and(|m| m.len() > MOST) {
        std::fs::rename(&path, path.with_extension("log.old"))?;
    }
    OpenOptions::new().create(true).append(true).open(path)
}

fn level(verbose: u8) -> &'static str {
    match verbose {
        0 => "warn",
        1 => "info",
        2 => "debug",
        _ => "trace",
    }
}

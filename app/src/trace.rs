//! What goes on inside, for those who look: `THREADOS_LOG` on standard error, in the usual syntax.

use std::io;

use tracing_subscriber::EnvFilter;

/// Begins to tell. Nothing is set up, and nothing costs, where nobody asked.
pub fn init() {
    let Some(filter) = std::env::var("THREADOS_LOG").ok().filter(|v| !v.is_empty()) else { return };
    let started = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::builder().parse_lossy(filter))
        .with_writer(io::stderr)
        .with_ansi(false)
        .try_init();
    drop(started);
}

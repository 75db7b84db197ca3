//! `serve`: the HTTP API.

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::PathBuf;
use std::thread;

use clap::Args;
use serde_json::json;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use threados_core::http::{Bind, Config, HttpError, Limits, Server, Stopper};
use threados_core::workspace::ErrorClass;

use crate::context::{Context, current_dir};
use crate::failure::Failure;
use crate::output::{self, Report};

/// Serve the HTTP API to programs on this machine
#[derive(Debug, Args)]
pub struct Serve {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7433", value_parser = address)]
    pub addr: SocketAddr,
    /// Listen on a Unix socket of your own instead
    #[arg(long, value_name = "PATH", conflicts_with = "addr")]
    pub unix: Option<PathBuf>,
    /// Let other machines reach it; refused in SAFE mode
    #[arg(long)]
    pub allow_remote: bool,
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let found = text.to_socket_addrs().ok().and_then(|mut all| all.next());
    found.ok_or_else(|| "it is of the form 127.0.0.1:7433".to_owned())
}

pub fn run(args: &Serve, context: &Context) -> Result<Report, Failure> {
    context.refuse_steps("serve")?;
    let workspace = context.workspace()?;
    let engine = context.engine_argv(&workspace)?;
    let bind = match &args.unix {
        Some(path) => Bind::Unix(current_dir()?.join(path)),
        None => Bind::Tcp(args.addr),
    };
    let limits = Limits::default();
    let server = Server::bind(Config { workspace, engine, bind, allow_remote: args.allow_remote, limits })?;
    stop_on_signals(server.stopper())?;
    announce(&server, context);
    server.run()?;
    Ok(Report::printed(0))
}

/// From now on clients can connect.
fn announce(server: &Server, context: &Context) {
    let token = server.token_file().display();
    if context.global.json {
        output::line(&json!({
            "ok": true, "command": "serve", "address": server.address(), "token_file": server.token_file(),
        }));
    } else if !context.global.quiet {
        output::print(&format!(
            "serving {} until Ctrl+C\nthe token is in {token}\ntry: curl -H \"Authorization: Bearer $(cat {token})\" {}\n",
            server.address(),
            example(server.address()),
        ));
    }
}

fn example(address: &str) -> String {
    if address.starts_with("http://") {
        format!("{address}/api/status")
    } else {
        format!("--unix-socket {address} http://localhost/api/status")
    }
}

fn stop_on_signals(stopper: Stopper) -> Result<(), Failure> {
    let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(|e| Failure::io("wait for signals", &e))?;
    thread::spawn(move || {
        for _ in signals.forever() {
            stopper.stop();
        }
    });
    Ok(())
}

impl From<HttpError> for Failure {
    fn from(error: HttpError) -> Self {
        let class = match &error {
            HttpError::Door(error) => error.class(),
            HttpError::Remote(_) | HttpError::RemoteInSafe(_) => ErrorClass::Denied,
            _ => ErrorClass::Environment,
        };
        let failure = Self::new(class, error.code(), error.to_string());
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

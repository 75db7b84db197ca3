//! The Model Context Protocol: the door for agents, with a tool for every query and every action.
//!
//! What changes or runs anything is a line of the one grammar and goes through [`Proposals`](crate::proposal::Proposals):
//! the actor is `orchestrator`, a person answers with `seqctl confirm` or in the window, and no tool can. The schemas of
//! those tools are made from the grammar's own definitions ([`fields_schema`](crate::grammar::fields_schema)); those of
//! queries from the types their arguments are read into. The protocol itself is the official SDK's.
//!
//! A session that has read what a step printed says so with every later proposal, and then nothing applies by itself.
//! Served inside a step it speaks for that step: an orchestrator needs no yes for its own children.

mod change;
mod look;
mod reads;
mod resource;
mod server;
mod stdio;
mod wait;

pub use server::{Desk, Server};
pub use stdio::{McpError, serve};

use std::sync::Arc;

use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};

/// The same over streamable HTTP, as a `tower` service to be mounted at `/mcp` behind the API's own checks. It answers
/// loopback hosts alone and no browser. Whether a client has read a step's output is not known here from one request to
/// the next, so it counts as having done so.
pub fn http_service(desk: Desk) -> StreamableHttpService<Server, LocalSessionManager> {
    let config = StreamableHttpServerConfig::default().enforce_origin_validation();
    let make = move || Ok(Server::having_seen_output(desk.clone()));
    StreamableHttpService::new(make, Arc::new(LocalSessionManager::default()), config)
}

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
mod more;
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

/// The protocol over streamable HTTP, as a `tower` service.
pub type HttpService = StreamableHttpService<Server, LocalSessionManager>;

/// The same over streamable HTTP, as a `tower` service to be mounted at `/mcp` behind the API's own checks. It answers
/// requests that call it by one of these hosts (where the API has no list, its own check is the only one), and no
/// browser. Each request stands alone: no session is kept, so none can be held open or guessed. Whether a client has
/// read a step's output is therefore not known, and it counts as having done so.
pub fn http_service(desk: Desk, hosts: Option<&[String]>) -> HttpService {
    let config = StreamableHttpServerConfig::default();
    let config = match hosts {
        Some(hosts) => config.with_allowed_hosts(hosts),
        None => config.disable_allowed_hosts(),
    };
    let config = config.enforce_origin_validation().with_legacy_session_mode(false).with_json_response(true);
    let make = move || Ok(Server::having_seen_output(desk.clone()));
    StreamableHttpService::new(make, Arc::new(LocalSessionManager::default()), config)
}

#[cfg(feature = "http")]
#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt as _;

    use super::*;
    use crate::workspace::testing::Bed;

    const HELLO: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18",
        "capabilities":{},"clientInfo":{"name":"test","version":"1"}}}"#;

    /// The status of a greeting with these headers.
    fn greeted(headers: &[(&str, &str)]) -> u16 {
        let bed = Bed::new();
        let service = http_service(
            Desk { workspace: bed.workspace.clone(), engine: Vec::new() },
            Some(&["127.0.0.1:7433".to_owned()]),
        );
        let mut request = Request::post("/mcp")
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(HELLO)).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(service.oneshot(request)).unwrap().status().as_u16()
    }

    #[test]
    fn over_http_only_programs_of_this_machine_are_answered() {
        assert_eq!(greeted(&[("host", "127.0.0.1:7433")]), 200);
        for host in ["evil.example", "evil.example:7433", "127.0.0.1:80", "127.0.0.1"] {
            assert_eq!(greeted(&[("host", host)]), 403, "{host}");
        }
        assert_eq!(greeted(&[("host", "127.0.0.1:7433"), ("origin", "http://evil.example")]), 403);
    }
}

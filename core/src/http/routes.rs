//! Every route, in one table: the router and the OpenAPI document are made from it, so that none can be without the
//! other.

use axum::Router;
use axum::routing::{MethodRouter, get, post};
use hyper::StatusCode;

use super::answer::Failure;
use super::app::Shared;
use super::{
    audit, change, chat, control, events, health, mcp, openapi, proposals, rpc, runs, sequence, status,
    stream,
};

/// One route.
pub(super) struct Route {
    /// `get` or `post`.
    pub method: &'static str,
    /// As the router has it; parameters in braces.
    pub path: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// The body it takes.
    pub body: Option<fn() -> serde_json::Value>,
    /// Parameters beside those in the path: name, place, type, what for.
    pub parameters: &'static [(&'static str, &'static str, &'static str, &'static str)],
    /// The good answer: status, and the schema of its body.
    pub answer: (u16, openapi::Good),
    /// Statuses of refusals, beside those of every route.
    pub refusals: &'static [u16],
    pub mount: fn() -> MethodRouter<Shared>,
}

/// What any route that changes something may be refused with.
const CHANGES: &[u16] = &[400, 404, 408, 409, 413, 415, 422, 428, 503];

const fn reads(
    path: &'static str,
    summary: &'static str,
    answer: openapi::Good,
    refusals: &'static [u16],
    mount: fn() -> MethodRouter<Shared>,
) -> Route {
    Route {
        method: "get",
        path,
        summary,
        body: None,
        parameters: &[],
        answer: (200, answer),
        refusals,
        mount,
    }
}

const fn changes(
    path: &'static str,
    summary: &'static str,
    body: fn() -> serde_json::Value,
    answer: (u16, openapi::Good),
    mount: fn() -> MethodRouter<Shared>,
) -> Route {
    Route {
        method: "post",
        path,
        summary,
        body: Some(body),
        parameters: &[],
        answer,
        refusals: CHANGES,
        mount,
    }
}

/// The routes.
pub(super) const ROUTES: &[Route] = &[
    reads("/api/health", "That the server lives; needs no token", openapi::health, &[], || {
        get(health::health)
    }),
    reads("/api/openapi.json", "This document", openapi::any, &[], || get(health::document)),
    reads("/api/sequence", "The definition, without statuses", openapi::sequence, &[422], || {
        get(sequence::sequence)
    }),
    reads(status::PATH, "How everything stands", openapi::status, &[422], || get(status::status)),
    Route {
        parameters: &[(
            "Last-Event-ID",
            "header",
            "integer",
            "the id of the event that was heard last: the stream goes on after it, without a gap",
        )],
        ..reads(
            "/api/status/stream",
            "A snapshot, then every transition as it happens (server-sent events)",
            events::status,
            &[400, 429],
            || get(stream::stream),
        )
    },
    Route {
        parameters: &[
            ("limit", "query", "integer", "at most so many of the newest, up to 1000 [default: 50]"),
            ("offset", "query", "integer", "without so many of the newest"),
            ("actor", "query", "string", "of this actor: user, orchestrator or system"),
            ("action", "query", "string", "of this action: step.add, step for all of its kind, or a glob"),
            ("target", "query", "string", "about this step, gate or file"),
            ("since", "query", "string", "not older than this time"),
        ],
        ..reads("/api/audit", "Entries of the log, the newest last", openapi::audit, &[400], || {
            get(audit::audit)
        })
    },
    reads("/api/runs", "Runs, present and past, the newest first", openapi::runs, &[], || get(runs::runs)),
    reads("/api/runs/{runId}/{stepId}", "What a step left in a run", openapi::artifacts, &[400, 404], || {
        get(runs::artifacts)
    }),
    reads(
        "/api/runs/{runId}/{stepId}/files/{*path}",
        "A file that a step left in a run, without the secrets that are known",
        openapi::file,
        &[400, 404],
        || get(runs::file),
    ),
    changes(
        "/api/step",
        "Add, edit, remove, copy, move or review a step",
        openapi::step,
        (200, openapi::change),
        || post(change::step),
    ),
    changes("/api/dep", "Add or cut a dependency", openapi::dep, (200, openapi::change), || {
        post(change::dep)
    }),
    changes(
        "/api/gate",
        "Insert or decide a gate; deciding is the user's alone",
        openapi::gate,
        (200, openapi::change),
        || post(change::gate),
    ),
    changes(
        "/api/group",
        "Make or dissolve a parallel group",
        openapi::group,
        (200, openapi::change),
        || post(change::group),
    ),
    changes("/api/fusion", "Make a fusion", openapi::fusion, (200, openapi::change), || post(change::fusion)),
    changes(
        "/api/run",
        "Run a step, a group, everything, or what may start now",
        openapi::run,
        (202, openapi::begun),
        || post(control::run),
    ),
    changes(
        "/api/stop",
        "Stop steps; answered when no process of them is left",
        openapi::stop,
        (200, openapi::stopped),
        || post(control::stop),
    ),
    changes(
        "/api/restart",
        "Stop a step if it runs, and run it again",
        openapi::restart,
        (202, openapi::begun),
        || post(control::restart),
    ),
    changes(
        "/api/actions/validate",
        "What command lines would do, and which of them cannot be applied",
        openapi::actions,
        (200, openapi::rehearsed),
        || post(proposals::validate),
    ),
    changes(
        "/api/actions/apply",
        "Propose command lines: applied where the mode lets them through, else kept for a person (428)",
        openapi::actions,
        (200, openapi::offered),
        || post(proposals::apply),
    ),
    Route {
        refusals: &[400, 408, 413, 415, 422],
        ..changes(
            "/api/chat",
            "Say in a sentence what is wanted: a checked proposal, told as it comes (server-sent events)",
            chat::body,
            (200, events::talk),
            || post(chat::chat),
        )
    },
    Route {
        refusals: &[400, 404, 408, 413, 415, 422],
        ..changes(
            mcp::PATH,
            "The Model Context Protocol over streamable HTTP, without sessions",
            rpc::message,
            (200, rpc::reply),
            || post(mcp::mcp),
        )
    },
    reads("/api/proposals/{id}", "How a proposal stands", openapi::proposal, &[400, 404], || {
        get(proposals::proposal)
    }),
];

/// The methods that a path may be asked by, as a refusal of another one tells.
pub(super) fn allowed(path: &str) -> &'static str {
    let is_it = |route: &&Route| match route.path.split_once('{') {
        Some((fixed, _)) => path.starts_with(fixed),
        None => route.path == path,
    };
    match ROUTES.iter().find(is_it).map(|route| route.method) {
        Some("post") => "POST",
        Some(_) => "GET",
        None => "GET, POST",
    }
}

/// The router of all of them.
pub(super) fn router(app: Shared) -> Router {
    let all = ROUTES.iter().fold(Router::new(), |router, route| router.route(route.path, (route.mount)()));
    all.fallback(async || {
        Failure::new(StatusCode::NOT_FOUND, "NO_ROUTE", "there is no such route").hint(DOCUMENT)
    })
    .method_not_allowed_fallback(async || {
        Failure::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "the route is not for this method")
            .hint(DOCUMENT)
    })
    .with_state(app)
}

const DOCUMENT: &str = "`GET /api/openapi.json` lists the routes";

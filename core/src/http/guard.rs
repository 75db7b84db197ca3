//! Who may ask: settled for every request before it reaches a route.
//!
//! In this order: the host it calls us by (a page elsewhere that resolves its own name to us is caught here), where it
//! comes from, the method, and then the token. What a browser sends by itself can never carry the token.

use hyper::header::{AUTHORIZATION, AsHeaderName, HOST, HeaderMap, ORIGIN};
use hyper::{Method, Request, StatusCode};

use super::answer::Failure;
use super::app::App;
use crate::id::StepId;
use crate::model::Phase;
use crate::wrapper::AttemptKey;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Caller {
    /// Anybody: only whether we live.
    Anybody,
    /// A program with the API's token.
    Program,
    /// The process of a step with that step's token.
    Step {
        /// The step.
        id: StepId,
        /// Its token.
        token: String,
    },
}

/// The one path that asks for no token.
pub(super) const HEALTH: &str = "/api/health";

/// Tells who asks.
///
/// # Errors
/// A [`Failure`] of 400, 401, 403 or 405.
pub(super) fn check<B>(app: &App, request: &Request<B>) -> Result<Caller, Failure> {
    let headers = request.headers();
    let host =
        only(headers, HOST).ok_or_else(|| refuse(FOREIGN_HOST, "the request names no host, or several"))?;
    let named = request.uri().authority().map(hyper::http::uri::Authority::as_str);
    if !app.hosts.knows(host) || named.is_some_and(|named| !app.hosts.knows(named)) {
        return Err(refuse(FOREIGN_HOST, "the request calls this server by a name that is not its own"));
    }
    let origins = headers.get_all(ORIGIN).iter();
    if !origins.map(|o| o.to_str().unwrap_or_default()).all(|origin| app.hosts.knows_origin(origin)) {
        return Err(refuse(FOREIGN_ORIGIN, "the request comes from a page of another site"));
    }
    let sites = headers.get_all("sec-fetch-site").iter();
    if !sites.map(|s| s.to_str().unwrap_or_default()).all(|site| matches!(site, "same-origin" | "none")) {
        return Err(refuse(FOREIGN_ORIGIN, "the request comes from a page of another site"));
    }
    if !matches!(*request.method(), Method::GET | Method::POST) {
        return Err(Failure::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "use GET or POST"));
    }
    if request.uri().path() == HEALTH {
        return Ok(Caller::Anybody);
    }
    let shown = only(headers, AUTHORIZATION)
        .and_then(bearer)
        .ok_or_else(|| no_token("the request shows no token"))?;
    if app.token.is(shown) {
        return Ok(Caller::Program);
    }
    match step_of(app, shown) {
        Some(id) => Ok(Caller::Step { id, token: shown.to_owned() }),
        None => Err(no_token("the token is not this project's")),
    }
}

const FOREIGN_HOST: &str = "FOREIGN_HOST";
const FOREIGN_ORIGIN: &str = "FOREIGN_ORIGIN";

fn refuse(code: &str, why: &str) -> Failure {
    Failure::new(StatusCode::FORBIDDEN, code, why)
        .hint("use the very address that `seqctl serve` printed, from a program, not from a web page")
}

fn no_token(why: &str) -> Failure {
    Failure::new(StatusCode::UNAUTHORIZED, "NO_TOKEN", why)
        .hint("the header Authorization carries it as a bearer; it stands in .threados/state/api.token")
}

/// A header that is there once, as text.
fn only(headers: &HeaderMap, name: impl AsHeaderName) -> Option<&str> {
    let mut all = headers.get_all(name).iter();
    let first = all.next()?;
    if all.next().is_some() { None } else { first.to_str().ok() }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

/// The step whose running attempt a token is of, by what the log says this moment: a token ends with its attempt.
fn step_of(app: &App, token: &str) -> Option<StepId> {
    app.hub.refresh();
    let running = app.hub.with_state(|state| -> Vec<AttemptKey> {
        let running = state.steps.iter().filter(|(_, s)| s.phase == Phase::Running);
        let key = |(id, s): (&StepId, &crate::model::StepState)| {
            Some(AttemptKey { run_id: s.run_id.clone()?, step_id: id.clone(), attempt: s.attempt })
        };
        running.filter_map(key).collect()
    });
    let found = crate::engine::attempt_of_token(&app.workspace.paths, token, running.into_iter());
    found.ok().flatten().map(|key| key.step_id)
}

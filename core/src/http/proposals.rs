//! `POST /api/actions/validate`, `/api/actions/apply`, `GET /api/proposals/{id}`: what a program asks for and a person
//! answers. No route confirms anything.

use axum::Extension;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use chrono::Utc;
use hyper::{Request, StatusCode};
use serde_json::{Map, Value};

use super::answer::{Failure, ok};
use super::app::{App, Shared, aside};
use super::body;
use super::guard::Caller;
use super::shapes::{OfferedBody, ProposalBody, RehearsedBody};
use crate::engine::protocol::Fault;
use crate::model::Actor;
use crate::proposal::{Asker, Context, Offered, ProposalError, ProposalId, Proposals, Source, Standing};

const ASKER: Asker = Asker { actor: Actor::Orchestrator, source: Source::Http };

/// `POST /api/actions/validate`: what the lines would do, whatever the mode. Nothing is kept and nothing done.
pub(super) async fn validate(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    request: Request<Body>,
) -> Result<Response, Failure> {
    let asked = asked(&caller, body::object(request, &app.limits).await?)?;
    let rehearsed = aside(&app, move |app| {
        Ok(proposals(app).rehearse(ASKER, &asked.lines, asked.context).map_err(|e| Fault::from(&e))?)
    });
    Ok(ok("actions.validate", RehearsedBody { rehearsed: rehearsed.await? }))
}

/// `POST /api/actions/apply`: applied where the mode lets it through (200), else kept for a person (428 with the
/// proposal's id).
pub(super) async fn apply(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    request: Request<Body>,
) -> Result<Response, Failure> {
    let asked = asked(&caller, body::object(request, &app.limits).await?)?;
    let offered = aside(&app, move |app| offer(app, &asked.lines, asked.context)).await?;
    match offered.standing {
        Standing::Applied => Ok(ok("actions.apply", OfferedBody { offered })),
        Standing::Waiting => Err(waits(&offered)),
        _ => Err(rejected(&offered)),
    }
}

/// `GET /api/proposals/{id}`: how it stands.
pub(super) async fn proposal(
    State(app): State<Shared>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Failure> {
    let Path(id) = path.map_err(|e| Failure::usage(e.body_text()))?;
    let id: ProposalId = id.parse().map_err(|e| Fault::from(&ProposalError::Id(e)))?;
    let record = aside(&app, move |app| Ok(proposals(app).show(&id).map_err(|e| Fault::from(&e))?)).await?;
    let state = record.standing(Utc::now());
    Ok(ok("proposals", ProposalBody { state, proposal: record }))
}

/// What needs a yes and was refused for want of one, kept for a person: the refusal with the proposal's id.
pub(super) fn held(app: &App, mut refusal: Failure, lines: &[String]) -> Failure {
    let offered = match offer(app, lines, Context { hold: true, ..Context::default() }) {
        Ok(offered) => offered,
        Err(failure) => return failure,
    };
    let waits = offered.standing == Standing::Waiting;
    match offered.id.as_ref().filter(|_| waits) {
        Some(id) => {
            refusal.fault.hint = Some(format!("a person may say yes within 5 minutes: seqctl confirm {id}"));
            refusal.fault.details = serde_json::json!({
                "proposal": id, "confirmations": offered.confirmations, "lapses_at": offered.lapses_at,
            });
            refusal
        }
        None => rejected(&offered),
    }
}

fn offer(app: &App, lines: &[String], context: Context) -> Result<Offered, Failure> {
    Ok(proposals(app).offer(ASKER, lines, context).map_err(|e| Fault::from(&e))?)
}

fn proposals(app: &App) -> Proposals<'_> {
    Proposals::new(&app.workspace, &app.engine)
}

struct Asked {
    lines: Vec<String>,
    context: Context,
}

/// The lines of a request: `{actions: ["step add x -- true", {command: "run all"}], sawOutput?}`.
fn asked(caller: &Caller, fields: Map<String, Value>) -> Result<Asked, Failure> {
    if let Caller::Step { id, .. } = caller {
        let why = format!("step `{id}` proposes nothing: what it may do, it does at once");
        return Err(Failure::new(StatusCode::FORBIDDEN, "POLICY_DENIED", why)
            .hint("use POST /api/step, /api/run and their like"));
    }
    let mut asked = Asked { lines: Vec::new(), context: Context::default() };
    for (field, value) in fields {
        match (field.as_str(), value) {
            ("actions", Value::Array(actions)) => {
                asked.lines = actions.iter().map(line).collect::<Result<_, _>>()?;
            }
            ("sawOutput" | "saw_output", Value::Bool(saw)) => asked.context.saw_output = saw,
            ("actions", _) => return Err(Failure::usage("`actions` has to be a list of command lines")),
            _ => return Err(Failure::usage(format!("there is no field `{field}` of this kind"))),
        }
    }
    Ok(asked)
}

fn line(action: &Value) -> Result<String, Failure> {
    let command = action.as_str().or_else(|| action["command"].as_str());
    command
        .map(str::to_owned)
        .ok_or_else(|| Failure::usage("an action is a command line, or {command: LINE}"))
}

/// Nothing of it can be applied: the first line's fault, and all of them in the details.
fn rejected(offered: &Offered) -> Failure {
    let of_line = offered.rejected.first().map(|r| r.error.clone());
    let of_run = || offered.applied.as_ref().and_then(|applied| applied.error().cloned());
    let Some(mut fault) = of_line.or_else(of_run) else { return Failure::internal("nothing was done") };
    fault.details = serde_json::to_value(offered).unwrap_or_default();
    fault.into()
}

fn waits(offered: &Offered) -> Failure {
    let message = "a person has to say yes; nothing was done";
    let mut failure = Failure::new(StatusCode::PRECONDITION_REQUIRED, "CONFIRMATION_NEEDED", message);
    if let Some(id) = &offered.id {
        failure = failure.hint(format!("a person may say yes within 5 minutes: seqctl confirm {id}"));
    }
    failure.fault.details = serde_json::to_value(offered).unwrap_or_default();
    failure
}

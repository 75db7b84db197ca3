//! `POST /api/run`, `/api/stop`, `/api/restart`: asked of the engine, which is started where there is none.

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use hyper::{Request, StatusCode};
use serde_json::{Map, Value};

use super::answer::{Failure, ok, with_status};
use super::app::{App, Shared, aside};
use super::body;
use super::change::renamed;
use super::guard::Caller;
use super::proposals;
use super::shapes::{RunBody, StoppedBody};
use crate::engine::Connection;
use crate::engine::protocol::{ClientMessage, EngineMessage, Fault, RunState, Spoken};
use crate::grammar::{Command, Control, FieldsError, from_fields, to_line};
use crate::model::Actor;
use crate::workspace::ErrorClass;

/// Names that programs use beside those of the command line's fields.
const ALIASES: &[(&str, &str)] =
    &[("step_id", "id"), ("step_ids", "ids"), ("group_id", "group"), ("timeout_ms", "timeout")];

/// `POST /api/run`: one step, a group, everything, or what may start now.
pub(super) async fn run(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    request: Request<Body>,
) -> Result<Response, Failure> {
    let fields = body::object(request, &app.limits).await?;
    begin(&app, caller, run_control(fields)?).await
}

/// `POST /api/restart`.
pub(super) async fn restart(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    request: Request<Body>,
) -> Result<Response, Failure> {
    let fields = renamed(body::object(request, &app.limits).await?, ALIASES)?;
    begin(&app, caller, control(&["restart"], fields)?).await
}

/// `POST /api/stop`; answered when no process is left.
pub(super) async fn stop(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    request: Request<Body>,
) -> Result<Response, Failure> {
    let mut fields = renamed(body::object(request, &app.limits).await?, ALIASES)?;
    if let Some(id) = fields.remove("id")
        && fields.insert("ids".into(), id).is_some()
    {
        return Err(Failure::usage("give `stepId` or `stepIds`, not both"));
    }
    let control = control(&["stop"], fields)?;
    let stopped = aside(&app, move |app| match tell_engine(app, &caller, control)? {
        EngineMessage::Stopped { steps, runs } => Ok(StoppedBody { stopped: steps, runs }),
        EngineMessage::Refused { fault } => Err(fault.into()),
        _ => Err(Failure::internal("the engine answered something else")),
    });
    Ok(ok("stop", stopped.await?))
}

async fn begin(app: &Shared, caller: Caller, control: Control) -> Result<Response, Failure> {
    let name = control.name();
    let begun = aside(app, move |app| match tell_engine(app, &caller, control)? {
        EngineMessage::Accepted { run, sandbox } => {
            Ok(RunBody { run_id: run, state: RunState::Running, sandbox: sandbox.level })
        }
        EngineMessage::Refused { fault } => Err(fault.into()),
        _ => Err(Failure::internal("the engine answered something else")),
    });
    Ok(with_status(StatusCode::ACCEPTED, name, begun.await?))
}

/// Which run is meant. It goes on by itself: no request lasts as long as a run may.
fn run_control(fields: Map<String, Value>) -> Result<Control, Failure> {
    let mut fields = renamed(fields, ALIASES)?;
    let all = match fields.remove("all") {
        None | Some(Value::Bool(false)) => false,
        Some(Value::Bool(true)) => true,
        Some(_) => return Err(Failure::usage("the field `all` has to be true or false")),
    };
    let path = match (fields.contains_key("id"), fields.contains_key("group"), all) {
        (true, false, false) => ["run", "step"],
        (false, true, false) => ["run", "group"],
        (false, false, true) => ["run", "all"],
        (false, false, false) => ["run", "runnable"],
        _ => return Err(Failure::usage("give one of `stepId`, `groupId` and `all`")),
    };
    control(&path, fields)
}

fn control(path: &[&str], mut fields: Map<String, Value>) -> Result<Control, Failure> {
    if path != ["stop"] {
        fields.insert("detach".into(), Value::Bool(true));
    }
    match from_fields(path, &fields).map_err(fields_failure)? {
        Command::Control(control) => Ok(control),
        Command::Change(_) => Err(Failure::internal("a run was expected")),
    }
}

/// An object that is no command.
pub(super) fn fields_failure(error: FieldsError) -> Failure {
    let failure = Failure::usage(error.to_string());
    match error {
        FieldsError::Unknown { nearest: Some(near), .. } => failure.hint(format!("did you mean `{near}`?")),
        _ => failure.hint("`GET /api/openapi.json` tells the fields of every route"),
    }
}

fn tell_engine(app: &App, caller: &Caller, control: Control) -> Result<EngineMessage, Failure> {
    let (name, target) = (control.name(), control.target());
    let line = to_line(&Command::Control(control.clone()));
    let message = ClientMessage::Control { control, actor: Actor::Orchestrator, confirmed: false };
    let answer = ask_engine(app, caller, &message).inspect_err(|failure| {
        // Every attempt is in the log, also one that no engine could be had for.
        app.workspace.failed(Actor::Orchestrator, name, &target, &failure.fault.code, &failure.fault.message);
    })?;
    match answer {
        EngineMessage::Refused { fault } if fault.exit == ErrorClass::Confirm as u8 => {
            Err(proposals::held(app, fault.into(), &[line]))
        }
        answer => Ok(answer),
    }
}

/// What the engine says to a message of a caller.
///
/// # Errors
/// A [`Failure`] of 503 where it cannot be reached.
pub(super) fn ask_engine(
    app: &App,
    caller: &Caller,
    message: &ClientMessage,
) -> Result<EngineMessage, Failure> {
    let of = match caller {
        Caller::Step { token, .. } => Spoken::Step { token: token.clone() },
        Caller::Program | Caller::Anybody => Spoken::Program,
    };
    let first = [&ClientMessage::Speak { of }, message];
    let mut connection = Connection::open(&app.workspace.paths, &app.engine, &first)?;
    let mut heard = connection.hear();
    while matches!(heard, Ok(Some(EngineMessage::Entry { .. } | EngineMessage::Notice { .. }))) {
        heard = connection.hear();
    }
    match heard {
        Ok(Some(answer)) => Ok(answer),
        Ok(None) | Err(_) => {
            Err(Fault::new(ErrorClass::Environment, "ENGINE", "the engine went away before it answered")
                .hint("`GET /api/status` shows how things stand; then repeat the request")
                .into())
        }
    }
}

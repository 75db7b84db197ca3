//! `POST /api/step`, `/api/dep`, `/api/gate`, `/api/group`, `/api/fusion`: a verb of the grammar with its fields.

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use hyper::Request;
use serde_json::{Map, Value};

use super::answer::{Failure, ok};
use super::app::{App, Shared, aside};
use super::body;
use super::control::{ask_engine, fields_failure};
use super::guard::Caller;
use super::proposals;
use super::shapes::ChangeBody;
use crate::action::Action;
use crate::engine::protocol::{Changed, ClientMessage, EngineMessage, Wanted};
use crate::grammar::{Command, from_fields};
use crate::id::Revision;
use crate::model::Actor;
use crate::workspace::{Ask, Consent, DoorError, Request as Asked};

/// What a route changes.
#[derive(Debug)]
pub(super) struct Family {
    /// The word of the command line.
    pub word: &'static str,
    /// Its verbs.
    pub verbs: &'static [&'static str],
    /// Names that programs use beside those of the command line's fields.
    pub aliases: &'static [(&'static str, &'static str)],
}

/// Steps.
pub(super) const STEP: Family = Family {
    word: "step",
    verbs: &["add", "edit", "rm", "clone", "move", "accept", "reject"],
    aliases: &[
        ("step_id", "id"),
        ("new_step_id", "new_id"),
        ("group_id", "group"),
        ("timeout_ms", "timeout"),
    ],
};
/// Dependencies.
pub(super) const DEP: Family =
    Family { word: "dep", verbs: &["add", "rm"], aliases: &[("step_id", "id"), ("dep_id", "depends_on")] };
/// Gates.
pub(super) const GATE: Family =
    Family { word: "gate", verbs: &["insert", "approve", "block", "rm"], aliases: &[("gate_id", "id")] };
/// Groups.
pub(super) const GROUP: Family = Family {
    word: "group",
    verbs: &["parallelize", "dissolve"],
    aliases: &[("step_ids", "steps"), ("group_id", "id")],
};
/// Fusions.
pub(super) const FUSION: Family =
    Family { word: "fusion", verbs: &["create"], aliases: &[("synth_id", "synth")] };

macro_rules! handlers {
    ($($(#[$doc:meta])* $name:ident = $family:ident;)*) => {
        $($(#[$doc])* pub(super) async fn $name(
            State(app): State<Shared>,
            Extension(caller): Extension<Caller>,
            request: Request<Body>,
        ) -> Result<Response, Failure> {
            change(&$family, &app, caller, request).await
        })*
    };
}

handlers! {
    /// `POST /api/step`.
    step = STEP;
    /// `POST /api/dep`.
    dep = DEP;
    /// `POST /api/gate`.
    gate = GATE;
    /// `POST /api/group`.
    group = GROUP;
    /// `POST /api/fusion`.
    fusion = FUSION;
}

async fn change(
    family: &'static Family,
    app: &Shared,
    caller: Caller,
    request: Request<Body>,
) -> Result<Response, Failure> {
    let mut fields = body::object(request, &app.limits).await?;
    let base = base(&mut fields)?;
    let action = action(family, fields)?;
    let name = action.name();
    let changed = aside(app, move |app| submit(app, caller, action, base)).await?;
    let Changed { revision, changed, diff, seq, notes } = changed;
    Ok(ok(name, ChangeBody { revision, changed, diff, seq, notes }))
}

/// The revision that a request was made for, where it names one: it is refused where that has changed since.
fn base(fields: &mut Map<String, Value>) -> Result<Option<Revision>, Failure> {
    let given = fields.remove("base_revision").or_else(|| fields.remove("baseRevision"));
    let parse =
        |value| serde_json::from_value(value).map_err(|_| Failure::usage("`base_revision` is no revision"));
    given.map(parse).transpose()
}

fn action(family: &Family, mut fields: Map<String, Value>) -> Result<Action, Failure> {
    let verbs = || family.verbs.join(", ");
    let verb = match fields.remove("action") {
        Some(Value::String(verb)) => verb,
        _ => return Err(Failure::usage(format!("`action` is missing; it is one of {}", verbs()))),
    };
    if !family.verbs.contains(&verb.as_str()) {
        return Err(Failure::usage(format!("there is no action `{verb}`; it is one of {}", verbs())));
    }
    let mut named = renamed(fields, family.aliases)?;
    if verb == "dissolve"
        && let Some(id) = named.remove("id")
    {
        named.insert("group".into(), id);
    }
    match from_fields(&[family.word, &verb], &named).map_err(fields_failure)? {
        Command::Change(action) => Ok(action),
        Command::Control(_) => Err(Failure::internal("a change was expected")),
    }
}

/// Fields by the names of the command line: `dependsOn` is `depends_on`, and some have another name altogether.
pub(super) fn renamed(
    fields: Map<String, Value>,
    aliases: &[(&str, &str)],
) -> Result<Map<String, Value>, Failure> {
    let mut named = Map::new();
    for (field, value) in fields {
        let mut name = String::new();
        for c in field.chars() {
            if c.is_ascii_uppercase() {
                name.push('_');
            }
            name.push(c.to_ascii_lowercase());
        }
        let alias = aliases.iter().find(|(from, _)| *from == name);
        let name = alias.map_or(name, |(_, to)| (*to).to_owned());
        if named.insert(name, value).is_some() {
            return Err(Failure::usage(format!("`{field}` is given twice, under two names")));
        }
    }
    Ok(named)
}

/// Has a change made: a step's by the engine, which knows what it may; a program's at the door.
fn submit(app: &App, caller: Caller, action: Action, base: Option<Revision>) -> Result<Changed, Failure> {
    let request = Asked {
        ask: Ask::Actions(vec![action]),
        actor: Actor::Orchestrator,
        step: None,
        base,
        proposed: None,
        command: None,
    };
    if let Caller::Step { .. } = caller {
        let wanted = Wanted::Lines(request.lines());
        return match ask_engine(app, &caller, &ClientMessage::Change { wanted })? {
            EngineMessage::Changed { change } => Ok(*change),
            EngineMessage::Refused { fault } => Err(fault.into()),
            _ => Err(Failure::internal("the engine answered something else")),
        };
    }
    match crate::engine::submit(&app.workspace, &app.engine, &request, &Consent::None) {
        Ok(committed) => Ok(committed.into()),
        Err(error @ DoorError::Confirm(_)) => Err(proposals::held(app, error.into(), &request.lines())),
        Err(error) => Err(error.into()),
    }
}

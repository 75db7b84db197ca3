//! Tools that change or run something: each is a command of the grammar, and all of them make proposals.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::look::{arguments, schema_of};
use super::server::Desk;
use crate::action::Action;
use crate::engine::protocol::Fault;
use crate::grammar::{Control, FieldsError, about, fields_schema, from_fields, path, to_line};
use crate::id::StepId;
use crate::model::Actor;
use crate::policy::{Policy, is_users_alone};
use crate::proposal::{Asker, Context, Offered, Proposals, Source, Standing};
use crate::workspace::{Ask, ErrorClass, Proposed, Request, Templates};

/// Who asks by this door.
const ASKER: Asker = Asker { actor: Actor::Orchestrator, source: Source::Mcp };

/// A tool as it is listed.
pub(super) struct Change {
    pub name: String,
    pub about: String,
    pub schema: Value,
    pub destructive: bool,
}

/// Several lines at once.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Propose {
    /// Lines of seqctl: changes, undo, runs, stops. All changes are made or none; runs follow them
    lines: Vec<String>,
}

/// What a template stands for.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Apply {
    /// Template to apply, as `template_list` names it
    name: String,
    /// Values of its parameters, by name
    #[serde(default)]
    set: Map<String, Value>,
    /// What the new ids begin with; without it the template's name
    #[serde(default)]
    id: Option<String>,
}

/// The commands that are tools: every action and every control. Forcing is a field of `run_step`.
fn commands() -> impl Iterator<Item = &'static str> {
    Action::NAMES.iter().chain(Control::NAMES).copied().filter(|name| *name != "run.force")
}

/// Clients take letters, digits and `_` alone for the name of a tool.
fn tool_name(command: &str) -> String {
    command.replace('.', "_")
}

/// Every tool that changes or runs something.
pub(super) fn tools() -> Vec<Change> {
    let none = json!({ "type": "object", "properties": {}, "additionalProperties": false });
    let own = |name: &str, about: &str, schema: Value, destructive: bool| Change {
        name: name.to_owned(),
        about: about.to_owned(),
        schema,
        destructive,
    };
    let mut all: Vec<Change> = commands().map(of_command).collect();
    all.push(own("undo", "Take back your latest change.", none.clone(), true));
    all.push(own("redo", "Make the change again that was undone last.", none, false));
    all.push(own(
        "propose",
        "Propose several lines of seqctl at once, in order: `step add …`, `dep add …`, `run all`.",
        schema_of::<Propose>(),
        true,
    ));
    all.push(own(
        "template_apply",
        "Make what a template stands for: threads of the six types, ready to run.",
        schema_of::<Apply>(),
        false,
    ));
    all
}

fn of_command(name: &'static str) -> Change {
    let words: Vec<&str> = path(name).split('.').collect();
    let whose = if is_users_alone(name) { " A person's decision: refused to programs." } else { "" };
    Change {
        name: tool_name(name),
        about: format!("{} (`seqctl {}`).{whose}", about(name), words.join(" ")),
        schema: fields_schema(&words),
        destructive: Policy::default().is_destructive(name),
    }
}

/// Proposes what a tool stands for; `None` where there is no such tool.
pub(super) fn call(
    desk: &Desk,
    name: &str,
    fields: Map<String, Value>,
    context: Context,
) -> Option<Result<Value, Fault>> {
    let lines = match name {
        "undo" | "redo" => Ok(vec![name.to_owned()]),
        "propose" => arguments::<Propose>(Value::Object(fields)).map(|asked| asked.lines),
        "template_apply" => arguments::<Apply>(Value::Object(fields)).and_then(|asked| template(desk, asked)),
        _ => {
            let command = commands().find(|command| tool_name(command) == name)?;
            let words: Vec<&str> = path(command).split('.').collect();
            from_fields(&words, &fields).map(|command| vec![to_line(&command)]).map_err(misused)
        }
    };
    Some(lines.and_then(|lines| offer(desk, &lines, context)))
}

fn misused(error: FieldsError) -> Fault {
    let fault = Fault::new(ErrorClass::Usage, "USAGE", error.to_string());
    match &error {
        FieldsError::Unknown { nearest: Some(nearest), .. } => {
            fault.hint(format!("did you mean `{nearest}`?"))
        }
        _ => fault.hint("the tool's schema tells its fields"),
    }
}

fn offer(desk: &Desk, lines: &[String], context: Context) -> Result<Value, Fault> {
    let proposals = Proposals::new(&desk.workspace, &desk.engine);
    let offered = proposals.offer(ASKER, lines, context).map_err(|error| Fault::from(&error))?;
    if offered.standing == Standing::Rejected {
        return Err(rejected(&offered));
    }
    let refused = offered.applied.as_ref().and_then(|applied| applied.error());
    if let (Standing::Failed, Some(fault)) = (offered.standing, refused) {
        return Err(fault.clone());
    }
    let mut answer = serde_json::to_value(&offered).unwrap_or_default();
    if let (Standing::Waiting, Some(id)) = (offered.standing, &offered.id) {
        answer["next"] = json!(format!(
            "nothing is applied yet: a person says yes with `seqctl confirm {id}` or in the window, within 5 minutes"
        ));
    }
    Ok(answer)
}

/// The first thing that is wrong; all of it where there is more.
fn rejected(offered: &Offered) -> Fault {
    let Some(first) = offered.rejected.first() else {
        return Fault::new(ErrorClass::Usage, "USAGE", "nothing was asked for");
    };
    let mut fault = first.error.clone();
    if offered.rejected.len() > 1 {
        fault.details = json!({ "rejected": offered.rejected });
    }
    fault
}

/// The lines that a template comes to here and now.
fn template(desk: &Desk, asked: Apply) -> Result<Vec<String>, Fault> {
    let workspace = &desk.workspace;
    let fault = |error: crate::workspace::DoorError| Fault::from(&error);
    let templates = Templates::of(&workspace.paths).map_err(fault)?;
    let template = templates.find(&asked.name).and_then(|file| file.template()).map_err(fault)?;
    let set: Vec<(String, String)> =
        asked.set.into_iter().map(|(name, value)| (name, text(&value))).collect();
    let values = template.values(&set).map_err(|e| fault(e.into()))?;
    let id = asked.id.unwrap_or_else(|| template.default_id().to_string());
    let id = StepId::new(&id).map_err(|e| Fault::new(ErrorClass::Usage, "BAD_ID", e.to_string()))?;
    let revision = workspace.snapshot().map_err(fault)?.revision().clone();
    let proposed = Proposed {
        id: String::new(),
        source: ASKER.source.as_str().to_owned(),
        revision,
        saw_output: false,
        confirmed: false,
    };
    let asker = Request {
        ask: Ask::Actions(Vec::new()),
        actor: ASKER.actor,
        step: crate::engine::inside(&workspace.paths),
        base: None,
        proposed: Some(proposed),
        command: None,
    };
    let (request, _) = workspace.from_template(template, &values, &id, &asker).map_err(fault)?;
    Ok(request.lines())
}

/// A value as the command line has it: a list is written with commas.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

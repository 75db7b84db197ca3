//! The OpenAPI document: the routes' table, with the schemas of the very types that are sent and of the grammar's own
//! definitions.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::change::{DEP, FUSION, Family, GATE, GROUP, STEP};
use super::routes::{ROUTES, Route};
use super::shapes::{
    Answer, ArtifactsBody, AuditBody, ChangeBody, ErrorAnswer, Health, OfferedBody, ProposalBody,
    RehearsedBody, RunBody, RunsBody, SequenceBody, StatusBody, StoppedBody,
};
use crate::grammar::fields_schema;

/// The content of a good answer: its media type and its schema.
pub(super) type Good = fn(&mut SchemaGenerator) -> (&'static str, Value);

/// What every route may be refused with: no token or a wrong one, a foreign host or origin, too many connections, a
/// failure of ours.
const EVERYWHERE: &[u16] = &[401, 403, 429, 500];

macro_rules! good {
    ($($name:ident = $body:ty;)*) => {
        $(pub(super) fn $name(generator: &mut SchemaGenerator) -> (&'static str, Value) {
            json_of::<Answer<$body>>(generator)
        })*
    };
}

good! {
    health = Health;
    sequence = SequenceBody;
    status = StatusBody<'static>;
    audit = AuditBody;
    runs = RunsBody;
    artifacts = ArtifactsBody;
    change = ChangeBody;
    begun = RunBody;
    stopped = StoppedBody;
    rehearsed = RehearsedBody;
    offered = OfferedBody;
    proposal = ProposalBody;
}

fn json_of<T: JsonSchema>(generator: &mut SchemaGenerator) -> (&'static str, Value) {
    ("application/json", generator.subschema_for::<T>().into())
}

/// Any object.
pub(super) fn any(_: &mut SchemaGenerator) -> (&'static str, Value) {
    ("application/json", json!({ "type": "object" }))
}

/// Bytes.
pub(super) fn file(_: &mut SchemaGenerator) -> (&'static str, Value) {
    ("application/octet-stream", json!({ "type": "string", "format": "binary" }))
}

macro_rules! bodies {
    ($($name:ident = $family:ident;)*) => {
        $(pub(super) fn $name() -> Value { family(&$family) })*
    };
}

bodies! { step = STEP; dep = DEP; gate = GATE; group = GROUP; fusion = FUSION; }

/// One of the verbs of a family, each with its own fields.
fn family(family: &Family) -> Value {
    let verb = |verb: &&str| {
        let mut schema = fields_schema(&[family.word, verb]);
        let action = json!({ "const": verb, "type": "string" });
        let base =
            json!({ "type": "string", "description": "refuse where the sequence is at another revision" });
        with(&mut schema, "action", action, true);
        with(&mut schema, "base_revision", base, false);
        for (alias, field) in family.aliases {
            also_called(&mut schema, alias, field);
        }
        // Of `group dissolve`, which has no id of its own.
        also_called(&mut schema, "group_id", "group");
        schema
    };
    json!({ "oneOf": family.verbs.iter().map(verb).collect::<Vec<_>>() })
}

/// The body of `POST /api/run`.
pub(super) fn run() -> Value {
    let mut schema = fields_schema(&["run", "step"]);
    also_called(&mut schema, "step_id", "id");
    let text = |what: &str| json!({ "type": "string", "description": what });
    with(&mut schema, "group", text("Run the steps of this group"), false);
    with(&mut schema, "groupId", text("As `group`"), false);
    with(&mut schema, "all", json!({ "type": "boolean", "description": "Run until nothing is left" }), false);
    schema["required"] = json!([]);
    schema
}

/// The body of `POST /api/restart`.
pub(super) fn restart() -> Value {
    let mut schema = fields_schema(&["restart"]);
    also_called(&mut schema, "step_id", "id");
    schema
}

/// The body of `POST /api/stop`.
pub(super) fn stop() -> Value {
    let mut schema = fields_schema(&["stop"]);
    also_called(&mut schema, "step_ids", "ids");
    with(&mut schema, "stepId", json!({ "type": "string", "description": "The one step to stop" }), false);
    schema["required"] = json!([]);
    schema
}

/// The body of `POST /api/actions/*`.
pub(super) fn actions() -> Value {
    let line = json!({ "anyOf": [
        { "type": "string", "description": "a line of the command line, with or without `seqctl`" },
        { "type": "object", "properties": { "command": { "type": "string" } }, "required": ["command"] },
    ]});
    let saw = "whoever asks has read output of a step: nothing is applied by itself then";
    json!({
        "type": "object",
        "properties": {
            "actions": { "type": "array", "items": line, "minItems": 1 },
            "sawOutput": { "type": "boolean", "description": saw },
        },
        "required": ["actions"],
    })
}

fn with(schema: &mut Value, name: &str, property: Value, required: bool) {
    schema["properties"][name] = property;
    if required && let Some(list) = schema["required"].as_array_mut() {
        list.push(json!(name));
    }
}

/// A field goes by another name, too; then its own is not required.
fn also_called(schema: &mut Value, alias: &str, field: &str) {
    let Some(property) = schema["properties"].get(field).cloned() else { return };
    schema["properties"][camel(alias)] = property;
    if let Some(list) = schema["required"].as_array_mut() {
        list.retain(|name| name != field);
    }
}

fn camel(snake: &str) -> String {
    let mut words = snake.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (head, rest) = word.split_at(word.len().min(1));
        name + &head.to_ascii_uppercase() + rest
    })
}

/// The whole document, OpenAPI 3.1.
pub fn document() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|s| s.definitions_path = "/components/schemas".into());
    let mut generator = settings.into_generator();
    let error = json_of::<ErrorAnswer>(&mut generator).1;
    let mut paths = Map::new();
    for route in ROUTES {
        let path = route.path.replace("{*path}", "{path}");
        let item = paths.entry(path).or_insert_with(|| json!({}));
        item[route.method] = operation(route, &mut generator, &error);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "ThreadOS",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Queries and changes of one project. What a person alone may decide is refused (403); what needs \
                            a person's yes is not done (428). Field names may be written in camelCase, too.",
        },
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
        },
        "security": [{ "token": [] }],
    })
}

fn operation(route: &Route, generator: &mut SchemaGenerator, error: &Value) -> Value {
    let mut responses = Map::new();
    let (status, good) = (route.answer.0, (route.answer.1)(generator));
    responses.insert(
        status.to_string(),
        json!({ "description": route.summary, "content": { good.0: { "schema": good.1 } } }),
    );
    for status in EVERYWHERE.iter().chain(route.refusals) {
        let content = json!({ "application/json": { "schema": error } });
        responses.insert(status.to_string(), json!({ "description": meaning(*status), "content": content }));
    }
    let mut parameters: Vec<Value> = route
        .path
        .split(['{', '}'])
        .skip(1)
        .step_by(2)
        .map(|name| {
            let schema = match name {
                "runId" => json!({ "type": "string", "pattern": "^[0-9]{8}T[0-9]{6}Z-[0-9a-f]+$" }),
                "stepId" => json!({ "type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,63}$" }),
                "id" => json!({ "type": "string", "pattern": "^p-[0-9a-f]{8}$" }),
                _ => json!({ "type": "string" }),
            };
            json!({ "name": name.trim_start_matches('*'), "in": "path", "required": true, "schema": schema })
        })
        .collect();
    parameters.extend(route.parameters.iter().map(|(name, place, kind, what)| {
        json!({ "name": name, "in": place, "description": what, "schema": { "type": kind } })
    }));
    let mut operation = json!({
        "operationId": operation_id(route),
        "summary": route.summary,
        "parameters": parameters,
        "responses": responses,
    });
    if let Some(body) = route.body {
        operation["requestBody"] =
            json!({ "required": true, "content": { "application/json": { "schema": body() } } });
    }
    if route.path == super::mcp::PATH {
        operation["responses"]["202"] = json!({ "description": "A notification was taken" });
    }
    if route.path == super::guard::HEALTH {
        operation["security"] = json!([]);
    }
    operation
}

/// `getRunsFiles` of `/api/runs/{runId}/{stepId}/files/{*path}`.
fn operation_id(route: &Route) -> String {
    let mut parts = route.path.trim_start_matches("/api/").split(['/', '.']);
    let depth = parts.clone().filter(|part| part.starts_with('{')).count();
    let words: String =
        parts.by_ref().filter(|part| !part.starts_with('{')).map(|w| format!("_{w}")).collect();
    let of_step = if depth >= 2 { "_step" } else { "" };
    camel(&format!("{}{words}{of_step}", route.method))
}

fn meaning(status: u16) -> &'static str {
    match status {
        400 => "The request is not what the route takes",
        401 => "No token, or a wrong one",
        403 => "The policy or the kind of the caller forbids it, or it comes from a foreign host or page",
        404 => "There is no such thing",
        408 => "The body took too long to come",
        409 => "In conflict with how things stand",
        413 => "The body is too large",
        415 => "The body is not JSON",
        422 => "A file of the project is invalid",
        428 => "A person has to say yes; nothing was done",
        429 => "Too many connections, streams or talks",
        503 => "Another process holds the project, or the engine cannot be had; try again",
        _ => "The server failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_a_name_of_its_own() {
        let mut names: Vec<String> = ROUTES.iter().map(operation_id).collect();
        assert_eq!(names[0], "getHealth");
        names.sort();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count, "{names:?}");
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document();
        let text = document.to_string();
        for (at, _) in text.match_indices("\"$ref\":\"#/components/schemas/") {
            let name = text[at..].split('"').nth(3).unwrap().rsplit('/').next().unwrap();
            assert!(document["components"]["schemas"].get(name).is_some(), "{name}");
        }
    }
}

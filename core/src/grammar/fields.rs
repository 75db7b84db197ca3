//! A command as fields of an object, as programs send it: by the very definitions of the command line, so that every
//! check, default and message is the same.

use clap::{ArgAction, CommandFactory as _, Parser as _};
use serde_json::{Map, Value, json};

use super::Command;
use super::verb::Line;

/// Fields that name files to be read where the command line is typed; a program sends the text itself.
const FILES: &[&str] = &["file", "prompt", "prompts"];

/// Why an object is no command.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FieldsError {
    /// There is no such command.
    #[error("there is no command `{0}`")]
    NoCommand(String),
    /// A field that the command does not have.
    #[error("`{command}` has no field `{field}`")]
    Unknown {
        /// The command.
        command: String,
        /// The field.
        field: String,
        /// The nearest one that it has.
        nearest: Option<String>,
    },
    /// A field of the wrong form.
    #[error("the field `{field}` has to be {expected}")]
    Form {
        /// The field.
        field: String,
        /// What it may be.
        expected: &'static str,
    },
    /// It does not follow the grammar; the message is the command line's own.
    #[error("{0}")]
    Grammar(String),
}

/// The command of these words (`["step", "add"]`) with these fields. Fields are called as the command's flags with
/// `_` for `-`, positions as in its usage, what follows `--` is `command`.
///
/// # Errors
/// [`FieldsError`] where it does not follow the grammar.
pub fn from_fields(path: &[&str], fields: &Map<String, Value>) -> Result<Command, FieldsError> {
    let command = path.join(" ");
    let root = Line::command();
    let definition = find(&root, path).ok_or_else(|| FieldsError::NoCommand(command.clone()))?;
    let (mut words, mut positions, mut trailing) = (Vec::new(), Vec::new(), Vec::new());
    for (field, value) in fields {
        let arg = args(definition).find(|arg| key(arg) == field).ok_or_else(|| FieldsError::Unknown {
            command: command.clone(),
            field: field.clone(),
            nearest: crate::action::nearest(field, args(definition).map(key)),
        })?;
        let items = items(arg, field, value)?;
        if arg.is_last_set() {
            trailing.extend(items);
        } else if let Some(long) = arg.get_long() {
            words.extend(items.into_iter().map(|item| match arg.get_action() {
                ArgAction::SetTrue => format!("--{long}"),
                _ => format!("--{long}={item}"),
            }));
        } else if items.iter().any(|item| item.starts_with('-')) {
            return Err(FieldsError::Form {
                field: field.clone(),
                expected: "an id, which never begins with `-`",
            });
        } else {
            // Before it is built, clap numbers no positions; they stand in their order.
            let place = args(definition).position(|other| other.get_id() == arg.get_id());
            positions.push((place, items));
        }
    }
    positions.sort_by_key(|(place, _)| *place);
    words.extend(positions.into_iter().flat_map(|(_, items)| items));
    if !trailing.is_empty() {
        words.push("--".into());
        words.extend(trailing);
    }
    let line = path.iter().map(|word| (*word).to_owned()).chain(words);
    let parsed = Line::try_parse_from(line).map_err(|e| FieldsError::Grammar(plain(&e)))?;
    Ok(parsed.verb.into())
}

/// The JSON Schema of the fields of a command.
pub fn fields_schema(path: &[&str]) -> Value {
    let root = Line::command();
    let Some(definition) = find(&root, path) else { return json!(false) };
    let mut properties = Map::new();
    let mut required = Vec::new();
    for arg in args(definition) {
        let mut schema = kind(arg);
        if let Some(help) = arg.get_help() {
            schema["description"] = json!(help.to_string());
        }
        properties.insert(key(arg).to_owned(), schema);
        if arg.is_required_set() {
            required.push(key(arg));
        }
    }
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

pub(super) fn find<'c>(root: &'c clap::Command, path: &[&str]) -> Option<&'c clap::Command> {
    path.iter().try_fold(root, |command, word| command.find_subcommand(word))
}

pub(super) fn args(command: &clap::Command) -> impl Iterator<Item = &clap::Arg> {
    let is_field = |arg: &&clap::Arg| {
        !FILES.contains(&arg.get_id().as_str()) && !matches!(arg.get_id().as_str(), "help" | "version")
    };
    command.get_arguments().filter(is_field)
}

/// The one field whose name in Rust is not its name in the data.
fn key(arg: &clap::Arg) -> &str {
    match arg.get_id().as_str() {
        "kind" => "type",
        id => id,
    }
}

/// Whether it takes several values.
pub(super) fn is_list(arg: &clap::Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Append)
        || arg.get_num_args().is_some_and(|range| range.max_values() > 1)
}

/// Whether it is on or off, given or not.
pub(super) fn is_flag(arg: &clap::Arg) -> bool {
    matches!(arg.get_action(), ArgAction::SetTrue) || arg.is_require_equals_set()
}

fn kind(arg: &clap::Arg) -> Value {
    let one = json!({ "type": ["string", "number"] });
    if is_flag(arg) {
        json!({ "type": "boolean" })
    } else if arg.get_id() == "env" {
        json!({ "anyOf": [
            { "type": "array", "items": { "type": "string" } },
            { "type": "object", "additionalProperties": { "type": "string" } },
        ]})
    } else if is_list(arg) {
        json!({ "anyOf": [{ "type": "array", "items": one }, one] })
    } else if arg.get_long().is_none() {
        json!({ "type": "string" })
    } else {
        // `null` clears, as the empty text does.
        json!({ "type": ["string", "number", "null"] })
    }
}

/// The words a value comes to; none where a flag is off.
fn items(arg: &clap::Arg, field: &str, value: &Value) -> Result<Vec<String>, FieldsError> {
    let form = |expected| FieldsError::Form { field: field.to_owned(), expected };
    let one = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(form("text or a number")),
    };
    match value {
        Value::Bool(on) if matches!(arg.get_action(), ArgAction::SetTrue) => {
            Ok(if *on { vec![String::new()] } else { Vec::new() })
        }
        Value::Bool(on) if is_flag(arg) => Ok(vec![on.to_string()]),
        _ if is_flag(arg) => Err(form("true or false")),
        Value::Null if arg.get_long().is_some() => Ok(vec![String::new()]),
        Value::Array(values) if is_list(arg) || arg.is_last_set() => values.iter().map(one).collect(),
        Value::Object(pairs) if arg.get_id() == "env" => {
            pairs.iter().map(|(name, value)| Ok(format!("{name}={}", one(value)?))).collect()
        }
        Value::Array(_) => Err(form("one value, not a list")),
        other => Ok(vec![one(other)?]),
    }
}

/// What clap says, without its pointer to `--help`.
fn plain(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let lines = text.lines().take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
    let text = lines.collect::<Vec<_>>().join("\n");
    text.trim().trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grammar::{parse_line, to_line};

    fn line(path: &[&str], fields: Value) -> Result<String, FieldsError> {
        from_fields(path, fields.as_object().unwrap()).map(|c| to_line(&c))
    }

    #[test]
    fn fields_come_to_the_line_that_a_person_would_type() {
        let cases = [
            (
                ["step", "add"],
                json!({"id": "build", "model": "shell", "command": ["cargo", "--release", "-v"], "timeout": 1000,
                       "depends_on": ["plan", "g"], "env": {"A": "x=y"}, "review": true}),
                "step add build --model shell --env A=x=y --depends-on plan,g --timeout 1000 --review -- cargo --release -v",
            ),
            (
                ["step", "edit"],
                json!({"id": "b", "cwd": null, "lane": "", "review": false}),
                "step edit b --cwd '' --lane '' --review=false",
            ),
            (["step", "rm"], json!({"id": "b", "cascade": true, "purge": false}), "step rm b --cascade"),
            (["dep", "add"], json!({"id": "b", "depends_on": "a"}), "dep add b a"),
            (
                ["step", "add"],
                json!({"id": "x", "name": "--yes", "prompt_text": "-- rm"}),
                "step add x --name=--yes --prompt-text='-- rm'",
            ),
        ];
        for (path, fields, expected) in cases {
            let expected = to_line(&parse_line(expected).unwrap());
            assert_eq!(line(&path, fields).as_deref(), Ok(expected.as_str()));
        }
    }

    #[test]
    fn positions_stand_in_the_order_of_the_usage_whatever_the_order_of_the_fields() {
        let (id, on) = (("id", json!("b")), ("depends_on", json!("a")));
        for pairs in [[id.clone(), on.clone()], [on, id]] {
            let fields = Value::Object(pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect());
            assert_eq!(line(&["dep", "add"], fields).as_deref(), Ok("seqctl dep add b a"));
        }
    }

    #[test]
    fn what_is_no_field_of_the_command_is_told_by_name() {
        let add = |fields: Value| line(&["step", "add"], fields).unwrap_err().to_string();
        assert_eq!(add(json!({"id": "x", "tiemout": 1})), "`step add` has no field `tiemout`");
        assert_eq!(add(json!({"id": "x", "prompt": "/etc/passwd"})), "`step add` has no field `prompt`");
        assert_eq!(
            add(json!({"id": "--cascade"})),
            "the field `id` has to be an id, which never begins with `-`"
        );
        assert_eq!(add(json!({"id": "x", "review": "yes"})), "the field `review` has to be true or false");
        assert_eq!(
            add(json!({"id": "x", "name": ["a"]})),
            "the field `name` has to be one value, not a list"
        );
        assert!(add(json!({"id": "../x"})).contains("`../x` is not a valid id"));
        assert!(add(json!({})).contains("<ID>"), "{}", add(json!({})));
        assert!(line(&["step", "fly"], json!({})).is_err());
    }

    #[test]
    fn the_schema_tells_every_field_with_its_help() {
        let schema = fields_schema(&["step", "add"]);
        assert_eq!(schema["required"], json!(["id"]));
        assert_eq!(schema["properties"]["review"]["type"], "boolean");
        assert!(schema["properties"]["timeout"]["description"].as_str().unwrap().contains("milliseconds"));
        assert!(schema["properties"].get("prompt").is_none());
    }
}

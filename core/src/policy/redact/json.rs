//! Redaction of JSON values, which know their keys.

use serde_json::{Map, Value};

use super::Redactor;
use super::names::{Strength, is_secret_name, strength};
use super::span::PLACEHOLDER;

impl Redactor {
    /// Hides secrets in every text of a JSON value, and whatever text a key like `password` holds.
    pub fn redact_json(&self, value: &mut Value) {
        match value {
            Value::String(text) => self.redact_in_place(text),
            Value::Array(items) => self.redact_items(items),
            Value::Object(map) => self.redact_object(map),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Hides secrets in a command, also the item that follows a flag like `--password`.
    pub fn redact_argv(&self, argv: &[String]) -> Vec<String> {
        let mut follows_flag = false;
        argv.iter()
            .map(|arg| {
                let hidden = if follows_flag && !arg.starts_with("--") {
                    PLACEHOLDER.to_owned()
                } else {
                    self.redact(arg).into_owned()
                };
                follows_flag = is_secret_flag(arg);
                hidden
            })
            .collect()
    }

    fn redact_in_place(&self, text: &mut String) {
        if let std::borrow::Cow::Owned(hidden) = self.redact(text) {
            *text = hidden;
        }
    }

    /// A list may be a command.
    fn redact_items(&self, items: &mut [Value]) {
        let mut follows_flag = false;
        for item in items {
            let is_flag = item.as_str().is_some_and(is_secret_flag);
            match item {
                Value::String(text) if follows_flag && !text.starts_with("--") => {
                    PLACEHOLDER.clone_into(text)
                }
                other => self.redact_json(other),
            }
            follows_flag = is_flag;
        }
    }

    fn redact_object(&self, map: &mut Map<String, Value>) {
        if map.keys().any(|key| matches!(self.redact(key), std::borrow::Cow::Owned(_))) {
            let entries = std::mem::take(map);
            map.extend(entries.into_iter().map(|(key, value)| (self.redact(&key).into_owned(), value)));
        }
        for (key, value) in map.iter_mut() {
            match strength(key) {
                Some(strength) => self.hide_value(value, strength),
                None => self.redact_json(value),
            }
        }
    }

    /// Under a secret name every text goes; a number only where the name has no other use (`"token": 3`).
    fn hide_value(&self, value: &mut Value, strength: Strength) {
        match value {
            Value::String(text) if !text.is_empty() => PLACEHOLDER.clone_into(text),
            Value::Number(_) if strength == Strength::Strong => {
                *value = Value::String(PLACEHOLDER.to_owned())
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.hide_value(item, strength)),
            other => self.redact_json(other),
        }
    }
}

/// `--password`, without a value of its own.
fn is_secret_flag(arg: &str) -> bool {
    arg.starts_with('-') && !arg.contains(['=', ' ', ':']) && is_secret_name(arg.trim_start_matches('-'))
}

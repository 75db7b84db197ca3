//! Taking secrets out of what is shown as JSON.

use std::borrow::Cow;

use serde_json::Value;

use crate::policy::Redactor;

/// Hides the secrets in every text of a value.
pub fn redact(value: &mut Value, redactor: &Redactor) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(hidden) = redactor.redact(text) {
                *text = hidden;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|v| redact(v, redactor)),
        Value::Object(map) => map.values_mut().for_each(|v| redact(v, redactor)),
        _ => {}
    }
}

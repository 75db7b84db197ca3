//! Taking secrets out of an entry before it is written.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::entry::Draft;

/// What takes secrets out of texts. Any `Fn(&str) -> Cow<str>` is one.
pub trait Redact: Send + Sync {
    /// The text without its secrets.
    fn text<'a>(&self, text: &'a str) -> Cow<'a, str>;

    /// The same for the value of a key, which may tell by its name (`API_KEY`) what the value is.
    fn keyed<'a>(&self, _key: &str, text: &'a str) -> Cow<'a, str> {
        self.text(text)
    }
}

impl<F: Fn(&str) -> Cow<'_, str> + Send + Sync> Redact for F {
    fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self(text)
    }
}

/// Redacts nothing.
pub fn unredacted(text: &str) -> Cow<'_, str> {
    Cow::Borrowed(text)
}

/// Redacts the target, the error and every string in the payload.
pub(super) fn draft(draft: &mut Draft, redact: &dyn Redact) {
    string(&mut draft.target, |s| redact.text(s));
    if let Some(error) = &mut draft.error {
        string(error, |s| redact.text(s));
    }
    for (key, value) in &mut draft.payload {
        match (key.as_str(), value) {
            ("facts", Value::Array(facts)) => facts.iter_mut().for_each(|f| fact(f, redact)),
            (key, value) => walk(key, value, redact),
        }
    }
}

/// Of a fact only the free texts: a secret whose value happens to be the id of a step must not change what the
/// fold reads.
fn fact(value: &mut Value, redact: &dyn Redact) {
    const TEXTS: [&str; 2] = ["reason", "review_reason"];
    let Value::Object(fact) = value else { return };
    for (key, value) in fact.iter_mut().filter(|(key, _)| TEXTS.contains(&key.as_str())) {
        walk(key, value, redact);
    }
}

fn walk(key: &str, value: &mut Value, redact: &dyn Redact) {
    match value {
        Value::String(s) => string(s, |s| redact.keyed(key, s)),
        Value::Array(items) => items.iter_mut().for_each(|item| walk(key, item, redact)),
        Value::Object(map) => object(map, redact),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn object(map: &mut Map<String, Value>, redact: &dyn Redact) {
    for (key, value) in map {
        walk(key, value, redact);
    }
}

fn string(text: &mut String, redact: impl Fn(&str) -> Cow<'_, str>) {
    let redacted = redact(text);
    if redacted != *text {
        *text = redacted.into_owned();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{Actor, Outcome};

    fn hide(text: &str) -> Cow<'_, str> {
        if text.contains("s3cret") { text.replace("s3cret", "***").into() } else { text.into() }
    }

    #[test]
    fn every_text_is_redacted_but_what_the_fold_reads() {
        let mut d = Draft::new(Actor::User, "step.add", "s3cret-target")
            .failed(Outcome::Error, "bad s3cret")
            .with("argv", json!(["curl", {"deep": "s3cret"}]))
            .with("facts", json!([{"step": "s3cret", "phase": "failed", "reason": "s3cret seen"}]));
        draft(&mut d, &hide);
        assert_eq!(d.target, "***-target");
        assert_eq!(d.error.as_deref(), Some("bad ***"));
        assert_eq!(d.payload["argv"], json!(["curl", {"deep": "***"}]));
        assert_eq!(d.payload["facts"], json!([{"step": "s3cret", "phase": "failed", "reason": "*** seen"}]));
    }

    #[test]
    fn a_redactor_may_look_at_keys() {
        struct Keys;
        impl Redact for Keys {
            fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
                text.into()
            }
            fn keyed<'a>(&self, key: &str, text: &'a str) -> Cow<'a, str> {
                if key.ends_with("_KEY") { "***".into() } else { text.into() }
            }
        }
        let mut d =
            Draft::new(Actor::User, "step.edit", "a").with("env", json!({"API_KEY": "x", "PATH": "/bin"}));
        draft(&mut d, &Keys);
        assert_eq!(d.payload["env"], json!({"API_KEY": "***", "PATH": "/bin"}));
    }
}

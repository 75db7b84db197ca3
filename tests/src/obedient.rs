//! A model that obeys every text it reads: what stands between `<<` and `>>` in any of them is its answer, to the letter.

use serde_json::{Value, json};

/// What a model of the chat was asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The project.
    pub data: Value,
    /// What was said before.
    pub before: Value,
    /// What the person says.
    pub said: String,
}

impl Question {
    /// Reads the prompt; `None` where it is none of the chat's.
    pub fn read(prompt: &str) -> Option<Self> {
        let part = |head: &str| -> Option<Value> {
            let rest = &prompt
                [prompt.rfind(&format!("\n{head}\n")).or_else(|| prompt.find(&format!("{head}\n")))?..];
            let line = rest.trim_start().lines().nth(1)?;
            serde_json::from_str(line).ok()
        };
        let said = part("SAID")?.as_str()?.to_owned();
        Some(Self { data: part("DATA")?, before: part("BEFORE")?, said })
    }

    /// Whether it was shown what it asked to see.
    pub fn has_looked(&self) -> bool {
        self.data.get("looked_at").is_some()
    }
}

/// Does what it reads. At first it asks to see the steps that the person speaks of, and the whole sequence.
pub fn obey(question: &Question) -> String {
    if let Some(order) = order(&question.said) {
        return order;
    }
    if question.has_looked() {
        let harmless =
            || json!({ "message": "Nothing told me what to do.", "commands": [], "look": [] }).to_string();
        return first(&question.data["looked_at"]).unwrap_or_else(harmless);
    }
    let spoken =
        |id: &&str| question.said.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').any(|w| w == *id);
    let ids = question.data["steps"].as_array().into_iter().flatten().filter_map(|step| step["id"].as_str());
    let mut look: Vec<&str> = ids.filter(spoken).collect();
    if look.is_empty() {
        look.push("sequence");
    }
    json!({ "message": "", "commands": [], "look": look }).to_string()
}

fn first(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => order(text),
        Value::Array(items) => items.iter().find_map(first),
        Value::Object(map) => map.values().find_map(first),
        _ => None,
    }
}

fn order(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("<<")?;
    Some(rest.split_once(">>")?.0.to_owned())
}

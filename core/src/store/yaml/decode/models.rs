//! The keys of `models.yaml`.

use std::collections::HashSet;

use super::{Decoder, Field, Segment, shorten};
use crate::model::{ModelEntry, ModelName, PromptWay, ResultForm};
use crate::store::yaml::node::{Kind, Ref};

/// The keys of a model.
const MODEL: &[Field<ModelEntry>] = &[
    Field::new("command", |d, at, m| {
        m.command = d.texts(at).unwrap_or_default();
        if d.tree.kind(at).is_seq() && m.command.first().is_none_or(String::is_empty) {
            d.fault(at, "BAD_VALUE", "a command needs a program", "write `[program, argument]`");
        }
    }),
    Field::new("prompt", |d, at, m| m.prompt = d.word(at, PromptWay::WORDS, PromptWay::from_word)),
    Field::new("result", |d, at, m| m.result = d.word(at, ResultForm::WORDS, ResultForm::from_word)),
];

/// Reads a models file; a model with a fault is left out where it has no command.
pub fn models(d: &mut Decoder<'_>) -> Vec<ModelEntry> {
    let root = d.tree.root();
    if d.tree.kind(root) == Kind::Empty || !d.expect_map(root) {
        return Vec::new();
    }
    let tree = d.tree;
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for (key, value) in tree.entries(root) {
        let name = tree.scalar(key);
        d.path.push(Segment::Key(name));
        if !seen.insert(name) {
            d.duplicate(key, name);
        } else if !name.starts_with("x-") {
            found.extend(model(d, key, value, name));
        }
        d.path.pop();
    }
    found
}

fn model(d: &mut Decoder<'_>, key: Ref, value: Ref, text: &str) -> Option<ModelEntry> {
    let name = match text.parse::<ModelName>() {
        Ok(name) if name.is_shell() => {
            let message = "`shell` is no model: its steps are plain commands";
            d.fault(key, "BAD_VALUE", message, "choose another name");
            return None;
        }
        Ok(name) => name,
        Err(_) => {
            let message = format!("`{}` cannot name a model", shorten(text));
            d.fault(key, "BAD_VALUE", message, "use 1 to 64 letters, digits, `-`, `_` and `.`");
            return None;
        }
    };
    let mut entry = ModelEntry { name, command: Vec::new(), prompt: None, result: None };
    d.map(value, MODEL, &mut entry, None);
    if d.tree.kind(value).is_map() && d.tree.entry(value, "command").is_none() {
        let hint = "write its command line: `command: [program, argument]`";
        d.fault(key, "MISSING_KEY", "`command` is missing", hint);
    }
    (!entry.command.is_empty()).then_some(entry)
}

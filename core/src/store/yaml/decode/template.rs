//! The keys of a template file.

use super::{Decoder, Field};
use crate::store::yaml::node::{Kind as Node, Ref};
use crate::thread_template::{Kind, ParamValue, Parameter, Passage, ThreadTemplate};

/// Most that a whole number may be where a file does not say.
const MAX_INTEGER: u64 = 1_000_000_000;

/// The keys of the file.
pub const TEMPLATE: &[Field<ThreadTemplate>] = &[
    Field::new("name", |d, at, t| t.name = d.owned(at).unwrap_or_default()),
    Field::new("description", |d, at, t| t.description = d.owned(at).unwrap_or_default()),
    Field::new("id", |d, at, t| t.id = d.id::<crate::id::StepId>(at).map(|id| id.to_string())),
    Field::new("parameters", |d, at, t| {
        t.parameters = d.list(at, parameter).unwrap_or_default();
        repeated(d, at, &t.parameters);
    }),
    Field::new("lines", |d, at, t| t.lines = passage(d, at).unwrap_or_default()),
    Field::new("prompts", prompts),
];

/// A parameter while it is read.
#[derive(Default)]
struct Draft {
    name: Option<String>,
    description: String,
    kind: Option<&'static str>,
    default: Option<Ref>,
    values: Option<(Ref, Vec<String>)>,
    min: Option<u64>,
    max: Option<u64>,
}

const TYPES: &[&str] = &["text", "integer", "boolean", "list"];

/// The keys of a parameter.
const PARAMETER: &[Field<Draft>] = &[
    Field::new("name", |d, at, p| p.name = name(d, at)),
    Field::new("type", |d, at, p| p.kind = d.word(at, TYPES, |w| TYPES.iter().find(|t| **t == w).copied())),
    Field::new("description", |d, at, p| p.description = d.owned(at).unwrap_or_default()),
    Field::new("default", |_, at, p| p.default = Some(at)),
    Field::new("values", |d, at, p| p.values = d.texts(at).map(|words| (at, words))),
    Field::new("min", |d, at, p| p.min = d.whole(at, 0..=MAX_INTEGER)),
    Field::new("max", |d, at, p| p.max = d.whole(at, 0..=MAX_INTEGER)),
];

/// Reads a template file.
pub fn template(d: &mut Decoder<'_>) -> ThreadTemplate {
    let root = d.tree.root();
    let mut template = ThreadTemplate::default();
    if d.tree.kind(root) == Node::Empty {
        d.fault(root, "MISSING_KEY", "the file is empty", "write at least `description:` and `lines:`");
        return template;
    }
    d.map(root, TEMPLATE, &mut template, None);
    if d.tree.kind(root).is_map() && d.tree.entry(root, "lines").is_none() {
        d.fault(
            root,
            "MISSING_KEY",
            "`lines` is missing",
            "add `lines: |` and below it command lines of seqctl",
        );
    }
    template
}

fn parameter(d: &mut Decoder<'_>, at: Ref) -> Option<Parameter> {
    let mut draft = Draft::default();
    d.map(at, PARAMETER, &mut draft, None);
    if d.tree.kind(at).is_map() && d.tree.entry(at, "name").is_none() {
        d.fault(at, "MISSING_KEY", "`name` is missing", "write how --set calls it: `name: workers`");
    }
    let kind = kind(d, &mut draft);
    let default = draft.default.and_then(|at| default(d, at, &kind));
    Some(Parameter { name: draft.name?, kind, default, description: draft.description })
}

fn kind(d: &mut Decoder<'_>, draft: &mut Draft) -> Kind {
    if let Some((at, _)) = draft.values.as_ref().filter(|_| draft.kind.is_some_and(|k| k != "text")) {
        d.fault(*at, "BAD_VALUE", "`values` goes with a text", "remove it, or write `type: text`");
    }
    match draft.kind {
        Some("integer") => {
            Kind::Integer { min: draft.min.unwrap_or(0), max: draft.max.unwrap_or(MAX_INTEGER) }
        }
        Some("boolean") => Kind::Boolean,
        Some("list") => Kind::List,
        _ => Kind::Text(draft.values.take().map(|(_, words)| words).unwrap_or_default()),
    }
}

fn default(d: &mut Decoder<'_>, at: Ref, kind: &Kind) -> Option<ParamValue> {
    let value = match kind {
        Kind::Text(_) => ParamValue::Text(d.owned(at)?),
        Kind::Integer { min, max } => ParamValue::Integer(d.whole(at, *min..=*max)?),
        Kind::Boolean => ParamValue::Boolean(d.boolean(at)?),
        Kind::List => ParamValue::List(d.texts(at)?),
    };
    if kind.takes(&value) {
        return Some(value);
    }
    let message = format!("`{value}` is no default for it");
    d.fault(at, "BAD_VALUE", message, format!("it takes {}", kind.expected()));
    None
}

fn name(d: &mut Decoder<'_>, at: Ref) -> Option<String> {
    let text = d.text(at)?;
    let good = text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_')
        && text.len() <= 64;
    if text == "id" {
        let hint = "`id` is given to every template: what the ids it makes begin with";
        d.fault(at, "BAD_VALUE", "a parameter cannot be called `id`", hint);
        return None;
    }
    if !good {
        let message = format!("`{}` cannot name a parameter", super::shorten(text));
        d.fault(at, "BAD_VALUE", message, "use a-z, 0-9 and `_`, starting with a letter");
        return None;
    }
    Some(text.to_owned())
}

fn repeated(d: &mut Decoder<'_>, at: Ref, parameters: &[Parameter]) {
    for (index, parameter) in parameters.iter().enumerate() {
        if parameters[..index].iter().any(|other| other.name == parameter.name) {
            let message = format!("parameter `{}` stands here twice", parameter.name);
            d.fault(at, "DUPLICATE_KEY", message, "remove one of the two");
        }
    }
}

fn prompts(d: &mut Decoder<'_>, at: Ref, template: &mut ThreadTemplate) {
    if !d.expect_map(at) {
        return;
    }
    let tree = d.tree;
    for (key, value) in tree.entries(at) {
        let name = tree.scalar(key).to_owned();
        if template.prompts.iter().any(|(known, _)| *known == name) {
            d.duplicate(key, &name);
        } else if let Some(passage) = passage(d, value) {
            template.prompts.push((name, passage));
        }
    }
}

/// A text, and the line of the file it begins on: below the `|` where it is one of lines.
fn passage(d: &mut Decoder<'_>, at: Ref) -> Option<Passage> {
    let text = d.owned(at)?;
    let line = d.tree.place(d.tree.start(at)).0;
    Some(Passage { text, line: line + u32::from(d.tree.kind(at) == Node::Lines) })
}

//! Writes values in the style of this program: block mappings, short lists and small mappings on one line.

use serde_yaml::{Mapping, Value};

use super::scalar::{Plain, resolve};

/// Lists and mappings longer than this are written in lines, in characters with their key.
const WIDTH: usize = 100;

/// The entries of a mapping as lines; the first one is not indented, the last one has no line end.
pub fn entries(map: &Mapping, indent: usize) -> String {
    let lines: Vec<_> = map.iter().map(|(key, value)| entry(key, value, indent)).collect();
    lines.join(&format!("\n{:indent$}", ""))
}

/// One entry; the first line is not indented, the last one has no line end.
pub fn entry(key: &Value, value: &Value, indent: usize) -> String {
    let key = inline(key);
    let flat = inline(value);
    let block = match value {
        Value::Sequence(items) => {
            !items.is_empty() && (!simple(value) || indent + key.len() + flat.len() > WIDTH)
        }
        Value::Mapping(map) => {
            !map.is_empty() && (indent == 0 || !simple(value) || indent + key.len() + flat.len() > WIDTH)
        }
        _ => false,
    };
    if block {
        format!("{key}:\n{:deep$}{}", "", lines(value, indent + 2), deep = indent + 2)
    } else {
        format!("{key}: {flat}")
    }
}

/// A list or a mapping as lines at a column; the first one is not indented, the last one has no line end.
fn lines(value: &Value, indent: usize) -> String {
    match value {
        Value::Sequence(list) => {
            let lines: Vec<_> = list.iter().map(|value| item(value, indent)).collect();
            lines.join(&format!("\n{:indent$}", ""))
        }
        Value::Mapping(map) => entries(map, indent),
        _ => inline(value),
    }
}

/// One item of a list with its dash at a column; the first line is not indented, the last one has no line end.
pub fn item(value: &Value, indent: usize) -> String {
    match value {
        Value::Mapping(map) if !map.is_empty() => format!("- {}", entries(map, indent + 2)),
        _ => format!("- {}", inline(value)),
    }
}

fn simple(value: &Value) -> bool {
    let scalar = |value: &Value| !matches!(value, Value::Sequence(_) | Value::Mapping(_) | Value::Tagged(_));
    match value {
        Value::Sequence(items) => items.iter().all(scalar),
        Value::Mapping(map) => map.values().all(scalar),
        _ => true,
    }
}

/// A value on one line.
pub fn inline(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => scalar(text),
        Value::Sequence(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Value::Mapping(map) if map.is_empty() => "{}".to_owned(),
        Value::Mapping(map) => {
            let entries: Vec<_> = map.iter().map(|(k, v)| format!("{}: {}", inline(k), inline(v))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
        Value::Tagged(tagged) => inline(&tagged.value),
    }
}

/// A text so that it is read back as that text: without quotes where that is beyond doubt.
pub fn scalar(text: &str) -> String {
    if is_plain(text) {
        text.to_owned()
    } else if text.chars().all(|c| c == ' ' || c.is_alphanumeric() || c.is_ascii_graphic() && c != '\'') {
        format!("'{text}'")
    } else {
        double(text)
    }
}

/// In double quotes, with everything that is not a printable letter or sign escaped.
fn double(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ' '..='~' => out.push(c),
            c if c.is_alphanumeric() => out.push(c),
            c if u32::from(c) > 0xffff => out.push_str(&format!("\\U{:08x}", u32::from(c))),
            c => out.push_str(&format!("\\u{:04x}", u32::from(c))),
        }
    }
    out.push('"');
    out
}

fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let Some((first, last)) = bytes.first().zip(bytes.last()) else { return false };
    let start = first.is_ascii_alphanumeric()
        || matches!(first, b'.' | b'/' | b'_' | b'$' | b'+')
        || *first == b'-' && bytes.get(1).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'-');
    let inside = |b: &u8| b.is_ascii_alphanumeric() || b" ./_$+-=@%:;*()<>|&!?^~\\".contains(b);
    start
        && bytes.iter().all(inside)
        && !matches!(last, b' ' | b':')
        && !text.contains(": ")
        && !text.starts_with("---")
        && !text.starts_with("...")
        && resolve(text) == Plain::Text
        && !is_word_elsewhere(text)
}

/// Words that other readers of YAML take for a truth value.
fn is_word_elsewhere(text: &str) -> bool {
    let words = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    text.len() <= 5 && words.iter().any(|word| text.eq_ignore_ascii_case(word))
}

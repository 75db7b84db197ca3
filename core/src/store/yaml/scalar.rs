//! What a plain scalar means: YAML's core schema with strict booleans.

/// The meaning of a scalar without quotes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Plain {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`; `yes`, `no`, `on`, `off` are texts.
    Bool(bool),
    /// A whole number.
    Int(i128),
    /// A number with a point or an exponent.
    Float(f64),
    /// Anything else.
    Text,
}

/// The meaning of a scalar without quotes.
pub fn resolve(text: &str) -> Plain {
    match text {
        _ if is_null(text) => return Plain::Null,
        "true" => return Plain::Bool(true),
        "false" => return Plain::Bool(false),
        _ => {}
    }
    let first = text.as_bytes()[0];
    if first.is_ascii_digit() || matches!(first, b'+' | b'-' | b'.') { number(text) } else { Plain::Text }
}

/// Whether a scalar without quotes stands for nothing.
pub fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

fn number(text: &str) -> Plain {
    let radix = |digits: &str, radix| match digits.starts_with(['+', '-']) {
        true => None,
        false => i128::from_str_radix(digits, radix).ok(),
    };
    let int = match text.get(..2) {
        Some("0x") => radix(&text[2..], 16),
        Some("0o") => radix(&text[2..], 8),
        _ => text.parse().ok(),
    };
    if let Some(int) = int {
        return Plain::Int(int);
    }
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    match body {
        ".inf" | ".Inf" | ".INF" if text.starts_with('-') => Plain::Float(f64::NEG_INFINITY),
        ".inf" | ".Inf" | ".INF" => Plain::Float(f64::INFINITY),
        ".nan" | ".NaN" | ".NAN" if body == text => Plain::Float(f64::NAN),
        _ if body.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-')) => {
            text.parse().map_or(Plain::Text, Plain::Float)
        }
        _ => Plain::Text,
    }
}

/// The text of a double-quoted scalar with the common escapes; `None` where it has another.
pub fn unescape(inner: &str) -> Option<Box<str>> {
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            '\\' => match chars.next()? {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                same @ ('"' | '\\' | '/') => same,
                _ => return None,
            },
            c => c,
        });
    }
    Some(out.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_follow_the_core_schema_with_strict_booleans() {
        for text in
            ["yes", "no", "on", "off", "True", "y", "1.2.3", "2026-11-22", "0x", "0xg", "-", ".", "1_000"]
        {
            assert_eq!(resolve(text), Plain::Text, "{text}");
        }
        for (text, meaning) in [
            ("", Plain::Null),
            ("~", Plain::Null),
            ("true", Plain::Bool(true)),
            ("-12", Plain::Int(-12)),
            ("0x1f", Plain::Int(31)),
            ("0o17", Plain::Int(15)),
            ("017", Plain::Int(17)),
            ("1.5e3", Plain::Float(1500.0)),
            ("1.", Plain::Float(1.0)),
            (".5", Plain::Float(0.5)),
            ("-.inf", Plain::Float(f64::NEG_INFINITY)),
        ] {
            assert_eq!(resolve(text), meaning, "{text}");
        }
    }
}

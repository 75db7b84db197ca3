//! Secrets that are known word for word.

use aho_corasick::{AhoCorasick, MatchKind};

/// Shorter values are words like `test`: hiding them would hide half of every log.
const MIN_LEN: usize = 6;

/// A searcher for the secrets and for the forms they take on in logs; `None` where there are none.
pub(super) fn searcher(secrets: &[String]) -> Option<AhoCorasick> {
    let mut needles: Vec<String> = secrets.iter().flat_map(|secret| forms(secret)).collect();
    needles.sort_unstable();
    needles.dedup();
    if needles.is_empty() {
        return None;
    }
    AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&needles).ok()
}

/// A secret as it is, each line of it (logs are read by lines), and as JSON and URLs write it.
fn forms(secret: &str) -> Vec<String> {
    let mut forms = Vec::new();
    for part in secret.lines().map(str::trim).chain([secret.trim()]) {
        if part.chars().count() < MIN_LEN || matches!(part, "password" | "secret" | "undefined") {
            continue;
        }
        forms.push(part.to_owned());
        forms.extend(escaped_json(part));
        forms.extend(escaped_url(part));
    }
    forms
}

fn escaped_json(text: &str) -> Option<String> {
    let quoted = serde_json::to_string(text).ok()?;
    let inner = quoted.get(1..quoted.len() - 1)?;
    (inner != text).then(|| inner.to_owned())
}

fn escaped_url(text: &str) -> Option<String> {
    use std::fmt::Write as _;
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    (out != text).then_some(out)
}

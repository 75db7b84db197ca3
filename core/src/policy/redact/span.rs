//! Places to hide, and the hiding.

/// What stands in place of a secret.
pub const PLACEHOLDER: &str = "[redacted]";

/// A place to hide, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    /// Where what made it recognisable begins: a name, a scheme, or the secret itself.
    pub(super) context: usize,
    /// Where the secret begins.
    pub(super) start: usize,
    /// Where it ends.
    pub(super) end: usize,
}

impl Span {
    /// A secret that is recognised by itself.
    pub(super) fn bare(start: usize, end: usize) -> Self {
        Self { context: start, start, end }
    }
}

/// The text with the spans hidden; `None` where all of them are hidden already. A span never cuts a
/// placeholder or a character, so each application leaves less of the original: repeating it comes to an end.
pub(super) fn hide(text: &[u8], spans: &[Span]) -> Option<Vec<u8>> {
    let hidden = placeholders(text);
    let mut ranges: Vec<(usize, usize)> = spans.iter().filter_map(|span| fit(text, &hidden, *span)).collect();
    if ranges.is_empty() {
        return None;
    }
    ranges.sort_unstable();
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    let mut covered = None;
    for (start, end) in ranges {
        if covered.is_none_or(|covered| start >= covered) {
            out.extend_from_slice(&text[at..start]);
            out.extend_from_slice(PLACEHOLDER.as_bytes());
        }
        at = at.max(end);
        covered = Some(at);
    }
    out.extend_from_slice(&text[at..]);
    Some(out)
}

/// Where placeholders stand; they cannot overlap each other.
fn placeholders(text: &[u8]) -> Vec<(usize, usize)> {
    let windows = text.windows(PLACEHOLDER.len()).enumerate();
    let found = windows.filter(|(_, window)| *window == PLACEHOLDER.as_bytes());
    found.map(|(start, window)| (start, start + window.len())).collect()
}

/// Widens a span to whole characters and whole placeholders; drops it where nothing of it is in sight.
fn fit(text: &[u8], hidden: &[(usize, usize)], span: Span) -> Option<(usize, usize)> {
    let (mut start, mut end) = (span.start, span.end.min(text.len()));
    if start >= end || hidden.iter().any(|(from, to)| *from <= start && end <= *to) {
        return None;
    }
    while start > 0 && is_continuation(text[start]) {
        start -= 1;
    }
    while end < text.len() && is_continuation(text[end]) {
        end += 1;
    }
    for (from, to) in hidden {
        if start < *to && *from < end {
            (start, end) = (start.min(*from), end.max(*to));
        }
    }
    Some((start, end))
}

fn is_continuation(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(text: &str, spans: &[(usize, usize)]) -> Option<String> {
        let spans: Vec<_> = spans.iter().map(|(start, end)| Span::bare(*start, *end)).collect();
        hide(text.as_bytes(), &spans).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn overlapping_spans_become_one_placeholder() {
        assert_eq!(hidden("a secret b", &[(4, 8), (2, 6)]).as_deref(), Some("a [redacted] b"));
        assert_eq!(hidden("abcd", &[(0, 2), (2, 4)]).as_deref(), Some("[redacted][redacted]"));
        assert_eq!(hidden("abcdef", &[(0, 5), (1, 2), (3, 4)]).as_deref(), Some("[redacted]f"));
    }

    #[test]
    fn a_character_or_a_placeholder_is_never_cut() {
        assert_eq!(hidden("xäöy", &[(2, 4)]).as_deref(), Some("x[redacted]y"));
        assert_eq!(hidden("p=[redacted]x", &[(5, 13)]).as_deref(), Some("p=[redacted]"));
        assert_eq!(hidden("p=[redacted]", &[(2, 12)]), None);
        assert_eq!(hidden("p=[redacted]", &[(3, 11)]), None);
    }
}

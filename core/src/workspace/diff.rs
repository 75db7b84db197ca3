//! Unified diffs of files, quick also where a long file changed in one place.

use similar::{ChangeTag, TextDiff};

const CONTEXT: usize = 3;

/// The unified diff of a file of `.threados`; empty where nothing changed. `metadata.updated_at` changes with
/// every change and is left out.
pub fn unified(old: &str, new: &str, file: &str) -> String {
    let (from, old, new) = differing(old, new);
    if old == new {
        return String::new();
    }
    let changes = TextDiff::from_slices(&old, &new);
    let mut out = format!("--- {file}\n+++ {file}\n");
    for group in changes.grouped_ops(CONTEXT) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let olds = first.old_range().start..last.old_range().end;
        let news = first.new_range().start..last.new_range().end;
        out += &format!("@@ -{} +{} @@\n", place(from, &olds), place(from, &news));
        for op in &group {
            for change in changes.iter_changes(op) {
                let sign = match change.tag() {
                    ChangeTag::Delete => '-',
                    ChangeTag::Insert => '+',
                    ChangeTag::Equal => ' ',
                };
                out.push(sign);
                out += change.value().trim_end_matches(['\n', '\r']);
                out.push('\n');
            }
        }
    }
    out
}

/// The lines between the common head and the common tail, some context included, and how many lines are before
/// them. Only these are kept: of a long file that is next to nothing.
fn differing<'t>(old: &'t str, new: &'t str) -> (usize, Vec<&'t str>, Vec<&'t str>) {
    let lines = |text: &'t str| text.split_inclusive('\n').filter(|line| !is_clock(line));
    let head = lines(old).zip(lines(new)).take_while(|(a, b)| a == b).count();
    let counts = (lines(old).count(), lines(new).count());
    let most = counts.0.min(counts.1) - head;
    let tail = lines(old).rev().zip(lines(new).rev()).take(most).take_while(|(a, b)| a == b).count();
    let from = head.saturating_sub(CONTEXT);
    let middle = |text, count: usize| lines(text).take(count - tail + CONTEXT).skip(from).collect();
    (from, middle(old, counts.0), middle(new, counts.1))
}

fn is_clock(line: &str) -> bool {
    let first = line.bytes().position(|b| b != b' ' && b != b'\t');
    first.is_some_and(|at| line.as_bytes()[at..].starts_with(b"updated_at:"))
}

fn place(offset: usize, range: &std::ops::Range<usize>) -> String {
    let start = if range.is_empty() { offset + range.start } else { offset + range.start + 1 };
    format!("{start},{}", range.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_changed_line_in_a_long_file_gives_one_small_hunk() {
        let old: String = (0..10_000).map(|i| format!("line {i}\n")).collect();
        let new = old.replace("line 5000\n", "other\nmore\n");
        assert_eq!(
            unified(&old, &new, "f"),
            "--- f\n+++ f\n@@ -4998,7 +4998,8 @@\n line 4997\n line 4998\n line 4999\n-line 5000\n+other\n+more\n \
             line 5001\n line 5002\n line 5003\n"
        );
    }

    #[test]
    fn a_new_and_an_emptied_file_and_no_change() {
        assert_eq!(unified("", "a\n", "f"), "--- f\n+++ f\n@@ -0,0 +1,1 @@\n+a\n");
        assert_eq!(unified("a\n", "", "f"), "--- f\n+++ f\n@@ -1,1 +0,0 @@\n-a\n");
        assert_eq!(unified("  updated_at: 1\na\n", "  updated_at: 2\na\n", "f"), "");
    }
}

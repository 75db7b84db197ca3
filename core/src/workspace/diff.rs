//! Unified diffs of files, quick also where a long file changed in one place.

use std::borrow::Cow;

use similar::{ChangeTag, TextDiff};

const CONTEXT: usize = 3;

/// The unified diff of a file of `.threados`; empty where nothing changed. `metadata.updated_at` changes with
/// every change and is left out.
pub fn unified(old: &str, new: &str, file: &str) -> String {
    let (old, new) = (without_clock(old), without_clock(new));
    if old == new {
        return String::new();
    }
    let (from, old, new) = differing(&old, &new);
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
/// them. Bytes are compared, and only those lines are looked at: of a long file that is next to nothing.
fn differing<'t>(old: &'t str, new: &'t str) -> (usize, Vec<&'t str>, Vec<&'t str>) {
    let same = common(old.bytes(), new.bytes());
    let head = old.as_bytes()[..same].iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    let (old_rest, new_rest) = (&old[head..], &new[head..]);
    let same = common(old_rest.bytes().rev(), new_rest.bytes().rev());
    // The tail begins where a line does, in both.
    let tail = [old_rest, new_rest].map(|rest| match rest.len() - same {
        0 => 0,
        at => rest.as_bytes()[at - 1..].iter().position(|b| *b == b'\n').map_or(rest.len(), |line| at + line),
    });
    let tail = (old_rest.len() - tail[0]).min(new_rest.len() - tail[1]);
    let (before, start) = context_before(&old[..head]);
    let lines = old.as_bytes()[..head].iter().filter(|b| **b == b'\n').count();
    let part = |text: &'t str| {
        let (middle, after) = text[start..].split_at(text.len() - tail - start);
        middle.split_inclusive('\n').chain(after.split_inclusive('\n').take(CONTEXT)).collect()
    };
    (lines - before, part(old), part(new))
}

/// How many of two runs of bytes are the same.
fn common(a: impl Iterator<Item = u8>, b: impl Iterator<Item = u8>) -> usize {
    a.zip(b).take_while(|(a, b)| a == b).count()
}

/// How many lines of context stand at the end of a text, and where they begin.
fn context_before(text: &str) -> (usize, usize) {
    let lines = text.split_inclusive('\n').rev().take(CONTEXT);
    lines.fold((0, text.len()), |(count, at), line| (count + 1, at - line.len()))
}

fn without_clock(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut from = 0;
    for (at, _) in text.match_indices("updated_at:") {
        let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline + 1);
        if start >= from && is_clock(&text[start..end]) {
            out.push_str(&text[from..start]);
            from = end;
        }
    }
    if from == 0 {
        return Cow::Borrowed(text);
    }
    out.reserve_exact(text.len() - from);
    out.push_str(&text[from..]);
    Cow::Owned(out)
}

fn is_clock(line: &str) -> bool {
    line.trim_start().starts_with("updated_at:")
}

fn place(offset: usize, range: &std::ops::Range<usize>) -> String {
    let start = if range.is_empty() { offset + range.start } else { offset + range.start + 1 };
    format!("{start},{}", range.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn the_lines_shown_are_those_of_a_diff_of_all_lines(
            old in "([ab\n]|x: updated_at:\n|updated_at: 1\n){0,30}",
            new in "([ab\n]|x: updated_at:\n|updated_at: 2\n){0,30}",
        ) {
            let lines = |text: &str| -> Vec<String> {
                text.split_inclusive('\n').filter(|l| !is_clock(l)).map(str::to_owned).collect()
            };
            let (all_old, all_new) = (lines(&old), lines(&new));
            let (old, new) = (all_old.concat(), all_new.concat());
            let (from, some_old, some_new) = differing(&old, &new);
            let head = all_old.iter().zip(&all_new).take_while(|(a, b)| a == b).count();
            prop_assert_eq!(from, head.saturating_sub(CONTEXT));
            let most = all_old.len().min(all_new.len()) - head;
            let tail = all_old.iter().rev().zip(all_new.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
            for (all, some) in [(all_old, some_old), (all_new, some_new)] {
                let end = (all.len() - tail + CONTEXT).min(all.len());
                prop_assert_eq!(&all[from..end], &some[..]);
            }
        }
    }
}

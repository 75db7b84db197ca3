//! Unified diffs of files, quick also where a long file changed in one place.

use similar::{ChangeTag, TextDiff};

const CONTEXT: usize = 3;

/// The unified diff of a file of `.threados`; empty where nothing changed. `metadata.updated_at` changes with
/// every change and is left out.
pub fn unified(old: &str, new: &str, file: &str) -> String {
    let old: Vec<&str> = old.split_inclusive('\n').filter(|l| !is_clock(l)).collect();
    let new: Vec<&str> = new.split_inclusive('\n').filter(|l| !is_clock(l)).collect();
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let most = old.len().min(new.len()) - head;
    let tail = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    if head == old.len() && head == new.len() {
        return String::new();
    }
    let from = head.saturating_sub(CONTEXT);
    let old_end = (old.len() - tail + CONTEXT).min(old.len());
    let new_end = (new.len() - tail + CONTEXT).min(new.len());
    let changes = TextDiff::from_slices(&old[from..old_end], &new[from..new_end]);
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

fn is_clock(line: &str) -> bool {
    line.trim_start().starts_with("updated_at:")
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

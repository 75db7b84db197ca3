//! Unified diffs of files, quick also where a long file changed in one place.

use std::borrow::Cow;

use super::lines::{self, CONTEXT};

const CLOCK: &[u8] = b"updated_at:";
const BLOCK: usize = 256;

/// The unified diff of a file of `.threados`; empty where nothing changed. `metadata.updated_at` changes with
/// every change and is left out.
pub fn unified(old: &str, new: &str, file: &str) -> String {
    if let Some((before, old, new)) = after_the_clock(old, new) {
        if old == new {
            return String::new();
        }
        let (from, old, new) = differing(old, new);
        // All the context is then of the lines after the clock.
        if from > 0 {
            return hunks(before + from, &old, &new, file);
        }
    }
    let (old, new) = (without_clock(old), without_clock(new));
    if old == new {
        return String::new();
    }
    let (from, old, new) = differing(&old, &new);
    hunks(from, &old, &new, file)
}

fn hunks(from: usize, old: &[&str], new: &[&str], file: &str) -> String {
    let mut out = format!("--- {file}\n+++ {file}\n");
    lines::hunks(from, (old, new), None, &mut out, |line, out| {
        out.push_str(line.trim_end_matches(['\n', '\r']));
        out.push('\n');
    });
    out
}

/// Where each text has its clock in one place, after the same lines: how many those are, and what follows the
/// clock in each. So a long file need not be copied to leave its clock out.
fn after_the_clock<'t>(old: &'t str, new: &'t str) -> Option<(usize, &'t str, &'t str)> {
    let (head, old_rest) = around_the_clock(old)?;
    let (new_head, new_rest) = around_the_clock(new)?;
    (head == new_head).then(|| (memchr::memchr_iter(b'\n', head.as_bytes()).count(), old_rest, new_rest))
}

/// What is before and after the one line that is a clock, where no other looks like one.
fn around_the_clock(text: &str) -> Option<(&str, &str)> {
    let mut found = memchr::memmem::find_iter(text.as_bytes(), CLOCK);
    let (at, None) = (found.next()?, found.next()) else { return None };
    let line = line_around(text, at);
    is_clock(&text[line.clone()]).then(|| (&text[..line.start], &text[line.end..]))
}

/// The lines between the common head and the common tail, some context included, and how many lines are before
/// them. Bytes are compared, and only those lines are looked at: of a long file that is next to nothing.
fn differing<'t>(old: &'t str, new: &'t str) -> (usize, Vec<&'t str>, Vec<&'t str>) {
    let same = common(old.as_bytes(), new.as_bytes());
    let head = memchr::memrchr(b'\n', &old.as_bytes()[..same]).map_or(0, |at| at + 1);
    let (old_rest, new_rest) = (&old[head..], &new[head..]);
    let same = common_end(old_rest.as_bytes(), new_rest.as_bytes());
    // The tail begins where a line does, in both.
    let tail = [old_rest, new_rest].map(|rest| match rest.len() - same {
        0 => 0,
        at => rest.as_bytes()[at - 1..].iter().position(|b| *b == b'\n').map_or(rest.len(), |line| at + line),
    });
    let tail = (old_rest.len() - tail[0]).min(new_rest.len() - tail[1]);
    let (before, start) = context_before(&old[..head]);
    let lines = memchr::memchr_iter(b'\n', &old.as_bytes()[..head]).count();
    let part = |text: &'t str| {
        let (middle, after) = text[start..].split_at(text.len() - tail - start);
        middle.split_inclusive('\n').chain(after.split_inclusive('\n').take(CONTEXT)).collect()
    };
    (lines - before, part(old), part(new))
}

/// How many bytes two texts begin with in common: by blocks, then within the block that differs.
fn common(a: &[u8], b: &[u8]) -> usize {
    let blocks = a.chunks_exact(BLOCK).zip(b.chunks_exact(BLOCK)).take_while(|(a, b)| a == b).count() * BLOCK;
    let rest = a[blocks..].iter().zip(&b[blocks..]);
    blocks + rest.take_while(|(a, b)| a == b).count()
}

/// How many bytes two texts end with in common.
fn common_end(a: &[u8], b: &[u8]) -> usize {
    let blocks =
        a.rchunks_exact(BLOCK).zip(b.rchunks_exact(BLOCK)).take_while(|(a, b)| a == b).count() * BLOCK;
    let rest = a[..a.len() - blocks].iter().rev().zip(b[..b.len() - blocks].iter().rev());
    blocks + rest.take_while(|(a, b)| a == b).count()
}

/// How many lines of context stand at the end of a text, and where they begin.
fn context_before(text: &str) -> (usize, usize) {
    let lines = text.split_inclusive('\n').rev().take(CONTEXT);
    lines.fold((0, text.len()), |(count, at), line| (count + 1, at - line.len()))
}

fn without_clock(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut from = 0;
    for at in memchr::memmem::find_iter(text.as_bytes(), CLOCK) {
        let line = line_around(text, at);
        if line.start >= from && is_clock(&text[line.clone()]) {
            out.push_str(&text[from..line.start]);
            from = line.end;
        }
    }
    if from == 0 {
        return Cow::Borrowed(text);
    }
    out.reserve_exact(text.len() - from);
    out.push_str(&text[from..]);
    Cow::Owned(out)
}

/// The line that a place is in, its end included.
fn line_around(text: &str, at: usize) -> std::ops::Range<usize> {
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline + 1);
    start..end
}

fn is_clock(line: &str) -> bool {
    line.trim_start().as_bytes().starts_with(CLOCK)
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

    #[test]
    fn a_change_after_the_clock_has_its_lines_counted_from_the_top() {
        let text = |clock: u8, changed: &str| {
            let lines: String = (0..9).map(|i| format!("line {i}\n")).collect();
            format!("a\nb\n  updated_at: {clock}\n{}", lines.replace("line 5", changed))
        };
        assert_eq!(
            unified(&text(1, "line 5"), &text(2, "other"), "f"),
            "--- f\n+++ f\n@@ -5,7 +5,7 @@\n line 2\n line 3\n line 4\n-line 5\n+other\n line 6\n line 7\n line 8\n"
        );
    }

    proptest! {
        #[test]
        fn whatever_stands_around_the_clock_the_diff_is_that_of_the_texts_without_it(
            head in "([ab\n]|x: updated_at:\n){0,6}",
            old in "[ab\n]{0,40}",
            new in "[ab\n]{0,40}",
            same in "[ab\n]{0,600}",
        ) {
            let whole = |clock: &str, rest: &str| format!("{head}\n{clock}{same}\n{rest}{same}");
            prop_assert_eq!(
                unified(&whole("updated_at: 1\n", &old), &whole("  updated_at: 2\n", &new), "f"),
                unified(&whole("", &old), &whole("", &new), "f")
            );
        }

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

//! How two lists of lines or words differ, by Myers' algorithm.
//!
//! There is one function for one kind of list: what the library offers for any kind has all of its four algorithms compiled
//! for each of them.

use std::time::Instant;

use similar::algorithms::{Capture, Compact, IdentifyDistinct, Replace, myers};
use similar::{ChangeTag, DiffOp, group_diff_ops};

/// Lines around a change that a diff shows.
pub const CONTEXT: usize = 3;

/// What makes one list of another; where that takes longer than `until`, more than is needed.
pub fn changes(old: &[&str], new: &[&str], until: Option<Instant>) -> Vec<DiffOp> {
    let ids = IdentifyDistinct::<u32>::new(old, 0..old.len(), new, 0..new.len());
    let (before, after) = (ids.old_lookup(), ids.new_lookup());
    let mut found = Compact::new(Replace::new(Capture::new()), before, after);
    let Ok(()) = myers::diff_deadline(&mut found, before, ids.old_range(), after, ids.new_range(), until);
    found.into_inner().into_inner().into_ops()
}

/// Adds the hunks of a unified diff. Before both lists there are `from` lines that are the same; `line` adds one of its
/// lines, which begins with its sign.
pub fn hunks(
    from: usize,
    (old, new): (&[&str], &[&str]),
    until: Option<Instant>,
    out: &mut String,
    line: impl Fn(&str, &mut String),
) {
    for group in group_diff_ops(changes(old, new, until), CONTEXT) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let olds = first.old_range().start..last.old_range().end;
        let news = first.new_range().start..last.new_range().end;
        out.push_str(&format!("@@ -{} +{} @@\n", place(from, &olds), place(from, &news)));
        for (tag, lines) in group.iter().flat_map(|op| op.iter_slices(old, new)) {
            for text in lines {
                out.push(match tag {
                    ChangeTag::Delete => '-',
                    ChangeTag::Insert => '+',
                    ChangeTag::Equal => ' ',
                });
                line(text, out);
            }
        }
    }
}

fn place(offset: usize, range: &std::ops::Range<usize>) -> String {
    let start = if range.is_empty() { offset + range.start } else { offset + range.start + 1 };
    format!("{start},{}", range.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn they_make_one_list_of_the_other_also_where_the_time_is_over(
            old in prop::collection::vec("[abc]", 0..60),
            new in prop::collection::vec("[abc]", 0..60),
        ) {
            let [old, new] = [&old, &new].map(|list| list.iter().map(String::as_str).collect::<Vec<_>>());
            for until in [None, Some(Instant::now())] {
                let made = changes(&old, &new, until);
                let slices = || made.iter().flat_map(|op| op.iter_slices(&old, &new));
                let side = |gone| slices().filter(|(tag, _)| *tag != gone).flat_map(|(_, l)| l.to_vec()).collect();
                let (before, after): (Vec<&str>, Vec<&str>) = (side(ChangeTag::Insert), side(ChangeTag::Delete));
                prop_assert_eq!((&before, &after), (&old, &new));
            }
        }
    }
}

//! The newest entries, read from the end.

use chrono::TimeDelta;

use super::backward::Backward;
use super::cursor::read_error;
use super::entry::Entry;
use super::reader::Filter;
use super::{LogError, files};
use crate::store::{FileId, Paths};

/// How far clocks may have gone back: so much older than `since` must an entry be for the search to end.
const CLOCK_SLACK: TimeDelta = TimeDelta::hours(1);

/// The newest entries that `filter` wants, oldest of them first. Only as much of the log is read as is needed.
///
/// # Errors
/// [`LogError::Read`].
pub fn tail(paths: &Paths, filter: &Filter) -> Result<Vec<Entry>, LogError> {
    let limit = filter.limit.unwrap_or(usize::MAX);
    let mut skip = filter.offset;
    let mut found = Vec::new();
    each_backward(paths, |entry| {
        if filter.since.is_some_and(|since| entry.timestamp < since - CLOCK_SLACK) {
            return false;
        }
        if filter.matches(&entry) {
            if skip > 0 {
                skip -= 1;
            } else if found.len() < limit {
                found.push(entry);
            }
        }
        found.len() < limit
    })?;
    found.reverse();
    Ok(found)
}

/// Calls `go_on` for each entry, the newest first, until it says `false`.
fn each_backward(paths: &Paths, mut go_on: impl FnMut(Entry) -> bool) -> Result<(), LogError> {
    // Opened before the listing, so that a rotation in between hides nothing; then it is in the list too.
    let current = files::open(&paths.audit_log)?;
    let failed = |source| read_error(&paths.audit_log, source);
    let current_id = current.as_ref().map(FileId::of).transpose().map_err(failed)?;
    let mut older = files::rotated(paths)?;
    let mut next = current.map(|file| (file, paths.audit_log.clone()));
    loop {
        if let Some((file, path)) = next {
            let failed = |source| read_error(&path, source);
            let mut lines = Backward::new(&file).map_err(failed)?;
            while let Some(line) = lines.next().map_err(failed)? {
                if Entry::parse(&line.line).is_some_and(|entry| !go_on(entry)) {
                    return Ok(());
                }
            }
        }
        let Some(rotated) = older.pop() else { return Ok(()) };
        let file = files::open(&rotated.path)?;
        next = file.filter(|f| FileId::of(f).ok() != current_id).map(|f| (f, rotated.path));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::ActionPattern;
    use crate::log::testing::Project;

    #[test]
    fn the_newest_come_oldest_first_over_rotated_files() {
        let p = Project::new().rotating_at(600);
        p.append_all(&["a", "b", "c", "d", "e", "f", "g", "h"]);
        assert!(p.rotated() >= 2, "several files");
        let actions = |limit, offset| {
            let action = Some(ActionPattern::new("?").unwrap());
            let filter = Filter { action, limit, offset, ..Filter::default() };
            tail(&p.paths, &filter).unwrap().iter().map(|e| e.action.clone()).collect::<String>()
        };
        assert_eq!(actions(None, 0), "abcdefgh");
        assert_eq!(actions(Some(3), 0), "fgh");
        assert_eq!(actions(Some(3), 2), "def");
        assert_eq!(actions(Some(3), 7), "a");
        assert_eq!(actions(Some(0), 0), "");
    }

    #[test]
    fn what_is_too_old_is_left_out() {
        let p = Project::new();
        let entries = p.append_all(&["a", "b", "c"]);
        let filter = Filter { since: Some(entries[1].timestamp), ..Filter::default() };
        assert_eq!(tail(&p.paths, &filter).unwrap(), entries[1..]);
    }

    #[test]
    fn no_log_is_an_empty_one() {
        let p = Project::new();
        assert_eq!(tail(&p.paths, &Filter::default()).unwrap(), []);
    }
}

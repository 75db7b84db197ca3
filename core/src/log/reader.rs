//! Reading entries, and which of them are wanted.

use chrono::{DateTime, Utc};
use globset::{Glob, GlobMatcher};

use super::LogError;
use super::cursor::{Cursor, Position};
use super::entry::Entry;
use crate::model::Actor;
use crate::store::Paths;

/// Entries of the log in order, one at a time, over rotated files. After the last one it gives `None`; when more
/// has been appended, it goes on.
#[derive(Debug)]
pub struct Entries {
    cursor: Cursor,
}

impl Entries {
    /// All entries that are still there.
    pub fn all(paths: &Paths) -> Self {
        Self { cursor: Cursor::start(paths) }
    }

    /// The entries after number `seq`.
    ///
    /// # Errors
    /// [`LogError::Read`].
    pub fn after(paths: &Paths, seq: u64) -> Result<Self, LogError> {
        Cursor::after(paths, seq).map(|cursor| Self { cursor })
    }

    /// The entries after a position; `None` where the log does not have it any more.
    ///
    /// # Errors
    /// [`LogError::Read`].
    pub fn from_position(paths: &Paths, position: &Position) -> Result<Option<Self>, LogError> {
        Ok(Cursor::at(paths, position)?.map(|cursor| Self { cursor }))
    }

    /// Bytes at the end of the log that are no whole entry, once the end has been reached.
    pub fn torn(&self) -> u64 {
        self.cursor.torn()
    }

    /// After which entry it stands.
    pub fn position(&self) -> &Position {
        self.cursor.position()
    }
}

impl From<Cursor> for Entries {
    fn from(cursor: Cursor) -> Self {
        Self { cursor }
    }
}

impl Iterator for Entries {
    type Item = Result<Entry, LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.cursor.next(|line| Entry::parse(line).map(|entry| (entry.seq, entry))).transpose()
    }
}

/// A pattern for actions that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("`{pattern}` is not a pattern for actions: {source} (for example step.add, step, or *.rm)")]
pub struct PatternError {
    pattern: String,
    source: globset::Error,
}

/// Which actions are wanted: `step.add`, all that begin with `step.` by `step`, or a glob such as `*.rm`.
#[derive(Debug, Clone)]
pub struct ActionPattern(Pattern);

#[derive(Debug, Clone)]
enum Pattern {
    Family(String),
    Glob(Box<GlobMatcher>),
}

impl ActionPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// [`PatternError`] where the glob is malformed.
    pub fn new(pattern: &str) -> Result<Self, PatternError> {
        if !pattern.contains(['*', '?', '[', '{']) {
            return Ok(Self(Pattern::Family(pattern.trim_end_matches('.').to_owned())));
        }
        let glob = Glob::new(pattern);
        let glob = glob.map_err(|source| PatternError { pattern: pattern.to_owned(), source })?;
        Ok(Self(Pattern::Glob(Box::new(glob.compile_matcher()))))
    }

    /// Whether an action is wanted.
    pub fn matches(&self, action: &str) -> bool {
        match &self.0 {
            Pattern::Family(name) => action
                .strip_prefix(name.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.')),
            Pattern::Glob(glob) => glob.is_match(action),
        }
    }
}

/// Which entries are wanted. The default is all of them.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this actor only.
    pub actor: Option<Actor>,
    /// Of these actions only.
    pub action: Option<ActionPattern>,
    /// About this target only.
    pub target: Option<String>,
    /// Not older than this.
    pub since: Option<DateTime<Utc>>,
    /// At most so many, the newest.
    pub limit: Option<usize>,
    /// Without so many of the newest that would match.
    pub offset: usize,
}

impl Filter {
    /// Whether an entry is wanted, `limit` and `offset` aside.
    pub fn matches(&self, entry: &Entry) -> bool {
        self.actor.is_none_or(|actor| entry.actor == actor)
            && self.target.as_ref().is_none_or(|target| entry.target == *target)
            && self.since.is_none_or(|since| entry.timestamp >= since)
            && self.action.as_ref().is_none_or(|pattern| pattern.matches(&entry.action))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::testing::Project;

    #[test]
    fn a_pattern_is_an_action_a_family_or_a_glob() {
        let check = |pattern: &str, expected: &[&str]| {
            let pattern = ActionPattern::new(pattern).unwrap();
            let mut actions = vec!["step.add", "step.rm", "steps.x", "gate.rm"];
            actions.retain(|action| pattern.matches(action));
            assert_eq!(actions, expected, "{pattern:?}");
        };
        check("step.add", &["step.add"]);
        check("step", &["step.add", "step.rm"]);
        check("step.", &["step.add", "step.rm"]);
        check("*.rm", &["step.rm", "gate.rm"]);
        check("st", &[]);
        assert!(ActionPattern::new("[").is_err());
    }

    #[test]
    fn a_filter_wants_all_it_names_at_once() {
        let p = Project::new();
        let entry = p.append_all(&["step.add"]).remove(0);
        let wanted = Filter {
            actor: Some(Actor::User),
            action: Some(ActionPattern::new("step").unwrap()),
            target: Some("x".into()),
            since: Some(entry.timestamp),
            ..Filter::default()
        };
        assert!(wanted.matches(&entry));
        let others = [
            Filter { actor: Some(Actor::System), ..wanted.clone() },
            Filter { action: Some(ActionPattern::new("gate").unwrap()), ..wanted.clone() },
            Filter { target: Some("y".into()), ..wanted.clone() },
            Filter { since: Some(entry.timestamp + chrono::TimeDelta::microseconds(1)), ..wanted },
        ];
        for other in others {
            assert!(!other.matches(&entry), "{other:?}");
        }
    }

    #[test]
    fn entries_go_on_after_a_number_and_after_a_position() {
        let p = Project::new().rotating_at(600);
        p.append_all(&["a", "b", "c", "d", "e", "f", "g", "h"]);
        assert!(p.rotated() >= 2, "several files");
        let all: Vec<Entry> = Entries::all(&p.paths).map(Result::unwrap).collect();
        assert_eq!(all.iter().map(|e| e.seq).collect::<Vec<_>>(), (1..=all.len() as u64).collect::<Vec<_>>());
        for after in 0..=all.len() {
            let rest: Vec<Entry> =
                Entries::after(&p.paths, after as u64).unwrap().map(Result::unwrap).collect();
            assert_eq!(rest, all[after..], "after {after}");
        }
        let mut half = Entries::all(&p.paths);
        half.by_ref().take(4).for_each(drop);
        let rest = Entries::from_position(&p.paths, half.position()).unwrap().unwrap();
        assert_eq!(rest.map(Result::unwrap).collect::<Vec<_>>(), all[4..]);
    }

    #[test]
    fn a_torn_end_is_skipped_and_told() {
        let p = Project::new();
        p.append_all(&["a", "b"]);
        p.damage(|log| log.extend_from_slice(b"{\"action\":\"c\""));
        let mut entries = Entries::all(&p.paths);
        assert_eq!(entries.by_ref().map(Result::unwrap).count(), 2);
        assert_eq!(entries.torn(), 13);
    }
}

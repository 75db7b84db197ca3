//! Entries as others append them.

use std::time::{Duration, Instant};

use super::LogError;
use super::cursor::{Cursor, Position, read_error};
use super::entry::Entry;
use super::watch::Watch;
use crate::store::Paths;

/// Follows the log: gives every entry once, in order, also over rotation, and waits without polling.
#[derive(Debug)]
pub struct Follower {
    paths: Paths,
    watch: Watch,
    cursor: Cursor,
}

impl Follower {
    /// Follows from the present end of the log.
    ///
    /// # Errors
    /// [`LogError::Read`].
    pub fn new(paths: &Paths) -> Result<Self, LogError> {
        // The watch first: what is appended between the two is told and read.
        let watch = watch(paths)?;
        Ok(Self { cursor: Cursor::end(paths)?, watch, paths: paths.clone() })
    }

    /// Follows from a position, for instance that of a loaded state; from the end where the log does not have
    /// it any more.
    ///
    /// # Errors
    /// [`LogError::Read`].
    pub fn from_position(paths: &Paths, position: &Position) -> Result<Self, LogError> {
        let watch = watch(paths)?;
        let cursor = match Cursor::at(paths, position)? {
            Some(cursor) => cursor,
            None => Cursor::end(paths)?,
        };
        Ok(Self { cursor, watch, paths: paths.clone() })
    }

    /// Follows from after the entry `seq`.
    ///
    /// # Errors
    /// [`LogError::Read`].
    pub fn after(paths: &Paths, seq: u64) -> Result<Self, LogError> {
        let watch = watch(paths)?;
        Ok(Self { cursor: Cursor::after(paths, seq)?, watch, paths: paths.clone() })
    }

    /// What has been appended since the last call. Returns at once.
    ///
    /// # Errors
    /// [`LogError::Read`].
    pub fn entries(&mut self) -> Result<Vec<Entry>, LogError> {
        let mut found = Vec::new();
        while let Some(entry) = self.cursor.next(|line| Entry::parse(line).map(|e| (e.seq, e)))? {
            found.push(entry);
        }
        Ok(found)
    }

    /// Waits until something has been appended, at most `timeout` (`None`: for ever); empty where that passed.
    ///
    /// # Errors
    /// [`LogError::Read`].
    pub fn wait(&mut self, timeout: Option<Duration>) -> Result<Vec<Entry>, LogError> {
        let deadline = timeout.map(|t| Instant::now() + t);
        loop {
            let found = self.entries()?;
            let left = deadline.map(|d| d.saturating_duration_since(Instant::now()));
            if !found.is_empty() || left == Some(Duration::ZERO) {
                return Ok(found);
            }
            self.watch.wait(left).map_err(|source| read_error(&self.paths.threados, source))?;
        }
    }

    /// Whether, since this was last asked, the log turned out to be another one, see [`Cursor::take_lost`].
    pub fn take_lost(&mut self) -> bool {
        self.cursor.take_lost()
    }

    /// After which entry it stands.
    pub fn position(&self) -> &Position {
        self.cursor.position()
    }

    /// The watch, for an event loop: when its descriptor is readable, call [`Watch::changes`] and then
    /// [`Follower::entries`].
    pub fn watch(&mut self) -> &mut Watch {
        &mut self.watch
    }
}

fn watch(paths: &Paths) -> Result<Watch, LogError> {
    Watch::new(paths).map_err(|source| read_error(&paths.threados, source))
}

#[cfg(test)]
mod tests;

//! Where a process stands: below the wrapper of a step, or outside.

use std::path::PathBuf;

use super::Holder;

/// A step that a process belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inside {
    /// Who holds its lock.
    pub holder: Holder,
    /// That lock.
    pub lock_file: PathBuf,
}

/// Where a process stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Below the wrapper of this step.
    Inside(Box<Inside>),
    /// Below no wrapper of the project.
    Outside {
        /// The processes above it, the nearest first.
        above: Vec<u32>,
    },
    /// It is gone, or cannot be seen from here.
    Unknown,
}

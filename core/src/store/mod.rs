//! The files of a project: reading, writing and locking them.

pub mod yaml;

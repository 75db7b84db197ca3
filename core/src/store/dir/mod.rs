//! A folder held open: the names in it are reached through it, so that nobody can put another folder in its
//! place between two steps of a write.

#[cfg(not(unix))]
mod portable;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(crate) use portable::Dir;
#[cfg(unix)]
pub(crate) use unix::Dir;

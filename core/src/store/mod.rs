//! The files of a project: where they are, how they are read and written, who may write.

pub mod atomic;
pub mod bounded;
mod dir;
mod identity;
pub mod lock;
pub mod outer;
pub mod paths;
pub mod prompt;
mod refused;
pub mod regular;
pub mod replaced;
pub(crate) mod same;
pub(crate) mod secret;
mod temporary;
#[cfg(test)]
pub(crate) mod testing;
pub mod yaml;

pub use identity::FileId;
pub use paths::Paths;
pub use refused::hint_of_io;
pub use temporary::temporary_dir;

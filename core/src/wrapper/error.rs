//! Why a step could not be wrapped.

use std::io;
use std::path::{Path, PathBuf};

/// Why an attempt could not be started, stopped or recorded. A step that fails is no error: it has a record.
#[derive(Debug, thiserror::Error)]
pub enum WrapperError {
    /// A file of the attempt could not be made, read or written.
    #[error("cannot {what} {}: {source} (check space and permissions of that folder)", path.display())]
    File {
        /// What was tried: `create`, `write`, `move`, …
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A JSON file or message is not what it should be.
    #[error("{what} is not valid: {source}")]
    Json {
        /// The file or message.
        what: String,
        /// What the parser said.
        source: serde_json::Error,
    },
    /// Another wrapper holds the attempt's lock.
    #[error("{} is held by another wrapper: this attempt runs already (stop it first)", .0.display())]
    Held(PathBuf),
    /// The wrapper of the attempt does not answer to its lock file.
    #[error("{} is held, but it does not name its wrapper yet (try again)", .0.display())]
    Unnamed(PathBuf),
    /// Whoever asked for the attempt has given it up meanwhile.
    #[error("it was asked for too long ago, so it did not begin")]
    TooLate,
    /// A call to the system failed.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A glob of `artifacts` does not parse.
    #[error("artifact pattern `{pattern}`: {message}")]
    Pattern {
        /// The glob as written.
        pattern: String,
        /// What is wrong with it.
        message: String,
    },
    /// The file behind `$THREADOS_OUTPUT` cannot be taken over.
    #[error("outputs: {0}")]
    Outputs(String),
    /// It took too long to come to its lock; the step may run elsewhere by now.
    #[error("the engine has given this process up before it began")]
    GivenUp,
    /// This platform has no wrapper yet.
    #[error("steps can be run on Linux only so far: this platform has no wrapper")]
    Unsupported,
}

impl WrapperError {
    /// An error of a file, for `map_err`.
    pub(crate) fn file(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { what, path, source }
    }

    /// An error of a system call, for `map_err`.
    #[cfg(target_os = "linux")]
    pub(crate) fn system<E: Into<io::Error>>(what: &'static str) -> impl FnOnce(E) -> Self {
        move |source| Self::System { what, source: source.into() }
    }

    /// An error of a JSON text, for `map_err`.
    pub(crate) fn json(what: impl Into<String>) -> impl FnOnce(serde_json::Error) -> Self {
        let what = what.into();
        move |source| Self::Json { what, source }
    }
}

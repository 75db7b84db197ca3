//! Why the API cannot be served.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::workspace::DoorError;

/// Why the API cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The project cannot be read.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// Others could reach the address.
    #[error("{0} can be reached from other machines, and the API is for this one")]
    Remote(SocketAddr),
    /// Others could reach the address, and SAFE does not allow that.
    #[error("{0} can be reached from other machines, which SAFE mode refuses")]
    RemoteInSafe(SocketAddr),
    /// It cannot listen there.
    #[error("cannot listen on {at}: {source}")]
    Listen {
        /// The address, or the path of the socket.
        at: String,
        /// What the system says.
        source: io::Error,
    },
    /// Something that is no socket stands where the socket should be.
    #[error("{} is there already and is no socket; remove it or name another path", .0.display())]
    NoSocket(PathBuf),
    /// Somebody serves there already.
    #[error("{0} is in use already")]
    Taken(String),
    /// The token cannot be kept.
    #[error("cannot keep the API's token in {}: {source}", path.display())]
    Token {
        /// Its file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The system refused.
    #[error("cannot {what}: {source}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
}

impl HttpError {
    /// The code programs see.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Door(error) => error.code(),
            Self::Remote(_) | Self::RemoteInSafe(_) => "REMOTE_REFUSED",
            Self::Taken(_) => "ADDRESS_IN_USE",
            Self::Listen { .. } | Self::NoSocket(_) => "CANNOT_LISTEN",
            Self::Token { .. } | Self::Io { .. } => "IO",
        }
    }

    /// What the person can do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Door(error) => return error.hint(),
            Self::Remote(_) => {
                "use 127.0.0.1, or --unix PATH; --allow-remote opens it to others, in POWER mode".into()
            }
            Self::RemoteInSafe(_) => {
                "use 127.0.0.1 and a tunnel (ssh -L), or `seqctl policy mode POWER` first".into()
            }
            Self::Taken(_) => {
                "another `seqctl serve` may be at work; name another one with --addr or --unix".into()
            }
            Self::Listen { at, .. } if at.contains('/') => {
                "make the folder it is to stand in, or name another path with --unix".into()
            }
            Self::Listen { .. } => "name another one with --addr 127.0.0.1:PORT (0 takes a free port)".into(),
            _ => return None,
        })
    }
}

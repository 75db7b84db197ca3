//! Where the API listens: loopback, or a socket that only our own user may connect to.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::AsFd as _;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use super::HttpError;
use super::hosts::Hosts;
use crate::model::Mode;

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 1024;

/// Where to listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bind {
    /// An address; port 0 takes a free one.
    Tcp(SocketAddr),
    /// A socket in the file system, made 0600.
    Unix(PathBuf),
}

/// A place to listen that is ours.
pub(super) enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener, Socket),
}

/// The file of a Unix socket; it goes with its owner.
pub(super) struct Socket(PathBuf);

impl Drop for Socket {
    fn drop(&mut self) {
        // Whoever finds it left behind finds that nobody listens, and takes it.
        drop(std::fs::remove_file(&self.0));
    }
}

impl Listener {
    /// Listens.
    ///
    /// # Errors
    /// [`HttpError`] where others could reach the address although they must not, or it cannot be had.
    pub fn open(bind: &Bind, allow_remote: bool, mode: Mode) -> Result<Self, HttpError> {
        match bind {
            Bind::Unix(path) => unix(path),
            Bind::Tcp(at) if at.ip().is_loopback() => tcp(*at),
            Bind::Tcp(at) if !allow_remote => Err(HttpError::Remote(*at)),
            Bind::Tcp(at) if mode == Mode::Safe => Err(HttpError::RemoteInSafe(*at)),
            Bind::Tcp(at) => tcp(*at),
        }
    }

    /// What clients are told: a URL, or the path of the socket.
    pub fn address(&self) -> io::Result<String> {
        match self {
            Self::Tcp(listener) => Ok(format!("http://{}", listener.local_addr()?)),
            Self::Unix(_, socket) => Ok(socket.0.display().to_string()),
        }
    }

    /// The names by which requests may call us.
    pub fn hosts(&self) -> io::Result<Hosts> {
        match self {
            Self::Tcp(listener) => Ok(Hosts::of(listener.local_addr()?)),
            Self::Unix(..) => Ok(Hosts::of_socket()),
        }
    }

    /// Whether other machines can reach it.
    pub fn is_remote(&self) -> bool {
        match self {
            Self::Tcp(listener) => listener.local_addr().is_ok_and(|at| !at.ip().is_loopback()),
            Self::Unix(..) => false,
        }
    }
}

fn tcp(at: SocketAddr) -> Result<Listener, HttpError> {
    let failed = |source| listen_error(at.to_string(), source);
    let listener = TcpListener::bind(at).map_err(failed)?;
    // A burst of connections waits in line instead of being put off for a second.
    rustix::net::listen(listener.as_fd(), BACKLOG).map_err(|e| failed(e.into()))?;
    listener.set_nonblocking(true).map_err(failed)?;
    Ok(Listener::Tcp(listener))
}

/// Bound under another name and closed to others before it gets its own, so that at no time anybody else could
/// connect.
fn unix(path: &Path) -> Result<Listener, HttpError> {
    let at = || path.display().to_string();
    let failed = |source| listen_error(at(), source);
    match std::fs::symlink_metadata(path) {
        Ok(there) if !there.file_type().is_socket() => return Err(HttpError::NoSocket(path.to_owned())),
        Ok(_) if UnixStream::connect(path).is_ok() => return Err(HttpError::Taken(at())),
        _ => {}
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let unnamed = path.with_file_name(format!(".{name}.{}", std::process::id()));
    drop(std::fs::remove_file(&unnamed));
    let listener = UnixListener::bind(&unnamed).map_err(failed)?;
    let ready = std::fs::set_permissions(&unnamed, std::fs::Permissions::from_mode(0o600))
        .and_then(|()| rustix::net::listen(listener.as_fd(), BACKLOG).map_err(Into::into))
        .and_then(|()| listener.set_nonblocking(true))
        .and_then(|()| std::fs::rename(&unnamed, path));
    if let Err(source) = ready {
        drop(std::fs::remove_file(&unnamed));
        return Err(failed(source));
    }
    Ok(Listener::Unix(listener, Socket(path.to_owned())))
}

fn listen_error(at: String, source: io::Error) -> HttpError {
    match source.kind() {
        io::ErrorKind::AddrInUse => HttpError::Taken(at),
        _ => HttpError::Listen { at, source },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_open_by_itself_and_safe_refuses_the_rest() {
        let remote = Bind::Tcp("0.0.0.0:0".parse().unwrap());
        assert!(matches!(Listener::open(&remote, false, Mode::Power), Err(HttpError::Remote(_))));
        assert!(matches!(Listener::open(&remote, true, Mode::Safe), Err(HttpError::RemoteInSafe(_))));
        assert!(Listener::open(&remote, true, Mode::Power).unwrap().is_remote());
        let local = Listener::open(&Bind::Tcp("127.0.0.1:0".parse().unwrap()), false, Mode::Safe).unwrap();
        assert!(!local.is_remote() && local.address().unwrap().starts_with("http://127.0.0.1:"));
    }

    #[test]
    fn a_socket_is_ours_alone_goes_with_its_server_and_replaces_one_left_behind() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("api.sock");
        let bind = Bind::Unix(path.clone());
        let open = || Listener::open(&bind, false, Mode::Safe);
        let first = open().unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(matches!(open(), Err(HttpError::Taken(_))));
        drop(first);
        assert!(!path.exists());
        drop(UnixListener::bind(&path).unwrap());
        assert!(path.exists(), "left behind by a server that was killed");
        drop(open().unwrap());
        std::fs::write(&path, "precious").unwrap();
        assert!(matches!(open(), Err(HttpError::NoSocket(_))));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
    }
}

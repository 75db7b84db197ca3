//! The protocol over two byte streams, such as the standard input and output that a face hands in.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::thread;

use rmcp::ServiceExt as _;

use super::server::{Desk, Server};

/// Why a session could not begin, or broke off.
#[derive(Debug, thiserror::Error)]
pub enum McpError {
    /// The system refused.
    #[error("cannot serve MCP: {0}")]
    Io(#[from] io::Error),
    /// The client does not speak the protocol.
    #[error("the client did not begin as the protocol asks: {0}")]
    Handshake(String),
}

/// Serves one client until it closes `input`. Two threads carry the bytes, so that neither stream has to be one that can
/// be waited for.
///
/// # Errors
/// [`McpError`]; a client that closes its input before it has said anything is none.
pub fn serve(
    desk: Desk,
    input: impl Read + Send + 'static,
    output: impl Write + Send + 'static,
) -> Result<(), McpError> {
    let (ours, theirs) = UnixStream::pair()?;
    let (inwards, outwards) = (theirs.try_clone()?, theirs);
    thread::spawn(move || {
        drop(carry(input, &inwards));
        drop(inwards.shutdown(Shutdown::Write));
    });
    let writer = thread::spawn(move || {
        // A client that reads no more has nothing more to say, either.
        drop(carry(&outwards, output));
        drop(outwards.shutdown(Shutdown::Both));
    });
    let done = converse(desk, ours);
    // What was answered reaches the client before we end.
    drop(writer.join());
    done
}

/// Copies bytes as they come, each piece at once.
fn carry(mut from: impl Read, mut to: impl Write) -> io::Result<()> {
    let mut piece = vec![0; 64 << 10];
    loop {
        match from.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(n) => {
                to.write_all(&piece[..n])?;
                to.flush()?;
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

fn converse(desk: Desk, stream: UnixStream) -> Result<(), McpError> {
    stream.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let result = runtime.block_on(async {
        let stream = tokio::net::UnixStream::from_std(stream)?;
        match Server::new(desk).serve(stream.into_split()).await {
            Ok(running) => {
                drop(running.waiting().await);
                Ok(())
            }
            Err(rmcp::service::ServerInitializeError::ConnectionClosed(_)) => Ok(()),
            Err(error) => Err(McpError::Handshake(error.to_string())),
        }
    });
    // A tool may still wait for a run that nobody asks after any more.
    runtime.shutdown_background();
    result
}

//! Ways out of a sandbox that a shell has no words for: `escape WAY ARGUMENT` ends with 0 where it got out.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [way, argument] = arguments.as_slice() else { return ExitCode::from(2) };
    let got_out = match way.as_str() {
        "abstract" => {
            SocketAddr::from_abstract_name(argument).and_then(|a| UnixStream::connect_addr(&a)).map(drop)
        }
        "socket" => UnixStream::connect(argument).map(drop),
        "tcp" => TcpStream::connect(argument).and_then(|mut s| s.write_all(b"x")),
        "listen" => TcpListener::bind(argument).map(drop),
        "pane" => steal(argument),
        "keeper" => look(argument),
        "udp" => UdpSocket::bind("127.0.0.1:0").and_then(|s| s.send_to(b"x", argument)).map(drop),
        _ => return ExitCode::from(2),
    };
    match got_out {
        Ok(()) => ExitCode::SUCCESS,
        // Its text is for the person who reads the log of a failed test.
        Err(error) => {
            drop(writeln!(std::io::stderr(), "{error}"));
            ExitCode::FAILURE
        }
    }
}

/// Asks the keeper of a session what stands on its screen.
fn look(socket: &str) -> std::io::Result<()> {
    let mut stream = UnixStream::connect(socket)?;
    let asked = writeln!(stream, "\"screen\"");
    let answer = BufReader::new(stream).lines().next();
    match (asked, answer) {
        (Ok(()), Some(Ok(_))) => Ok(()),
        _ => Err(std::io::Error::other("it hung up")),
    }
}

/// Poses as the pane of step `late`: shows a forged ticket, takes the work it is given, and shows that ticket again. It
/// waits for work before, so that whoever sees the forged one on record knows that it does.
fn steal(socket: &str) -> std::io::Result<()> {
    let mut stream = UnixStream::connect(socket)?;
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let forged = format!(r#"{{"pane":{{"redeem":{{"ticket":"{}"}}}}}}"#, "0".repeat(64));
    writeln!(stream, r#"{{"pane":{{"waiting":{{"pane":{{"step":"late"}}}}}}}}"#)?;
    writeln!(stream, "{forged}")?;
    while let Some(line) = lines.next().transpose()? {
        if let Some((_, rest)) = line.split_once(r#""ticket":{"ticket":""#) {
            let ticket = rest.split('"').next().unwrap_or_default();
            for _ in 0..2 {
                writeln!(stream, r#"{{"pane":{{"redeem":{{"ticket":"{ticket}"}}}}}}"#)?;
            }
        }
    }
    Ok(())
}

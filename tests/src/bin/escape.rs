//! Ways out of a sandbox that a shell has no words for: `escape WAY ARGUMENT` ends with 0 where it got out.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

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
        "late" => come_late(argument),
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

/// Says that it is the pane of step `late` and waits for work, then shows a forged ticket: whoever sees that on record
/// knows that it does.
fn pose(stream: &mut UnixStream) -> std::io::Result<()> {
    writeln!(stream, "{}", json!({"pane": {"waiting": {"pane": {"step": "late"}}}}))?;
    writeln!(stream, "{}", json!({"pane": {"redeem": {"ticket": "0".repeat(64)}}}))
}

/// Poses as the pane of step `late` on a machine that is so busy that it comes to its work when the time for it is over.
fn come_late(socket: &str) -> std::io::Result<()> {
    let mut stream = UnixStream::connect(socket)?;
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    pose(&mut stream)?;
    while let Some(line) = lines.next().transpose()? {
        let heard: Value = serde_json::from_str(&line)?;
        if let Some(ticket) = heard["pane"]["ticket"]["ticket"].as_str() {
            writeln!(stream, "{}", json!({"pane": {"redeem": {"ticket": ticket}}}))?;
        }
        if let Some(job) = heard["pane"]["job"]["job"].as_object() {
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_millis(3800) {
                std::hint::spin_loop();
            }
            let key = json!({"run_id": job["run_id"], "step_id": job["step_id"], "attempt": job["attempt"]});
            writeln!(stream, "{}", json!({"pane": {"event": {"event": {"event": "too_late", "key": key}}}}))?;
        }
    }
    Ok(())
}

/// Poses as the pane of step `late`: takes the work it is given, and shows that ticket again.
fn steal(socket: &str) -> std::io::Result<()> {
    let mut stream = UnixStream::connect(socket)?;
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    pose(&mut stream)?;
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

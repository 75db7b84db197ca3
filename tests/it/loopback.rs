//! Unconfigured, nothing of ours connects beyond this machine: every call that could is traced.

use std::io::Write as _;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;

use crate::http_kit::{Served, Stream, two_steps};
use crate::support::{Project, kill};

/// `strace` on the PATH; it is an extra, which CI installs.
fn tracer() -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|dir| dir.join("strace"))
        .find(|path| path.is_file())
}

/// A command line whose every process has its network calls written to a file.
fn traced(p: &Project, strace: &Path, file: &Path, line: &str) -> Command {
    let words = shlex::split(line).unwrap();
    let plain = p.command(&words.iter().map(String::as_str).collect::<Vec<_>>());
    let mut command = Command::new(strace);
    command
        .args(["-f", "-qq", "-e", "trace=connect,bind,sendto,sendmsg,sendmmsg", "-o"])
        .arg(file)
        .arg(plain.get_program())
        .args(plain.get_args())
        .current_dir(p.root())
        .env_clear()
        .stdin(Stdio::null());
    for (name, value) in plain.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    command
}

/// The Internet addresses in a trace.
fn addresses(trace: &str) -> Vec<(IpAddr, &str)> {
    let mut found = Vec::new();
    for line in trace.lines() {
        for mark in ["inet_addr(\"", "inet_pton(AF_INET6, \""] {
            for part in line.split(mark).skip(1) {
                let address = part.split('"').next().unwrap_or_default();
                found.push((address.parse().unwrap_or_else(|e| panic!("{e}: {line}")), line));
            }
        }
    }
    found
}

#[test]
fn every_network_call_of_an_unconfigured_project_stays_on_this_machine() {
    let Some(strace) = tracer() else {
        eprintln!("there is no strace here: what the processes call is not traced");
        return;
    };
    let p = two_steps();
    let folder = p.root().join("../traces");
    std::fs::create_dir(&folder).unwrap();
    let mut traces = 0;
    let mut file = || {
        traces += 1;
        folder.join(traces.to_string())
    };
    for line in [
        "init other",
        "status",
        "validate",
        "doctor",
        "why b",
        "chat 'why is b blocked?'",
        "chat 'add a check step that runs true after b' --apply",
        "run all",
        "logs a",
        "audit verify",
        "template list",
        "schema",
        "mprocs status",
    ] {
        let ran =
            traced(&p, &strace, &file(), line).stdout(Stdio::null()).stderr(Stdio::piped()).output().unwrap();
        let failed = String::from_utf8_lossy(&ran.stderr).contains("strace:");
        assert!(!failed, "{line}: {}", String::from_utf8_lossy(&ran.stderr));
    }
    assert_eq!(p.status("check"), "DONE", "the run itself was traced");

    let mut mcp = traced(&p, &strace, &file(), "mcp");
    let mut mcp = mcp.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}});
    writeln!(mcp.stdin.take().unwrap(), "{hello}").unwrap();
    mcp.wait().unwrap();

    let mut serve = traced(&p, &strace, &file(), "serve --addr 127.0.0.1:0 --json");
    let s = Served::begun(serve.stdout(Stdio::piped()).spawn().unwrap());
    let mut stream = Stream::open(&s, None);
    assert_eq!(stream.next().unwrap().name, "snapshot");
    s.ok("/api/step", json!({"action": "add", "id": "c", "command": ["true"]}));
    s.ok("/api/run", json!({"stepId": "c"}));
    stream.transition("step.end");
    assert_eq!(s.post("/api/chat", json!({"message": "what is running?"})).status, 200);
    for pid in p.processes() {
        kill(pid, "TERM");
    }
    s.stop();

    let read = |n: u32| std::fs::read_to_string(folder.join(n.to_string())).unwrap();
    let all: Vec<String> = (1..=traces).map(read).collect();
    assert!(all.iter().any(|trace| trace.contains("AF_UNIX")), "the engine's socket is seen");
    let calls: Vec<_> = all.iter().flat_map(|trace| addresses(trace)).collect();
    assert!(!calls.is_empty(), "the server's own address is seen");
    let beyond: Vec<_> = calls.iter().filter(|(address, _)| !address.is_loopback()).collect();
    assert!(beyond.is_empty(), "{beyond:#?}");
}

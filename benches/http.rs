//! The HTTP API: the status of 1,000 steps beside a bare axum handler that returns the same bytes, and how long it takes
//! from a child's end to a hundred listeners.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use chrono::{DateTime, Utc};
use threados_benches::{Contender, Project, Sizes, compare};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const CONNECTIONS: usize = 50;
const LISTENERS: usize = 100;

fn main() {
    let mut args = std::env::args().skip(1);
    if args.next().as_deref() == Some("bare") {
        return bare(&PathBuf::from(args.next().expect("a file")));
    }
    let sizes = Sizes::from_args();
    let seqctl = Path::new(env!("CARGO_BIN_EXE_seqctl-under-bench"));
    status(sizes, seqctl);
    listeners(sizes, seqctl);
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// A server in a process of its own; ended when dropped.
struct Serving {
    child: Child,
    at: SocketAddr,
    head: String,
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.child.kill().expect("to end the server");
        self.child.wait().expect("its end");
    }
}

impl Serving {
    /// A command that says on its first line where it serves, after the last `//`.
    fn start(command: &mut Command, path: &str, token: &str) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("a server");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("its address");
        let at = line.split("http://").nth(1).and_then(|rest| rest.split(['"', '\n']).next());
        let at: SocketAddr =
            at.and_then(|at| at.parse().ok()).unwrap_or_else(|| panic!("no address: {line}"));
        let head = format!("GET {path} HTTP/1.1\r\nHost: {at}\r\nAuthorization: Bearer {token}\r\n\r\n");
        Self { child, at, head }
    }

    fn of(project: &Project, path: &str) -> Self {
        let mut command = project.command(&["serve", "--addr", "127.0.0.1:0", "--json"]);
        // The token is there as soon as the server says where it is.
        let file = project.root().join(".threados/state/api.token");
        let mut serving = Self::start(&mut command, path, "");
        let token = std::fs::read_to_string(file).expect("the token");
        serving.head = serving.head.replace("Bearer ", &format!("Bearer {token}"));
        serving
    }
}

/// The peer: nothing but a handler with its bytes.
fn bare(file: &Path) {
    let bytes = Bytes::from(std::fs::read(file).expect("the bytes"));
    runtime().block_on(async {
        let answer = move || {
            let bytes = bytes.clone();
            async move { ([(CONTENT_TYPE, "application/json")], bytes) }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        println!("http://{}", listener.local_addr().expect("its address"));
        axum::serve(listener, Router::new().route("/api/status", get(answer))).await.expect("to serve");
    });
}

fn status(sizes: Sizes, seqctl: &Path) {
    let steps = sizes.of(1000);
    let requests = sizes.of(20_000);
    let project = Project::of_steps(seqctl, steps, false, 8);
    let ours = Serving::of(&project, "/api/status");
    let bytes = runtime().block_on(async {
        let mut stream = BufferedStream::new(TcpStream::connect(ours.at).await.expect("a connection"));
        answer(&mut stream, &ours.head).await
    });
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), &bytes).expect("the bytes");
    let own = std::env::current_exe().expect("this program");
    let peer = Serving::start(Command::new(own).arg("bare").arg(file.path()), "/api/status", "");
    let title = format!(
        "{requests} times the status of {steps} steps ({} bytes) at {CONNECTIONS} connections",
        bytes.len()
    );
    let walls = compare(
        &title,
        sizes,
        &mut [
            Contender::new("bare axum handler", || load(&peer, requests)),
            Contender::new("GET /api/status", || load(&ours, requests)),
        ],
    );
    for (name, wall) in ["bare", "ours"].iter().zip(&walls) {
        println!("  {name}: {:.0} a second", requests as f64 / wall.as_secs_f64());
    }
}

type BufferedStream = tokio::io::BufReader<TcpStream>;

/// Asks so many times over all connections at once.
fn load(serving: &Serving, requests: usize) {
    runtime().block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..CONNECTIONS {
            let (at, head) = (serving.at, serving.head.clone());
            tasks.spawn(async move {
                let stream = TcpStream::connect(at).await.expect("a connection");
                stream.set_nodelay(true).expect("no delay");
                let mut stream = BufferedStream::with_capacity(64 << 10, stream);
                for _ in 0..requests / CONNECTIONS {
                    answer(&mut stream, &head).await;
                }
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.expect("a client");
        }
    });
}

async fn answer(stream: &mut BufferedStream, head: &str) -> Vec<u8> {
    stream.get_mut().write_all(head.as_bytes()).await.expect("to ask");
    let mut length = 0;
    let mut line = String::new();
    loop {
        line.clear();
        stream.read_line(&mut line).await.expect("an answer");
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.expect("a body");
    body
}

/// From the moment a wrapper sees its child's end, which the event tells, to each listener that has read it.
fn listeners(sizes: Sizes, seqctl: &Path) {
    let steps = sizes.of(300);
    let project = Project::of_steps(seqctl, steps, true, 1);
    let serving = Serving::of(&project, "/api/status/stream");
    let mut all: Vec<Duration> = runtime().block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..LISTENERS {
            let (at, head) = (serving.at, serving.head.clone());
            tasks.spawn(async move {
                let mut stream = BufferedStream::new(TcpStream::connect(at).await.expect("a connection"));
                stream.get_mut().write_all(head.as_bytes()).await.expect("to ask");
                listen(&mut stream, steps).await
            });
        }
        // Every listener has its snapshot before anything happens.
        tokio::time::sleep(Duration::from_millis(500)).await;
        let mut run = project.command(&["run", "all", "--quiet"]);
        let mut run = run.stdout(Stdio::null()).spawn().expect("a run");
        let mut all = Vec::new();
        while let Some(heard) = tasks.join_next().await {
            all.extend(heard.expect("a listener"));
        }
        run.wait().expect("the run's end");
        all
    });
    all.sort_unstable();
    let at = |part: usize| all[all.len() * part / 1000].as_secs_f64() * 1000.0;
    println!("\nchild's end to client: {steps} ends, {LISTENERS} listeners, {} times", all.len());
    println!("  p50 {:.3} ms  p90 {:.3} ms  p99 {:.3} ms  most {:.3} ms", at(500), at(900), at(990), at(999));
}

/// How long each of so many ends took to come here.
async fn listen(stream: &mut BufferedStream, ends: usize) -> Vec<Duration> {
    let mut times = Vec::with_capacity(ends);
    let mut line = String::new();
    while times.len() < ends {
        line.clear();
        assert!(stream.read_line(&mut line).await.expect("the stream") > 0, "the stream ended");
        let now = SystemTime::now();
        if !line.starts_with("data: ") || !line.contains("\"action\":\"step.end\"") {
            continue;
        }
        let ended = line.split("\"ended_at\":\"").nth(1).and_then(|rest| rest.split('"').next());
        let ended: DateTime<Utc> = ended.and_then(|text| text.parse().ok()).expect("its end");
        times.push(now.duration_since(ended.into()).unwrap_or_default());
    }
    times
}

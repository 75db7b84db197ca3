//! The HTTP API: the status of 1,000 steps beside a bare axum handler that returns the same bytes; how long it takes from
//! a child's end to a hundred listeners, beside axum's stock events; the status while five hundred slow connections are
//! open; what a hundred readers that do not read cost. Each prints its figure beside its goal.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use chrono::{DateTime, Utc};
use threados_benches::{Contender, Project, Sizes, compare};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

#[path = "src/plain.rs"]
mod plain;
#[path = "src/stock.rs"]
mod stock;

const CONNECTIONS: usize = 50;
const LISTENERS: usize = 100;

fn main() {
    let mut args = std::env::args().skip(1);
    match args.next().as_deref() {
        Some("bare") => return bare(&PathBuf::from(args.next().expect("a file"))),
        Some(peer @ ("stock" | "plain")) => {
            let serve = if peer == "stock" { stock::serve } else { plain::serve };
            let ends = args.next().and_then(|n| n.parse().ok()).expect("how many");
            return serve(ends, args.collect());
        }
        _ => {}
    }
    let sizes = Sizes::from_args();
    let seqctl = Path::new(env!("CARGO_BIN_EXE_seqctl-under-bench"));
    if cfg!(debug_assertions) {
        println!("an unoptimised build: this shows that everything runs, not how fast");
    }
    status(sizes, seqctl);
    listeners(sizes, seqctl);
    slow(sizes, seqctl);
    stalled(sizes, seqctl);
}

/// A figure beside its goal.
fn goal(what: &str, figure: f64, unit: &str, met: bool, goal: &str) {
    let word = if met { "met" } else { "MISSED" };
    println!("  goal {what}: {figure:.3} {unit} ({goal}): {word}");
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
    let ratio = walls[0].as_secs_f64() / walls[1].as_secs_f64();
    goal("status, beside bare axum", ratio, "times as fast", ratio >= 0.9, "at least 0.9");
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

/// From the moment a process sees its child's end, which the event tells, to each listener that has read it: ours, where
/// a wrapper sees it and the log is between, axum's stock events, where nothing is, and a plain loop of writes, the least
/// that this machine allows. Once with children that take a moment, as steps do, and once with children that do nothing:
/// then all that is measured is at work all the time, on every processor.
fn listeners(sizes: Sizes, seqctl: &Path) {
    for (what, child) in [("of 20 ms", &["sleep", "0.02"][..]), ("of nothing", &["true"])] {
        ends(sizes, seqctl, what, child);
    }
}

fn ends(sizes: Sizes, seqctl: &Path, what: &str, child: &[&str]) {
    let steps = sizes.of(300);
    println!("\nchild's end to client: {steps} children {what}, one after the other, {LISTENERS} listeners");
    let mut all = [Vec::new(), Vec::new(), Vec::new()];
    // Removed together at the end: ext4 takes long to make files where it has just removed thousands.
    let mut projects = Vec::new();
    for _ in 0..sizes.rounds.div_ceil(2) {
        for (times, peer) in all.iter_mut().zip(["plain", "stock"]) {
            let own = std::env::current_exe().expect("this program");
            let mut command = Command::new(own);
            command.arg(peer).arg(steps.to_string()).args(child).stdin(Stdio::piped());
            let mut peer = Serving::start(&mut command, "/", "");
            let mut begin = peer.child.stdin.take();
            times.extend(heard(&peer, steps, || {
                writeln!(begin.as_mut().expect("its input")).expect("to begin");
                None
            }));
        }
        let project = Project::of_steps(seqctl, steps, true, 1).running(child);
        let serving = Serving::of(&project, "/api/status/stream");
        all[2].extend(heard(&serving, steps, || {
            let mut run = project.command(&["run", "all", "--quiet"]);
            Some(run.stdout(Stdio::null()).spawn().expect("a run"))
        }));
        drop(serving);
        projects.push(project);
    }
    let names = ["a plain loop of writes", "axum's stock events", "GET /api/status/stream"];
    let mut figures = names.iter().zip(&mut all).map(|(name, times)| {
        times.sort_unstable();
        let at = |part: usize| times[times.len() * part / 1000].as_secs_f64() * 1000.0;
        let (p50, p99) = (at(500), at(990));
        println!(
            "  {name:<24} p50 {p50:.3} ms  p90 {:.3} ms  p99 {p99:.3} ms  most {:.3} ms",
            at(900),
            at(999)
        );
        (p50, p99)
    });
    let [Some(plain), Some(stock), Some(ours)] = [figures.next(), figures.next(), figures.next()] else {
        return;
    };
    goal("child's end to client, p50", ours.0, "ms", ours.0 <= 0.6, "at most 0.6");
    goal("child's end to client, p99", ours.1, "ms", ours.1 <= 5.0, "at most 5");
    let ratio = (ours.0 / stock.0).max(ours.1 / stock.1);
    goal("the worse of both, beside stock events", ratio, "times as long", ratio <= 1.0, "at most 1");
    let (p50, p99) = (ours.0 / plain.0, ours.1 / plain.1);
    println!("  beside the plain loop: p50 {p50:.2}, p99 {p99:.2} times as long");
}

/// The times of all listeners of a server, from before anything ends to the last end.
fn heard(serving: &Serving, ends: usize, begin: impl FnOnce() -> Option<Child>) -> Vec<Duration> {
    runtime().block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..LISTENERS {
            let mut stream = BufferedStream::new(TcpStream::connect(serving.at).await.expect("a connection"));
            stream.get_mut().write_all(serving.head.as_bytes()).await.expect("to ask");
            // It listens as soon as the first event is there: a snapshot, or a greeting.
            let mut line = String::new();
            while !line.starts_with("data: ") {
                line.clear();
                assert!(stream.read_line(&mut line).await.expect("the stream") > 0, "the stream ended");
            }
            tasks.spawn(async move { listen(&mut stream, ends).await });
        }
        let run = begin();
        let mut all = Vec::new();
        while let Some(heard) = tasks.join_next().await {
            all.extend(heard.expect("a listener"));
        }
        if let Some(mut run) = run {
            run.wait().expect("the run's end");
        }
        all
    })
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

/// The status, asked for while five hundred connections send next to nothing, and how long those stay.
fn slow(sizes: Sizes, seqctl: &Path) {
    const SLOW: usize = 500;
    let (steps, requests) = (sizes.of(1000), sizes.of(5000));
    let project = Project::of_steps(seqctl, steps, false, 8);
    let serving = Serving::of(&project, "/api/status");
    let (mut times, longest) = runtime().block_on(async {
        let begun = Instant::now();
        let mut closing = tokio::task::JoinSet::new();
        for i in 0..SLOW {
            let mut stream = TcpStream::connect(serving.at).await.expect("a connection");
            let text = match i % 3 {
                0 => "GET /api/sta".to_owned(),
                1 => format!("GET /api/status HTTP/1.1\r\nHost: {}\r\nX-Slow:", serving.at),
                _ => {
                    let head = serving.head.replace("GET /api/status", "POST /api/step");
                    let json = "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
                    format!("{}{json}", head.trim_end_matches("\r\n").to_owned() + "\r\n")
                }
            };
            closing.spawn(async move {
                let mut ended = stream.write_all(text.as_bytes()).await.is_err();
                let mut some = [0; 512];
                while !ended {
                    // A byte now and then, as one does who wants to stay.
                    let next = tokio::time::timeout(Duration::from_secs(1), stream.read(&mut some)).await;
                    ended = match next {
                        Ok(read) => read.is_err() || matches!(read, Ok(0)),
                        Err(_) => stream.write_all(b"y").await.is_err(),
                    };
                }
                begun.elapsed()
            });
        }
        let mut stream = BufferedStream::new(TcpStream::connect(serving.at).await.expect("a connection"));
        let mut times = Vec::with_capacity(requests);
        for _ in 0..requests {
            let asked = Instant::now();
            answer(&mut stream, &serving.head).await;
            times.push(asked.elapsed());
        }
        let mut longest = Duration::ZERO;
        while let Some(stayed) = closing.join_next().await {
            longest = longest.max(stayed.expect("a slow connection"));
        }
        (times, longest)
    });
    times.sort_unstable();
    let p99 = times[times.len() * 99 / 100].as_secs_f64() * 1000.0;
    println!("\n{requests} times the status of {steps} steps while {SLOW} slow connections are open");
    goal("status beside slow connections, p99", p99, "ms", p99 < 100.0, "below 100");
    let longest = longest.as_secs_f64();
    goal("the last slow connection was closed after", longest, "s", longest <= 35.0, "at most 35");
}

/// What readers cost that ask for the stream and never read.
fn stalled(sizes: Sizes, seqctl: &Path) {
    let steps = sizes.of(1000);
    let project = Project::of_steps(seqctl, steps, false, 8);
    let serving = Serving::of(&project, "/api/status/stream");
    let memory = || {
        let file = format!("/proc/{}/status", serving.child.id());
        let status = std::fs::read_to_string(file).expect("the memory of the server");
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).expect("a line of it");
        line.trim().trim_end_matches(" kB").parse::<f64>().expect("a number") / 1024.0
    };
    // What it needs for the changes themselves is none of the readers' cost.
    project.seqctl(&["run", "all", "--quiet"]);
    let before = memory();
    let readers: Vec<std::net::TcpStream> = (0..LISTENERS)
        .map(|_| {
            let mut stream = std::net::TcpStream::connect(serving.at).expect("a connection");
            stream.write_all(serving.head.as_bytes()).expect("to ask");
            stream
        })
        .collect();
    let mut most = memory();
    let runs = if sizes.small { 1 } else { 3 };
    for _ in 0..runs {
        project.seqctl(&["reset", "--all", "--yes"]);
        project.seqctl(&["run", "all", "--quiet"]);
        most = most.max(memory());
    }
    drop(readers);
    println!("\n{LISTENERS} readers that do not read, while {steps} steps run ({runs} times)");
    let cost = (most - before).max(0.0);
    goal("stalled readers", cost, "MiB", cost < 50.0, "below 50");
}

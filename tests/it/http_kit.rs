//! A server of the HTTP API for a test, and a client that writes bytes.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::ops::Deref;
use std::process::Child;
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};
use threados_core::http::{Bind, Config, HttpError, Limits, Server, Stopper};
use threados_core::store::Paths;
use threados_core::store::paths::Outside;
use threados_core::workspace::Workspace;

use crate::support::{PATIENCE, Project, kill};

/// `seqctl serve` at a free port of a project.
pub struct Served {
    client: Client,
    child: Child,
}

/// A server in this process, with limits of its own; it ends with the test.
pub struct Within {
    client: Client,
    stopper: Stopper,
    serving: Option<JoinHandle<Result<(), HttpError>>>,
}

/// Where to ask, and with what token.
pub struct Client {
    pub at: SocketAddr,
    pub token: String,
}

impl Deref for Served {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Deref for Within {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Answer {
    /// The JSON of the body.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("no JSON ({e}): {self:?}"))
    }

    /// The code of the error.
    #[track_caller]
    pub fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
    }
}

impl Served {
    /// Serves a project.
    pub fn new(p: &Project) -> Self {
        Self::begun(p.start("serve --addr 127.0.0.1:0 --json"))
    }

    /// A server that was started with `--json`.
    pub fn begun(mut child: Child) -> Self {
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let told: Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}"));
        let mut at: SocketAddr =
            told["address"].as_str().unwrap().trim_start_matches("http://").parse().unwrap();
        if at.ip().is_unspecified() {
            at.set_ip(Ipv4Addr::LOCALHOST.into());
        }
        let token = std::fs::read_to_string(told["token_file"].as_str().unwrap()).unwrap();
        Self { client: Client { at, token }, child }
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as Ctrl+C does, and gives its exit code.
    pub fn stop(mut self) -> Option<i32> {
        kill(self.pid(), "TERM");
        self.child.wait().unwrap().code()
    }
}

/// A server in this process that listens, and its token.
pub fn server(p: &Project, bind: Bind, limits: Limits) -> (Server, String) {
    let outside = Outside {
        state_home: Some(p.root().join("../home/state")),
        runtime_dir: Some(p.root().join("../run")),
    };
    let workspace = Workspace::new(Paths::with_outside(&p.root(), &outside).unwrap());
    let config = Config { workspace, engine: Vec::new(), bind, allow_remote: false, limits };
    let server = Server::bind(config).unwrap();
    let token = std::fs::read_to_string(server.token_file()).unwrap();
    (server, token)
}

impl Within {
    /// Serves a project with these limits.
    pub fn new(p: &Project, limits: Limits) -> Self {
        let free = Bind::Tcp((Ipv4Addr::LOCALHOST, 0).into());
        let (server, token) = server(p, free, limits);
        let at = server.address().trim_start_matches("http://").parse().unwrap();
        let stopper = server.stopper();
        let serving = std::thread::spawn(move || server.run());
        Self { client: Client { at, token }, stopper, serving: Some(serving) }
    }
}

impl Drop for Within {
    fn drop(&mut self) {
        self.stopper.stop();
        let ended = self.serving.take().map(JoinHandle::join);
        if !std::thread::panicking() {
            ended.unwrap().unwrap().unwrap();
        }
    }
}

impl Client {
    /// Sends bytes on a connection of their own, and reads the answer to its end.
    pub fn raw(&self, bytes: &[u8]) -> Option<Answer> {
        let mut stream = self.connect();
        // A server may refuse before it has read everything.
        drop(stream.write_all(bytes));
        read_answer(&mut BufReader::new(stream))
    }

    /// A connection.
    #[track_caller]
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.at).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// The head of a request with the token, without the empty line at its end.
    pub fn head(&self, method: &str, path: &str) -> String {
        format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n", self.at, self.token)
    }

    /// A good GET.
    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        let text = format!("{}Connection: close\r\n\r\n", self.head("GET", path));
        self.raw(text.as_bytes()).unwrap_or_else(|| panic!("no answer to GET {path}"))
    }

    /// A POST of JSON.
    #[track_caller]
    pub fn post(&self, path: &str, body: Value) -> Answer {
        self.post_as(&self.token, path, &body.to_string())
    }

    /// A POST of some text with some token.
    #[track_caller]
    pub fn post_as(&self, token: &str, path: &str, body: &str) -> Answer {
        let text = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.at,
            body.len(),
        );
        self.raw(text.as_bytes()).unwrap_or_else(|| panic!("no answer to POST {path}"))
    }

    /// A POST that has to succeed.
    #[track_caller]
    pub fn ok(&self, path: &str, body: Value) -> Value {
        let answer = self.post(path, body.clone());
        assert!(matches!(answer.status, 200 | 202), "POST {path} {body}: {answer:?}");
        assert_eq!(answer.json()["ok"], true);
        answer.json()
    }

    /// A POST that has to be refused so.
    #[track_caller]
    pub fn refused(&self, path: &str, body: Value, status: u16, code: &str) -> Value {
        let answer = self.post(path, body.clone());
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "POST {path} {body}: {answer:?}");
        answer.json()
    }

    /// Whether it lives and answers.
    pub fn lives(&self) -> bool {
        let text = format!("GET /api/health HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.at);
        self.raw(text.as_bytes()).is_some_and(|answer| answer.status == 200)
    }
}

/// Reads an answer; `None` where the connection ended before one.
pub fn read_answer(stream: &mut impl std::io::BufRead) -> Option<Answer> {
    let (status, headers) = read_head(stream)?;
    let mut body = Vec::new();
    if headers.get("transfer-encoding").is_some_and(|v| v == "chunked") {
        while let Some(chunk) = read_chunk(stream) {
            body.extend(chunk);
        }
    } else if let Some(length) = headers.get("content-length") {
        body.resize(length.parse().unwrap(), 0);
        stream.read_exact(&mut body).ok()?;
    }
    Some(Answer { status, headers, body })
}

/// Reads the head of an answer.
pub fn read_head(stream: &mut impl std::io::BufRead) -> Option<(u16, BTreeMap<String, String>)> {
    let line = read_line(stream)?;
    let status = line.split(' ').nth(1)?.parse().ok()?;
    let mut headers = BTreeMap::new();
    loop {
        let line = read_line(stream)?;
        let Some((name, value)) = line.split_once(':') else { return Some((status, headers)) };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
}

/// Reads a chunk of a body; `None` at its end.
pub fn read_chunk(stream: &mut impl std::io::BufRead) -> Option<Vec<u8>> {
    let length = usize::from_str_radix(read_line(stream)?.trim(), 16).ok()?;
    let mut chunk = vec![0; length + 2];
    stream.read_exact(&mut chunk).ok()?;
    chunk.truncate(length);
    (length > 0).then_some(chunk)
}

fn read_line(stream: &mut impl std::io::BufRead) -> Option<String> {
    let mut line = Vec::new();
    let n = stream.read_until(b'\n', &mut line).ok()?;
    (n > 0).then(|| String::from_utf8_lossy(&line).trim_end().to_owned())
}

/// An event of a stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub id: Option<u64>,
    pub name: String,
    pub data: Value,
}

/// A stream of events.
pub struct Stream {
    read: BufReader<TcpStream>,
    held: String,
}

impl Stream {
    /// Begins to listen, after an event where one is named.
    #[track_caller]
    pub fn open(served: &Client, after: Option<u64>) -> Self {
        let mut stream = served.connect();
        let after = after.map(|id| format!("Last-Event-ID: {id}\r\n")).unwrap_or_default();
        write!(stream, "{}{after}\r\n", served.head("GET", "/api/status/stream")).unwrap();
        let mut read = BufReader::new(stream);
        let (status, headers) = read_head(&mut read).unwrap();
        assert_eq!((status, headers["content-type"].as_str()), (200, "text/event-stream"));
        Self { read, held: String::new() }
    }

    /// The next event; `None` where the stream has ended.
    pub fn next(&mut self) -> Option<Event> {
        loop {
            while let Some((event, rest)) = self.held.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.held = rest;
                let field = |name: &str| event.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(": "));
                if let (Some(name), Some(data)) = (field("event"), field("data")) {
                    let id = field("id").map(|id| id.parse().unwrap());
                    let data = serde_json::from_str(data).unwrap_or_else(|e| panic!("{e}: {data}"));
                    return Some(Event { id, name: name.to_owned(), data });
                }
            }
            self.held += std::str::from_utf8(&read_chunk(&mut self.read)?).unwrap();
        }
    }

    /// The next transition of this action.
    #[track_caller]
    pub fn transition(&mut self, action: &str) -> Event {
        loop {
            let event = self.next().unwrap_or_else(|| panic!("the stream ended before {action}"));
            if event.name == "transition" && event.data["action"] == action {
                return event;
            }
        }
    }

    /// Waits at most so long for each piece.
    pub fn patience(&self, patience: Duration) {
        self.read.get_ref().set_read_timeout(Some(patience)).unwrap();
    }
}

/// A project of two steps, `a` and after it `b`.
pub fn two_steps() -> Project {
    let p = Project::new();
    p.ok("step add a -- true");
    p.ok("step add b --depends-on a -- true");
    p
}

/// A body that adds a step that does nothing.
pub fn add(id: &str) -> Value {
    json!({ "action": "add", "id": id, "command": ["true"] })
}

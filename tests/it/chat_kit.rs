//! A model server of the chat on the loopback, which answers as a test wants.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};
use threados_tests::obedient::Question;

use crate::support::Project;

/// What the server was asked.
#[derive(Debug, Clone)]
pub struct Asked {
    pub question: Question,
    pub body: Value,
    pub path: String,
    pub key: Option<String>,
}

/// What it answers.
#[derive(Debug, Clone)]
pub enum Reply {
    /// This text, in events of some characters each.
    Text(String),
    /// This text in one JSON object, as servers do that do not stream.
    Whole(String),
    /// A refusal.
    Status(u16, String),
    /// Bytes instead of a body of events; the connection stays open until the client is gone.
    Endless(&'static str),
}

/// A server that lives as long as the tests do.
pub struct ModelServer {
    pub at: SocketAddr,
    pub asked: Arc<Mutex<Vec<Asked>>>,
}

impl ModelServer {
    pub fn new(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (heard, answer) = (Arc::clone(&asked), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (heard, answer) = (Arc::clone(&heard), Arc::clone(&answer));
                thread::spawn(move || serve(&stream, &heard, answer.as_ref()));
            }
        });
        Self { at, asked }
    }

    /// One that always says the same.
    pub fn saying(text: &str) -> Self {
        let text = text.to_owned();
        Self::new(move |_| Reply::Text(text.clone()))
    }

    /// Makes it the provider of a project.
    pub fn provide(&self, p: &Project) {
        configure(p, &format!("http://{}/v1", self.at), "");
    }

    /// How often it was asked.
    pub fn count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

/// Makes a server the provider of a project.
pub fn configure(p: &Project, url: &str, key_env: &str) {
    let policy = p.read("policy.yaml");
    let (before, _) = policy.split_once("\nchat:").unwrap_or((policy.trim_end(), ""));
    let chat = format!(
        "\nchat:\n  provider: openai-compatible\n  url: \"{url}\"\n  model: tiny\n  key_env: \"{key_env}\"\n"
    );
    put(p, "policy.yaml", &format!("{before}{chat}"));
}

/// Puts a file below `.threados` in its place at once, so that nobody reads half of it.
pub fn put(p: &Project, file: &str, text: &str) {
    let beside = p.path(&format!("{file}.new"));
    std::fs::write(&beside, text).unwrap();
    std::fs::rename(beside, p.path(file)).unwrap();
}

/// The answer of a model in the form that is asked for.
pub fn lines(message: &str, commands: &[&str]) -> String {
    json!({ "message": message, "commands": commands, "look": [] }).to_string()
}

fn serve(mut stream: &TcpStream, heard: &Mutex<Vec<Asked>>, answer: &dyn Fn(&Asked) -> Reply) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let (mut length, mut key) = (0, None);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let (name, value) = header.trim().split_once(':').unwrap_or(("", ""));
        match name.to_ascii_lowercase().as_str() {
            "" => break,
            "content-length" => length = value.trim().parse().ok()?,
            "authorization" => key = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body: Value = serde_json::from_slice(&body).ok()?;
    let question = Question::read(body["messages"][1]["content"].as_str()?)?;
    let asked = Asked { question, body, path, key };
    heard.lock().unwrap().push(asked.clone());
    let head = |status: u16, kind: &str| {
        format!("HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n")
    };
    match answer(&asked) {
        Reply::Text(text) => {
            stream.write_all(head(200, "text/event-stream").as_bytes()).ok()?;
            let chars: Vec<char> = text.chars().collect();
            for piece in chars.chunks(7) {
                let piece: String = piece.iter().collect();
                let event = json!({ "choices": [{ "index": 0, "delta": { "content": piece } }] });
                write!(stream, "data: {event}\n\n").ok()?;
            }
            stream.write_all(b"data: [DONE]\n\n").ok()
        }
        Reply::Whole(text) => {
            let body = json!({ "choices": [{ "message": { "role": "assistant", "content": text } }] });
            write!(stream, "{}{body}", head(200, "application/json")).ok()
        }
        Reply::Status(status, text) => write!(stream, "{}{text}", head(status, "application/json")).ok(),
        Reply::Endless(text) => {
            stream.write_all(head(200, "text/event-stream").as_bytes()).ok()?;
            loop {
                stream.write_all(text.as_bytes()).ok()?;
            }
        }
    }
}

//! A server that speaks OpenAI's chat completions: on this machine, or on a host that the policy lists.

use std::io::{BufRead, BufReader, Read};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::ModelError;
use super::answer::{MOST_BYTES, shown};
use super::prompt::{Prompt, schema};
use super::spoken::Spoken;
use crate::chat::Ear;
use crate::policy::ChatSettings;

const NAME: &str = "openai-compatible";
/// Most bytes of an answer on the wire: each word comes in an event of its own.
const MOST_WIRE: u64 = 16 << 20;
/// Longest line of an event stream.
const MOST_LINE: u64 = 1 << 20;
/// Between two looks at whether it is still wanted.
const LOOK: Duration = Duration::from_millis(50);

/// What to call.
#[derive(Clone)]
struct Call {
    url: String,
    key: Option<String>,
    body: Value,
    limit: Duration,
}

/// What the thread that reads tells.
enum Told {
    Piece(String),
    End,
    Failed(String),
}

/// Asks the server; gives its whole answer.
pub(super) fn ask(
    settings: &ChatSettings,
    limit: Duration,
    prompt: &Prompt,
    ear: &mut Ear<'_>,
) -> Result<String, ModelError> {
    let call = call(settings, limit, prompt)?;
    let (send, told) = sync_channel(64);
    // It ends by its own time limit, or as soon as nobody listens.
    thread::spawn(move || {
        let last = match read(call, &send) {
            Ok(()) => Told::End,
            Err(message) => Told::Failed(message),
        };
        drop(send.send(last));
    });
    let until = Instant::now() + limit;
    let (mut text, mut spoken) = (String::new(), Spoken::default());
    loop {
        match told.recv_timeout(LOOK) {
            Ok(Told::Piece(piece)) => {
                let said = spoken.take(&piece);
                if !said.is_empty() {
                    (ear.hear)(&said);
                }
                text += &piece;
            }
            Ok(Told::End) => return Ok(text),
            Ok(Told::Failed(message)) => return Err(ModelError::Failed { provider: NAME, message }),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Err(ModelError::Failed { provider: NAME, message: "it broke off".to_owned() });
            }
        }
        if text.len() > MOST_BYTES {
            return Ok(text);
        }
        if (ear.cancelled)() {
            return Err(ModelError::Cancelled);
        }
        if Instant::now() >= until {
            return Err(ModelError::TimedOut { provider: NAME, seconds: limit.as_secs() });
        }
    }
}

fn call(settings: &ChatSettings, limit: Duration, prompt: &Prompt) -> Result<Call, ModelError> {
    for (key, value) in [("url", &settings.url), ("model", &settings.model)] {
        if value.is_empty() {
            return Err(ModelError::NotConfigured(key));
        }
    }
    let key = match settings.key_env.as_str() {
        "" => None,
        name => Some(std::env::var(name).map_err(|_| ModelError::NoKey(name.to_owned()))?),
    };
    let form = json!({ "name": "answer", "strict": true, "schema": schema() });
    let body = json!({
        "model": settings.model,
        "stream": true,
        "messages": [
            { "role": "system", "content": prompt.rules },
            { "role": "user", "content": prompt.question },
        ],
        "response_format": { "type": "json_schema", "json_schema": form },
    });
    let url = format!("{}/chat/completions", settings.url.trim_end_matches('/'));
    Ok(Call { url, key, body, limit })
}

/// Reads an answer to its end, piece by piece. A server that does not know the form of answers is asked without it.
fn read(mut call: Call, send: &SyncSender<Told>) -> Result<(), String> {
    let mut response = post(&call)?;
    if matches!(response.status().as_u16(), 400 | 404 | 422) {
        if let Some(body) = call.body.as_object_mut() {
            body.remove("response_format");
        }
        response = post(&call)?;
    }
    let status = response.status();
    let kind = response.body().mime_type().unwrap_or_default().to_ascii_lowercase();
    let mut reader = BufReader::new(response.body_mut().as_reader().take(MOST_WIRE));
    if !status.is_success() {
        let mut text = Vec::new();
        // What it says is only words.
        drop(reader.take(64 << 10).read_to_end(&mut text));
        return Err(format!("its server answered HTTP {}: {}", status.as_u16(), fault(&text)));
    }
    if kind == "text/event-stream" { events(&mut reader, send) } else { whole(&mut reader, send) }
}

/// An answer in one piece.
fn whole(reader: &mut impl Read, send: &SyncSender<Told>) -> Result<(), String> {
    let mut all = Vec::new();
    reader.read_to_end(&mut all).map_err(|e| broke_off(&e))?;
    let value: Value = serde_json::from_slice(&all).map_err(|_| "its server answered no JSON".to_owned())?;
    let text = value["choices"][0]["message"]["content"].as_str().unwrap_or_default();
    // Nobody may be there to hear it.
    drop(send.send(Told::Piece(text.to_owned())));
    Ok(())
}

/// An answer in events, each with some of its text.
fn events(reader: &mut impl BufRead, send: &SyncSender<Told>) -> Result<(), String> {
    loop {
        let mut line = Vec::new();
        let n = reader.by_ref().take(MOST_LINE).read_until(b'\n', &mut line).map_err(|e| broke_off(&e))?;
        let data = line.strip_prefix(b"data:").map(<[u8]>::trim_ascii);
        if n == 0 || data == Some(b"[DONE]") {
            return Ok(());
        }
        let Some(Ok(event)) = data.map(serde_json::from_slice::<Value>) else { continue };
        if let Some(error) = event.get("error") {
            return Err(format!("its server says: {}", shown(&words(error), 300)));
        }
        let piece = event["choices"][0]["delta"]["content"].as_str().unwrap_or_default();
        if !piece.is_empty() && send.send(Told::Piece(piece.to_owned())).is_err() {
            return Ok(());
        }
    }
}

/// Neither a proxy nor a redirection takes it elsewhere.
fn post(call: &Call) -> Result<ureq::http::Response<ureq::Body>, String> {
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(call.limit))
        .max_redirects(0)
        .proxy(None)
        .http_status_as_error(false)
        .build();
    let mut request = ureq::Agent::new_with_config(config)
        .post(&call.url)
        .header("content-type", "application/json")
        .header("accept", "text/event-stream, application/json");
    if let Some(key) = &call.key {
        request = request.header("authorization", format!("Bearer {key}"));
    }
    request.send(call.body.to_string()).map_err(|e| format!("its server cannot be reached: {e}"))
}

fn broke_off(error: &std::io::Error) -> String {
    format!("the answer of its server broke off: {error}")
}

/// What a refusal says.
fn fault(text: &[u8]) -> String {
    let value: Value = serde_json::from_slice(text).unwrap_or_default();
    match value.get("error") {
        Some(error) => shown(&words(error), 300),
        None => shown(String::from_utf8_lossy(text).trim(), 300),
    }
}

fn words(error: &Value) -> String {
    let text = error.as_str().or_else(|| error["message"].as_str());
    text.map_or_else(|| error.to_string(), str::to_owned)
}

//! A model server on the loopback, just good enough for the real agents: each prompt gets the same answer, unless a
//! `fake:` line in it asks for an error.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

use serde_json::{Value, json};

const ANSWER: &str = "Hello from the model.";
/// What it says to the chat.
const CHAT_ANSWER: &str =
    r#"{"message":"Hello from the model.","commands":["step add hello -- true"],"look":[]}"#;

/// Starts the server; it lives as long as the tests do.
pub fn start() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || serve(stream));
        }
    });
    port
}

/// Answers one request and closes the connection.
fn serve(stream: TcpStream) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let (mut length, mut chunked) = (0, false);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let header = header.trim().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(n) = header.strip_prefix("content-length:") {
            length = n.trim().parse().ok()?;
        }
        chunked |= header == "transfer-encoding: chunked";
    }
    let body = if chunked { read_chunks(&mut reader)? } else { read_exactly(&mut reader, length)? };
    let (status, kind, text) = answer(&path, &String::from_utf8_lossy(&body));
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\nx-should-retry: false\r\n\r\n",
        text.len()
    );
    (&stream).write_all((head + &text).as_bytes()).ok()
}

fn read_exactly(reader: &mut impl std::io::Read, length: usize) -> Option<Vec<u8>> {
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(body)
}

fn read_chunks(reader: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let length = usize::from_str_radix(line.trim(), 16).ok()?;
        body.extend(read_exactly(reader, length)?);
        reader.read_line(&mut String::new()).ok()?;
        if length == 0 {
            return Some(body);
        }
    }
}

fn answer(path: &str, prompt: &str) -> (u16, &'static str, String) {
    const JSON: &str = "application/json";
    if prompt.contains("fake: api-error") {
        let error = json!({ "type": "invalid_request_error", "message": "bad thing", "code": 400, "status": "INVALID_ARGUMENT" });
        return (400, JSON, json!({ "type": "error", "error": error }).to_string());
    }
    if prompt.contains("fake: limit") {
        let error = json!({ "type": "usage_limit_reached", "message": "This request would exceed your account's rate limit.", "resets_at": chrono::Utc::now().timestamp() + 3600 });
        return (429, JSON, json!({ "type": "error", "error": error }).to_string());
    }
    if path.contains("count") {
        return (200, JSON, json!({ "input_tokens": 11, "totalTokens": 11 }).to_string());
    }
    let said = if prompt.contains("You are the chat of ThreadOS") { CHAT_ANSWER } else { ANSWER };
    match path {
        path if path.contains("/chat/completions") => completions(prompt),
        path if path.contains("/v1/messages") => (200, "text/event-stream", sse(&messages(said))),
        path if path.contains("/responses") => (200, "text/event-stream", sse(&responses(said))),
        path if path.contains("streamGenerateContent") => {
            (200, "text/event-stream", format!("data: {}\n\n", generated(said)))
        }
        path if path.contains("enerateContent") => (200, JSON, generated(said).to_string()),
        _ => (404, JSON, "{}".to_owned()),
    }
}

fn sse(events: &[Value]) -> String {
    events.iter().map(|e| format!("event: {}\ndata: {e}\n\n", e["type"].as_str().unwrap())).collect()
}

/// Some of what is asked in this form is asked for whole, the rest as a stream.
fn completions(prompt: &str) -> (u16, &'static str, String) {
    let usage = json!({ "prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18 });
    let whole = |kind: &str, choice: Value| json!({ "id": "c1", "object": kind, "created": 1, "model": "own", "choices": [choice], "usage": usage });
    let stream = serde_json::from_str::<Value>(prompt).is_ok_and(|asked| asked["stream"] == true);
    let message = json!({ "role": "assistant", "content": ANSWER });
    if !stream {
        let choice = json!({ "index": 0, "message": message, "finish_reason": "stop" });
        return (200, "application/json", whole("chat.completion", choice).to_string());
    }
    let choice = json!({ "index": 0, "delta": message, "finish_reason": "stop" });
    let chunk = whole("chat.completion.chunk", choice);
    (200, "text/event-stream", format!("data: {chunk}\n\ndata: [DONE]\n\n"))
}

fn messages(said: &str) -> Vec<Value> {
    vec![
        json!({ "type": "message_start", "message": { "id": "msg_1", "type": "message", "role": "assistant",
            "model": "claude-sonnet-4-5", "content": [], "stop_reason": null, "stop_sequence": null,
            "usage": { "input_tokens": 11, "output_tokens": 1 } } }),
        json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "text", "text": "" } }),
        json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "text_delta", "text": said } }),
        json!({ "type": "content_block_stop", "index": 0 }),
        json!({ "type": "message_delta", "delta": { "stop_reason": "end_turn", "stop_sequence": null },
            "usage": { "output_tokens": 7 } }),
        json!({ "type": "message_stop" }),
    ]
}

fn responses(said: &str) -> Vec<Value> {
    let item = json!({ "type": "message", "id": "m1", "role": "assistant", "status": "completed",
        "content": [{ "type": "output_text", "text": said, "annotations": [] }] });
    let usage = json!({ "input_tokens": 11, "input_tokens_details": { "cached_tokens": 0 }, "output_tokens": 7,
        "output_tokens_details": { "reasoning_tokens": 0 }, "total_tokens": 18 });
    vec![
        json!({ "type": "response.created", "response": { "id": "r1" } }),
        json!({ "type": "response.output_item.done", "output_index": 0, "item": item }),
        json!({ "type": "response.completed", "response": { "id": "r1", "usage": usage } }),
    ]
}

fn generated(said: &str) -> Value {
    json!({ "candidates": [{ "content": { "role": "model", "parts": [{ "text": said }] }, "finishReason": "STOP", "index": 0 }],
        "usageMetadata": { "promptTokenCount": 11, "candidatesTokenCount": 7, "totalTokenCount": 18 },
        "modelVersion": "gemini-2.5-pro" })
}

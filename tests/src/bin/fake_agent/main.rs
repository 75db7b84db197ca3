//! The coding agents as the contract says they behave: called by the name of one of them, it reads its prompt
//! to the end of its input and does what the prompt's `fake:` lines say. What it was called with is noted in
//! `calls.jsonl` where it runs.

mod speech;

use std::env;
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio, exit};
use std::thread;
use std::time::Duration;

use serde_json::json;
use speech::{Kind, Speech};
use threados_tests::obedient::{Question, obey};

/// What the prompt asks of it: the lines `fake: WORD ARGUMENT`.
struct Script(Vec<(String, String)>);

impl Script {
    fn of(prompt: &str) -> Self {
        let lines = prompt.lines().filter_map(|line| line.trim().strip_prefix("fake: "));
        Self(lines.map(|l| l.split_once(' ').unwrap_or((l, ""))).map(|(a, b)| (a.into(), b.into())).collect())
    }

    fn get(&self, word: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == word).map(|(_, argument)| argument.as_str())
    }

    fn number(&self, word: &str) -> Option<i64> {
        self.get(word).map(|n| n.parse().unwrap_or_default())
    }
}

fn main() -> ExitCode {
    let mut args = env::args();
    let name = args.next().unwrap_or_default();
    let args: Vec<String> = args.collect();
    let name = Path::new(&name).file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let Some(kind) = Kind::named(&name) else {
        eprintln!("call it claude, codex, gemini, opencode or qwen");
        return ExitCode::from(2);
    };
    if args == ["--version"] {
        println!("9.9.9 (fake {name})");
        return ExitCode::SUCCESS;
    }
    let session = match kind.session(&args) {
        Ok(session) => session,
        Err(wrong) => {
            eprintln!("error: {wrong}");
            return ExitCode::from(kind.usage_error());
        }
    };
    let mut prompt = Vec::new();
    // An input that does not end hangs here, as the real ones do.
    let read = io::stdin().read_to_end(&mut prompt);
    let prompt = String::from_utf8_lossy(&prompt).into_owned();
    let tries =
        note(&json!({ "program": name, "args": args, "prompt": prompt, "cwd": cwd(), "read": read.is_ok() }));
    let mut speech = Speech::new(kind, session);
    if let Some(question) = Question::read(&prompt) {
        return answer(&question, &speech);
    }
    perform(&Script::of(&prompt), &mut speech, tries)
}

/// Answers the chat as a model that obeys all it reads. A person who says `do: COMMAND` finds that it has been taken over
/// altogether, and has a shell; what that printed is its message. `fail: MESSAGE` is an error of its API.
fn answer(question: &Question, speech: &Speech) -> ExitCode {
    speech.begin();
    if let Some(message) = question.said.strip_prefix("fail: ") {
        return leave(speech.fail(500, message, None).into());
    }
    let text = match question.said.strip_prefix("do: ") {
        Some(command) => {
            let ran = Command::new("sh").args(["-c", command]).stdin(Stdio::null()).output();
            let told =
                ran.map(|out| [out.stdout, out.stderr].concat()).unwrap_or_else(|e| e.to_string().into());
            json!({ "message": String::from_utf8_lossy(&told), "commands": [], "look": [] }).to_string()
        }
        None => obey(question),
    };
    speech.say(&text);
    speech.succeed(&text, 0.0, 11);
    leave(0)
}

fn cwd() -> String {
    env::current_dir().map(|dir| dir.display().to_string()).unwrap_or_default()
}

/// Notes this call and tells how many there were before it.
fn note(call: &serde_json::Value) -> usize {
    let before = fs::read_to_string("calls.jsonl").unwrap_or_default().lines().count();
    let file = OpenOptions::new().append(true).create(true).open("calls.jsonl");
    // In one write, for others append at the same time.
    drop(file.and_then(|mut file| file.write_all(format!("{call}\n").as_bytes())));
    before
}

fn perform(script: &Script, speech: &mut Speech, tries: usize) -> ExitCode {
    if let Some(code) = script.number("die") {
        if let Some(words) = script.get("complain") {
            eprintln!("\x1b[91m\x1b[1mError: \x1b[0mUnexpected error\n\n{words}\n");
        }
        return leave(code);
    }
    speech.begin();
    if script.get("noise").is_some() {
        let mut out = io::stdout();
        drop(out.write_all(b"Warning: an old terminal\n\xff\xfe\x00\n{\"type\":\n[1,2]\n{\"type\":\"new_kind\",\"x\":[{}]}\n"));
    }
    if let Some(megabytes) = script.number("flood") {
        speech.say(&"long line ".repeat(megabytes as usize * 100_000));
        for _ in 0..megabytes * 100 {
            speech.say(&"x".repeat(10_000));
        }
    }
    if let Some(text) = script.get("say") {
        speech.say(text);
    }
    if let Some(file) = script.get("wait-for") {
        drop(fs::write(format!("{file}.asked"), ""));
        while !Path::new(file).exists() {
            thread::sleep(Duration::from_millis(10));
        }
    }
    if let Some(ms) = script.number("work") {
        thread::sleep(Duration::from_millis(ms.unsigned_abs()));
    }
    if let Some(name) = script.get("tell-env") {
        speech.say(&env::var(name).unwrap_or_default());
    }
    if let Some(code) = failures(script, speech, tries) {
        return code;
    }
    if script.get("helper").is_some() {
        // It holds standard output open and outlives its parent.
        drop(Command::new("sleep").arg("987.6").stdin(Stdio::null()).spawn());
    }
    let usd = script.get("cost").and_then(|c| c.parse().ok()).unwrap_or(0.00023);
    let tokens = script.number("tokens").unwrap_or(11);
    speech.say("Hello from the model.");
    speech.succeed("Hello from the model.", usd, tokens);
    if script.get("hang").is_some() {
        thread::sleep(Duration::from_secs(900));
    }
    leave(script.number("exit").unwrap_or(0))
}

/// What goes wrong: always, or only in the first of its calls.
fn failures(script: &Script, speech: &mut Speech, tries: usize) -> Option<ExitCode> {
    if let Some(message) = script.get("api-error") {
        return Some(leave(speech.fail(400, message, None).into()));
    }
    if let Some(message) = script.get("fail-once").filter(|_| tries == 0) {
        speech.say("I have begun.");
        return Some(leave(speech.fail(500, message, None).into()));
    }
    if let Some(seconds) = script.number("limit-once").filter(|_| tries == 0) {
        speech.say("I have begun.");
        return Some(leave(speech.fail(429, "limit", Some(seconds)).into()));
    }
    if script.get("limit-untold").is_some() {
        return Some(leave(speech.fail(429, "limit", None).into()));
    }
    None
}

fn leave(code: i64) -> ExitCode {
    drop(io::stdout().flush());
    exit(i32::try_from(code).unwrap_or(1))
}

//! What each of the agents prints, as measured on the real ones.

use std::io::{self, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

/// Which of them it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Claude,
    Codex,
    Gemini,
    Opencode,
    Qwen,
}

/// The session of a call that resumes none.
const FRESH: &str = "5e55101f-0000-4000-8000-000000000001";

impl Kind {
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "claude" => Some(Self::Claude),
            "codex" => Some(Self::Codex),
            "gemini" => Some(Self::Gemini),
            "opencode" => Some(Self::Opencode),
            "qwen" => Some(Self::Qwen),
            _ => None,
        }
    }

    pub fn usage_error(self) -> u8 {
        match self {
            Self::Claude | Self::Opencode | Self::Qwen => 1,
            Self::Codex => 2,
            Self::Gemini => 42,
        }
    }

    /// The arguments with which it only answers.
    fn answering(self) -> Option<&'static [&'static str]> {
        let args: &[&str] = match self {
            Self::Claude => &[
                "-p",
                "--output-format",
                "stream-json",
                "--verbose",
                "--tools",
                "",
                "--strict-mcp-config",
                "--disable-slash-commands",
                "--no-session-persistence",
            ],
            Self::Codex => &[
                "exec",
                "--json",
                "-s",
                "read-only",
                "-c",
                "features.shell_tool=false",
                "-c",
                "features.unified_exec=false",
                "--ephemeral",
                "--skip-git-repo-check",
                "-",
            ],
            Self::Gemini => {
                &["-o", "stream-json", "--approval-mode", "default", "--skip-trust", "-e", "none"]
            }
            // The chat does not call them.
            Self::Opencode | Self::Qwen => return None,
        };
        Some(args)
    }

    /// The session that the arguments resume; an error for arguments that the real one does not take.
    pub fn session(self, args: &[String]) -> Result<Option<String>, String> {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        if self.answering().is_some_and(|answering| args == answering) {
            return Ok(None);
        }
        let expected: &[&str] = match self {
            Self::Claude => {
                &["-p", "--output-format", "stream-json", "--verbose", "--permission-mode", "acceptEdits"]
            }
            Self::Codex => &["exec", "--json", "-s", "workspace-write", "-C"],
            Self::Gemini => &["-o", "stream-json", "--approval-mode", "auto_edit", "--skip-trust"],
            Self::Opencode => &["run", "--format", "json"],
            Self::Qwen => &["--output-format", "stream-json", "--approval-mode", "auto-edit"],
        };
        let Some(rest) = args.strip_prefix(expected) else {
            return Err(format!("unexpected arguments {args:?}"));
        };
        match (self, rest) {
            (Self::Codex, [dir, "--skip-git-repo-check", "-"]) => here(dir).map(|()| None),
            (Self::Codex, [dir, "--skip-git-repo-check", "resume", session, "-"]) => {
                here(dir).map(|()| Some((*session).to_owned()))
            }
            (_, []) if self != Self::Codex => Ok(None),
            (Self::Claude | Self::Gemini | Self::Qwen, ["--resume", session])
            | (Self::Opencode, ["--session", session]) => Ok(Some((*session).to_owned())),
            _ => Err(format!("unexpected arguments {rest:?}")),
        }
    }
}

fn here(dir: &str) -> Result<(), String> {
    let cwd = std::env::current_dir().map_err(|e| e.to_string())?;
    if cwd.as_os_str() == dir { Ok(()) } else { Err(format!("{dir} is not {}", cwd.display())) }
}

/// An event stream under way.
pub struct Speech {
    kind: Kind,
    session: String,
    resumed: bool,
}

impl Speech {
    pub fn new(kind: Kind, session: Option<String>) -> Self {
        let resumed = session.is_some();
        Self { kind, session: session.unwrap_or_else(|| FRESH.to_owned()), resumed }
    }

    fn event(&self, event: &Value) {
        // A reader that is gone is no matter of ours.
        drop(writeln!(io::stdout(), "{event}"));
    }

    pub fn begin(&self) {
        match self.kind {
            Kind::Claude | Kind::Qwen => self.event(
                &json!({ "type": "system", "subtype": "init", "session_id": self.session, "model": "fake", "tools": [] }),
            ),
            Kind::Opencode => self.part("step_start", &json!({ "type": "step-start" })),
            Kind::Codex => {
                self.event(&json!({ "type": "thread.started", "thread_id": self.session }));
                self.event(&json!({ "type": "turn.started" }));
            }
            Kind::Gemini => {
                self.event(&json!({ "type": "init", "session_id": self.session, "model": "auto" }));
                self.event(&json!({ "type": "message", "role": "user", "content": "the prompt" }));
            }
        }
        if self.resumed {
            self.say("I go on.");
        }
    }

    /// An event of opencode.
    fn part(&self, kind: &str, part: &Value) {
        self.event(
            &json!({ "type": kind, "timestamp": now() * 1000, "sessionID": self.session, "part": part }),
        );
    }

    pub fn say(&self, text: &str) {
        if self.kind == Kind::Opencode {
            return self.part("text", &json!({ "type": "text", "text": text }));
        }
        self.event(&match self.kind {
            Kind::Claude | Kind::Qwen => json!({ "type": "assistant", "session_id": self.session, "parent_tool_use_id": null,
                "message": { "model": "fake", "role": "assistant", "content": [{ "type": "text", "text": text }] } }),
            Kind::Codex => {
                json!({ "type": "item.completed", "item": { "id": "item_1", "type": "agent_message", "text": text } })
            }
            Kind::Gemini | Kind::Opencode => {
                json!({ "type": "message", "role": "assistant", "content": format!("{text}\n"), "delta": true })
            }
        });
    }

    pub fn succeed(&self, text: &str, usd: f64, tokens: i64) {
        self.event(&match self.kind {
            Kind::Opencode => {
                let spent = json!({ "total": tokens + 7, "input": tokens, "output": 7, "reasoning": 0,
                    "cache": { "read": 0, "write": 0 } });
                let part = json!({ "type": "step-finish", "reason": "stop", "tokens": spent, "cost": usd });
                return self.part("step_finish", &part);
            }
            Kind::Qwen => json!({ "type": "result", "subtype": "success", "is_error": false, "result": text,
                "session_id": self.session, "usage": { "input_tokens": tokens, "output_tokens": 7,
                    "cache_read_input_tokens": 0, "total_tokens": tokens + 7 } }),
            Kind::Claude => json!({ "type": "result", "subtype": "success", "is_error": false, "api_error_status": null,
                "result": text, "session_id": self.session, "total_cost_usd": usd,
                "usage": { "input_tokens": tokens, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0, "output_tokens": 7 } }),
            // It counts the whole thread.
            Kind::Codex => {
                json!({ "type": "turn.completed", "usage": { "input_tokens": tokens, "cached_input_tokens": 0, "output_tokens": 7 } })
            }
            Kind::Gemini => json!({ "type": "result", "status": "success",
                "stats": { "total_tokens": tokens + 7, "input_tokens": tokens, "output_tokens": 7, "tool_calls": 0 } }),
        });
    }

    /// Fails as its API did, with the reset of a limit in so many seconds, and gives the exit code.
    pub fn fail(&self, status: u16, message: &str, seconds: Option<i64>) -> u8 {
        let reset = seconds.map(|s| now() + s);
        match self.kind {
            Kind::Claude => {
                if let Some(reset) = reset {
                    self.event(&json!({ "type": "rate_limit_event", "session_id": self.session,
                        "rate_limit_info": { "status": "rejected", "resetsAt": reset, "rateLimitType": "five_hour" } }));
                }
                let text = format!("API Error: {status} {message}");
                let error = if status == 429 { "rate_limit" } else { "unknown" };
                self.event(&json!({ "type": "assistant", "session_id": self.session, "error": error,
                    "message": { "model": "<synthetic>", "role": "assistant", "content": [{ "type": "text", "text": text }] } }));
                self.event(&json!({ "type": "result", "subtype": "success", "is_error": true, "api_error_status": status,
                    "result": text, "session_id": self.session, "total_cost_usd": 0, "usage": { "input_tokens": 0, "output_tokens": 0 } }));
                1
            }
            Kind::Codex => {
                let message = match seconds {
                    Some(seconds) => {
                        format!("You\u{2019}ve hit your usage limit. Try again in {seconds} seconds.")
                    }
                    None if status == 429 => {
                        "exceeded retry limit, last status: 429 Too Many Requests".to_owned()
                    }
                    None => format!("{{\"error\":{{\"message\":\"{message}\",\"code\":{status}}}}}"),
                };
                self.event(&json!({ "type": "error", "message": message }));
                self.event(&json!({ "type": "turn.failed", "error": { "message": message } }));
                1
            }
            Kind::Gemini => {
                let message = match seconds {
                    Some(seconds) => format!("You exceeded your current quota. Please retry in {seconds}s."),
                    None if status == 429 => "Resource exhausted (RESOURCE_EXHAUSTED)".to_owned(),
                    None => message.to_owned(),
                };
                self.event(&json!({ "type": "result", "status": "error",
                    "error": { "type": "unknown", "message": format!("[API Error: {message}]") },
                    "stats": { "total_tokens": 0, "input_tokens": 0, "output_tokens": 0 } }));
                u8::try_from(status % 256).unwrap_or(1)
            }
            Kind::Opencode => {
                let again = seconds.map(|s| format!(" Please retry in {s}s.")).unwrap_or_default();
                let data = json!({ "message": format!("{message}{again}"), "statusCode": status, "isRetryable": status == 429 });
                self.event(&json!({ "type": "error", "timestamp": now() * 1000, "sessionID": self.session,
                    "error": { "name": "APIError", "data": data } }));
                1
            }
            Kind::Qwen => {
                let again = seconds.map(|s| format!(" Please retry in {s}s.")).unwrap_or_default();
                let text = format!("[API Error: {status} {message}{again}]");
                self.say(&text);
                self.event(&json!({ "type": "result", "subtype": "error_during_execution", "is_error": true,
                    "session_id": self.session, "usage": { "input_tokens": 0, "output_tokens": 0 },
                    "error": { "message": text } }));
                1
            }
        }
    }
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs().cast_signed())
}

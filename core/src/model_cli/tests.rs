//! What each agent's stream comes to, and how its end is judged.

use chrono::{DateTime, Utc};
use proptest::prelude::*;

use super::*;
use crate::model::{StepStatus, Usage};

const CLAUDE: &str = r#"{"type":"system","subtype":"init","session_id":"s-1","model":"m"}
{"type":"assistant","message":{"model":"m","content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"I look."},{"type":"tool_use","name":"Bash","input":{"command":"ls -l\nmore"}}]},"session_id":"s-1"}
{"type":"rate_limit_event","rate_limit_info":{"status":"allowed_warning","resetsAt":1795402800}}
{"type":"assistant","message":{"model":"m","content":[{"type":"text","text":"All is well."}]},"session_id":"s-1"}
{"type":"result","subtype":"success","is_error":false,"result":"All is well.","session_id":"s-1","total_cost_usd":0.25,"usage":{"input_tokens":10,"cache_read_input_tokens":5,"cache_creation_input_tokens":1,"output_tokens":7}}
"#;

const CODEX: &str = r#"{"type":"thread.started","thread_id":"s-1"}
{"type":"turn.started"}
{"type":"item.started","item":{"id":"0","type":"command_execution","command":"ls"}}
{"type":"item.completed","item":{"id":"1","type":"agent_message","text":"All is well."}}
{"type":"turn.completed","usage":{"input_tokens":16,"cached_input_tokens":5,"output_tokens":7}}
"#;

const GEMINI: &str = r#"{"type":"init","session_id":"s-1","model":"auto"}
{"type":"message","role":"user","content":"the prompt"}
{"type":"message","role":"assistant","content":"I look.","delta":true}
{"type":"tool_use","tool_name":"read_file","parameters":{"file_path":"a.rs"}}
{"type":"message","role":"assistant","content":"All is ","delta":true}
{"type":"message","role":"assistant","content":"well.","delta":true}
{"type":"result","status":"success","stats":{"input_tokens":16,"output_tokens":7}}
"#;

const OPENCODE: &str = r#"{"type":"step_start","sessionID":"s-1","part":{}}
{"type":"tool_use","sessionID":"s-1","part":{"tool":"bash","state":{"input":{"command":"ls"}}}}
{"type":"step_finish","sessionID":"s-1","part":{"reason":"tool-calls","cost":0.1,"tokens":{"input":6,"output":3,"reasoning":1,"cache":{"read":2,"write":0}}}}
{"type":"text","sessionID":"s-1","part":{"text":"All is well."}}
{"type":"step_finish","sessionID":"s-1","part":{"reason":"stop","cost":0.15,"tokens":{"input":8,"output":3,"reasoning":0}}}
"#;

/// Those of Claude Code, but for the tokens: it counts what was read from the cache as read.
const QWEN: &str = r#"{"type":"system","subtype":"init","session_id":"s-1","model":"m"}
{"type":"stream_event","session_id":"s-1","event":{"type":"goal_state"}}
{"type":"assistant","message":{"model":"m","content":[{"type":"tool_use","name":"read_file","input":{"file_path":"a.rs"}}]},"session_id":"s-1"}
{"type":"assistant","message":{"model":"m","content":[{"type":"text","text":"All is well."}]},"session_id":"s-1"}
{"type":"result","subtype":"success","is_error":false,"result":"All is well.","session_id":"s-1","usage":{"input_tokens":16,"cache_read_input_tokens":5,"output_tokens":7,"total_tokens":23}}
"#;

const FORMS: [(ResultForm, &str); 5] = [
    (ResultForm::ClaudeJson, CLAUDE),
    (ResultForm::ClaudeJson, QWEN),
    (ResultForm::CodexJsonl, CODEX),
    (ResultForm::GeminiJson, GEMINI),
    (ResultForm::OpencodeJson, OPENCODE),
];

fn read(form: ResultForm, chunks: &[&[u8]]) -> (Finished, String) {
    let mut reader = Reader::new(form).unwrap();
    let mut out = Vec::new();
    for chunk in chunks {
        reader.feed(chunk, &mut out);
    }
    let finished = reader.finish(&mut out);
    (finished, String::from_utf8_lossy(&out).into_owned())
}

fn now() -> DateTime<Utc> {
    "2026-11-23T02:30:00Z".parse().unwrap()
}

fn judged(form: ResultForm, stream: &str, exit: Exit) -> (StepStatus, String) {
    let (finished, _) = read(form, &[stream.as_bytes()]);
    let verdict = judge(form, &exit, &finished, None, false, now());
    (verdict.status, verdict.reason.unwrap_or_default())
}

#[test]
fn each_stream_gives_readable_text_and_a_result() {
    for (form, stream) in FORMS {
        let (finished, text) = read(form, &[stream.as_bytes()]);
        let outcome = finished.outcome.unwrap();
        assert_eq!(finished.session.as_deref(), Some("s-1"), "{form:?}");
        assert_eq!((outcome.is_error, outcome.text.as_str()), (false, "All is well."), "{form:?}");
        let usage = outcome.usage.unwrap();
        assert_eq!((usage.input_tokens, usage.output_tokens), (16, 7), "{form:?}");
        assert!(
            finished.worked && text.ends_with("All is well.\n") && text.contains("→ "),
            "{form:?}: {text}"
        );
        assert!(!text.contains("{\"type"), "{text}");
    }
    let (finished, text) = read(ResultForm::ClaudeJson, &[CLAUDE.as_bytes()]);
    assert_eq!(text, "I look.\n→ Bash: ls -l\nAll is well.\n");
    assert_eq!(
        finished.outcome.unwrap().usage,
        Some(Usage { input_tokens: 16, output_tokens: 7, cost_usd: Some(0.25) })
    );
    assert_eq!(
        read(ResultForm::GeminiJson, &[GEMINI.as_bytes()]).1,
        "I look.\n→ read_file: a.rs\nAll is well.\n"
    );
}

#[test]
fn what_is_no_event_is_shown_as_it_is() {
    let noise = b"Warning: old terminal\n{\"type\":\n\xff\x00\xfe\n[1]\n{\"a\":1}\n".as_slice();
    for (form, stream) in FORMS {
        let (finished, text) = read(form, &[noise, stream.as_bytes(), noise]);
        assert_eq!(finished.outcome.unwrap().text, "All is well.", "{form:?}");
        assert!(text.starts_with("Warning: old terminal\n{\"type\":\n"), "{text}");
    }
}

#[test]
fn a_line_of_ten_megabytes_costs_no_memory_and_hides_nothing_after_it() {
    let long = vec![b'x'; 64 << 10];
    for (form, stream) in FORMS {
        let mut reader = Reader::new(form).unwrap();
        let mut out = Vec::new();
        for _ in 0..160 {
            reader.feed(&long, &mut out);
            assert!(out.is_empty());
        }
        reader.feed(b"\n", &mut out);
        reader.feed(stream.as_bytes(), &mut out);
        assert_eq!(reader.finish(&mut out).outcome.unwrap().text, "All is well.");
        assert!(out.starts_with("[… a line of 10485761 bytes".as_bytes()));
    }
}

#[test]
fn the_result_and_the_exit_code_judge_together() {
    use StepStatus::{Done, Failed, Ready};
    let api = r#"{"type":"result","subtype":"success","is_error":true,"result":"API Error: 500 oh","api_error_status":500}"#;
    let qwen = r#"{"type":"result","subtype":"error_during_execution","is_error":true,"usage":{},"error":{"message":"[API Error: 400 bad]"}}"#;
    let older = r#"{"type":"result","subtype":"success","is_error":false,"result":"[API Error: 400 bad]","usage":{"input_tokens":0,"output_tokens":0}}"#;
    let quoted = older.replace("\"output_tokens\":0", "\"output_tokens\":9");
    let failed = r#"{"type":"turn.failed","error":{"message":"bad thing"}}"#;
    let error = r#"{"type":"result","status":"error","error":{"message":"[API Error: bad]"}}"#;
    let code = Exit::Code;
    let cases = [
        (ResultForm::ClaudeJson, CLAUDE, code(0), Done, ""),
        (ResultForm::ClaudeJson, CLAUDE, Exit::AfterResult, Done, ""),
        (ResultForm::ClaudeJson, CLAUDE, code(3), Failed, "exit code 3, although its result says success"),
        (
            ResultForm::ClaudeJson,
            CLAUDE,
            Exit::Signal("SIGKILL".into()),
            Failed,
            "killed by signal SIGKILL, although its result says success",
        ),
        (ResultForm::ClaudeJson, api, code(1), Failed, "API Error: 500 oh (exit code 1)"),
        (ResultForm::ClaudeJson, api, code(0), Failed, "API Error: 500 oh"),
        (ResultForm::ClaudeJson, qwen, code(1), Failed, "[API Error: 400 bad] (exit code 1)"),
        (ResultForm::ClaudeJson, older, code(0), Failed, "[API Error: 400 bad]"),
        (ResultForm::ClaudeJson, &quoted, code(0), Done, ""),
        (ResultForm::ClaudeJson, "", code(0), Failed, "exit code 0, without a result"),
        (ResultForm::CodexJsonl, failed, code(1), Failed, "bad thing (exit code 1)"),
        (
            ResultForm::CodexJsonl,
            "",
            code(2),
            Failed,
            "exit code 2: it does not accept its arguments, without a result",
        ),
        (
            ResultForm::GeminiJson,
            error,
            code(144),
            Failed,
            "[API Error: bad] (exit code 144: its API answered HTTP 400)",
        ),
        (ResultForm::GeminiJson, "", code(173), Ready, "its API answered HTTP 429"),
        (
            ResultForm::GeminiJson,
            "",
            code(42),
            Failed,
            "exit code 42: it does not accept the prompt or its arguments, without a result",
        ),
    ];
    for (form, stream, exit, status, reason) in cases {
        assert_eq!(judged(form, stream, exit.clone()), (status, reason.to_owned()), "{form:?} {exit:?}");
    }
    for word in [41, 52, 53, 130] {
        let reason = judged(ResultForm::GeminiJson, "", code(word)).1;
        assert!(reason.starts_with(&format!("exit code {word}: ")), "{reason}");
    }
}

#[test]
fn a_limit_is_recognised_with_its_time() {
    let rejected = r#"{"type":"rate_limit_event","rate_limit_info":{"status":"rejected","resetsAt":1795402800}}
{"type":"result","subtype":"success","is_error":true,"result":"You've hit your limit","api_error_status":429}"#;
    let (finished, _) = read(ResultForm::ClaudeJson, &[rejected.as_bytes()]);
    let verdict = judge(ResultForm::ClaudeJson, &Exit::Code(1), &finished, None, false, now());
    assert_eq!(verdict.status, StepStatus::Ready);
    assert_eq!(verdict.limit.unwrap().until.unwrap().timestamp(), 1_795_402_800);
    // In microseconds, it would be thousands of years away.
    let far = rejected.replace("1795402800", "1795402800000000");
    let (finished, _) = read(ResultForm::ClaudeJson, &[far.as_bytes()]);
    assert_eq!(finished.outcome.unwrap().limit(now()).unwrap().until, None);
    let codex = r#"{"type":"turn.failed","error":{"message":"You’ve hit your usage limit. Try again in 2 minutes."}}"#;
    let (finished, _) = read(ResultForm::CodexJsonl, &[codex.as_bytes()]);
    let limit = finished.outcome.unwrap().limit(now()).unwrap();
    assert_eq!((limit.until.unwrap() - now()).num_seconds(), 120);
}

#[test]
fn a_command_line_is_built_from_its_parts() {
    let models = Models::default();
    let prompt = || "do it".to_owned();
    let given = Given { prompt_file: "/p.md", prompt: &prompt, cwd: "/w", session: None };
    let argv = |models: &Models, name: &str, given: &Given<'_>| {
        models.get(name).unwrap();
        let step = crate::model::Step::new("a".parse().unwrap(), name.parse().unwrap());
        models.call(&step, given).unwrap().argv.join(" ")
    };
    assert_eq!(
        argv(&models, "codex", &given),
        "codex exec --json -s workspace-write -C /w --skip-git-repo-check -"
    );
    let again = Given { session: Some("s-1"), ..given };
    assert_eq!(
        argv(&models, "codex", &again),
        "codex exec --json -s workspace-write -C /w --skip-git-repo-check resume s-1 -"
    );
    assert!(argv(&models, "claude-code", &again).ends_with("acceptEdits --resume s-1"));
    let own = "a: { command: [x, \"-m={prompt}\", -q], prompt: arg }\nb: { command: [x], prompt: arg }\nc: { command: [x], prompt: file }\nd: { command: [x, \"{prompt_file}\", -q], prompt: file }\nclaude-code: { command: [claude, -p, --model, opus] }\n";
    let (entries, problems) = crate::store::yaml::parse_models(own.as_bytes());
    assert_eq!(problems, []);
    let models = Models::with(entries);
    let all = ["a", "b", "c", "d"].map(|name| argv(&models, name, &given));
    assert_eq!(all, ["x -m=do it -q", "x do it", "x /p.md", "x /p.md -q"]);
    assert_eq!(argv(&models, "claude-code", &again), "claude -p --model opus --resume s-1");
    let changed = models.get("claude-code").unwrap();
    assert_eq!((changed.origin, changed.result), (Origin::Changed, ResultForm::ClaudeJson));
    let step = crate::model::Step::new("a".parse().unwrap(), "b".parse().unwrap());
    let long = || "x".repeat(200_000);
    assert_eq!(models.call(&step, &Given { prompt: &long, ..given }), Err(CallError::TooLong(200_000)));
}

proptest! {
    #[test]
    fn however_a_stream_is_cut_it_says_the_same(cuts in prop::collection::vec(0_usize..800, 0..6)) {
        for (form, stream) in FORMS {
            let mut cuts: Vec<usize> = cuts.iter().map(|c| c % stream.len()).collect();
            cuts.extend([0, stream.len()]);
            cuts.sort_unstable();
            let chunks: Vec<&[u8]> = cuts.windows(2).map(|w| &stream.as_bytes()[w[0]..w[1]]).collect();
            prop_assert_eq!(read(form, &chunks), read(form, &[stream.as_bytes()]));
        }
    }

    #[test]
    fn nothing_that_is_printed_can_do_harm(bytes in prop::collection::vec(any::<u8>(), 0..400), line in "\\{\"type\":\"(result|assistant|turn\\.failed|item\\.completed|text)\".{0,80}") {
        for (form, _) in FORMS {
            read(form, &[&bytes, b"\n", line.as_bytes()]);
        }
    }
}

#[test]
fn without_a_result_the_last_words_say_why() {
    let judged = |stream: &str, said: Option<&str>| {
        let (finished, _) = read(ResultForm::ClaudeJson, &[stream.as_bytes()]);
        judge(ResultForm::ClaudeJson, &Exit::Code(1), &finished, said, false, now()).reason.unwrap()
    };
    assert_eq!(judged("", Some("database is locked")), "exit code 1, without a result: database is locked");
    let words = "x".repeat(5000);
    let long = judged("", Some(&words));
    assert!(long.ends_with("xx…") && long.chars().count() < 400, "{long}");
    assert_eq!(judged(CLAUDE, Some("a warning")), "exit code 1, although its result says success");
}

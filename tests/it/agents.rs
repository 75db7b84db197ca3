//! The contract of the coding agents: how each is called, what its output becomes, and when it has succeeded.

use std::time::Instant;

use serde_json::json;

use crate::agent_kit::{MODELS, SESSION, agents, args, ask, calls, resumed, with_fakes};
use crate::engine_kit::{latest_run, processes_with, run_record, step_record};
use crate::support::{PATIENCE, finish, wait};
use crate::worktree::repository;

#[test]
fn an_agent_gets_its_prompt_and_its_answer_is_kept() {
    for (model, program) in MODELS {
        let p = agents();
        ask(&p, "a", model, "Say hello.", "");
        p.ok("run all");
        let call = &calls(&p)[0];
        assert_eq!((&call["program"], &call["prompt"]), (&program.into(), &"Say hello.\n".into()));
        let run = latest_run(&p);
        let record = step_record(&p, &run, "a");
        assert_eq!(record["status"], "DONE", "{record:#}");
        assert_eq!(record["usage"]["input_tokens"], 11);
        assert_eq!(record["usage"]["output_tokens"], 7);
        let priced = ["claude-code", "opencode"].contains(&model);
        let price = if priced { json!(0.00023) } else { json!(null) };
        assert_eq!(record["usage"]["cost_usd"], price, "{model}");
        assert_eq!(run_record(&p, &run)["usage"]["cost_usd"], price, "{model}, the whole run");
        assert_eq!(record["session_id"], SESSION);
        assert_eq!(p.ok("logs a"), "Hello from the model.\n", "{model}");
        assert_eq!(p.read(&format!("runs/{run}/a/summary.md")), "Hello from the model.\n");
        assert!(p.read(&format!("runs/{run}/a/events.jsonl")).starts_with("{\""), "the raw events are kept");
        assert_eq!(run_record(&p, &run)["usage"]["output_tokens"], 7);
    }
}

/// What a prompt makes the agents do, and what the step then is: its status, and its reason with each of them, in the
/// order of the models.
const ENDS: &[(&str, &str, [&str; 5])] = &[
    ("", "DONE", [""; 5]),
    ("fake: noise", "DONE", [""; 5]),
    (
        "fake: api-error bad thing",
        "FAILED",
        [
            "API Error: 400 bad thing (exit code 1)",
            "{\"error\":{\"message\":\"bad thing\",\"code\":400}} (exit code 1)",
            "[API Error: bad thing] (exit code 144: its API answered HTTP 400)",
            "bad thing (exit code 1)",
            "[API Error: 400 bad thing] (exit code 1)",
        ],
    ),
    (
        "fake: die 41",
        "FAILED",
        [
            "exit code 41, without a result",
            "exit code 41, without a result",
            "exit code 41: authentication failed: sign in once with `gemini`, or set GEMINI_API_KEY, without a result",
            "exit code 41, without a result",
            "exit code 41, without a result",
        ],
    ),
    (
        "fake: die 2",
        "FAILED",
        [
            "exit code 2, without a result",
            "exit code 2: it does not accept its arguments, without a result",
            "exit code 2, without a result",
            "exit code 2, without a result",
            "exit code 2, without a result",
        ],
    ),
    (
        "fake: die 42",
        "FAILED",
        [
            "exit code 42, without a result",
            "exit code 42, without a result",
            "exit code 42: it does not accept the prompt or its arguments, without a result",
            "exit code 42, without a result",
            "exit code 42, without a result",
        ],
    ),
    ("fake: die 0", "FAILED", ["exit code 0, without a result"; 5]),
    (
        "fake: die 1\nfake: complain database is locked",
        "FAILED",
        ["exit code 1, without a result: database is locked"; 5],
    ),
    ("fake: exit 3", "FAILED", ["exit code 3, although its result says success"; 5]),
    ("fake: helper", "DONE", [""; 5]),
];

#[test]
fn the_result_and_the_exit_code_judge_together() {
    for (index, (model, _)) in MODELS.iter().enumerate() {
        let p = agents();
        for (number, (prompt, ..)) in ENDS.iter().enumerate() {
            ask(&p, &format!("s{number}"), model, prompt, "");
        }
        p.exits(1, "run all");
        for (number, (prompt, status, reasons)) in ENDS.iter().enumerate() {
            let id = format!("s{number}");
            assert_eq!(
                (p.status(&id), p.reason(&id)),
                ((*status).to_owned(), reasons[index].to_owned()),
                "{model} {prompt}"
            );
        }
        assert_eq!(processes_with(&p, "sleep 987.6"), [0_u32; 0], "helpers are ended");
        assert_eq!(processes_with(&p, "claude"), [0_u32; 0]);
    }
}

#[test]
fn an_agent_that_does_not_end_after_its_result_is_ended_and_judged_by_the_result() {
    // opencode names no result, so that only its end, or the step's timeout, ends it.
    for (model, _) in MODELS.into_iter().filter(|(model, _)| *model != "opencode") {
        let p = agents();
        let policy = p.read("policy.yaml").replace("stop_grace_ms: 5000", "stop_grace_ms: 300");
        p.write(".threados/policy.yaml", &policy);
        ask(&p, "a", model, "fake: hang", "");
        let start = Instant::now();
        p.ok("run all");
        assert!(start.elapsed() < PATIENCE, "it would hang for a quarter of an hour");
        let record = step_record(&p, &latest_run(&p), "a");
        assert_eq!((&record["status"], &record["reason"]), (&"DONE".into(), &serde_json::Value::Null));
        assert_eq!(record["signal"], "SIGTERM", "it was ended, not waited for");
    }
}

#[test]
fn its_words_can_be_read_while_it_works() {
    for (model, _) in MODELS {
        let p = agents();
        ask(&p, "a", model, "fake: say I look around.\nfake: wait-for go", "");
        let run = p.start("run all");
        wait("its words in the log", || p.run("logs a").stdout == "I look around.\n");
        p.write("go", "");
        assert_eq!(finish(run).code, 0);
        assert_eq!(p.ok("logs a"), "I look around.\nHello from the model.\n");
    }
}

#[test]
fn a_flood_of_events_is_capped_and_hides_no_result() {
    let p = agents();
    let policy = p.read("policy.yaml").replace("max_log_bytes: 67108864", "max_log_bytes: 1000000");
    p.write(".threados/policy.yaml", &policy);
    ask(&p, "a", "claude-code", "fake: flood 12\nfake: wait-for go", "");
    let run = p.start("run all");
    wait("the whole flood", || p.root().join("go.asked").exists());
    let status = std::fs::read_to_string(format!("/proc/{}/status", p.named_wrapper("a"))).unwrap();
    let own = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    let own: u64 = own.split_whitespace().next().unwrap().parse().unwrap();
    assert!(own <= 10 * 1024, "{own} KiB");
    p.write("go", "");
    assert_eq!(finish(run).code, 0);
    let run = latest_run(&p);
    let record = step_record(&p, &run, "a");
    assert_eq!(record["status"], "DONE");
    for file in ["events.jsonl", "stdout.log"] {
        let size = p.read(&format!("runs/{run}/a/{file}")).len();
        assert!((900_000..1_000_100).contains(&size), "{file}: {size}");
    }
    assert!(record["stdout_bytes"].as_u64().unwrap() > 24_000_000);
    assert!(p.ok("logs a").ends_with("Hello from the model.\n"));
}

#[test]
fn a_retry_goes_on_with_the_session_of_the_attempt_before() {
    for (model, _) in MODELS {
        let p = agents();
        ask(&p, "a", model, "fake: fail-once oh no", "--retry 1 --retry-backoff 1");
        p.ok("run all");
        let calls = calls(&p);
        assert_eq!(calls.len(), 2);
        assert_eq!((resumed(&calls[0]), resumed(&calls[1])), (None, Some(SESSION)), "{:?}", calls[1]);
        assert!(p.ok("logs a").starts_with("I go on.\n"));
    }
}

#[test]
fn an_attempt_in_which_nothing_happened_leaves_no_session_to_go_on_with() {
    let p = agents();
    ask(&p, "a", "claude-code", "fake: api-error down", "--retry 1 --retry-backoff 1");
    p.exits(1, "run all");
    assert!(calls(&p).iter().all(|call| !args(call).contains(&"--resume")));
}

#[test]
fn what_an_agent_says_is_redacted_in_what_is_kept_of_it() {
    let p = agents();
    let secret = "sk-ant-api03-verysecretvalue";
    ask(
        &p,
        "a",
        "claude-code",
        &format!("fake: api-error it is password={secret}"),
        &format!("--env MY_API_KEY={secret}"),
    );
    p.exits(1, "run all");
    let run = latest_run(&p);
    for file in ["status.json", "summary.md"] {
        let text = p.read(&format!("runs/{run}/a/{file}"));
        assert!(text.contains("API Error: 400") && !text.contains(secret), "{file}: {text}");
    }
    assert!(!p.ok("status --json").contains(secret) && !p.read("audit.log").contains(secret));
}

#[test]
fn whichever_agent_ran_a_step_it_answers_every_question() {
    for (model, _) in MODELS {
        let mut p = repository();
        with_fakes(&mut p);
        ask(&p, "a", model, "Step {{ step.id }} says hello.", "");
        p.ok("run all");
        let told = p.json("runs show a");
        assert_eq!(told["asked"]["prompt"]["text"], "Step a says hello.\n", "what it was asked: {told:#}");
        assert_eq!(told["did"]["files"][0]["path"], "calls.jsonl", "what it did");
        assert_eq!(told["said"]["text"], "Hello from the model.\n", "what it said");
        let priced = ["claude-code", "opencode"].contains(&model);
        let (usd, price) = if priced { (json!(0.00023), "$0.0002") } else { (json!(null), "no price told") };
        let cost = json!({ "input_tokens": 11, "output_tokens": 7, "cost_usd": usd });
        assert_eq!(told["cost"], cost, "what it cost with {model}");
        assert!(told["step"]["usage"].as_object().unwrap().contains_key("cost_usd"), "unknown, not left out");
        assert!(told["duration_ms"].as_u64().unwrap() > 0, "how long it took");
        let text = p.ok("runs show a");
        for part in [
            "a DONE after ",
            &format!(", {model} by direct, exit code 0, in "),
            "\n  Step a says hello.\n",
            "Did\n  calls.jsonl +1 -0\n",
            "Said\n  Hello from the model.\n",
            &format!("Cost\n  11 tokens in, 7 out, {price}\n"),
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}

#[test]
fn review_holds_an_agents_success_too() {
    let p = agents();
    ask(&p, "a", "gemini", "", "--review");
    p.exits(10, "run all");
    assert_eq!(p.status("a"), "NEEDS_REVIEW");
}

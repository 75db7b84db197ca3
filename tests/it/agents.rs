//! The contract of the coding agents: how each is called, what its output becomes, and when it has succeeded.

use crate::agent_kit::{MODELS, agents, ask, calls};
use crate::engine_kit::{latest_run, step_record};

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
        assert_eq!(record["usage"]["cost_usd"], if model == "claude-code" { 0.00023 } else { 0.0 });
        assert!(record["session_id"].as_str().unwrap().starts_with("5e55101f"));
        assert_eq!(p.ok("logs a"), "Hello from the model.\n", "{model}");
        assert_eq!(p.read(&format!("runs/{run}/a/summary.md")), "Hello from the model.\n");
        assert!(p.read(&format!("runs/{run}/a/events.jsonl")).starts_with("{\""), "the raw events are kept");
    }
}

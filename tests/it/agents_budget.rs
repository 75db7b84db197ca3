//! Budgets: reaching one holds what has not started and asks.

use serde_json::json;

use crate::agent_kit::{agents, ask, calls};
use crate::support::{Project, finish, wait};

/// Two steps of which the first spends 3 dollars and 1007 tokens.
fn two() -> Project {
    let p = agents();
    ask(&p, "a", "claude-code", "fake: cost 3\nfake: tokens 1000", "");
    ask(&p, "b", "claude-code", "fake: cost 1", "--depends-on a");
    p
}

#[test]
fn a_reached_budget_holds_what_has_not_started_and_asks() {
    let p = two();
    p.ok("budget set --usd 3");
    let held = p.json("run all");
    assert_eq!(
        (&held["state"], &held["waiting_on"]),
        (&json!("waiting"), &json!(["budget of the sequence"]))
    );
    assert_eq!((p.status("a"), p.status("b")), ("DONE".into(), "BLOCKED".into()));
    assert_eq!(p.reason("b"), "budget of the sequence reached: 3.00 of 3.00 USD spent");
    let text = p.exits(10, "run all").stdout;
    assert!(text.contains("seqctl budget set --usd 6.00"), "{text}");
    let why = p.json("why b");
    assert_eq!(why["why"]["holds"][0]["kind"], "budget");
    assert_eq!(why["why"]["roots"][0]["free"], "seqctl budget set --usd 6.00");
    p.ok("budget set --usd 10");
    p.ok("run all");
    assert_eq!((p.status("b"), calls(&p).len()), ("DONE".into(), 2), "nothing is run twice");
    let shown = p.json("budget show");
    assert_eq!(shown["budgets"][0]["spent"]["usd"], 4.0);
    assert_eq!(shown["spent"]["tokens"], 1007 + 18);
}

#[test]
fn a_run_that_waits_goes_on_when_the_budget_is_raised() {
    let p = two();
    p.ok("budget set --tokens 1000");
    let run = p.start("run all --wait");
    wait("the budget to hold", || p.reason("b").starts_with("budget of the sequence reached: 1007 of 1000"));
    p.ok("budget set --tokens 5000");
    assert_eq!(finish(run).code, 0);
    assert_eq!(calls(&p).len(), 2);
}

#[test]
fn a_step_and_a_group_have_budgets_of_their_own() {
    let p = agents();
    ask(&p, "w", "claude-code", "fake: cost 2", "--type p --fanout 2");
    ask(&p, "x", "claude-code", "", "");
    p.ok("budget set --group w --usd 2");
    let policy = p.read("policy.yaml").replace("max_concurrent: 20", "max_concurrent: 1");
    p.write(".threados/policy.yaml", &policy);
    p.exits(10, "run all");
    assert_eq!(
        ["w-1", "w-2", "x"].map(|id| p.status(id)),
        ["DONE", "BLOCKED", "DONE"],
        "x is not in the group"
    );
    assert!(
        p.read("sequence.yaml").contains("budget:\n  groups:\n    w: { usd: 2 }\n"),
        "{}",
        p.read("sequence.yaml")
    );
    p.ok("group dissolve w");
    assert!(!p.read("sequence.yaml").contains("budget:"), "it goes with the group");
    p.ok("step edit w-2 --budget-usd 1 --budget-tokens 7");
    assert!(
        p.read("sequence.yaml").contains("budget: { usd: 1, tokens: 7 }")
            || p.read("sequence.yaml").contains("usd: 1")
    );
    p.ok("run all");
    p.ok("reset w-2 --yes");
    assert_eq!(
        p.reason("w-2"),
        "budget of step w-2 reached: 2.00 of 1.00 USD spent",
        "a reset gives nothing back"
    );
}

#[test]
fn only_the_user_decides_and_an_undo_takes_it_back() {
    let p = two();
    p.ok("budget set --usd 1");
    p.ok("undo --yes");
    assert!(!p.read("sequence.yaml").contains("budget"));
    p.ok("redo");
    assert_eq!(p.json("budget show")["budgets"][0]["usd"], 1.0);
    assert_eq!(p.entries("budget.set").len(), 1);
    assert!(p.exits(2, "budget set").stderr.contains("<--usd <AMOUNT>|--tokens <N>>"));
    p.exits(2, "budget set --usd -1");
    let tiny = p.exits(2, "budget set --usd 0.0000001").stderr;
    assert!(tiny.contains("0.000001 is the least"), "{tiny}");
    p.exits(4, "budget set --group none --usd 1");
    p.exits(4, "budget set --step none --usd 1");
}

#[test]
fn faults_of_a_budget_are_named_with_their_place() {
    let p = two();
    let text = p.read("sequence.yaml").replacen(
        "steps:",
        "budget: { usd: -1, groups: { nope: { tokens: 5 } } }\nsteps:",
        1,
    );
    p.write(".threados/sequence.yaml", &text);
    let found = p.json("validate");
    let codes: Vec<&str> =
        found["problems"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["OUT_OF_RANGE", "UNKNOWN_GROUP"], "{found:#}");
}

#[test]
fn the_spending_survives_the_engine_and_a_lost_file() {
    let p = two();
    p.ok("budget set --usd 3");
    p.exits(10, "run all");
    wait("the engine to end by itself", || p.engine().is_none());
    std::fs::remove_dir_all(p.path("state")).unwrap();
    assert_eq!(p.json("budget show")["spent"]["usd"], 3.0, "the log tells");
    p.exits(10, "run all");
    assert_eq!(calls(&p).len(), 1);
}

#[test]
fn a_limit_in_dollars_over_agents_that_tell_no_price_says_so() {
    let p = agents();
    for (id, model) in
        [("a", "claude-code"), ("b", "codex"), ("c", "gemini"), ("d", "qwen"), ("e", "opencode")]
    {
        ask(&p, id, model, "", "");
    }
    p.write(".threados/models.yaml", "mute: { command: [sh, -c, cat] }\n");
    let notes = |line: &str| p.json(line)["notes"].clone();
    assert_eq!(
        notes("budget set --usd 5"),
        json!(["a limit in dollars does not hold b, c, d, for codex, gemini, qwen tell no price; \
                limit tokens, too: seqctl budget set --tokens 2000000"])
    );
    assert_eq!(notes("budget set --usd 6 --tokens 2000000"), json!([]), "the tokens hold them");
    for id in ["a", "e"] {
        assert_eq!(notes(&format!("budget set --step {id} --usd 5")), json!([]), "{id} tells its price");
    }
    let text = p.ok("budget set --step d --usd 5");
    assert!(
        text.contains(
            "note: a limit in dollars does not hold d, for qwen tells no price; limit tokens, too: \
                       seqctl budget set --step d --tokens 2000000\n"
        ),
        "{text}"
    );
    assert_eq!(
        notes("budget set --step d --usd \"\" --tokens 5"),
        json!([]),
        "there is no such limit any more"
    );
    p.ok("step add m --model mute --prompt-text x");
    assert_eq!(
        notes("budget set --step m --usd 5"),
        json!([
            "a limit in dollars does not hold m, for mute tells no price, nor tokens, so that no budget holds them"
        ])
    );
}

#[test]
fn what_has_no_known_price_is_no_zero_among_what_is_spent() {
    let p = agents();
    ask(&p, "a", "codex", "", "");
    p.ok("budget set --usd 5");
    p.ok("run all");
    let shown = p.json("budget show");
    assert_eq!(shown["spent"], json!({ "usd": null, "tokens": 18 }), "{shown:#}");
    assert_eq!(shown["budgets"][0]["spent"]["usd"], json!(null));
    assert!(p.ok("budget show").contains("no price told of 5.00"), "{}", p.ok("budget show"));
    ask(&p, "b", "claude-code", "fake: cost 2", "");
    p.ok("run all");
    assert_eq!(p.json("budget show")["spent"]["usd"], 2.0, "the sum of what is known");
}

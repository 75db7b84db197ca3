//! What every agent must do, the fakes always and, with `THREADOS_REAL_CLIS=1`, the real ones of this machine against
//! a model server on the loopback; with `THREADOS_REAL_CLIS=codex,qwen` only these.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use crate::agent_kit::{MODELS, agents, ask};
use crate::engine_kit::{latest_run, step_record};
use crate::model_server;
use crate::support::{Project, finish, wait_at_most};

/// Longer than any of the real ones tries a limited request again by itself, as [`point`] sets them up.
const PATIENCE: Duration = Duration::from_secs(240);

/// The contract of one agent.
fn keeps_the_contract(p: &Project, model: &str) {
    ask(p, "hello", model, "Say hello.", "");
    p.ok("run all");
    let run = latest_run(p);
    let good = step_record(p, &run, "hello");
    assert_eq!(good["status"], "DONE", "{model}: {good:#}\n{}", p.run("logs hello --stderr").stdout);
    // A real one may ask its model more than once.
    let tokens = |kind: &str| good["usage"][kind].as_u64().unwrap();
    let asked = tokens("input_tokens") / 11;
    assert!(asked > 0, "{good:#}");
    assert_eq!((tokens("input_tokens"), tokens("output_tokens")), (11 * asked, 7 * asked), "{model}");
    assert!(good["session_id"].as_str().is_some_and(|id| id.len() > 20), "{good:#}");
    assert_eq!(p.read(&format!("runs/{run}/hello/summary.md")), "Hello from the model.\n");
    assert!(p.ok("logs hello").ends_with("Hello from the model.\n"));
    // Not beside the first: OpenCode makes its database when it is first started, and another one may find it locked.
    ask(p, "wrong", model, "fake: api-error bad thing", "");
    p.exits(1, "run all");
    let bad = p.step_record("wrong");
    assert_eq!(bad["status"], "FAILED", "{bad:#}");
    let reason = bad["reason"].as_str().unwrap();
    let told = || (p.run("logs wrong").stdout, p.run("logs wrong --stderr").stdout);
    assert!(reason.contains("bad thing") && reason.contains("exit code"), "{model}: {reason}\n{:#?}", told());
    ask(p, "limited", model, "fake: limit-untold", "");
    let run = p.start("run step limited");
    wait_at_most(PATIENCE, &format!("the step of {model} to wait"), || {
        p.reason("limited").starts_with("waiting for quota until ")
    });
    p.ok("stop limited --yes");
    assert_eq!(finish(run).code, 1);
}

#[test]
fn the_fakes_keep_the_contract() {
    for (model, _) in MODELS {
        keeps_the_contract(&agents(), model);
    }
}

/// Points a real agent at the server instead of its maker.
fn point(p: &mut Project, model: &str, port: u16) {
    let home = p.root().parent().unwrap().join("home");
    let base = format!("http://127.0.0.1:{port}");
    match model {
        "claude-code" => {
            p.export("ANTHROPIC_BASE_URL", &base);
            p.export("ANTHROPIC_API_KEY", "sk-ant-none");
            p.export("CLAUDE_CODE_MAX_RETRIES", "0");
            p.export("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1");
        }
        "codex" => {
            let config = format!(
                "model_provider = \"own\"\nmodel = \"gpt-5\"\n[model_providers.own]\nname = \"own\"\nbase_url = \"{base}/v1\"\nenv_key = \"OWN_KEY\"\nwire_api = \"responses\"\nrequest_max_retries = 0\nstream_max_retries = 0\n"
            );
            configure(&home, ".codex/config.toml", &config);
            p.export("OWN_KEY", "none");
        }
        "gemini" => {
            let auth = json!({ "auth": { "selectedType": "gemini-api-key" } });
            let settings = json!({ "security": auth, "general": { "maxAttempts": 1 } });
            configure(&home, ".gemini/settings.json", &settings.to_string());
            p.export("GOOGLE_GEMINI_BASE_URL", &base);
            p.export("GEMINI_API_KEY", "none");
        }
        "opencode" => {
            let own = json!({ "npm": "@ai-sdk/openai-compatible", "name": "own", "models": { "own": { "name": "own" } },
                "options": { "baseURL": format!("{base}/v1"), "apiKey": "none" } });
            let config = json!({ "model": "own/own", "small_model": "own/own", "enabled_providers": ["own"],
                "provider": { "own": own }, "autoupdate": false, "share": "disabled" });
            configure(&home, ".config/opencode/opencode.json", &config.to_string());
            // As it makes them where it was started outside a sandbox before: to make them is not allowed in one.
            for folder in [".local/share", ".local/state", ".cache"] {
                fs::create_dir_all(home.join(folder).join("opencode")).unwrap();
            }
            p.export("XDG_STATE_HOME", &home.join(".local/state").display().to_string());
            p.export("OPENCODE_DISABLE_MODELS_FETCH", "1");
        }
        "qwen" => {
            let settings = json!({ "security": { "auth": { "selectedType": "openai" } },
                "model": { "generationConfig": { "maxRetries": 0 } } });
            configure(&home, ".qwen/settings.json", &settings.to_string());
            p.export("OPENAI_BASE_URL", &format!("{base}/v1"));
            p.export("OPENAI_API_KEY", "none");
            p.export("OPENAI_MODEL", "own");
        }
        other => panic!("nobody knows how {other} is pointed at a server"),
    }
}

fn configure(home: &Path, file: &str, text: &str) {
    let file = home.join(file);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

/// Whether the real agent of a model is to be tried.
fn is_wanted(model: &str) -> bool {
    let wanted = std::env::var("THREADOS_REAL_CLIS").unwrap_or_default();
    wanted == "1" || wanted.split(',').any(|name| name == model)
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(program)).find(|file| file.is_file())
}

#[test]
fn the_real_agents_keep_the_contract() {
    let port = model_server::start();
    for (model, program) in MODELS.into_iter().filter(|(model, _)| is_wanted(model)) {
        let real =
            on_path(program).unwrap_or_else(|| panic!("install {program}, or unset THREADOS_REAL_CLIS"));
        let mut p = Project::empty();
        let bin = p.add_to_path("bin");
        symlink(real, bin.join(program)).unwrap();
        if let Some(node) = on_path("node") {
            symlink(node, bin.join("node")).unwrap();
        }
        point(&mut p, model, port);
        p.ok("init");
        p.ok(&format!("policy allow {program}"));
        keeps_the_contract(&p, model);
    }
}

/// The arguments with which an agent only answers are those of the real ones.
#[test]
fn the_real_agents_answer_in_the_chat() {
    let port = model_server::start();
    let providers = ["claude-code", "codex", "gemini"];
    for (model, program) in MODELS.into_iter().filter(|(m, _)| providers.contains(m) && is_wanted(m)) {
        let real =
            on_path(program).unwrap_or_else(|| panic!("install {program}, or unset THREADOS_REAL_CLIS"));
        let mut p = Project::empty();
        let bin = p.add_to_path("bin");
        symlink(real, bin.join(program)).unwrap();
        if let Some(node) = on_path("node") {
            symlink(node, bin.join("node")).unwrap();
        }
        point(&mut p, model, port);
        p.ok("init");
        p.ok("policy allow true");
        let said = p.json(&format!("chat 'say hello' --provider {program}"));
        assert_eq!(said["message"], "Hello from the model.", "{program}: {said:#}");
        assert_eq!(said["state"], "waiting", "{program}: {said:#}");
    }
}

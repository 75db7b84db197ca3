//! What every agent must do, the fakes always and, with `THREADOS_REAL_CLIS=1`, the real ones of this machine against
//! a model server on the loopback.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use crate::agent_kit::{MODELS, agents, ask};
use crate::engine_kit::{latest_run, step_record};
use crate::model_server;
use crate::support::{Project, finish, wait};

/// The contract of one agent.
fn keeps_the_contract(p: &Project, model: &str, limits: bool) {
    ask(p, "hello", model, "Say hello.", "");
    ask(p, "wrong", model, "fake: api-error bad thing", "");
    p.exits(1, "run all");
    let run = latest_run(p);
    let good = step_record(p, &run, "hello");
    assert_eq!(good["status"], "DONE", "{model}: {good:#}\n{}", p.run("logs hello --stderr").stdout);
    // A real one may ask its model more than once.
    let tokens = |kind: &str| good["usage"][kind].as_u64().unwrap();
    let asked = tokens("input_tokens") / 11;
    assert!(asked > 0, "{good:#}");
    assert_eq!((tokens("input_tokens"), tokens("output_tokens")), (11 * asked, 7 * asked), "{model}");
    assert!(good["session_id"].as_str().is_some_and(|id| id.len() == 36), "{good:#}");
    assert_eq!(p.read(&format!("runs/{run}/hello/summary.md")), "Hello from the model.\n");
    assert!(p.ok("logs hello").ends_with("Hello from the model.\n"));
    let bad = step_record(p, &run, "wrong");
    assert_eq!(bad["status"], "FAILED", "{bad:#}");
    let reason = bad["reason"].as_str().unwrap();
    assert!(reason.contains("bad thing") && reason.contains("exit code"), "{reason}");
    if limits {
        ask(p, "limited", model, "fake: limit-untold", "");
        let run = p.start("run step limited");
        wait("the step to wait", || p.reason("limited").starts_with("waiting for quota until "));
        p.ok("stop limited --yes");
        assert_eq!(finish(run).code, 1);
    }
}

#[test]
fn the_fakes_keep_the_contract() {
    for (model, _) in MODELS {
        keeps_the_contract(&agents(), model, true);
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
            fs::create_dir_all(home.join(".codex")).unwrap();
            fs::write(home.join(".codex/config.toml"), config).unwrap();
            p.export("OWN_KEY", "none");
        }
        _ => {
            fs::create_dir_all(home.join(".gemini")).unwrap();
            let settings = "{\"security\":{\"auth\":{\"selectedType\":\"gemini-api-key\"}}}";
            fs::write(home.join(".gemini/settings.json"), settings).unwrap();
            p.export("GOOGLE_GEMINI_BASE_URL", &base);
            p.export("GEMINI_API_KEY", "none");
        }
    }
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(program)).find(|file| file.is_file())
}

#[test]
fn the_real_agents_keep_the_contract() {
    if std::env::var_os("THREADOS_REAL_CLIS").is_none() {
        return;
    }
    let port = model_server::start();
    for (model, program) in MODELS {
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
        // The real gemini tries a limited request again for longer than a test should take.
        keeps_the_contract(&p, model, model != "gemini");
    }
}

/// The arguments with which an agent only answers are those of the real ones.
#[test]
fn the_real_agents_answer_in_the_chat() {
    if std::env::var_os("THREADOS_REAL_CLIS").is_none() {
        return;
    }
    let port = model_server::start();
    for (model, program) in MODELS {
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

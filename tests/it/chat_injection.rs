//! Texts that try to make a model act, by every way in, and a model that obeys each of them to the letter: nothing changes
//! and nothing runs without a person's yes, and every attempt stands in the log.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use threados_tests::obedient::obey;

use crate::chat_kit::{ModelServer, Reply, put};
use crate::support::Project;

/// A text and the way it takes.
struct Injection {
    way: &'static str,
    text: String,
    /// The step it comes from.
    step: String,
}

fn corpus() -> Vec<Injection> {
    let lines = include_str!("chat/injections.txt").lines().filter(|l| !l.starts_with('#') && !l.is_empty());
    let injection = |(at, line): (usize, &'static str)| {
        let (way, text) = line.split_once(": ").unwrap();
        let text = text.replace("\\n", "\n").replace("\\x1b", "\u{1b}");
        Injection { way, text, step: format!("s{:02}", at + 1) }
    };
    lines.enumerate().map(injection).collect()
}

/// A project in whose steps, names and files the texts stand, each run once.
fn laid_out(corpus: &[Injection]) -> Project {
    let p = Project::new();
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        command.args(args).current_dir(p.root()).env("HOME", p.root().join("../home"));
        assert!(command.output().unwrap().status.success(), "git {args:?}");
    };
    p.ok("policy allow cp");
    git(&["init", "-q"]);
    p.write(".gitignore", "texts/\nout/\n");
    git(&["-c", "user.name=t", "-c", "user.email=t@t", "add", "-A"]);
    git(&["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "first"]);
    p.ok("step add plan -- true");
    p.ok("step add build --depends-on plan -- true");
    p.ok("gate insert ship --after build");
    fs::create_dir_all(p.root().join("out")).unwrap();
    for Injection { way, text, step } in corpus {
        p.write(&format!("texts/{step}"), text);
        match *way {
            "stdout" => p.ok(&format!("step add {step} -- cat texts/{step}")),
            "stderr" => p.ok(&format!("step add {step} -- sh -c 'cat texts/{step} >&2'")),
            "artifact" => {
                p.ok(&format!("step add {step} --artifact out/{step} -- cp texts/{step} out/{step}"))
            }
            "diff" => p.ok(&format!("step add {step} --diff -- cp texts/{step} new-{step}")),
            "name" => p.ok(&format!("step add {step} --name {} -- true", shlex::try_quote(text).unwrap())),
            _ => String::new(),
        };
    }
    p.run("run all");
    p
}

/// What must stay as it is.
fn things(p: &Project) -> (String, String, BTreeSet<String>, Vec<String>) {
    let runs =
        fs::read_dir(p.path("runs")).unwrap().flatten().map(|e| e.file_name().to_string_lossy().into_owned());
    let prompts = fs::read_dir(p.path("prompts")).into_iter().flatten().flatten();
    let prompts = prompts.map(|e| fs::read_to_string(e.path()).unwrap_or_default()).collect();
    (p.read("sequence.yaml"), p.read("policy.yaml"), runs.collect(), prompts)
}

/// Asks about one text; how many attempts stand in the log then.
fn attempt(p: &Project, injection: &Injection, answered: &Mutex<String>) -> usize {
    let Injection { way, text, step } = injection;
    let question = match *way {
        "chat" => text.clone(),
        "comment" => {
            let sequence = p.read("sequence.yaml");
            let kept: Vec<&str> = sequence.lines().filter(|line| !line.starts_with("# ")).collect();
            put(p, "sequence.yaml", &format!("# {text}\n{}\n", kept.join("\n")));
            // The hand edit is taken up, and told to the log, by whoever comes next.
            p.ok(&format!("step edit plan --lane {step}-{}", p.log().len()));
            "what does this sequence do?".to_owned()
        }
        _ => format!("why did {step} end as it did?"),
    };
    let (before, told) = (things(p), p.log().len());
    let said = p.run(&format!("chat {} --json", shlex::try_quote(&question).unwrap())).json();
    let label = format!("{way}: {text}\n{said:#}");
    assert!(said["applied"].is_null() && said["state"] != "applied", "{label}");
    assert!(said["state"].is_null() || said["saw_output"] == true, "{label}");
    if let (Some("waiting"), Some(id)) = (said["state"].as_str(), said["proposal"].as_str()) {
        p.ok(&format!("proposals discard {id}"));
    }
    let escaped = said.to_string().replace(r"\\", "");
    assert!(!escaped.contains(r"\u001b"), "{label}");
    assert_eq!(things(p), before, "{label}");
    let new: Vec<Value> = p.log().split_off(told);
    for entry in new.iter().filter(|e| e["result"] == "success") {
        let action = entry["action"].as_str().unwrap();
        // The last is what the test itself did to the files.
        assert!(
            matches!(action, "proposal.offer" | "proposal.discard" | "external.edit"),
            "{label}\n{entry:#}"
        );
    }
    let ours = |e: &&Value| e["action"] != "proposal.discard" && e["action"] != "external.edit";
    let told: Vec<&Value> = new.iter().filter(ours).collect();
    assert!(!told.is_empty(), "no word of it in the log: {label}");
    // What it wanted done stands there line by line; of what cannot be read, that it was said.
    let lines: Vec<&Value> = told.iter().filter_map(|e| e["payload"]["lines"].as_array()).flatten().collect();
    match wanted(&answered.lock().unwrap()) {
        Some(wanted) => assert_eq!(lines.len(), wanted.len(), "{wanted:?} {lines:?}\n{label}"),
        None => {
            assert!(told.iter().all(|e| e["action"] == "chat.answer" && e["result"] == "error"), "{label}")
        }
    }
    told.len()
}

/// The command lines that a model wants; `None` where what it said is no answer that can be read.
fn wanted(order: &str) -> Option<Vec<String>> {
    let answer: Value = serde_json::from_str(order).ok()?;
    let whole = answer.is_object() && order.matches("\"message\"").count() < 2;
    let lines = answer["commands"].as_array()?.iter().map(|line| line.as_str().map(str::to_owned));
    let lines: Option<Vec<String>> = lines.collect();
    lines.filter(|all| whole && !all.iter().any(|line| line.contains(char::is_control)))
}

#[test]
fn a_model_that_obeys_every_text_changes_nothing_and_runs_nothing() {
    let corpus = corpus();
    assert!(corpus.len() >= 60, "{}", corpus.len());
    let ways: BTreeSet<&str> = corpus.iter().map(|i| i.way).collect();
    assert_eq!(ways, BTreeSet::from(["artifact", "chat", "comment", "diff", "name", "stderr", "stdout"]));
    let p = laid_out(&corpus);
    let answered = Arc::new(Mutex::new(String::new()));
    let said = Arc::clone(&answered);
    let server = ModelServer::new(move |asked| {
        let answer = obey(&asked.question);
        said.lock().unwrap().clone_from(&answer);
        Reply::Text(answer)
    });
    server.provide(&p);
    for mode in ["SAFE", "POWER"] {
        if mode == "POWER" {
            p.ok("policy mode POWER --yes");
        }
        let before = server.count();
        let attempts: usize = corpus.iter().map(|injection| attempt(&p, injection, &answered)).sum();
        assert!(attempts >= corpus.len(), "{mode}: {attempts}");
        // Where the text came by something that has to be looked at, it was, and the model has obeyed it.
        let looked = corpus.iter().filter(|i| i.way != "chat").count();
        assert_eq!(server.count() - before, corpus.len() + looked, "{mode}");
    }
    assert_eq!(p.json("audit verify")["ok"], true);
}

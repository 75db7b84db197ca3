//! Models as providers of the chat: what they say is data, and only a person's yes applies it.

use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use serde_json::{Value, json};

use crate::agent_kit::MODELS;
use crate::chat_kit::{ModelServer, Reply, configure, lines};
use crate::support::Project;

fn project() -> Project {
    let p = Project::new();
    p.ok("step add plan -- true");
    p.ok("step add build --depends-on plan -- true");
    p
}

/// A project whose agents are fakes that obey.
fn with_agents() -> Project {
    let mut p = Project::empty();
    let bin = p.add_to_path("bin");
    for (_, program) in MODELS {
        symlink(env!("CARGO_BIN_EXE_fake-agent"), bin.join(program)).unwrap();
    }
    p.ok("init");
    p.ok("policy allow true");
    p.ok("step add build -- true");
    p
}

#[test]
fn a_model_server_proposes_and_a_person_applies() {
    let p = project();
    let server = ModelServer::saying(&lines(
        "I add a check after build.",
        &["step add check --depends-on build -- true"],
    ));
    server.provide(&p);
    let before = p.read("sequence.yaml");
    let said = p.json("chat 'put a check behind build'");
    assert_eq!(
        (&said["state"], &said["provider"]),
        (&json!("waiting"), &json!("openai-compatible")),
        "{said:#}"
    );
    assert_eq!(said["message"], "I add a check after build.");
    assert_eq!(said["actions"][0]["command"], "seqctl step add check --depends-on build -- true");
    assert_eq!(said["saw_output"], false);
    assert_eq!(p.read("sequence.yaml"), before);
    p.ok(&format!("confirm {}", said["proposal"].as_str().unwrap()));
    assert_eq!(p.status("check"), "BLOCKED");
    let asked = server.asked.lock().unwrap()[0].clone();
    assert_eq!((asked.path.as_str(), asked.key), ("/v1/chat/completions", None));
    assert_eq!((&asked.body["model"], &asked.body["stream"]), (&json!("tiny"), &json!(true)));
    assert_eq!(asked.body["response_format"]["type"], "json_schema");
    assert_eq!(asked.question.said, "put a check behind build");
    assert_eq!(asked.question.data["steps"][1]["depends_on"], json!(["plan"]));
    let rules = asked.body["messages"][0]["content"].as_str().unwrap();
    assert!(rules.contains("step add ID [--name NAME]"), "{rules}");
    // The builtin provider is one word away, and asks nobody.
    let asked = server.count();
    assert_eq!(p.json("chat 'why is build blocked?' --provider builtin")["provider"], "builtin");
    assert_eq!(server.count(), asked);
}

#[test]
fn the_key_comes_from_the_environment_and_never_from_a_file() {
    let mut p = project();
    let server = ModelServer::saying(&lines("Hello.", &[]));
    configure(&p, &format!("http://{}/v1/", server.at), "OWN_API_KEY");
    let refused = p.exits(8, "chat hello --json").json();
    assert_eq!(refused["error"]["code"], "NO_KEY", "{refused:#}");
    assert_eq!(server.count(), 0);
    p.export("OWN_API_KEY", "sk-planted-4711");
    assert_eq!(p.json("chat hello")["message"], "Hello.");
    assert_eq!(server.asked.lock().unwrap()[0].key.as_deref(), Some("Bearer sk-planted-4711"));
    for file in ["audit.log", "policy.yaml"] {
        assert!(!p.read(file).contains("sk-planted"), "{file}");
    }
}

#[test]
fn a_server_that_knows_no_schema_or_no_stream_is_asked_all_the_same() {
    let p = project();
    let server = ModelServer::new(|asked| match asked.body.get("response_format") {
        Some(_) => {
            Reply::Status(400, json!({ "error": { "message": "response_format is unknown" } }).to_string())
        }
        None => Reply::Whole(lines("Without a form.", &[])),
    });
    server.provide(&p);
    assert_eq!(p.json("chat hello")["message"], "Without a form.");
    assert_eq!(server.count(), 2);
}

#[test]
fn what_is_not_set_up_or_fails_says_what_to_do() {
    let p = project();
    p.write(".threados/policy.yaml", "mode: SAFE\nchat: { provider: openai-compatible }\n");
    let said = p.exits(2, "chat hello --json").json();
    assert_eq!(said["error"]["code"], "CHAT_NOT_CONFIGURED", "{said:#}");
    assert!(said["error"]["message"].as_str().unwrap().contains("`chat.url`"), "{said:#}");

    configure(&p, "https://models.example.org/v1", "");
    let said = p.exits(5, "chat hello --json").json();
    assert!(said.to_string().contains("`models.example.org` is not in chat_hosts"), "{said:#}");

    configure(&p, "http://127.0.0.1:1/v1", "");
    let said = p.exits(8, "chat hello --json").json();
    assert_eq!(said["error"]["code"], "PROVIDER_FAILED");
    assert!(said["error"]["message"].as_str().unwrap().contains("cannot be reached"), "{said:#}");

    let server =
        ModelServer::new(|_| Reply::Status(401, json!({ "error": { "message": "bad key" } }).to_string()));
    server.provide(&p);
    let said = p.exits(8, "chat hello --json").json();
    assert!(said["error"]["message"].as_str().unwrap().contains("HTTP 401: bad key"), "{said:#}");

    let said = p.exits(8, "chat hello --provider claude --json").json();
    assert_eq!(said["error"]["code"], "NO_SUCH_PROGRAM", "{said:#}");
    assert!(p.exits(2, "chat hello --provider gpt").stderr.contains("no provider"));
}

#[test]
fn an_answer_that_cannot_be_used_is_shown_as_such_and_stands_in_the_log() {
    let p = project();
    let server = ModelServer::new(|asked| match asked.question.said.as_str() {
        "prose" => Reply::Text("Sure! I have removed everything.".into()),
        "many" => Reply::Text(lines("", &["run all"; 500])),
        "hidden" => Reply::Text(lines("", &["run all \u{202e}lla nur"])),
        "endless" => {
            Reply::Endless("data: {\"choices\":[{\"delta\":{\"content\":\"aaaaaaaaaaaaaaaa\"}}]}\n\n")
        }
        _ => Reply::Text("{\"commands\": {\"run\": \"all\"}}".into()),
    });
    server.provide(&p);
    let before = p.read("sequence.yaml");
    for (text, why) in [
        ("prose", "it holds no JSON object"),
        ("many", "500 commands"),
        ("hidden", "characters that cannot be seen"),
        ("endless", "longer than"),
        ("form", "not of the form"),
    ] {
        let said = p.exits(2, &format!("chat {text} --apply --yes --json")).json();
        assert_eq!((&said["ok"], &said["understood"]), (&json!(false), &json!(false)), "{said:#}");
        assert!(said["message"].as_str().unwrap().contains(why), "{text}: {said:#}");
        assert_eq!(said["actions"], json!([]));
        let entry = p.log().pop().unwrap();
        assert_eq!(
            (&entry["action"], &entry["result"]),
            (&json!("chat.answer"), &json!("error")),
            "{entry:#}"
        );
        assert!(entry["error"].as_str().unwrap().contains(why), "{entry:#}");
    }
    assert_eq!(p.read("sequence.yaml"), before);
}

/// What the log has of answers.
fn answers(p: &Project) -> Vec<Value> {
    p.entries("chat.answer")
}

#[test]
fn a_model_that_gives_no_answer_is_on_record_once_and_nothing_secret_with_it() {
    let p = with_agents();
    let secret = "sk-ant-api03-planted4711plantedplantedplanted";
    let told = format!("no credit for token={secret}");
    let refusing = {
        let told = told.clone();
        ModelServer::new(move |_| Reply::Status(402, json!({ "error": { "message": told } }).to_string()))
    };
    let broken = ModelServer::new(|_| Reply::Whole("data: nonsense".into()));
    let before = p.read("sequence.yaml");
    let mut count = 0;
    let mut told_of = |p: &Project, line: &str, code: i32, name: &str, why: &str| {
        let said = p.exits(code, &format!("chat {line} --apply --yes --json")).json();
        let all = answers(p);
        count += 1;
        assert_eq!(all.len(), count, "one entry each: {line}: {all:#?}");
        let entry = &all[count - 1];
        assert_eq!(
            (&entry["result"], &entry["actor"], &entry["payload"]["code"]),
            (&json!("error"), &json!("user"), &json!(name)),
            "{entry:#}"
        );
        assert!(entry["error"].as_str().unwrap().contains(why), "{entry:#}");
        assert!(!entry.to_string().contains("planted4711"), "{entry:#}");
        said
    };
    configure(&p, "http://127.0.0.1:1/v1", "");
    told_of(&p, "hello", 8, "PROVIDER_FAILED", "cannot be reached");
    refusing.provide(&p);
    let said = told_of(&p, "hello", 8, "PROVIDER_FAILED", "HTTP 402");
    assert!(!said.to_string().contains("planted4711"), "{said:#}");
    broken.provide(&p);
    told_of(&p, "hello", 2, "BAD_ANSWER", "it holds no JSON object");
    configure(&p, "http://127.0.0.1:1/v1", "NO_SUCH_KEY_4711");
    told_of(&p, "hello", 8, "NO_KEY", "NO_SUCH_KEY_4711");
    for program in ["claude", "codex", "gemini"] {
        let line = format!("'fail: {told}' --provider {program}");
        let said = told_of(&p, &line, 8, "PROVIDER_FAILED", "no credit");
        assert!(!said.to_string().contains("planted4711"), "{said:#}");
    }
    let line = "'do: head -c 9000000 /dev/zero | tr \\\\0 x' --provider claude";
    told_of(&p, line, 2, "BAD_ANSWER", "longer than");
    assert_eq!(p.read("sequence.yaml"), before);
    p.ok("audit verify");
}

#[test]
fn a_line_that_is_no_command_or_not_allowed_cannot_be_applied_whatever_the_model_says() {
    let p = project();
    let server = ModelServer::saying(&lines(
        "All of it is safe.",
        &[
            "step add x -- curl http://evil",
            "confirm p-00000000",
            "serve --addr 0.0.0.0:80",
            "step add y -- true; run all",
        ],
    ));
    server.provide(&p);
    let said = p.exits(5, "chat 'do it' --apply --yes --json");
    let said = said.json();
    assert_eq!(said["rejected"].as_array().unwrap().len(), 4, "{said:#}");
    assert!(!p.read("sequence.yaml").contains("id: x"));
}

#[test]
fn in_power_the_harmless_applies_by_itself_unless_words_of_others_were_read() {
    let p = project();
    p.ok("policy mode POWER --yes");
    let server = ModelServer::new(|asked| {
        let q = &asked.question;
        if q.said.contains("look") && !q.has_looked() {
            return Reply::Text(
                json!({ "message": "", "commands": [], "look": ["build", "sequence"] }).to_string(),
            );
        }
        let id = q.said.split(' ').next_back().unwrap();
        Reply::Text(lines("Done.", &[&format!("step add {id} -- true")]))
    });
    server.provide(&p);
    let said = p.json("chat 'add one'");
    assert_eq!((&said["state"], &said["saw_output"]), (&json!("applied"), &json!(false)), "{said:#}");
    let said = p.json("chat 'look at build and add two'");
    assert_eq!((&said["state"], &said["saw_output"]), (&json!("waiting"), &json!(true)), "{said:#}");
    let asked = server.asked.lock().unwrap().pop().unwrap();
    let looked = &asked.question.data["looked_at"];
    assert_eq!(looked["build"]["command"], json!(["true"]));
    assert!(looked["sequence"].as_str().unwrap().contains("id: build"), "{looked:#}");
    let said = p.json("chat \"this is what I got:\n some words of others\n add three\"");
    assert_eq!((&said["state"], &said["saw_output"]), (&json!("waiting"), &json!(true)), "pasted: {said:#}");
    assert!(p.read("sequence.yaml").contains("id: one") && !p.read("sequence.yaml").contains("id: two"));
}

#[test]
fn each_agent_answers_through_its_command_line() {
    let p = with_agents();
    for program in ["claude", "codex", "gemini"] {
        let order = format!(
            "add a check <<{}>>",
            lines("As you say.", &["step add check --depends-on build -- true"])
        );
        let said =
            p.run(&format!("chat {} --provider {program} --json", shlex::try_quote(&order).unwrap())).json();
        assert_eq!(
            (&said["state"], &said["message"]),
            (&json!("waiting"), &json!("As you say.")),
            "{program}: {said:#}"
        );
        assert_eq!(said["saw_output"], program != "claude", "only one can be told to read nothing");
        p.ok(&format!("proposals discard {}", said["proposal"].as_str().unwrap()));
    }
    p.write(".threados/policy.yaml", &p.read("policy.yaml").replace("provider: builtin", "provider: claude"));
    assert_eq!(p.json("chat hello")["provider"], "claude");
}

/// A model that was taken over altogether, with a shell: the project is out of its reach.
#[test]
fn an_agent_that_has_a_shell_reaches_nothing_of_the_project() {
    let p = with_agents();
    p.write("secret.txt", "planted-4711");
    let held = p.json("chat 'add a lint step that runs true after build'");
    let id = held["proposal"].as_str().unwrap().to_owned();
    let (before, policy, log) = (p.read("sequence.yaml"), p.read("policy.yaml"), p.log().len());
    let root = p.root().display().to_string();
    for (command, mark) in [
        (format!("cat {root}/secret.txt"), "planted-4711"),
        (format!("cat {root}/.threados/sequence.yaml"), "id: build"),
        (format!("seqctl --root {root} confirm {id} --yes && echo =out"), "=out"),
        (format!("seqctl --root {root} run all && echo =out"), "=out"),
        (format!("seqctl --root {root} policy mode POWER --yes && echo =out"), "=out"),
        (format!("echo 'steps: []' > {root}/.threados/sequence.yaml && echo =out"), "=out"),
        (format!("touch {root}/new && echo =out"), "=out"),
        (format!("rm -rf {root}/secret.txt && echo =out"), "=out"),
        ("kill -TERM $PPID; kill -0 1 && kill -CONT -1 && echo =out".to_owned(), "=out"),
    ] {
        let text = shlex::try_quote(&format!("do: {command}")).unwrap().into_owned();
        let said = p.run(&format!("chat {text} --provider claude --json")).stdout;
        assert!(!said.contains(mark), "{command}: {said}");
    }
    assert_eq!((p.read("sequence.yaml"), p.read("policy.yaml")), (before, policy));
    let mut done = p.log().split_off(log);
    // One of these agents ended itself, which is told.
    done.retain(|entry| entry["action"] != "chat.answer");
    assert!(done.is_empty(), "nothing was done: {done:#?}");
    assert!(p.root().join("secret.txt").exists() && !p.root().join("new").exists());
    assert!(std::fs::read_dir(p.path("runs")).map_or(0, Iterator::count) == 0, "nothing ran");
    let said = p.json("chat 'do: echo here > file && cat file' --provider claude");
    assert_eq!(said["message"], "here\n", "it has a folder of its own: {said:#}");
}

#[test]
fn an_agent_of_the_chat_reaches_a_socket_it_knows_unless_bubblewrap_holds_it() {
    let p = with_agents();
    let socket = p.root().parent().unwrap().join("run/bus");
    let _bus = UnixListener::bind(&socket).unwrap();
    let connect = format!("{} socket {}", env!("CARGO_BIN_EXE_escape"), socket.display());
    let said = p.json(&format!("chat 'do: {connect} && echo =reached || echo =held' --provider claude"));
    let bubblewrap = std::env::var_os("THREADOS_BWRAP_PATH").is_some();
    let wanted = if bubblewrap { "=held\n" } else { "=reached\n" };
    assert!(said["message"].as_str().unwrap().ends_with(wanted), "{said:#}");
}

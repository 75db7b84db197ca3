//! The engine as a process: one a project, there when needed, gone when not.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::engine_kit::{
    HOLD, all_done, go, kill_engine_and_spawner, latest_run, meet, peak, policy, project, run_record,
    sequence, socket, starts, statuses, step, step_record, trace, traced, wait_for_starts,
};
use crate::support::{Project, finish, kill, lives, wait, within};

#[test]
fn it_comes_with_the_first_client_and_goes_with_the_last_run() {
    let p = project(&[traced("a", &[], HOLD)]);
    assert!(p.engine().is_none());
    p.ok("status");
    assert!(p.engine().is_none(), "a reader needs none");
    let run = p.start("run all");
    wait("the engine", || p.engine().is_some());
    let engine = p.engine().unwrap();
    go(&p);
    assert_eq!(finish(run).code, 0);
    wait("its end", || !lives(engine));
    assert!(socket(&p).is_none(), "it takes its socket with it");
    assert!(std::fs::read_dir(p.path("state/wrappers")).unwrap().next().is_none(), "and no lock is left");
}

#[test]
fn two_clients_at_once_get_one_engine() {
    let steps: Vec<String> = (0..6).map(|i| traced(&format!("s{i}"), &[], HOLD)).collect();
    let p = project(&steps);
    let runs: Vec<_> = (0..6).map(|_| p.start("run all")).collect();
    wait_for_starts(&p, 6);
    wait("all but one to be gone", || engines(&p) == 1);
    go(&p);
    for run in runs {
        let ran = finish(run);
        assert_eq!(ran.code, 0, "{ran:#?}");
    }
    assert!((0..6).all(|i| starts(&p, &format!("s{i}")) == 1), "{:?}", trace(&p));
}

/// How many processes serve the project as its engine, or try to.
fn engines(p: &Project) -> usize {
    let is_engine = |pid: &u32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.split(|b| *b == 0).nth(1) == Some(b"engine") && lives(*pid)
    };
    p.processes().iter().filter(|pid| is_engine(pid)).count()
}

#[test]
fn a_socket_of_a_dead_engine_is_no_hindrance() {
    let p = project(&[traced("a", &[], HOLD)]);
    p.ok("run all --detach");
    wait_for_starts(&p, 1);
    kill_engine_and_spawner(&p);
    let stale = socket(&p).expect("a killed engine leaves its socket");
    assert!(UnixStream::connect(&stale).is_err());
    go(&p);
    p.ok("run all");
    assert!(all_done(&p));
}

#[test]
fn its_socket_is_for_its_user_alone() {
    let p = project(&[traced("a", &[], HOLD)]);
    p.ok("run all --detach");
    let socket = socket(&p).unwrap();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&socket), mode(socket.parent().unwrap())), (0o600, 0o700));
    go(&p);
    wait("the end", || all_done(&p));
}

#[test]
fn a_project_made_anew_is_not_served_by_the_engine_of_the_old_one() {
    let p = project(&[traced("old", &[], HOLD)]);
    p.ok("run all --detach");
    // As long as somebody is connected, an engine stays.
    let client = UnixStream::connect(socket(&p).unwrap()).unwrap();
    go(&p);
    wait("the end", || all_done(&p));
    let old = p.engine().unwrap();
    std::fs::rename(p.path(""), p.root().join("old")).unwrap();
    p.ok("init");
    policy(&p, "");
    sequence(&p, &[step("new", &[], "true")], "");
    p.ok("run all");
    assert!(all_done(&p));
    p.ok("audit verify");
    wait("the old one to go, for nobody is left that it could serve", || !lives(old));
    drop(client);
}

#[test]
fn a_listener_that_is_no_engine_is_told_from_one() {
    let p = project(&[traced("a", &[], "true")]);
    p.ok("run all");
    wait("the engine to end", || p.engine().is_none());
    p.ok("reset a --yes");
    // A socket somebody left, whose owner is gone.
    let folder = std::fs::read_dir(p.root().parent().unwrap().join("run/threados")).unwrap().flatten().next();
    drop(UnixListener::bind(folder.unwrap().path().join("engine.sock")).unwrap());
    p.ok("run all");
    assert_eq!(starts(&p, "a"), 2);
}

#[test]
fn two_runs_at_once_share_the_work_and_the_limit() {
    let script = format!("{}; sleep 0.05", meet(2));
    let steps: Vec<String> =
        (0..16).map(|i| traced(&format!("s{i}"), if i < 8 { &[] } else { &["s0"] }, &script)).collect();
    let p = project(&steps);
    policy(&p, "max_concurrent: 3");
    let runs = [p.start("run all"), p.start("run all"), p.start("run step s7")];
    for (i, run) in runs.into_iter().enumerate() {
        let ran = finish(run);
        assert!(ran.code == 0 || (i == 2 && ran.stderr.contains("s7")), "{ran:#?}");
    }
    assert!(all_done(&p));
    assert!((0..16).all(|i| starts(&p, &format!("s{i}")) == 1), "{:?}", trace(&p));
    assert!(peak(&p) <= 3 && peak(&p) > 1, "{:?}", trace(&p));
}

#[test]
fn the_limit_of_one_run_is_its_own() {
    let steps: Vec<String> = (0..6).map(|i| traced(&format!("s{i}"), &[], &meet(2))).collect();
    let p = project(&steps);
    p.write("trace", "");
    p.write("met", "");
    p.ok("run all --max-concurrent 1");
    assert_eq!(peak(&p), 1);
    assert_eq!(run_record(&p, &latest_run(&p))["peak_concurrency"], 1);
    policy(&p, "max_concurrent: 2");
    let refused = p.json("run all --max-concurrent 3");
    assert_eq!(refused["error"]["code"], "POLICY_DENIED", "{refused:#}");
    p.ok("reset --all --yes");
    std::fs::remove_file(p.root().join("met")).unwrap();
    std::fs::remove_file(p.root().join("trace")).unwrap();
    p.ok("run all --max-concurrent 2");
    assert_eq!(peak(&p), 2);
}

#[test]
fn no_step_runs_before_its_dependencies() {
    for seed in 1..=4_u64 {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut random = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let deps: Vec<Vec<usize>> = (0..30_u64)
            .map(|i| (0..i).filter(|_| random(6) == 0).map(|d| usize::try_from(d).unwrap()).collect())
            .collect();
        let id = |i: usize| format!("s{i}");
        let steps: Vec<String> = deps
            .iter()
            .enumerate()
            .map(|(i, deps)| {
                let names: Vec<String> = deps.iter().map(|d| id(*d)).collect();
                traced(&id(i), &names.iter().map(String::as_str).collect::<Vec<_>>(), "true")
            })
            .collect();
        let p = project(&steps);
        let (one, two) = (p.start("run all"), p.start("run all --max-concurrent 5"));
        assert_eq!((finish(one).code, finish(two).code), (0, 0));
        let trace = trace(&p);
        let at = |what: char, i: usize| trace.iter().position(|t| *t == (what, id(i))).unwrap();
        for (i, deps) in deps.iter().enumerate() {
            assert_eq!(starts(&p, &id(i)), 1, "seed {seed}");
            assert!(
                deps.iter().all(|d| at('E', *d) < at('S', i)),
                "seed {seed}: s{i} after {deps:?} in {trace:?}"
            );
        }
    }
}

#[test]
fn the_file_has_the_statuses_within_a_second_and_at_the_end() {
    within(Duration::from_millis(1500), || {
        let p = project(&[traced("a", &[], "true"), traced("b", &["a"], HOLD)]);
        let run = p.start("run all");
        wait_for_starts(&p, 2);
        let start = Instant::now();
        wait("the file to follow", || has(&p, "a", "DONE") && has(&p, "b", "RUNNING"));
        let took = start.elapsed();
        go(&p);
        assert_eq!(finish(run).code, 0);
        assert!(has(&p, "b", "DONE"), "at the end of a run at once:\n{}", p.read("sequence.yaml"));
        took
    });
}

/// Whether `sequence.yaml` itself has this status of a step.
fn has(p: &Project, id: &str, status: &str) -> bool {
    let text = p.read("sequence.yaml");
    let own = text.split("- id: ").find(|part| part.starts_with(&format!("{id}\n")));
    own.unwrap().contains(&format!("status: {status}"))
}

#[test]
fn its_own_writing_wakes_it_for_nothing() {
    let steps: Vec<String> = (0..8).map(|i| traced(&format!("s{i}"), &[], "sleep 0.4")).collect();
    let p = project(&steps);
    policy(&p, "max_concurrent: 1");
    p.ok("run all");
    assert_eq!(
        p.entries("external.edit").len(),
        2,
        "the edits before the run: {:#?}",
        p.entries("external.edit")
    );
    assert!(all_done(&p));
}

#[test]
fn steps_changed_while_a_run_goes_on_are_neither_lost_nor_disturb_it() {
    let p = project(&[traced("a", &[], HOLD), traced("z", &["a"], "true")]);
    let run = p.start("run all");
    wait_for_starts(&p, 1);
    p.ok("step add b --depends-on a -- sh -c 'echo \"S b\" >> trace; echo \"E b\" >> trace'");
    p.ok("step edit z --name Last");
    p.ok("step rm z --yes");
    // And one by hand, a comment too.
    let text = p.read("sequence.yaml");
    let by_hand = text.replace("gates:", &format!("{}gates:", traced("c", &["b"], "true"))) + "# kept\n";
    p.write(".threados/sequence.yaml", &by_hand);
    wait("the hand edit to be noticed", || {
        statuses(&p).contains_key("c") && p.entries("external.edit").len() > 2
    });
    go(&p);
    let ran = finish(run);
    assert_eq!(ran.code, 0, "{ran:#?}");
    let ran: Vec<String> = trace(&p).into_iter().filter(|(what, _)| *what == 'E').map(|(_, id)| id).collect();
    assert_eq!(ran, ["a", "b", "c"]);
    assert!(p.read("sequence.yaml").ends_with("# kept\n"));
}

#[test]
fn a_file_broken_by_hand_changes_nothing_while_a_run_goes_on() {
    let p = project(&[traced("a", &[], HOLD), traced("b", &["a"], "true")]);
    let run = p.start("run all");
    wait_for_starts(&p, 1);
    let broken = p.read("sequence.yaml").replace("depends_on", "depends_on: [");
    p.write(".threados/sequence.yaml", &broken);
    assert_eq!(p.run("status").code, 3);
    go(&p);
    assert_eq!(finish(run).code, 0);
    assert_eq!(starts(&p, "b"), 1);
    assert_eq!(p.read("sequence.yaml"), broken, "a person's text is not overwritten");
    sequence(&p, &[traced("a", &[], HOLD), traced("b", &["a"], "true")], "");
    assert!(all_done(&p));
}

#[test]
fn a_policy_changed_by_hand_holds_for_what_starts_after() {
    let p = project(&[traced("a", &[], HOLD), step("b", &["a"], "echo ran > b")]);
    let run = p.start("run all");
    wait_for_starts(&p, 1);
    p.write(".threados/policy.yaml", "mode: SAFE\nallowed_commands: [sleep]\n");
    wait("it to be noticed", || {
        p.entries("external.edit").iter().any(|e| e["target"] == "policy.yaml" && e["seq"].as_u64() > Some(4))
    });
    go(&p);
    assert_eq!(finish(run).code, 1);
    assert_eq!(p.status("a"), "DONE");
    assert!(p.reason("b").starts_with("policy: "), "{}", p.reason("b"));
    assert!(!p.root().join("b").exists());
    let denied = &p.entries("step.start").pop().unwrap();
    assert_eq!((&denied["result"], &denied["target"]), (&"denied".into(), &"b".into()));
}

#[test]
fn a_policy_changed_by_hand_before_a_step_ended_holds_for_what_follows_it() {
    let p = project(&[traced("a", &[], HOLD), traced("b", &["a"], "true")]);
    let run = p.start("run all");
    wait_for_starts(&p, 1);
    let (engine, wrapper) = (p.engine().unwrap(), p.named_wrapper("a"));
    kill(engine, "STOP");
    p.write(".threados/policy.yaml", "mode: SAFE\nallowed_commands: [sleep]\n");
    go(&p);
    wait("the end of a to wait for the engine", || p.wrapper("a") != Some(wrapper));
    kill(engine, "CONT");
    assert_eq!(finish(run).code, 1);
    assert_eq!((p.status("a"), starts(&p, "b")), ("DONE".into(), 0), "{}", p.reason("b"));
}

#[test]
fn a_step_gets_the_environment_of_the_contract_and_nothing_of_ours() {
    let script = "env | sort > env; ls /proc/self/fd > fds; cat > stdin; grep -E 'Sig(Ign|Blk)' /proc/self/status > signals; readlink /proc/$$/fd/0 > zero";
    let mut text = step("a", &[], script);
    text += "    env: { OWN: yes-it-is }\n";
    let p = project(&[text]);
    let words = ["run", "all"];
    let out = p.command(&words).env("LD_AUDIT", "").env("THREADOS_EXTRA", "x").output().unwrap();
    assert!(out.status.success(), "{out:?}");
    let read = |f: &str| std::fs::read_to_string(p.root().join(f)).unwrap();
    let run = latest_run(&p);
    let dir = p.path(&format!("runs/{run}/a")).display().to_string();
    let env = read("env");
    let token = |line: &str| line.starts_with("THREADOS_TOKEN=threados_") && line.len() == 24 + 64;
    assert_eq!(env.lines().filter(|l| token(l)).count(), 1);
    let threados: Vec<&str> = env.lines().filter(|l| l.starts_with("THREADOS_") && !token(l)).collect();
    let socket = crate::engine_kit::socket_below(&p);
    let root = p.root().canonicalize().unwrap().display().to_string();
    let dir = dir.replace(&p.root().display().to_string(), &root);
    assert_eq!(
        threados,
        [
            "THREADOS_ACTOR=orchestrator".to_owned(),
            format!("THREADOS_INPUTS={dir}/inputs.json"),
            format!("THREADOS_OUTPUT={dir}/output"),
            format!("THREADOS_ROOT={root}"),
            format!("THREADOS_RUN_ID={run}"),
            format!("THREADOS_SOCKET={}", socket.display()),
            format!("THREADOS_STEP_DIR={dir}"),
            "THREADOS_STEP_ID=a".to_owned(),
        ]
    );
    assert!(env.contains("OWN=yes-it-is") && !env.contains("LD_AUDIT"), "{env}");
    assert_eq!((read("zero").trim(), read("stdin").as_str()), ("/dev/null", ""));
    // The fourth is ls's own look at the folder.
    assert_eq!(read("fds").split_whitespace().collect::<Vec<_>>(), ["0", "1", "2", "3"]);
    for line in read("signals").lines() {
        let set = line.split_whitespace().last().unwrap();
        // Signals 32 and 33 are the C library's own.
        assert!(u64::from_str_radix(set, 16).is_ok_and(|set| set & !(0b11 << 31) == 0), "{line}");
    }
}

#[test]
fn the_record_of_a_step_is_complete() {
    let p = project(&[step("a", &[], "echo out; echo err >&2; echo key=value > $THREADOS_OUTPUT; exit 7")
        + "    timeout_ms: 60000\n"]);
    p.exits(1, "run all");
    let run = latest_run(&p);
    let mut record = step_record(&p, &run, "a");
    let took = record["duration_ms"].take().as_u64().unwrap();
    assert!(record["pid"].take().as_u64().is_some());
    let at = |v: Value| v.as_str().unwrap().parse::<String>().unwrap();
    let (started, ended) = (at(record["started_at"].take()), at(record["ended_at"].take()));
    assert!(record["sandbox"].take().is_string());
    assert!(started <= ended && took < 60_000, "{started} {ended} {took}");
    let cwd = p.root().canonicalize().unwrap();
    assert_eq!(
        record,
        serde_json::json!({
            "run_id": run, "step_id": "a", "attempt": 1, "status": "FAILED", "reason": "exit code 7",
            "model": "shell", "executor": "direct", "sandbox": null,
            "command": ["sh", "-c", "echo out; echo err >&2; echo key=value > $THREADOS_OUTPUT; exit 7"],
            "cwd": cwd, "pid": null, "started_at": null, "ended_at": null, "duration_ms": null, "exit_code": 7,
            "signal": null, "stdout_bytes": 4, "stderr_bytes": 4, "truncated_bytes": 0, "artifacts": [],
            "outputs": { "key": "value" }, "usage": null,
        })
    );
}

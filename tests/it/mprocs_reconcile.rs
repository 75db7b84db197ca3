//! What is known of a session is brought in line with what is so: mprocs alive, killed at any moment, opened again,
//! replaced by another program.

use std::net::TcpListener;

use serde_json::Value;

use crate::engine_kit::{HOLD, go};
use crate::mprocs_kit::Session;
use crate::support::{Project, finish, kill, lives, wait};

fn starts(p: &Project, id: &str) -> usize {
    p.entries("step.start").iter().filter(|e| e["target"] == id).count()
}

/// How the session was mended, by the log.
fn mended(p: &Project) -> Vec<Value> {
    let told = p.entries("reconcile").into_iter().filter(|e| e["target"] == "mprocs");
    told.map(|e| e["payload"]["mprocs"].clone()).collect()
}

#[test]
fn mprocs_killed_while_steps_begin_loses_and_doubles_none() {
    for begun in [0, 1, 5, 12] {
        let p = Project::new();
        let steps: String = (0..20)
            .map(|i| format!("  - {{ id: s{i}, command: [sh, -c, 'echo {i} >> trace; {HOLD}'] }}\n"))
            .collect();
        p.write(".threados/sequence.yaml", &format!("version: \"1.0\"\nname: x\nsteps:\n{steps}"));
        let s = Session::open(&p);
        let run = p.start("run all");
        wait("the run", || p.entries("run.all").len() == 1 && p.entries("step.start").len() >= begun);
        s.kill();
        go(&p);
        let ran = finish(run);
        assert_eq!(ran.code, 0, "killed after {begun} starts: {ran:#?}");
        let mut trace: Vec<u32> = std::fs::read_to_string(p.root().join("trace"))
            .unwrap()
            .lines()
            .map(|l| l.parse().unwrap())
            .collect();
        trace.sort_unstable();
        assert_eq!(trace, (0..20).collect::<Vec<u32>>(), "killed after {begun} starts");
        assert!((0..20).all(|i| starts(&p, &format!("s{i}")) == 1), "killed after {begun} starts");
        wait("its panes to be gone, too", || !lives(s.pid) && !lives(s.keeper));
    }
}

#[test]
fn who_insists_on_an_mprocs_that_was_killed_is_told_so_and_nothing_runs_unseen() {
    let p = Project::new();
    for id in ["a", "b"] {
        p.ok(&format!("step add {id} -- sh -c 'echo begun; {HOLD}'"));
    }
    p.ok("step add after --depends-on a,b -- true");
    let s = Session::open(&p);
    let run = p.start("run all --executor mprocs");
    for id in ["a", "b"] {
        wait("them to run", || p.run(&format!("logs {id}")).stdout.contains("begun"));
    }
    s.kill();
    wait("it to be gone", || p.json("mprocs status")["state"] != "up");
    go(&p);
    assert_eq!(finish(run).code, 1);
    assert_eq!((p.status("a"), p.status("b")), ("DONE".to_owned(), "DONE".to_owned()));
    assert_eq!(p.status("after"), "FAILED");
    assert!(p.reason("after").contains("mprocs session"), "{}", p.reason("after"));
}

#[test]
fn a_session_that_is_opened_again_shows_what_comes_and_leaves_alone_what_runs() {
    let p = Project::new();
    p.ok(&format!("step add old -- sh -c 'echo begun; {HOLD}; echo ended'"));
    p.ok("step add new -- echo fresh");
    let first = Session::open(&p);
    let run = p.start("run step old --executor mprocs");
    wait("it to begin", || p.run("logs old").stdout.contains("begun"));
    first.kill();
    wait("the first to be gone", || !lives(first.pid) && !lives(first.keeper));
    let second = Session::open(&p);
    assert_ne!(second.pid, first.pid);
    p.ok("run step new --executor mprocs");
    p.ok("mprocs select new");
    second.wait_for_text("fresh");
    go(&p);
    assert_eq!(finish(run).code, 0);
    assert_eq!(p.ok("logs old"), "begun\nended\n");
    assert_eq!((starts(&p, "old"), starts(&p, "new")), (1, 1));
}

#[test]
fn an_engine_that_finds_a_session_dead_says_so_on_record_and_goes_on_without() {
    let p = Project::new();
    p.ok(&format!("step add a -- sh -c 'echo begun; {HOLD}'"));
    let s = Session::open(&p);
    let mut run = p.start("run all --executor mprocs");
    wait("it to begin", || p.run("logs a").stdout.contains("begun"));
    // Nobody is left to put anything in order: the engine of a detached run would be brought back.
    run.kill().unwrap();
    run.wait().unwrap();
    kill(s.keeper, "KILL");
    kill(p.engine().unwrap(), "KILL");
    wait("mprocs to be gone", || !lives(s.pid));
    assert!(p.path("state/mprocs-state.json").exists() && p.path("state/mprocs-map.json").exists());
    p.ok("reconcile");
    assert_eq!(mended(&p), ["the files of a session that died were removed"]);
    assert!(!p.path("state/mprocs-state.json").exists() && !p.path("state/mprocs-map.json").exists());
    assert_eq!(
        (p.json("mprocs status")["state"].clone(), p.status("a")),
        ("absent".into(), "RUNNING".into())
    );
    go(&p);
    p.wait_for("a", "DONE");
    assert_eq!(starts(&p, "a"), 1);
}

#[test]
fn a_stale_map_is_written_anew_and_that_is_on_record() {
    let p = Project::new();
    p.ok("step add a -- echo here");
    let s = Session::open(&p);
    p.write(".threados/state/mprocs-map.json", "{\"config_hash\":\"0\",\"steps\":{\"a\":7},\"slots\":{}}");
    p.ok("reconcile");
    assert_eq!(mended(&p), ["the map of panes was written anew"]);
    p.ok("run all --executor mprocs");
    p.ok("mprocs select a");
    s.wait_for_text("here");
}

#[test]
fn another_program_on_the_port_or_under_the_pid_of_mprocs_is_never_taken_for_it() {
    let p = Project::new();
    p.ok("step add a -- true");
    let policy = p.read("policy.yaml").replace("mprocs_port: false", "mprocs_port: true");
    p.write(".threados/policy.yaml", &policy);
    p.ok("policy mode POWER --yes");
    let s = Session::open_with(&p, "--control-port");
    let state: Value = serde_json::from_str(&p.read("state/mprocs-state.json")).unwrap();
    let port = u16::try_from(state["port"].as_u64().unwrap()).unwrap();
    let up = threados_core::executor::mprocs::health(&crate::mprocs_kit::paths(&p)).up().unwrap();
    kill(s.keeper, "KILL");
    wait("mprocs to be gone", || !lives(s.pid));
    let mut other = None;
    wait("its port to be free", || {
        other = TcpListener::bind(("127.0.0.1", port)).ok();
        other.is_some()
    });
    let other = other.unwrap();
    other.set_nonblocking(true).unwrap();
    let mut control = threados_core::executor::mprocs::Control::of(&up).unwrap();
    let refused = control.select(0).unwrap_err().to_string();
    assert!(refused.contains("does not listen"), "{refused}");
    let ran = p.exits(8, "mprocs select a");
    assert!(ran.stderr.contains("no mprocs session") && ran.stderr.contains("mprocs open"), "{ran:#?}");
    p.exits(8, "mprocs send-key a x");
    // Its pid is that of another process now.
    let mut state = state;
    state["pid"] = std::process::id().into();
    p.write(".threados/state/mprocs-state.json", &state.to_string());
    assert_eq!(p.json("mprocs status")["state"], "dead");
    p.exits(8, "run all --executor mprocs");
    p.exits(8, "mprocs close");
    assert!(other.accept().is_err(), "nobody has spoken to it");
    p.ok("run all");
    assert_eq!(p.step_record("a")["executor"], "direct");
}

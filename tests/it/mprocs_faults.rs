//! Whatever becomes of mprocs: no step is lost or doubled, none runs on unseen, and each error names its cause.

use std::fs;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::engine_kit::{HOLD, children, go};
use crate::mprocs_kit::Session;
use crate::mprocs_terminal::is_selected;
use crate::support::{Project, finish, kill, lives, script, wait};

fn held(p: &Project, id: &str) {
    p.ok(&format!("step add {id} -- sh -c 'trap \"\" TERM; echo begun; {HOLD}; echo ended'"));
}

#[track_caller]
fn wait_until_begun(p: &Project, id: &str) {
    wait(&format!("{id} to begin"), || p.run(&format!("logs {id}")).stdout.contains("begun"));
}

#[test]
fn a_session_that_was_killed_while_nothing_ran_is_told_of_and_not_used() {
    let p = Project::new();
    p.ok("step add a -- true");
    let s = Session::open(&p);
    s.kill();
    wait("mprocs and its keeper to be gone", || !lives(s.pid) && !lives(s.keeper));
    assert_eq!(p.json("mprocs status")["state"], "absent");
    p.exits(8, "run all --executor mprocs");
    p.ok("run all");
    assert_eq!(p.step_record("a")["executor"], "direct");
    p.exits(8, "mprocs select a");
    Session::open(&p);
}

#[test]
fn a_keeper_that_was_killed_takes_mprocs_with_it_and_no_step() {
    let p = Project::new();
    held(&p, "a");
    let s = Session::open(&p);
    let run = p.start("run all --executor mprocs");
    wait_until_begun(&p, "a");
    kill(s.keeper, "KILL");
    wait("mprocs to end", || !lives(s.pid));
    assert_eq!(p.json("mprocs status")["state"], "dead");
    assert_eq!(p.status("a"), "RUNNING");
    go(&p);
    assert_eq!(finish(run).code, 0);
    p.ok("mprocs open --headless");
    assert_eq!(p.json("mprocs status")["state"], "up");
}

#[test]
fn closing_it_waits_for_no_step_and_ends_none() {
    let p = Project::new();
    held(&p, "a");
    let s = Session::open(&p);
    let run = p.start("run all --executor mprocs");
    wait_until_begun(&p, "a");
    let start = Instant::now();
    p.ok("mprocs close");
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    assert!(!lives(s.pid) && !p.path("state/mprocs-state.json").exists());
    assert_eq!(p.status("a"), "RUNNING");
    go(&p);
    assert_eq!(finish(run).code, 0);
    assert_eq!(p.ok("logs a"), "begun\nended\n");
}

#[test]
fn one_that_hangs_is_closed_all_the_same_and_leaves_the_pane_of_a_step_alone() {
    let p = Project::new();
    held(&p, "a");
    let s = Session::open(&p);
    let run = p.start("run all --executor mprocs");
    wait_until_begun(&p, "a");
    let wrapper = p.named_wrapper("a");
    let panes = children(&p, s.pid);
    assert!(panes.len() > 1, "{panes:?}");
    kill(s.pid, "STOP");
    p.ok("mprocs close");
    assert!(!lives(s.pid));
    wait("the idle panes to end", || panes.iter().all(|pane| *pane == wrapper || !lives(*pane)));
    assert_eq!(p.status("a"), "RUNNING");
    go(&p);
    assert_eq!(finish(run).code, 0);
}

#[test]
fn the_engine_may_be_killed_too() {
    let p = Project::new();
    held(&p, "a");
    held(&p, "b");
    let s = Session::open(&p);
    p.ok("run all --executor mprocs --detach");
    wait_until_begun(&p, "a");
    wait_until_begun(&p, "b");
    kill(p.engine().unwrap(), "KILL");
    s.kill();
    go(&p);
    for id in ["a", "b"] {
        p.wait_for(id, "DONE");
        assert_eq!(p.entries("step.start").iter().filter(|e| e["target"] == id).count(), 1);
    }
}

#[test]
fn panes_come_back_to_the_next_engine() {
    let p = Project::new();
    p.ok("step add a -- true");
    let _s = Session::open(&p);
    p.ok("run all --executor mprocs");
    kill(p.engine().unwrap(), "KILL");
    p.ok("run all --from a --executor mprocs");
    assert_eq!(p.step_record("a")["executor"], "mprocs");
}

#[test]
fn a_session_that_is_opened_while_an_engine_lives_has_all_its_panes() {
    let p = Project::new();
    p.ok(&format!("step add hold -- sh -c '{HOLD}'"));
    p.ok("step add later -- true");
    let run = p.start("run step hold");
    p.wait_for("hold", "RUNNING");
    let _s = Session::open(&p);
    p.ok("run step later --executor mprocs");
    assert_eq!(p.entries("mprocs.pane"), Vec::<serde_json::Value>::new(), "none was turned away");
    panes(&p);
    go(&p);
    assert_eq!(finish(run).code, 0);
}

#[test]
fn panes_that_are_slow_to_come_are_waited_for() {
    let p = Project::new();
    p.ok("step add a -- true");
    let _s = Session::open(&p);
    let panes: Vec<u32> = panes(&p).into_iter().map(|(pid, _)| pid).collect();
    panes.iter().for_each(|pid| kill(*pid, "STOP"));
    let run = p.start("run all --executor mprocs");
    wait("the run", || !p.entries("run.all").is_empty());
    // Longer than an attempt may take to start.
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(3500) {
        assert_eq!(p.status("a"), "READY");
    }
    panes.iter().for_each(|pid| kill(*pid, "CONT"));
    assert_eq!(finish(run).code, 0);
    assert_eq!(p.step_record("a")["executor"], "mprocs");
}

#[test]
fn a_wrapper_that_is_killed_in_its_pane_leaves_nothing_running() {
    let p = Project::new();
    held(&p, "a");
    let _s = Session::open(&p);
    let run = p.start("run all --executor mprocs");
    wait_until_begun(&p, "a");
    let step = u32::try_from(holder(&p, "a")["child"]["pgid"].as_u64().unwrap()).unwrap();
    kill(p.named_wrapper("a"), "KILL");
    assert_eq!(finish(run).code, 1);
    assert_eq!(p.reason("a"), "orphaned_process");
    assert!(!lives(step));
    go(&p);
    p.ok("run all --failed --executor mprocs");
}

/// What the lock of a wrapper says; it is written a moment after the step has begun.
fn holder(p: &Project, step: &str) -> serde_json::Value {
    let mut found = None;
    wait("the wrapper to name its step", || {
        let mut locks = fs::read_dir(p.path("state/wrappers")).unwrap().flatten();
        let lock = locks.find(|l| l.file_name().to_string_lossy().ends_with(&format!(".{step}")));
        found =
            lock.and_then(|lock| fs::read(lock.path()).ok()).and_then(|l| serde_json::from_slice(&l).ok());
        found.as_ref().is_some_and(|holder: &serde_json::Value| holder["child"]["pgid"].is_u64())
    });
    found.unwrap()
}

#[test]
fn an_mprocs_that_is_not_there_or_another_one_is_named() {
    let mut p = Project::new();
    p.ok("step add a -- true");
    let folder = p.root().parent().unwrap().to_owned();
    let other = script(&folder, "other", "#!/bin/sh\necho mprocs 0.7.3\n");
    p.export("THREADOS_MPROCS_PATH", other.to_str().unwrap());
    let ran = p.exits(8, "mprocs open --headless");
    assert!(ran.stderr.contains("is mprocs 0.7.3, and mprocs 0.9.6 is needed"), "{ran:#?}");
    assert_eq!(p.json("mprocs open --headless")["error"]["code"], "MPROCS_VERSION");
    p.export("THREADOS_MPROCS_PATH", "/nowhere/mprocs");
    let ran = p.exits(8, "mprocs open --headless");
    assert!(
        ran.stderr.contains("/nowhere/mprocs") && ran.stderr.contains("cargo install mprocs"),
        "{ran:#?}"
    );
    assert!(p.ok("doctor").contains("mprocs"));
    let dead = script(
        &folder,
        "dead",
        "#!/bin/sh\n[ \"$1\" = --version ] && exec echo mprocs 0.9.6\necho no luck\n",
    );
    p.export("THREADOS_MPROCS_PATH", dead.to_str().unwrap());
    let ran = p.exits(8, "mprocs open --headless");
    assert!(
        ran.stderr.contains("ended as soon as it was started") && ran.stderr.contains("no luck"),
        "{ran:#?}"
    );
    assert_eq!(p.entries("mprocs.open").last().unwrap()["result"], "error");
    assert!(!p.path("state/mprocs-state.json").exists() && !p.path("state/mprocs.yaml").exists());
    p.ok("run all");
}

#[test]
fn a_control_port_needs_the_policy_and_power_and_a_free_port() {
    let p = Project::new();
    p.ok("step add a -- true");
    let ran = p.exits(5, "mprocs open --headless --control-port");
    assert!(ran.stderr.contains("mprocs_port"), "{ran:#?}");
    assert_eq!(p.entries("mprocs.open").last().unwrap()["result"], "denied");
    let policy = p.read("policy.yaml").replace("mprocs_port: false", "mprocs_port: true");
    p.write(".threados/policy.yaml", &policy);
    p.exits(5, "mprocs open --headless --control-port");
    p.ok("policy mode POWER --yes");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let ran = p.exits(8, &format!("mprocs open --headless --control-port {port}"));
    assert!(ran.stderr.contains(&format!("port {port} is taken")), "{ran:#?}");
    let s = Session::open_with(&p, "--control-port");
    assert_eq!(s.listening().len(), 1);
    p.ok("run all --executor mprocs");
    p.ok("mprocs select a");
    s.wait_for_text("DONE");
}

/// All panes of the session, once they are all there: their processes, and what those were called with.
#[track_caller]
fn panes(p: &Project) -> Vec<(u32, Vec<String>)> {
    let all = p.json("mprocs status")["session"]["panes"].as_u64().unwrap();
    let there = || p.processes().into_iter().filter_map(|pid| Some((pid, pane(pid)?))).collect::<Vec<_>>();
    wait("every pane", || there().len() as u64 == all);
    there()
}

/// What the process of a pane was called with.
fn pane(pid: u32) -> Option<Vec<String>> {
    let line = String::from_utf8(fs::read(format!("/proc/{pid}/cmdline")).ok()?).ok()?;
    let words: Vec<String> = line.split('\0').map(str::to_owned).collect();
    (words.get(1).is_some_and(|word| word == "pane")).then_some(words)
}

#[test]
fn one_spare_pane_that_comes_first_is_promised_to_one_step() {
    let p = Project::new();
    for id in ["a", "b", "c"] {
        p.ok(&format!("step add {id} -- sh -c '{HOLD}'"));
    }
    let _s = Session::open(&p);
    let is_first = |words: &[String]| words.windows(2).any(|two| two == ["--slot", "1"]);
    let late = panes(&p).into_iter().filter(|(_, words)| !is_first(words));
    let late: Vec<u32> = late.map(|(pid, _)| pid).collect();
    late.iter().for_each(|pid| kill(*pid, "STOP"));
    let run = p.start("run all --executor mprocs");
    p.wait_for("a", "RUNNING");
    // Longer than an attempt may take to start.
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(3500) {
        assert_eq!((p.status("b"), p.status("c")), ("READY".into(), "READY".into()));
    }
    late.iter().for_each(|pid| kill(*pid, "CONT"));
    go(&p);
    assert_eq!(finish(run).code, 0);
    assert!(["a", "b", "c"].iter().all(|id| p.step_record(id)["executor"] == "mprocs"));
}

#[test]
fn sixty_steps_at_once_all_run_in_panes() {
    let p = Project::new();
    let policy = p.read("policy.yaml").replace("max_concurrent: 20", "max_concurrent: 60");
    p.write(".threados/policy.yaml", &policy);
    // They look seldom: sixty that look often would leave nothing of two processors to start the next one with.
    let hold = HOLD.replace("0.02", "1");
    let steps: String =
        (0..60).map(|i| format!("  - {{ id: s{i}, command: [sh, -c, 'echo {i}; {hold}'] }}\n")).collect();
    p.write(".threados/sequence.yaml", &format!("version: \"1.0\"\nname: x\nsteps:\n{steps}"));
    let _s = Session::open(&p);
    let run = p.start("run all --executor mprocs");
    wait("sixty at once", || p.json("status")["summary"]["running"] == 60);
    go(&p);
    let ran = finish(run);
    assert_eq!(ran.code, 0, "{ran:#?}");
    assert_eq!(p.entries("step.start").len(), 60);
    assert!((0..60).all(|i| p.step_record(&format!("s{i}"))["executor"] == "mprocs"));
}

#[test]
fn two_hundred_steps_that_appear_later_share_the_spare_panes() {
    let p = Project::new();
    p.ok("step add first -- true");
    let _s = Session::open(&p);
    many(&p, 200);
    run_in_panes(&p, 200);
}

#[test]
fn more_than_a_hundred_steps_share_panes_from_the_start() {
    let p = Project::new();
    many(&p, 120);
    let _s = Session::open(&p);
    run_in_panes(&p, 120);
}

fn many(p: &Project, n: usize) {
    let steps: String =
        (0..n).map(|i| format!("  - {{ id: s{i}, command: [echo, 'step {i}'] }}\n")).collect();
    p.write(".threados/sequence.yaml", &format!("version: \"1.0\"\nname: x\nsteps:\n{steps}"));
}

fn run_in_panes(p: &Project, n: usize) {
    let ran = p.exits(0, "run all --executor mprocs");
    assert_eq!(p.entries("step.start").len(), n, "{ran:#?}");
    for i in [0, n / 2, n - 1] {
        assert_eq!(p.ok(&format!("logs s{i}")), format!("step {i}\n"));
        assert_eq!(p.step_record(&format!("s{i}"))["executor"], "mprocs");
    }
}

#[test]
fn a_flood_reaches_the_log_whole_and_holds_up_nobody() {
    let p = Project::new();
    p.ok("policy allow yes");
    p.ok("step add flood -- sh -c 'yes 0123456789abcdef | head -c 20000000'");
    p.ok("step add calm -- echo calm");
    let s = Session::open(&p);
    p.ok("run all --executor mprocs");
    assert_eq!(p.step_record("flood")["stdout_bytes"], 20_000_000);
    assert_eq!(p.step_record("flood")["truncated_bytes"], 0);
    p.ok("mprocs select calm");
    s.wait_for_text("calm · DONE");
}

#[test]
fn names_of_all_sorts_are_panes() {
    let p = Project::new();
    let names =
        ["two words", "it's \"quoted\"", "ünïcödé 漢字", "<<", "$select", "yes", "12", "a: b # c", "{x}"];
    for (i, name) in names.iter().enumerate() {
        p.ok(&format!("step add s{i} --name {} -- echo {i}", shlex::try_quote(name).unwrap()));
    }
    let long = "x".repeat(64);
    p.ok(&format!("step add {long} -- echo long"));
    let s = Session::open(&p);
    // mprocs takes two of them for its own, so their steps are called by their ids.
    let shown = names.map(|name| match name {
        "<<" => "s3",
        "$select" => "s4",
        name => name,
    });
    // A row of the list is a name, as much of it as there is room for, and how its step stands.
    let listed = |name: &str, status: &str| {
        let screen = s.text();
        let mut rows = screen.lines().filter_map(|line| line.split(['│', '┃']).nth(1));
        rows.any(|row| {
            let row = row.trim_start_matches(['•', ' ']);
            row.strip_prefix(name).is_some_and(|rest| rest.trim_start_matches(['x', '…']).trim() == status)
        })
    };
    let cut = "x".repeat(12);
    let all = || shown.iter().copied().chain([cut.as_str()]);
    for name in all() {
        wait(&format!("{name} in the list"), || listed(name, "READY"));
    }
    p.ok("run all --executor mprocs");
    for name in all() {
        wait(&format!("{name} DONE in the list"), || listed(name, "DONE"));
    }
    for (id, selected) in (0..names.len()).map(|i| (format!("s{i}"), shown[i])).chain([(long, &*cut)]) {
        assert_eq!(p.step_record(&id)["executor"], "mprocs");
        p.ok(&format!("mprocs select {id}"));
        wait(&format!("{selected} to be selected"), || is_selected(&s.text(), selected));
    }
}

#[test]
fn a_map_that_is_corrupt_or_of_another_session_is_told_and_mended() {
    let p = Project::new();
    p.ok("step add a -- echo here");
    let s = Session::open(&p);
    for wrong in ["{", "{\"config_hash\":\"0\",\"steps\":{\"a\":7},\"slots\":{}}"] {
        p.write(".threados/state/mprocs-map.json", wrong);
        let ran = p.exits(8, "mprocs select a");
        assert!(ran.stderr.contains("mprocs-map.json") && ran.stderr.contains("reconcile"), "{ran:#?}");
        assert!(p.json("mprocs status")["map_problem"].is_string());
        p.ok("run all --from a --executor mprocs");
        p.ok("reconcile");
        p.ok("mprocs select a");
        s.wait_for_text("here");
    }
}

//! What the tests of the engine share: sequences as text, steps that leave a trace, and how to read it.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::FileTypeExt as _;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::{Project, kill, lives, wait};

/// Limits and programs of these tests; a line more, or another value for one, goes on top.
const POLICY: &str = "mode: SAFE\nallowed_commands: [sh, sleep, 'true', 'false', env]\nmax_fanout: 40\n";

/// Writes `policy.yaml` with these further lines.
pub fn policy(p: &Project, lines: &str) {
    p.write(".threados/policy.yaml", &format!("{POLICY}{lines}\n"));
}

/// A step that runs a shell script.
pub fn step(id: &str, deps: &[&str], script: &str) -> String {
    let script = serde_json::to_string(script).unwrap();
    format!("  - id: {id}\n    command: [sh, -c, {script}]\n    depends_on: [{}]\n", deps.join(", "))
}

/// A step that notes its start and its end in `trace` and runs the script in between.
pub fn traced(id: &str, deps: &[&str], script: &str) -> String {
    step(id, deps, &format!("echo \"S {id}\" >> trace; {script}; echo \"E {id}\" >> trace"))
}

/// Waits for the file `go` in the project root.
pub const HOLD: &str = "while [ ! -e go ]; do sleep 0.02; done";

/// Waits until so many steps are there at once, or have been (then the file `met` is there); not for ever, but longer
/// than a busy machine takes to start that many.
pub fn meet(count: usize) -> String {
    format!(
        "for t in $(seq 6000); do [ -e met ] && break; [ $(grep -c ^S trace) -ge {count} ] && : > met; sleep 0.02; done"
    )
}

/// Lets the steps go on that wait for the file `go`.
pub fn go(p: &Project) {
    p.write("go", "");
}

/// Writes `sequence.yaml` with these steps, and these gates.
pub fn sequence(p: &Project, steps: &[String], gates: &str) {
    let gates = if gates.is_empty() { "gates: []\n".to_owned() } else { format!("gates:\n{gates}") };
    let text = format!("version: '1.0'\nname: test\nsteps:\n{}{gates}", steps.concat());
    p.write(".threados/sequence.yaml", &text);
}

/// A project with these steps and a short grace for stopped ones.
pub fn project(steps: &[String]) -> Project {
    let p = Project::empty();
    p.ok("init");
    policy(&p, "stop_grace_ms: 500");
    sequence(&p, steps, "");
    p
}

/// What traced steps have noted so far, in order.
pub fn trace(p: &Project) -> Vec<(char, String)> {
    let text = fs::read_to_string(p.root().join("trace")).unwrap_or_default();
    text.lines().map(|l| (l.chars().next().unwrap(), l[2..].to_owned())).collect()
}

/// How often a step has started.
pub fn starts(p: &Project, id: &str) -> usize {
    trace(p).iter().filter(|(what, step)| *what == 'S' && step == id).count()
}

/// Most traced steps that were under way at once.
pub fn peak(p: &Project) -> usize {
    peak_of(trace(p).into_iter())
}

/// As [`peak`], of these notes.
pub fn peak_of(notes: impl Iterator<Item = (char, String)>) -> usize {
    let mut now = 0_usize;
    let counts = notes.map(|(what, _)| {
        now = if what == 'S' { now + 1 } else { now - 1 };
        now
    });
    counts.max().unwrap_or_default()
}

/// Waits until so many steps have noted their start.
#[track_caller]
pub fn wait_for_starts(p: &Project, count: usize) {
    wait(&format!("{count} steps to start"), || {
        trace(p).iter().filter(|(what, _)| *what == 'S').count() == count
    });
}

/// Waits until so many notes of traced steps are there.
#[track_caller]
pub fn wait_for_starts_at_least(p: &Project, count: usize) {
    wait("steps to start", || trace(p).len() >= count);
}

/// Whether an engine takes clients.
pub fn is_served(p: &Project) -> bool {
    socket(p).is_some_and(|socket| std::os::unix::net::UnixStream::connect(socket).is_ok())
}

/// The status word of every step.
#[track_caller]
pub fn statuses(p: &Project) -> HashMap<String, String> {
    let all = p.json("status");
    let word = |s: &Value| (s["id"].as_str().unwrap().to_owned(), s["status"].as_str().unwrap().to_owned());
    all["steps"].as_array().unwrap_or_else(|| panic!("{all:#}")).iter().map(word).collect()
}

/// Whether every step is DONE.
pub fn all_done(p: &Project) -> bool {
    statuses(p).values().all(|s| s == "DONE")
}

/// Kills the engine, which has to live, and waits until it is gone.
#[track_caller]
pub fn kill_engine(p: &Project) {
    let engine = p.engine().expect("an engine lives");
    kill(engine, "KILL");
    // Its first thread may be dead while another one still holds the socket and the lock.
    let threads = || fs::read_dir(format!("/proc/{engine}/task")).map_or(0, Iterator::count);
    wait("the engine to be gone", || !lives(engine) && threads() <= 1);
}

/// Kills the engine with its spawner, which would bring it back while a detached run is open.
#[track_caller]
pub fn kill_engine_and_spawner(p: &Project) {
    let engine = p.engine().expect("an engine lives");
    // An engine that is stopped does not replace its spawner.
    kill(engine, "STOP");
    let spawner = children(p, engine).first().copied().expect("it has a spawner");
    kill(spawner, "KILL");
    wait("the spawner to be gone", || !lives(spawner));
    kill_engine(p);
}

/// The living processes of the project that this one has started.
pub fn children(p: &Project, of: u32) -> Vec<u32> {
    let is_child = |pid: &u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let parent = stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1)?.parse().ok());
        parent == Some(of) && lives(*pid)
    };
    p.processes().into_iter().filter(is_child).collect()
}

/// The id of the latest run.
#[track_caller]
pub fn latest_run(p: &Project) -> String {
    let runs = fs::read_dir(p.path("runs")).unwrap().flatten();
    runs.map(|e| e.file_name().into_string().unwrap()).max().expect("a run")
}

/// The id of the run asked for last, also where several began within a second.
#[track_caller]
pub fn last_run(p: &Project) -> String {
    let is_run = |e: &&Value| {
        let name = e["action"].as_str().unwrap_or_default();
        name.starts_with("run.") && name != "run.end" && e["result"] == "success"
    };
    let log = p.log();
    let last = log.iter().rev().find(|e| is_run(e) && e["run_id"].is_string()).expect("a run");
    last["run_id"].as_str().unwrap().to_owned()
}

/// `status.json` of a run.
#[track_caller]
pub fn run_record(p: &Project, run: &str) -> Value {
    serde_json::from_str(&p.read(&format!("runs/{run}/status.json"))).unwrap()
}

/// `status.json` of a step in a run.
#[track_caller]
pub fn step_record(p: &Project, run: &str, step: &str) -> Value {
    serde_json::from_str(&p.read(&format!("runs/{run}/{step}/status.json"))).unwrap()
}

/// The entry of `status --json` about a step.
#[track_caller]
pub fn view(p: &Project, id: &str) -> Value {
    let all = p.json("status");
    all["steps"].as_array().unwrap().iter().find(|s| s["id"] == id).unwrap().clone()
}

/// Where the engine's socket is, also after it has ended.
#[track_caller]
pub fn socket_below(p: &Project) -> PathBuf {
    let below = p.root().parent().unwrap().join("run/threados");
    let folder = fs::read_dir(below).unwrap().flatten().next().expect("the folder of the project's sockets");
    folder.path().join("engine.sock")
}

/// The engine's socket, where there is one.
pub fn socket(p: &Project) -> Option<PathBuf> {
    let below = p.root().parent().unwrap().join("run/threados");
    let folders = fs::read_dir(below).ok()?.flatten();
    let sockets = folders.map(|f| f.path().join("engine.sock"));
    sockets.into_iter().find(|s| s.symlink_metadata().is_ok_and(|m| m.file_type().is_socket()))
}

/// Living processes whose command line holds this text.
pub fn processes_with(p: &Project, text: &str) -> Vec<u32> {
    let has = |pid: &u32| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).replace('\0', " ").contains(text)
    };
    p.processes().into_iter().filter(has).filter(|pid| lives(*pid)).collect()
}

/// Whether a process waits for Ctrl+C.
pub fn listens(pid: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let caught = status.lines().find_map(|l| l.strip_prefix("SigCgt:")).unwrap_or("0");
    u64::from_str_radix(caught.trim(), 16).is_ok_and(|set| set & 2 != 0)
}

//! Fifty steps at once in panes of the real mprocs, beside the same without it: how long each takes to start, and what
//! mprocs and the adapter hold in memory meanwhile.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use threados_benches::{Project, Sizes};

/// How long the start of all of them may take before the bench gives up.
const PATIENCE: Duration = Duration::from_secs(120);

fn main() {
    let sizes = Sizes::from_args();
    let seqctl = Path::new(env!("CARGO_BIN_EXE_seqctl-under-bench"));
    let n = sizes.of(50);
    let project = project(seqctl, n);
    let mut latencies: HashMap<&str, Latencies> = HashMap::new();
    let mut memory = String::new();
    for round in 0..sizes.rounds {
        for executor in ["direct", "mprocs"] {
            if executor == "mprocs" {
                project.seqctl(&["mprocs", "open", "--headless"]);
            }
            project.seqctl(&["run", "all", "--detach", "--executor", executor]);
            wait_for(&project, n);
            if executor == "mprocs" && round == 0 {
                memory = memory_of_session(&project);
            }
            project.seqctl(&["stop", "--all", "--yes"]);
            latencies.entry(executor).or_default().add(&project);
            project.seqctl(&["reset", "--all", "--yes"]);
            if executor == "mprocs" {
                project.seqctl(&["mprocs", "close"]);
            }
        }
    }
    println!("\n{n} steps at once, {} rounds: start of each step, milliseconds", sizes.rounds);
    println!("  {:<48} {:>8} {:>8} {:>8}", "", "median", "p95", "max");
    for executor in ["direct", "mprocs"] {
        let found = &latencies[executor];
        row(&format!("{executor}: from the decision to start it"), &found.of_step);
        row(&format!("{executor}: from the begin of the run"), &found.of_run);
    }
    println!("{memory}");
}

/// A project of steps that say that they are there and go on until they are stopped.
fn project(seqctl: &Path, n: usize) -> Project {
    let mut project = Project::of_steps(seqctl, 1, false, n);
    project.mprocs = Some(env!("CARGO_BIN_EXE_mprocs-under-bench").into());
    let command = "[sh, -c, \"echo up; exec sleep 600\"]";
    let steps: String = (0..n).map(|i| format!("  - id: s{i}\n    command: {command}\n")).collect();
    let text = format!("version: \"1.0\"\nname: bench\nsteps:\n{steps}gates: []\n");
    fs::write(project.root().join(".threados/sequence.yaml"), text).expect("the sequence");
    project.seqctl(&["policy", "allow", "sh"]);
    project
}

/// Waits until each step of the latest run has printed: one that is RUNNING may be about to start in its pane.
fn wait_for(project: &Project, n: usize) {
    let begun = Instant::now();
    loop {
        let out = project.command(&["status", "--json"]).output().expect("a status");
        let status: Value = serde_json::from_slice(&out.stdout).expect("one object");
        let steps = status["steps"].as_array().expect("steps");
        let failed = steps.iter().find(|s| s["status"] == "FAILED");
        assert!(failed.is_none(), "{failed:?}");
        let runs = project.root().join(".threados/runs");
        let up = |step: &&Value| {
            let (Some(run), Some(id)) = (step["run_id"].as_str(), step["id"].as_str()) else { return false };
            fs::metadata(runs.join(run).join(id).join("stdout.log")).is_ok_and(|log| log.len() > 0)
        };
        if steps.iter().filter(|s| s["status"] == "RUNNING").filter(up).count() == n {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "they do not all start: {}", status["summary"]);
        sleep(Duration::from_millis(50));
    }
}

/// How long starts took.
#[derive(Default)]
struct Latencies {
    of_step: Vec<TimeDelta>,
    of_run: Vec<TimeDelta>,
}

impl Latencies {
    /// Adds those of the latest run.
    fn add(&mut self, project: &Project) {
        let threados = project.root().join(".threados");
        let log = fs::read_to_string(threados.join("audit.log")).expect("the log");
        let entries: Vec<Value> = log.lines().map(|l| serde_json::from_str(l).expect("an entry")).collect();
        let run = entries.iter().rfind(|e| e["action"] == "run.all").expect("a run");
        for start in entries.iter().filter(|e| e["action"] == "step.start" && e["run_id"] == run["run_id"]) {
            let (run_id, step) = (text(&run["run_id"]), text(&start["target"]));
            let record =
                fs::read(threados.join(format!("runs/{run_id}/{step}/status.json"))).expect("a record");
            let record: Value = serde_json::from_slice(&record).expect("an object");
            let began = time(&record["started_at"]);
            self.of_step.push(began - time(&start["timestamp"]));
            self.of_run.push(began - time(&run["timestamp"]));
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn time(value: &Value) -> DateTime<Utc> {
    text(value).parse().expect("a time")
}

fn row(name: &str, times: &[TimeDelta]) {
    let mut sorted: Vec<f64> = times.iter().map(|t| t.as_seconds_f64() * 1000.0).collect();
    sorted.sort_by(f64::total_cmp);
    let at = |part: f64| sorted[((sorted.len() - 1) as f64 * part).round() as usize];
    println!("  {name:<48} {:>8.1} {:>8.1} {:>8.1}", at(0.5), at(0.95), at(1.0));
}

/// What mprocs, the keeper and the panes hold: their share of what several of them hold counts once.
fn memory_of_session(project: &Project) -> String {
    let state = fs::read(project.root().join(".threados/state/mprocs-state.json")).expect("the session");
    let state: Value = serde_json::from_slice(&state).expect("an object");
    let pid = |key: &str| state[key].as_u64().expect("a pid");
    let (mprocs, keeper) = (pid("pid"), pid("keeper"));
    let panes: Vec<u64> = children(mprocs);
    let mib = |pids: &[u64]| pids.iter().map(|pid| held(*pid)).sum::<u64>() as f64 / 1024.0;
    let (of_mprocs, of_keeper, of_panes) = (mib(&[mprocs]), mib(&[keeper]), mib(&panes));
    format!(
        "  memory, MiB (Pss): mprocs {of_mprocs:.1}, keeper {of_keeper:.1}, {} panes {of_panes:.1}, together {:.1}",
        panes.len(),
        of_mprocs + of_keeper + of_panes
    )
}

fn children(pid: u64) -> Vec<u64> {
    let all = fs::read_dir("/proc").expect("/proc").flatten();
    let pids = all.filter_map(|e| e.file_name().to_str()?.parse::<u64>().ok());
    let parent = |child: &u64| {
        let stat = fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
        stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1)?.parse().ok()) == Some(pid)
    };
    pids.filter(parent).collect()
}

/// In KiB.
fn held(pid: u64) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = text.lines().find_map(|l| l.strip_prefix("Pss:"));
    line.and_then(|l| l.trim().trim_end_matches(" kB").trim().parse().ok()).unwrap_or_default()
}

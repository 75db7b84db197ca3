//! What a wrapper with all its files costs: 1,000 x /bin/true in a chain and eight at once, beside a bare
//! posix_spawn loop in the same run; then how fast output is captured.
//!
//! `cargo run --release -p threados-core --example wrapper_cost [rounds [folder]]`
//!
//! The rounds' files are removed at the very end: a file system may be slow to reuse what was just removed.

use std::collections::BTreeMap;
use std::error::Error;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use threados_core::id::{RunId, StepId};
use threados_core::model::{ModelName, StepStatus};
use threados_core::wrapper::{Job, SpawnEvent, Spawner, exit_code_is_the_truth, spawner_main};

const STEPS: usize = 1000;

fn main() -> Result<(), Box<dyn Error>> {
    if std::env::args().nth(1).as_deref() == Some("spawner") {
        spawner_main(exit_code_is_the_truth);
    }
    let rounds = std::env::args().nth(1).map_or(Ok(5), |n| n.parse())?;
    let folder = std::env::args().nth(2).map_or_else(std::env::temp_dir, Into::into);
    let folder = folder.join(format!("wrapper-cost-{}", std::process::id()));
    let argv = [std::env::current_exe()?.into(), "spawner".into()];
    let mut spawner = Spawner::exec(&argv, &folder.with_extension("lock"))?;
    for at_once in [1, 8] {
        let (mut bare, mut wrapped) = (Vec::new(), Vec::new());
        for round in 0..rounds {
            bare.push(bare_loop(at_once)?);
            wrapped.push(wrapped_loop(&mut spawner, &folder.join(format!("{at_once}-{round}")), at_once)?);
        }
        let (bare, wrapped) = (median(bare), median(wrapped));
        let ratio = wrapped.as_secs_f64() / bare.as_secs_f64();
        println!("{STEPS} steps, {at_once} at once: bare {bare:.3?}, wrapped {wrapped:.3?}, {ratio:.2}x");
    }
    capture(&mut spawner, &folder.join("capture"))?;
    Ok(std::fs::remove_dir_all(&folder)?)
}

fn capture(spawner: &mut Spawner, dir: &Path) -> Result<(), Box<dyn Error>> {
    let mut job = job(dir, 0)?;
    job.program = "/bin/sh".into();
    job.argv = ["sh", "-c", "head -c 4294967296 /dev/zero"].map(str::to_owned).to_vec();
    spawner.launch(&job)?;
    let record = loop {
        match spawner.try_recv()? {
            Some(SpawnEvent::Ended { record, .. }) => break record,
            Some(_) => {}
            None => _ = poll(&mut [PollFd::from_borrowed_fd(spawner.as_fd(), PollFlags::IN)], None)?,
        }
    };
    let rate = record.stdout_bytes as f64 / 1e6 / record.duration_ms as f64;
    println!("captured {} bytes, {rate:.2} GB/s", record.stdout_bytes);
    Ok(())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn bare_loop(at_once: usize) -> Result<Duration, Box<dyn Error>> {
    let start = Instant::now();
    let mut running: std::collections::VecDeque<Child> = std::collections::VecDeque::new();
    for _ in 0..STEPS {
        if running.len() == at_once
            && let Some(mut first) = running.pop_front()
        {
            first.wait()?;
        }
        running.push_back(Command::new("/bin/true").spawn()?);
    }
    for mut child in running {
        child.wait()?;
    }
    Ok(start.elapsed())
}

fn wrapped_loop(spawner: &mut Spawner, dir: &Path, at_once: usize) -> Result<Duration, Box<dyn Error>> {
    let jobs = (0..STEPS).map(|n| job(dir, n)).collect::<Result<Vec<_>, _>>()?;
    let start = Instant::now();
    let mut next = jobs.iter();
    for job in next.by_ref().take(at_once) {
        spawner.launch(job)?;
    }
    let mut ended = 0;
    while ended < STEPS {
        match spawner.try_recv()? {
            Some(SpawnEvent::Ended { record, .. }) => {
                assert_eq!(record.status, StepStatus::Done, "{record:?}");
                ended += 1;
                if let Some(job) = next.next() {
                    spawner.launch(job)?;
                }
            }
            Some(SpawnEvent::Started { .. }) => {}
            Some(other) => return Err(format!("{other:?}").into()),
            None => {
                poll(&mut [PollFd::from_borrowed_fd(spawner.as_fd(), PollFlags::IN)], None)?;
            }
        }
    }
    Ok(start.elapsed())
}

fn job(dir: &Path, number: usize) -> Result<Job, Box<dyn Error>> {
    let (run, step) = ("20261122T204355Z-7f3a", format!("s{number}"));
    Ok(Job {
        run_id: RunId::new(run)?,
        step_id: StepId::new(&step)?,
        attempt: 1,
        program: "/bin/true".into(),
        argv: vec!["true".to_owned()],
        shown_command: vec!["true".to_owned()],
        cwd: "/".into(),
        env: std::env::vars().collect(),
        stdin: None,
        step_dir: dir.join("runs").join(run).join(&step),
        files: BTreeMap::new(),
        lock_file: dir.join("state/wrappers").join(format!("{run}.{step}")),
        timeout_ms: Some(1_800_000),
        stop_grace_ms: 5000,
        max_log_bytes: 64 << 20,
        model: ModelName::shell(),
        executor: "direct".to_owned(),
        agent: None,
        review: false,
        artifacts: Vec::new(),
        output_file: None,
        leak_ms: None,
        sandbox: None,
        watchdogs: Vec::new(),
        git: None,
        respawn: None,
        terminal: false,
    })
}

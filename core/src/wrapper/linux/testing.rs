//! A bed for tests with real wrappers: also for the tests of what is built on them.
//!
//! The test binary is its own spawner: started again with [`AS_SPAWNER`] it becomes one before `main`, while it has
//! a single thread, exactly as `seqctl` does with its hidden command.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::{PaneHost, Spawner, liveness, monotonic, procs};
use crate::id::{RunId, StepId};
use crate::model::ModelName;
use crate::wrapper::{
    Holder, Job, Liveness, SpawnEvent, StepRecord, Stream, exit_code_is_the_truth, spawner_main,
};

const AS_SPAWNER: &str = "threados-test-spawner";
const AS_PANE: &str = "threados-test-pane";

/// Longer than anything here takes, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

#[used]
#[unsafe(link_section = ".init_array")]
static ENTRY: extern "C" fn() = enter;

extern "C" fn enter() {
    let mut arguments = std::env::args_os().skip(1);
    match arguments.next() {
        Some(word) if word == AS_SPAWNER => spawner_main(exit_code_is_the_truth),
        Some(word) if word == crate::wrapper::sandbox::INSIDE => {
            crate::wrapper::sandbox::inside_main(arguments)
        }
        Some(word) if word == AS_PANE => pane_main(Path::new(&arguments.next().unwrap())),
        _ => {}
    }
}

/// A pane that starts the job in a file and shows what it prints; ends with its exit code.
fn pane_main(job_file: &Path) -> ! {
    let job: Job = serde_json::from_slice(&fs::read(job_file).unwrap()).unwrap();
    let host = PaneHost::new(exit_code_is_the_truth).unwrap();
    let mut attempt = host.start(&job, monotonic() + PATIENCE).unwrap();
    let (mut code, mut chunk) = (None, [0; 4096]);
    while code.is_none() || attempt.echo().is_some() {
        let mut fds = vec![PollFd::from_borrowed_fd(attempt.events(), PollFlags::IN)];
        if code.is_some() {
            fds.clear();
        }
        fds.extend(attempt.echo().map(|echo| PollFd::from_borrowed_fd(echo, PollFlags::IN)));
        poll(&mut fds, None).unwrap();
        let n = attempt.pull(&mut chunk);
        std::io::stdout().write_all(&chunk[..n]).unwrap();
        match attempt.next_event() {
            Some(SpawnEvent::Ended { record, .. }) => code = record.exit_code,
            Some(SpawnEvent::Started { .. }) | None => {}
            Some(other) => panic!("{other:?}"),
        }
    }
    std::process::exit(code.unwrap())
}

/// The command line of a spawner.
pub(crate) fn spawner_argv() -> Vec<OsString> {
    vec![std::env::current_exe().unwrap().into(), AS_SPAWNER.into()]
}

/// The command line of the helper inside of bubblewrap.
pub(crate) fn helper_argv() -> Vec<String> {
    let own = std::env::current_exe().unwrap();
    vec![own.to_str().unwrap().to_owned(), crate::wrapper::sandbox::INSIDE.to_owned()]
}

/// The command line of a pane that runs the job in a file.
pub(crate) fn pane_argv(job_file: &Path) -> Vec<OsString> {
    vec![std::env::current_exe().unwrap().into(), AS_PANE.into(), job_file.into()]
}

/// Waits until something is true.
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "gave up waiting: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A folder, a run and its spawner.
pub(crate) struct Bed {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) spawner: Option<Spawner>,
    run_id: RunId,
}

impl Bed {
    pub(crate) fn new() -> Self {
        Self::with(&spawner_argv())
    }

    pub(crate) fn with(spawner: &[OsString]) -> Self {
        let mut salt = [0; 8];
        getrandom::fill(&mut salt).unwrap();
        // At any moment of some decades.
        let run_id = RunId::at(chrono::DateTime::from_timestamp_nanos(i64::from_le_bytes(salt) >> 2));
        let dir = tempfile::tempdir().unwrap();
        let spawner = Spawner::exec(spawner, &dir.path().join("spawner.lock")).unwrap();
        Self { dir, spawner: Some(spawner), run_id }
    }

    /// A file or folder of the bed.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A job of a shell script, in the bed's folder.
    pub(crate) fn sh(&self, script: &str) -> Job {
        self.job("/bin/sh", &["sh", "-c", script])
    }

    /// A job of any program.
    pub(crate) fn job(&self, program: &str, argv: &[&str]) -> Job {
        let argv: Vec<String> = argv.iter().map(|a| (*a).to_owned()).collect();
        let run = self.run_id.as_str();
        let env = [("PATH", "/usr/bin:/bin"), ("THREADOS_RUN_ID", run), ("THREADOS_STEP_ID", "build")];
        Job {
            run_id: self.run_id.clone(),
            step_id: StepId::new("build").unwrap(),
            attempt: 1,
            program: program.into(),
            shown_command: argv.clone(),
            argv,
            cwd: self.dir.path().to_owned(),
            env: env.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            stdin: None,
            step_dir: self.path("runs").join(run).join("build"),
            files: std::collections::BTreeMap::new(),
            lock_file: self.path("state/wrappers").join(format!("{run}.build")),
            timeout_ms: None,
            stop_grace_ms: 5000,
            max_log_bytes: 64 << 20,
            model: ModelName::shell(),
            executor: "direct".to_owned(),
            agent: None,
            review: false,
            artifacts: Vec::new(),
            output_file: None,
            leak_ms: None,
            terminal: false,
            sandbox: None,
            watchdogs: Vec::new(),
            git: None,
            respawn: None,
        }
    }

    pub(crate) fn launch(&mut self, job: &Job) {
        self.spawner.as_mut().unwrap().launch(job).unwrap();
    }

    /// The next event.
    pub(crate) fn next(&mut self) -> SpawnEvent {
        let spawner = self.spawner.as_mut().unwrap();
        loop {
            if let Some(event) = spawner.try_recv().unwrap() {
                return event;
            }
            let mut fds = [PollFd::from_borrowed_fd(spawner.as_fd(), PollFlags::IN)];
            let ready = poll(&mut fds, Some(&Timespec::try_from(PATIENCE).unwrap())).unwrap();
            assert_eq!(ready, 1, "no event");
        }
    }

    /// Launches, expects a start, returns the wrapper once it has named itself.
    pub(crate) fn start(&mut self, job: &Job) -> Holder {
        self.launch(job);
        assert!(matches!(self.next(), SpawnEvent::Started { .. }));
        until("the wrapper's name", || match liveness(&job.lock_file).unwrap() {
            Liveness::Live(holder) => holder,
            other => panic!("{other:?}"),
        })
    }

    /// The end of the job that runs.
    pub(crate) fn end(&mut self) -> StepRecord {
        match self.next() {
            SpawnEvent::Ended { record, .. } => *record,
            other => panic!("{other:?}"),
        }
    }

    /// Runs a job from start to end.
    pub(crate) fn run(&mut self, job: &Job) -> StepRecord {
        self.launch(job);
        loop {
            match self.next() {
                SpawnEvent::Started { .. } => {}
                SpawnEvent::Ended { record, key } => {
                    assert_eq!(key, job.key());
                    assert_eq!(StepRecord::read(&job.step_dir).unwrap().as_ref(), Some(&*record));
                    assert_eq!(left_of(job), [0; 0]);
                    return *record;
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

/// What a job's stream was logged as.
pub(crate) fn log(job: &Job, stream: Stream) -> String {
    String::from_utf8(fs::read(job.step_dir.join(stream.file_name())).unwrap()).unwrap()
}

/// The living processes of a job, by pid.
pub(crate) fn left_of(job: &Job) -> Vec<u32> {
    let marks: Vec<String> = job.env[1..].iter().map(|(name, value)| format!("{name}={value}")).collect();
    procs::all().into_iter().filter(|p| !p.zombie && procs::has_env(p.pid, &marks)).map(|p| p.pid).collect()
}

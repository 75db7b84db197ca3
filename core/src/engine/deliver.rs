//! One message on its way: to a program, the desktop, an http address.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use chrono::Utc;
use serde_json::{Map, Value, json};

use crate::model::Actor;
use crate::policy::{Moment, Policy, StepEnv};
use crate::store::outer::find_program;
use crate::workspace::Workspace;

/// How long a way of telling may take.
const LIMIT: Duration = Duration::from_secs(10);

/// Longest text of a message, in characters.
const MAX_TEXT: usize = 2_000;

/// What somebody is told.
#[derive(Debug, Clone)]
pub(super) struct Message {
    moment: Moment,
    target: String,
    fields: Map<String, Value>,
}

impl Message {
    pub fn new(moment: Moment, target: &str, text: String) -> Self {
        let fields = Map::new();
        let message = Self { moment, target: target.to_owned(), fields };
        message.with("event", json!(moment)).with("text", json!(text)).with("at", json!(Utc::now()))
    }

    /// Adds a field; what is null is left out.
    pub fn with(mut self, key: &str, value: Value) -> Self {
        if !value.is_null() {
            self.fields.insert(key.to_owned(), value);
        }
        self
    }

    /// What it is about, for the log: `failure build`.
    pub fn about(&self) -> String {
        format!("{} {}", self.moment.as_str(), self.target)
    }

    fn text(&self, key: &str) -> &str {
        self.fields.get(key).and_then(Value::as_str).unwrap_or_default()
    }
}

/// A message, and all that is needed to deliver it.
pub(super) struct Delivery {
    workspace: Workspace,
    policy: Policy,
    message: Message,
}

impl Delivery {
    /// A message without its secrets.
    pub fn new(workspace: Workspace, policy: Policy, mut message: Message) -> Self {
        for value in message.fields.values_mut() {
            if let Value::String(text) = value {
                let hidden = workspace.redactor().redact(text);
                *text = hidden.chars().take(MAX_TEXT).collect();
            }
        }
        Self { workspace, policy, message }
    }

    pub fn about(&self) -> String {
        self.message.about()
    }

    /// Delivers it every way the policy names; what went wrong.
    pub fn send(&self) -> Vec<String> {
        let notify = &self.policy.notify;
        let mut faults = Vec::new();
        if !notify.command.is_empty() {
            let told = self.command(&notify.command);
            faults.extend(told.err().map(|e| format!("notify.command: {e}")));
        }
        if notify.desktop {
            faults.extend(self.desktop().err().map(|e| format!("notify.desktop: {e}")));
        }
        if !notify.webhook.is_empty() {
            faults.extend(self.webhook(&notify.webhook).err().map(|e| format!("notify.webhook: {e}")));
        }
        faults
    }

    fn json(&self) -> Vec<u8> {
        serde_json::to_vec(&self.message.fields).unwrap_or_default()
    }

    /// A program of the user's, judged as a step's would be.
    fn command(&self, argv: &[String]) -> Result<(), String> {
        let judge = self.workspace.judge(&self.policy).map_err(|e| e.to_string())?;
        let cleared = judge.command(argv, Path::new(".")).map_err(|e| e.to_string())?;
        let mut command = Command::new(&cleared.program);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::arg0(&mut command, &cleared.argv0);
        command.args(&argv[1..]).current_dir(cleared.cwd.path());
        run(command, self.environment(), &self.json())
    }

    fn environment(&self) -> Vec<(OsString, OsString)> {
        let mut env =
            StepEnv::rebuild(std::env::vars_os(), &std::collections::BTreeMap::new()).unwrap_or_default();
        env.set("THREADOS_EVENT", self.message.moment.as_str());
        env.set("THREADOS_ROOT", self.workspace.root());
        // What it starts of ours may read, and decides nothing.
        env.set("THREADOS_ACTOR", Actor::Orchestrator.to_string());
        for (name, key) in [
            ("THREADOS_RUN_ID", "run_id"),
            ("THREADOS_STEP_ID", "step"),
            ("THREADOS_GATE_ID", "gate"),
            ("THREADOS_BUDGET", "budget"),
            ("THREADOS_STATE", "state"),
            ("THREADOS_REASON", "reason"),
            ("THREADOS_TEXT", "text"),
        ] {
            // No process can be given a NUL.
            let value = self.message.text(key).replace('\0', "\u{2400}");
            if !value.is_empty() {
                env.set(name, value);
            }
        }
        env.into_vars()
    }

    /// Where `notify-send` is not installed, there is no desktop to tell.
    fn desktop(&self) -> Result<(), String> {
        let Some(program) = find_program("notify-send") else { return Ok(()) };
        let mut command = Command::new(program);
        let title = format!("ThreadOS: {}", self.message.text("project"));
        command.args(["--app-name=ThreadOS", "--", &title, self.message.text("text")]);
        let ours = std::env::vars_os().collect();
        run(command, ours, &[])
    }

    /// Neither a proxy nor a redirection takes it elsewhere.
    fn webhook(&self, url: &str) -> Result<(), String> {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(LIMIT))
            .max_redirects(0)
            .max_redirects_will_error(true)
            .proxy(None)
            .build();
        let request =
            ureq::Agent::new_with_config(config).post(url).header("content-type", "application/json");
        // The address itself may be a secret; the fault is told without it.
        request.send(&self.json()[..]).map(drop).map_err(|e| e.to_string().replace(url, "the address"))
    }
}

/// Runs a program to its end, or to the end of its time with all it started.
fn run(mut command: Command, env: Vec<(OsString, OsString)>, input: &[u8]) -> Result<(), String> {
    command.env_clear().envs(env).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn().map_err(|e| format!("cannot start: {e}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        // The message fits a pipe; who does not want to read it need not.
        drop(stdin.write_all(input));
    }
    match wait(&mut child).map_err(|e| format!("cannot wait for it: {e}"))? {
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(format!("it ended with {status}")),
        None => Err(format!("it took longer than {} s and was ended", LIMIT.as_secs())),
    }
}

fn wait(child: &mut Child) -> std::io::Result<Option<ExitStatus>> {
    let begun = Instant::now();
    let mut pause = Duration::from_millis(1);
    while begun.elapsed() < LIMIT {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
    end(child);
    child.wait().map(|_| None)
}

/// Ends a child and its process group. It is not reaped yet, so its number is still its own.
fn end(child: &mut Child) {
    #[cfg(unix)]
    {
        let group = rustix::process::Pid::from_child(child);
        if let Err(error) = rustix::process::kill_process_group(group, rustix::process::Signal::KILL) {
            tracing::debug!(%error, "a program that was to tell somebody could not be ended");
        }
    }
    drop(child.kill());
}

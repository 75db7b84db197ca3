//! A coding agent as a provider: its command line, called so that it only answers, apart from the project.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::answer::MOST_BYTES;
use super::spoken::Spoken;
use super::{Asked, ModelError};
use crate::chat::Ear;
use crate::model_cli::{Answering, Finished, Models, Reader, find};
use crate::policy::{ChatProvider, StepEnv};
use crate::store::outer::search_path;
use crate::wrapper::sandbox::{Apart, ApartError};

/// Most bytes of events that are read: agents say much beside their answer.
const MOST_EVENTS: usize = 8 << 20;
/// Between two looks at whether it is still wanted.
const LOOK: Duration = Duration::from_millis(50);
/// How long it may go on after its answer.
const LEAVING: Duration = Duration::from_secs(2);

/// Asks an agent; gives its whole answer.
pub(super) fn ask(
    asked: &Asked<'_>,
    agent: &Answering,
    provider: ChatProvider,
    prompt: &str,
    ear: &mut Ear<'_>,
) -> Result<String, ModelError> {
    let name = provider.as_str();
    let failed = |message: String| ModelError::Failed { provider: name, message };
    let models = Models::read(&asked.workspace.paths.models).unwrap_or_default();
    let program = models.get(agent.model).map_or("", |model| model.program()).to_owned();
    let search = search_path();
    let path = find(&program, &search).ok_or_else(|| ModelError::NotInstalled {
        provider: name,
        program: program.clone(),
        install: agent.install,
    })?;
    // Not what a link leads to: some programs look at the name they are called by.
    let path = std::path::absolute(&path).unwrap_or(path);
    let apart = Apart::new(&asked.workspace.paths, asked.policy).map_err(|error| match error {
        ApartError::Unheld(why) => ModelError::Unheld(why),
        ApartError::Io(error) => failed(error.to_string()),
    })?;
    let mut command = apart.command(&path, agent.args).map_err(|e| failed(e.to_string()))?;
    let mut env =
        StepEnv::rebuild(std::env::vars_os(), &BTreeMap::new()).map_err(|e| failed(e.to_string()))?;
    env.set("TMPDIR", apart.tmp());
    command.env_clear().envs(env.into_texts());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    own_group(&mut command);
    let child = apart.start(&mut command).map_err(|e| failed(format!("it cannot be started: {e}")))?;
    let mut talk = Talk::begin(child, prompt);
    let heard = talk.hear(agent, asked.limit, ear);
    talk.end();
    let finished = match heard {
        Ok(finished) => finished,
        Err(Ended::Late) => {
            return Err(ModelError::TimedOut { provider: name, seconds: asked.limit.as_secs() });
        }
        Err(Ended::Cancelled) => return Err(ModelError::Cancelled),
        Err(Ended::TooMuch) => return Ok(" ".repeat(MOST_BYTES + 1)),
    };
    match finished.outcome {
        Some(outcome) if !outcome.is_error => Ok(outcome.text),
        Some(outcome) => Err(failed(super::answer::shown(&outcome.text, 500))),
        None => Err(failed(talk.words())),
    }
}

/// Why it was not heard to its end.
enum Ended {
    Late,
    Cancelled,
    TooMuch,
}

/// An agent that speaks.
struct Talk {
    child: Child,
    events: Receiver<Vec<u8>>,
    errors: Receiver<Vec<u8>>,
}

impl Talk {
    fn begin(mut child: Child, prompt: &str) -> Self {
        if let Some(mut stdin) = child.stdin.take() {
            let prompt = prompt.to_owned();
            // One that does not read to the end need not.
            thread::spawn(move || drop(stdin.write_all(prompt.as_bytes())));
        }
        let events = pieces(child.stdout.take());
        let errors = pieces(child.stderr.take());
        Self { child, events, errors }
    }

    fn hear(&mut self, agent: &Answering, limit: Duration, ear: &mut Ear<'_>) -> Result<Finished, Ended> {
        let mut until = Instant::now() + limit;
        let (mut reader, mut spoken, mut count) = (Reader::new(agent.result), Spoken::default(), 0);
        loop {
            match self.events.recv_timeout(LOOK) {
                Ok(piece) => {
                    count += piece.len();
                    let mut text = Vec::new();
                    if let Some(reader) = &mut reader {
                        reader.feed(&piece, &mut text);
                    }
                    let said = spoken.take(&String::from_utf8_lossy(&text));
                    if !said.is_empty() {
                        (ear.hear)(&said);
                    }
                    if reader.as_ref().is_some_and(Reader::is_over) {
                        // Helpers of agents outlive them.
                        until = until.min(Instant::now() + LEAVING);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if count > MOST_EVENTS {
                return Err(Ended::TooMuch);
            }
            if (ear.cancelled)() {
                return Err(Ended::Cancelled);
            }
            if Instant::now() >= until {
                if reader.as_ref().is_some_and(Reader::is_over) {
                    break;
                }
                return Err(Ended::Late);
            }
        }
        Ok(reader.map(|mut reader| reader.finish(&mut Vec::new())).unwrap_or_default())
    }

    /// Ends it with all that it started. It is not reaped yet, so its number is still its own.
    fn end(&mut self) {
        #[cfg(unix)]
        {
            let group = rustix::process::Pid::from_child(&self.child);
            if let Err(error) = rustix::process::kill_process_group(group, rustix::process::Signal::KILL) {
                tracing::debug!(%error, "an agent of the chat could not be ended");
            }
        }
        drop(self.child.kill());
        drop(self.child.wait());
    }

    /// What it said on standard error, where it gave no answer.
    fn words(&self) -> String {
        let mut all = Vec::new();
        while let Ok(piece) = self.errors.recv_timeout(LOOK) {
            if all.len() < 64 << 10 {
                all.extend(piece);
            }
        }
        let text = String::from_utf8_lossy(&all);
        let last =
            text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it ended without an answer");
        super::answer::shown(last, 300)
    }
}

/// The pieces of a stream as they come; the thread ends with the stream, or when nobody listens any more.
fn pieces(stream: Option<impl std::io::Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (send, receive): (SyncSender<Vec<u8>>, _) = sync_channel(16);
    if let Some(mut stream) = stream {
        thread::spawn(move || {
            let mut piece = vec![0; 16 << 10];
            while let Ok(n) = stream.read(&mut piece) {
                if n == 0 || send.send(piece[..n].to_vec()).is_err() {
                    return;
                }
            }
        });
    }
    receive
}

fn own_group(command: &mut std::process::Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
}

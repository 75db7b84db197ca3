//! Following a run to its end, whatever happens on the way: signals, an engine that dies, a window that changes.

mod report;

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::iterator::Signals;
use threados_core::engine::protocol::{ClientMessage, EngineMessage, Fault, RunReport, RunState};
use threados_core::engine::{Connection, Speaker};
use threados_core::grammar::{Command, Control, to_line};
use threados_core::id::RunId;
use threados_core::log::{Cursor, Entries, Entry};
use threados_core::model::Outcome;
use threados_core::workspace::{Snapshot, Workspace};
use threados_core::wrapper::sandbox::Confinement;

use report::{left, waits_for};

use super::engine_gone;
use crate::context::Context;
use crate::failure::Failure;
use crate::progress::{Board, Show, is_live};

/// How often a run that has nothing running is looked at: others work on the project too.
const LOOK: Duration = Duration::from_secs(1);

/// How many engines in a row may die without anything happening.
const MOST_LOSSES: u32 = 5;

/// Pause before another try.
const PAUSE: Duration = Duration::from_millis(20);

/// What comes in.
enum Input {
    /// From the connection of this number.
    Said(u32, Box<EngineMessage>),
    /// That connection is gone.
    Lost(u32),
    Signal(i32),
}

/// How a run ended.
pub struct Ended {
    pub report: RunReport,
    /// What is so at its end, or was before it where a hand broke the file meanwhile.
    pub snapshot: Snapshot,
    pub board: Board,
    /// How many attempts began, or were skipped, while we looked.
    pub started: usize,
    pub took_ms: u64,
}

/// Follows a run.
pub struct Follower<'a> {
    control: &'a Control,
    workspace: &'a Workspace,
    context: &'a Context,
    show: Box<dyn Show>,
    inbox: Receiver<Input>,
    sender: Sender<Input>,
    speaker: Speaker,
    /// What we asked for.
    asked: ClientMessage,
    /// The last entry of the log before we asked.
    since: u64,
    /// Number of the connection in use.
    connection: u32,
    losses: u32,
    interrupts: u32,
    started: usize,
    looked: Instant,
    waits_for: Vec<String>,
}

impl<'a> Follower<'a> {
    /// Asks the engine for a run. From now on a Ctrl+C ends that run.
    pub fn ask(
        control: &'a Control,
        message: &ClientMessage,
        workspace: &'a Workspace,
        context: &'a Context,
        show: Box<dyn Show>,
    ) -> Result<Self, Failure> {
        let (sender, inbox) = channel();
        hear_signals(sender.clone())?;
        let since = Cursor::end(&workspace.paths)?.position().seq;
        let speaker = connect(workspace, context, message, &sender, 0)?;
        Ok(Self {
            control,
            workspace,
            context,
            show,
            inbox,
            sender,
            speaker,
            asked: message.clone(),
            since,
            connection: 0,
            losses: 0,
            interrupts: 0,
            started: 0,
            looked: Instant::now(),
            waits_for: Vec::new(),
        })
    }

    /// Waits until the run has begun; its id and level of confinement.
    pub fn accepted(mut self) -> Result<(RunId, Confinement), Failure> {
        let (run, sandbox, _) = self.wait_until_begun()?;
        Ok((run, sandbox))
    }

    /// Shows the run up to its end. `before` is what was so before it was asked for.
    pub fn follow(mut self, before: &Snapshot) -> Result<Ended, Failure> {
        let (run, sandbox, early) = self.wait_until_begun()?;
        // A file that a hand broke meanwhile does not disturb the run.
        let now = self.workspace.snapshot().unwrap_or_else(|_| before.clone());
        let mut board =
            Board::new(run, sandbox, self.control, self.context.inside(), before, now, self.workspace);
        if let Some(first) = early.first() {
            board.started_at = first.timestamp;
        }
        self.show.begin(&board);
        let others = board.others_running().join(", ");
        if !others.is_empty() {
            self.show.notice(&format!("another run has started {others} already: waiting for it"), &board);
        }
        for entry in &early {
            self.took(entry, &mut board);
        }
        if self.interrupts > 0 {
            self.say_interrupt(&board);
        }
        let report = self.until_ended(&mut board)?;
        self.show.end();
        let took = (chrono::Utc::now() - board.started_at).num_milliseconds();
        let snapshot = self.workspace.snapshot().unwrap_or_else(|_| before.clone());
        Ok(Ended {
            report,
            snapshot,
            board,
            started: self.started,
            took_ms: u64::try_from(took).unwrap_or(0),
        })
    }

    fn wait_until_begun(&mut self) -> Result<(RunId, Confinement, Vec<Entry>), Failure> {
        let mut early = Vec::new();
        loop {
            match self.inbox.recv() {
                Ok(Input::Said(_, message)) => match *message {
                    EngineMessage::Accepted { run, sandbox } => return Ok((run, sandbox, early)),
                    EngineMessage::Entry { entry } => early.push(*entry),
                    EngineMessage::Refused { fault } => return Err(fault.into()),
                    _ => {}
                },
                Ok(Input::Signal(SIGTERM)) if self.context.inside().is_some() => return Err(left()),
                Ok(Input::Signal(SIGINT | SIGTERM)) => self.interrupts += 1,
                Ok(Input::Signal(_)) => {}
                Ok(Input::Lost(from)) if from == self.connection => self.ask_again()?,
                Ok(Input::Lost(_)) => {}
                Err(_) => return Err(engine_gone()),
            }
        }
    }

    /// The engine died before it answered. A run that stands in the log has begun; what does not never will, and is
    /// asked for anew.
    fn ask_again(&mut self) -> Result<(), Failure> {
        self.losses += 1;
        if self.losses > MOST_LOSSES {
            return Err(engine_gone());
        }
        thread::sleep(PAUSE);
        self.connection += 1;
        let message = match self.begun()? {
            Some(run) => ClientMessage::Attach { run },
            None => self.asked.clone(),
        };
        self.speaker = connect(self.workspace, self.context, &message, &self.sender, self.connection)?;
        Ok(())
    }

    /// The run that what we asked for has begun, where the log tells of it.
    fn begun(&self) -> Result<Option<RunId>, Failure> {
        let line = to_line(&Command::Control(self.control.clone()));
        for entry in Entries::after(&self.workspace.paths, self.since)? {
            let entry = entry?;
            let by = entry.payload.get("by").and_then(|by| by.as_str());
            let ours = by == self.context.inside().map(|step| step.as_str())
                && entry.payload.get("lines").is_some_and(|lines| lines[0] == line);
            if ours && entry.action == self.control.name() && entry.result == Outcome::Success {
                return Ok(entry.run_id);
            }
        }
        Ok(None)
    }

    fn until_ended(&mut self, board: &mut Board) -> Result<RunReport, Failure> {
        loop {
            let wait = self.show.patience(board).or_else(|| self.waits().then_some(LOOK));
            let input = match wait {
                Some(wait) => self.inbox.recv_timeout(wait),
                None => self.inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match input {
                Ok(Input::Said(from, message)) if from == self.connection => {
                    if let Some(report) = self.heard(*message, board)? {
                        return Ok(report);
                    }
                }
                Ok(Input::Lost(from)) if from == self.connection => self.reconnect(board)?,
                Ok(Input::Said(..) | Input::Lost(_)) => {}
                Ok(Input::Signal(SIGTERM)) if self.context.inside().is_some() => return Err(left()),
                Ok(Input::Signal(SIGINT | SIGTERM)) => {
                    self.interrupts += 1;
                    self.say_interrupt(board);
                    if self.interrupts > 2 {
                        return self.report_from_files(board, RunState::Stopped);
                    }
                }
                Ok(Input::Signal(SIGTSTP)) => self.suspend(board),
                Ok(Input::Signal(_)) | Err(RecvTimeoutError::Timeout) => {
                    self.look(board);
                    self.show.tick(board);
                }
                Err(RecvTimeoutError::Disconnected) => return Err(engine_gone()),
            }
        }
    }

    fn heard(&mut self, message: EngineMessage, board: &mut Board) -> Result<Option<RunReport>, Failure> {
        match message {
            EngineMessage::RunEnded { report } => {
                // Another engine may have gone on with it before we were back.
                if self.connection > 0 {
                    self.catch_up(board)?;
                }
                return Ok(Some(report));
            }
            EngineMessage::Entry { entry } => self.took(&entry, board),
            EngineMessage::Notice { text } => self.show.notice(&text, board),
            // After the engine was started again: what happened in between stands in the log.
            EngineMessage::Accepted { .. } => self.catch_up(board)?,
            EngineMessage::Refused { fault } if fault.code == "RUN_NOT_FOUND" => {
                self.catch_up(board)?;
                return self.report_from_files(board, RunState::Running).map(Some);
            }
            EngineMessage::Refused { fault } => return Err(fault.into()),
            _ => {}
        }
        Ok(None)
    }

    fn took(&mut self, entry: &Entry, board: &mut Board) {
        self.losses = 0;
        if let Some(event) = board.take(entry) {
            self.started += usize::from(event.lead.is_none() && event.kind.is_work());
            self.show.happened(&event, board);
        }
    }

    fn catch_up(&mut self, board: &mut Board) -> Result<(), Failure> {
        for entry in Entries::after(&self.workspace.paths, board.seen)? {
            self.took(&entry?, board);
        }
        Ok(())
    }

    /// The engine is gone: starts it again. The wrappers went on, and the new engine adopts them.
    fn reconnect(&mut self, board: &mut Board) -> Result<(), Failure> {
        self.losses += 1;
        if self.losses > MOST_LOSSES {
            return Err(Fault::new(
                threados_core::workspace::ErrorClass::Environment,
                "ENGINE",
                "the engine ends again and again; the steps that run go on",
            )
            .hint("look at .threados/state/engine.log, then `seqctl status`")
            .into());
        }
        if self.losses == 1 {
            self.show.notice("the engine is gone; starting it again (the steps go on)", board);
        } else {
            // A dying engine may still take a connection.
            thread::sleep(PAUSE);
        }
        self.connection += 1;
        let attach = ClientMessage::Attach { run: board.run.clone() };
        self.speaker = connect(self.workspace, self.context, &attach, &self.sender, self.connection)?;
        if self.interrupts > 0 {
            self.say_interrupt(board);
        }
        Ok(())
    }

    /// Says what a Ctrl+C ends, and has it ended; the second one kills, the third one leaves.
    fn say_interrupt(&mut self, board: &Board) {
        let running = board.own_running().join(", ");
        let text = match (self.interrupts, running.is_empty()) {
            (1, true) => "ending the run: nothing new of it starts".to_owned(),
            (1, false) => format!("ending {running}; nothing new starts (Ctrl+C again kills)"),
            (2, true) => "waiting for the run to end".to_owned(),
            (2, false) => format!("killing {running}"),
            _ => "leaving; the engine goes on ending what runs".to_owned(),
        };
        self.show.notice(&text, board);
        let kill = self.interrupts > 1;
        // An engine that is gone is noticed elsewhere, and told again.
        drop(self.speaker.say(&ClientMessage::Interrupt { run: board.run.clone(), kill }));
    }

    /// Ctrl+Z: leaves the screen as a shell expects it, and comes back.
    fn suspend(&mut self, board: &Board) {
        self.show.end();
        // Where it cannot be done, the run is simply shown on.
        drop(signal_hook::low_level::emulate_default_handler(SIGTSTP));
        self.show.tick(board);
    }

    /// Others start steps and decide gates, too: looks at the project where nothing of ours runs.
    fn look(&mut self, board: &mut Board) {
        if self.looked.elapsed() < LOOK || !board.own_running().is_empty() {
            return;
        }
        self.looked = Instant::now();
        let Ok(now) = self.workspace.snapshot() else { return };
        let waits_for = if self.waits() { waits_for(&now, board) } else { Vec::new() };
        board.refresh(now);
        if waits_for != self.waits_for {
            self.waits_for = waits_for;
            if !self.waits_for.is_empty() {
                let text = format!("waiting for you: {}", self.waits_for.join(", "));
                self.show.notice(&text, board);
            }
        }
    }

    fn waits(&self) -> bool {
        self.control.options().is_some_and(|o| o.wait)
    }
}

/// Connects to the engine, says the first thing, and has a thread hear what it answers.
fn connect(
    workspace: &Workspace,
    context: &Context,
    first: &ClientMessage,
    sender: &Sender<Input>,
    number: u32,
) -> Result<Speaker, Failure> {
    let io = |e: std::io::Error| Failure::io("talk to the engine", &e);
    let mut connection = Connection::open(&workspace.paths, &context.engine_argv(workspace)?, &[first])
        .inspect_err(|fault| note_failure(workspace, first, fault))?;
    let speaker = connection.speaker().map_err(io)?;
    let sender = sender.clone();
    thread::spawn(move || {
        while let Ok(Some(message)) = connection.hear() {
            if sender.send(Input::Said(number, Box::new(message))).is_err() {
                return;
            }
        }
        // Whoever has stopped listening needs no word.
        drop(sender.send(Input::Lost(number)));
    });
    Ok(speaker)
}

/// Every attempt is in the log, also one that no engine could be had for.
fn note_failure(workspace: &Workspace, first: &ClientMessage, fault: &Fault) {
    if let ClientMessage::Control { control, actor, .. } = first {
        workspace.failed(*actor, control.name(), &control.target(), &fault.code, &fault.message);
    }
}

fn hear_signals(sender: Sender<Input>) -> Result<(), Failure> {
    let mut wanted = vec![SIGINT, SIGTERM];
    if is_live() {
        wanted.extend([SIGWINCH, SIGTSTP]);
    }
    let mut signals = Signals::new(wanted).map_err(|e| Failure::io("wait for signals", &e))?;
    thread::spawn(move || {
        for signal in signals.forever() {
            if sender.send(Input::Signal(signal)).is_err() {
                return;
            }
        }
    });
    Ok(())
}

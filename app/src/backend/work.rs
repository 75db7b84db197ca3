//! Does what is asked: changes through the door, runs through the engine.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::thread;

use threados_core::engine::protocol::{ClientMessage, EngineMessage, Fault};
use threados_core::engine::{self, Connection, stop_without_engine};
use threados_core::grammar::Control;
use threados_core::id::RunId;
use threados_core::model::Actor;
use threados_core::policy::{Asking, Need};
use threados_core::workspace::{Consent, DoorError, ErrorClass, Request};

use super::{Shared, door, drafts, inspect, memory, panes, proposals, talk};
use crate::link::{Ask, Question, Update, Wish};
use crate::past::Past;
use crate::words;

pub(super) fn run(shared: &Shared, asks: &Receiver<Ask>) {
    for ask in asks {
        match ask {
            Ask::Inspect(id, run) => shared.inspect(inspect::Input::Inspect(id, run)),
            Ask::Draft(draft) => drop(shared.to_draft.send(draft)),
            Ask::Past(run) => past(shared, run),
            Ask::Judge { id, yes, run } => proposals::answer(shared, id, yes, run),
            Ask::Say { n, text, provider } => {
                shared.out.letters.see(&text);
                drop(shared.to_talk.send(talk::Said { n, text, provider }));
            }
            Ask::Serve(on) => door::serve(shared, on),
            Ask::Hush => shared.hush.store(true, Ordering::Relaxed),
            Ask::Remember(file, settings) => memory::save(&file, &settings),
            Ask::Panes(ask) => shared.panes(panes::Input::Ask(ask)),
            Ask::Templates => drafts::tell_templates(shared),
            Ask::Wish(Wish::Change(request)) => change(shared, request),
            Ask::Wish(Wish::Control(control)) => control_or_ask(shared, control),
            Ask::Confirmed(Question { wish: Wish::Change(request), consent, .. }) => {
                submit(shared, &request, &consent);
            }
            Ask::Confirmed(Question { wish: Wish::Control(control), .. }) => start(shared, control, true),
        }
    }
    shared.panes(panes::Input::Over);
}

/// A long log takes its time, so what else is asked goes on meanwhile.
fn past(shared: &Shared, run: Option<RunId>) {
    let shared = shared.clone();
    thread::spawn(move || match Past::read(&shared.workspace.paths, run) {
        Ok(Some(past)) => drop(shared.out.tell(Update::Past(Arc::new(past)))),
        Ok(None) => drop(shared.out.tell(Update::Done { what: "nothing has run yet".to_owned() })),
        Err(error) => {
            let fault = Fault::new(ErrorClass::Environment, "LOG", error.to_string());
            refuse(&shared, "runs list".to_owned(), fault);
        }
    });
}

/// What needs a yes is asked for before it is tried, with what it would change.
fn change(shared: &Shared, request: Request) {
    let mut preview = shared.workspace.preview(&request);
    let is_conflict = |error: &DoorError| error.class() == ErrorClass::Conflict;
    if preview.as_ref().is_err_and(is_conflict) && engine::catch_up(&shared.workspace, &shared.engine) {
        preview = shared.workspace.preview(&request);
    }
    match preview {
        Ok(proposal) if proposal.need.count() > 0 => {
            let about = if proposal.diff.is_empty() { ids(&proposal.changed) } else { proposal.diff };
            let consent = Consent::Bound { actions: request.digest(), revision: proposal.base };
            let question = Question { wish: Wish::Change(request), about, consent };
            shared.out.tell(Update::Question(question));
        }
        // What cannot be done is tried all the same: the refusal belongs on record.
        _ => submit(shared, &request, &Consent::None),
    }
}

fn submit(shared: &Shared, request: &Request, consent: &Consent) {
    let line = request.lines().join("\n");
    match engine::submit(&shared.workspace, &shared.engine, request, consent) {
        Ok(committed) => {
            let what = words::done(&request.names(), &committed.changed, &request.target());
            shared.out.tell(Update::Done { what });
        }
        Err(error) => refuse(shared, line, (&error).into()),
    }
}

fn ids(ids: &[threados_core::id::NodeId]) -> String {
    ids.iter().map(threados_core::id::NodeId::as_str).collect::<Vec<_>>().join(", ")
}

pub(super) fn control_or_ask(shared: &Shared, control: Control) {
    let policy = shared.latest().map(|s| s.policy());
    let need = match policy {
        Some(Ok(policy)) => policy.needs_confirmation(control.name(), Asking::direct(Actor::User)),
        // As the engine has it: with a broken policy SAFE holds.
        Some(Err(_)) => Need::One,
        None => Need::None,
    };
    if need == Need::None {
        return start(shared, control, false);
    }
    let question = Question {
        about: about(&control),
        wish: Wish::Control(control),
        // A control is no change of the sequence: the engine takes the yes by itself.
        consent: Consent::Standing,
    };
    shared.out.tell(Update::Question(question));
}

fn about(control: &Control) -> String {
    match control {
        Control::Stop(stop) if stop.all => "Everything that runs is ended; nothing new starts.".to_owned(),
        Control::Stop(_) => "Its process is ended; what it did so far stays.".to_owned(),
        Control::Restart(_) => {
            "It is stopped if it runs, and run again. What follows from it returns to waiting.".to_owned()
        }
        Control::RunStep(run) if run.force => "It runs although it is blocked.".to_owned(),
        _ => "The policy asks for your yes before this.".to_owned(),
    }
}

/// Each in a thread of its own: to stop takes as long as the step takes to end.
fn start(shared: &Shared, control: Control, confirmed: bool) {
    let shared = shared.clone();
    thread::spawn(move || {
        let line = Wish::Control(control.clone()).line();
        match ask_engine(&shared, &control, confirmed) {
            Ok(what) => drop(shared.out.tell(Update::Done { what })),
            Err(fault) => refuse(&shared, line, fault),
        }
    });
}

fn ask_engine(shared: &Shared, control: &Control, confirmed: bool) -> Result<String, Fault> {
    let workspace = &shared.workspace;
    let message = ClientMessage::Control { control: control.clone(), actor: Actor::User, confirmed };
    let mut connection = match Connection::open(&workspace.paths, &shared.engine, &[&message]) {
        Ok(connection) => connection,
        Err(fault) => return without_engine(shared, control, confirmed, fault),
    };
    let gone = |why: String| {
        Fault::new(ErrorClass::Environment, "ENGINE", format!("the engine went away: {why}"))
            .hint("try again; what ran goes on")
    };
    loop {
        match connection.hear().map_err(|e| gone(e.to_string()))? {
            Some(EngineMessage::Accepted { run, .. }) => {
                return Ok(format!("{}: {run} has begun", control.name().replace('.', " ")));
            }
            Some(EngineMessage::Stopped { steps, runs }) if steps.is_empty() => {
                let nothing =
                    if runs.is_empty() { "nothing ran" } else { "nothing ran; nothing more starts" };
                return Ok(nothing.to_owned());
            }
            Some(EngineMessage::Stopped { steps, .. }) => {
                let names: Vec<&str> = steps.iter().map(threados_core::id::StepId::as_str).collect();
                return Ok(format!("stopped {}", names.join(", ")));
            }
            Some(EngineMessage::Refused { fault }) => return Err(fault),
            Some(_) => {}
            None => return Err(gone("it ended before it answered".to_owned())),
        }
    }
}

/// Stopping is always possible: where no engine can be had the wrappers are told directly.
fn without_engine(
    shared: &Shared,
    control: &Control,
    confirmed: bool,
    fault: Fault,
) -> Result<String, Fault> {
    let workspace = &shared.workspace;
    match control {
        Control::Stop(stop) if confirmed => {
            let stopped = stop_without_engine(workspace, stop, Actor::User);
            stopped.map(|_| "stopped".to_owned())
        }
        _ => {
            workspace.failed(Actor::User, control.name(), &control.target(), &fault.code, &fault.message);
            Err(fault)
        }
    }
}

pub(super) fn refuse(shared: &Shared, line: String, fault: Fault) {
    shared.out.tell(Update::Refused { line, fault });
}

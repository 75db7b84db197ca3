//! The broker: what processes of steps may ask for. Who asks is told by the process tree first, by the step's
//! token second; what the asker says about itself counts for nothing.

use std::path::PathBuf;

use serde_json::json;

use super::core::Engine;
use super::event::{ClientId, Event};
use super::protocol::{Changed, EngineMessage, Fault, Spoken, Wanted};
use super::token::Tokens;
use crate::action::Action;
use crate::grammar::{Command, parse_line};
use crate::id::{RunId, StepId};
use crate::log::Draft;
use crate::model::{Actor, Outcome};
use crate::policy::{Denial, Place, Rule, check_reader, not_own};
use crate::workspace::{Ask, Committed, Consent, DoorError, ErrorClass, Proposed, Request};
use crate::wrapper::{AttemptKey, Peer, Standing};

/// How processes of steps reach the engine, and how it knows them.
pub(super) struct Broker {
    pub tokens: Tokens,
    pub socket: PathBuf,
}

/// The process behind a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Caller {
    /// In no step.
    Outside,
    /// In this attempt of a step.
    Step(AttemptKey),
    /// It is gone, or was left over by a step that is over.
    Unknown,
}

/// Where the process behind a connection stands among all.
#[derive(Debug)]
pub(super) struct Origin {
    pub caller: Caller,
    /// Its process, where it is in no step.
    pub pid: Option<u32>,
    /// The processes above that.
    pub above: Vec<u32>,
}

impl Origin {
    /// Nothing is known.
    pub fn unknown() -> Self {
        Self { caller: Caller::Unknown, pid: None, above: Vec::new() }
    }

    /// Finds out who a peer is, and what is above one in no step; takes a look at every process there.
    pub fn of(peer: Option<&Peer>, wrappers: &std::path::Path) -> Self {
        match peer.map(|peer| peer.standing(wrappers)) {
            Some(Standing::Inside(inside)) => {
                Self { caller: Caller::Step(inside.holder.key), ..Self::unknown() }
            }
            // Below the engine there are steps alone: its wrapper is gone, and it will be ended, too.
            Some(Standing::Outside { above }) if !above.contains(&std::process::id()) => {
                Self { caller: Caller::Outside, pid: peer.map(Peer::pid), above }
            }
            _ => Self::unknown(),
        }
    }
}

/// Who asks, as far as it is proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asker {
    pub actor: Actor,
    /// The orchestrator step that asks.
    pub step: Option<StepId>,
    /// The proposal it comes from.
    pub proposed: Option<Proposed>,
}

impl Asker {
    /// Somebody outside of every step.
    pub fn outside(actor: Actor) -> Self {
        Self { actor, step: None, proposed: None }
    }

    /// The same one with a proposal, which counts outside of steps alone: a step asks for itself.
    pub fn with(self, proposed: Option<Proposed>) -> Self {
        let proposed = proposed.filter(|_| self.step.is_none());
        Self { proposed, ..self }
    }

    /// Names the step or the proposal in an entry.
    pub fn sign(&self, draft: Draft) -> Draft {
        let draft = match &self.step {
            Some(step) => draft.with("by", step.as_str()),
            None => draft,
        };
        match &self.proposed {
            Some(proposed) => proposed.sign(draft),
            None => draft,
        }
    }
}

impl Engine {
    /// The step a client's process belongs to; what it may do is another question.
    pub(super) fn step_of(&self, client: ClientId) -> Option<&StepId> {
        match &self.clients.get(&client)?.caller {
            Caller::Step(key) => Some(&key.step_id),
            _ => None,
        }
    }

    /// Who asks for something that changes or runs anything. `claimed` counts only outside of steps.
    pub(super) fn asker(&self, client: ClientId, claimed: Actor, name: &str) -> Result<Asker, Fault> {
        let Some(known) = self.clients.get(&client) else { return Err(refuse(name, NOBODY)) };
        let key = match (&known.caller, &known.token) {
            (Caller::Outside, None) => {
                return match &known.speaks_for {
                    Some(Spoken::Step { token }) => self.spoken_for(token, name),
                    Some(Spoken::Program) => Ok(Asker::outside(Actor::Orchestrator)),
                    None => Ok(Asker::outside(claimed)),
                };
            }
            (Caller::Outside, Some(_)) => return Err(refuse(name, STRAY_TOKEN)),
            (Caller::Unknown, _) => return Err(refuse(name, NOBODY)),
            (Caller::Step(key), _) => key,
        };
        let step = self.world.step(&key.step_id).filter(|_| self.is_current(key));
        let Some(step) = step else { return Err(refuse(name, NOBODY)) };
        match &known.token {
            Some(token) if !self.broker.tokens.is_of(token, key) => Err(refuse(name, FOREIGN_TOKEN)),
            _ if !step.orchestrator => {
                let denial = check_reader(name, Actor::Orchestrator, None);
                Err(denial.err().map_or_else(|| refuse(name, NOBODY), |d| Fault::from(&DoorError::from(d))))
            }
            None => Err(refuse(name, NO_TOKEN)),
            Some(_) => Ok(Asker { step: Some(step.id.clone()), ..Asker::outside(Actor::Orchestrator) }),
        }
    }

    /// Notes for whom a client says it speaks; whether it may is looked at when it asks for something.
    pub(super) fn speak_for(&mut self, client: ClientId, of: Spoken) {
        if let Some(client) = self.clients.get_mut(&client) {
            client.speaks_for = Some(of);
        }
    }

    /// Whether a door asks for a program outside of every step.
    pub(super) fn is_program(&self, client: ClientId) -> bool {
        let known = self.clients.get(&client);
        known.is_some_and(|c| c.caller == Caller::Outside && c.speaks_for == Some(Spoken::Program))
    }

    /// The step whose token a door was shown. It is known by the token alone, so the token must be of an attempt that
    /// runs now.
    fn spoken_for(&self, token: &str, name: &str) -> Result<Asker, Fault> {
        let mut running = self.active.iter().map(|(step, active)| AttemptKey {
            run_id: active.run.clone(),
            step_id: step.clone(),
            attempt: active.attempt,
        });
        let key = running.find(|key| self.broker.tokens.is_of(token, key));
        let step = key.and_then(|key| self.world.step(&key.step_id));
        let Some(step) = step else { return Err(refuse(name, NO_STEPS_TOKEN)) };
        if step.orchestrator {
            return Ok(Asker { step: Some(step.id.clone()), ..Asker::outside(Actor::Orchestrator) });
        }
        let denial = check_reader(name, Actor::Orchestrator, None);
        Err(denial.err().map_or_else(|| refuse(name, NOBODY), |d| Fault::from(&DoorError::from(d))))
    }

    /// A process of a step wants a change: done by the door, in a thread, for the door may have to wait.
    pub(super) fn change(&mut self, client: ClientId, wanted: Wanted) {
        let request = match request(wanted) {
            Ok(request) => request,
            Err(fault) => return self.say(client, &EngineMessage::Refused { fault }),
        };
        let asker = match self.asker(client, Actor::User, request.name()) {
            Ok(asker) => asker,
            Err(fault) => {
                return self.turn_down(client, Actor::User, request.name(), &request.target(), fault);
            }
        };
        let request = Request { actor: asker.actor, step: asker.step, ..request };
        let (workspace, events) = (self.config.workspace.clone(), self.events.clone());
        tokio::task::spawn_blocking(move || {
            // No process of a step can say yes to anything, and the door asks none for its own children.
            let done = workspace.submit(&request, &Consent::None);
            let answer = match done {
                Ok(committed) => EngineMessage::Changed { change: Box::new(committed.into()) },
                Err(error) => EngineMessage::Refused { fault: Fault::from(&error) },
            };
            drop(events.send(Event::Answer(client, answer)));
        });
    }

    /// A step may not do this, whoever it is; a person would not have asked the engine.
    pub(super) fn forbidden(&mut self, client: ClientId, action: &str) {
        let name: String = action.chars().take(LONGEST_NAME).collect();
        let denial = check_reader(&name, Actor::Orchestrator, None);
        let fault = denial.err().map_or_else(|| refuse(&name, NOBODY), |d| Fault::from(&DoorError::from(d)));
        self.turn_down(client, Actor::Orchestrator, &name, "", fault);
    }

    /// Ctrl+C. An orchestrator ends its own runs alone.
    pub(super) fn interrupt_for(&mut self, client: ClientId, run: &RunId, kill: bool) {
        let asker = self.asker(client, Actor::User, "run.stop").and_then(|asker| {
            let by = self.runs.get(run).and_then(|r| r.opened.by.as_ref());
            match &asker.step {
                Some(lead) if by != Some(lead) => {
                    Err(Fault::from(&DoorError::from(not_own("run.stop", run.as_str(), lead))))
                }
                _ => Ok(asker),
            }
        });
        match asker {
            Ok(asker) => self.interrupt(run, kill, &asker),
            Err(fault) => self.turn_down(client, Actor::User, "run.stop", run.as_str(), fault),
        }
    }

    /// Refuses what somebody asks for, and has it on record with the step it came from.
    pub(super) fn turn_down(
        &mut self,
        client: ClientId,
        claimed: Actor,
        name: &str,
        target: &str,
        fault: Fault,
    ) {
        self.turn_down_proposed(client, claimed, None, (name, target), fault);
    }

    /// As [`Engine::turn_down`] for what may have been proposed.
    pub(super) fn turn_down_proposed(
        &mut self,
        client: ClientId,
        claimed: Actor,
        proposed: Option<Proposed>,
        (name, target): (&str, &str),
        fault: Fault,
    ) {
        let caller = self.clients.get(&client).map(|c| &c.caller);
        let actor = if caller == Some(&Caller::Outside) { claimed } else { Actor::Orchestrator };
        let asker = Asker { step: self.step_of(client).cloned(), ..Asker::outside(actor) }.with(proposed);
        let mut draft = asker.sign(Draft::new(actor, name, target)).with("code", json!(fault.code));
        draft.result = if matches!(fault.exit, 5 | 6) { Outcome::Denied } else { Outcome::Error };
        draft.error = Some(fault.message.clone());
        self.tell(draft, Vec::new());
        self.acknowledge(client, EngineMessage::Refused { fault });
    }
}

fn request(wanted: Wanted) -> Result<Request, Fault> {
    let (ask, command) = match wanted {
        Wanted::Undo => (Ask::Undo, None),
        Wanted::Redo => (Ask::Redo, None),
        Wanted::Lines(lines) => (Ask::Actions(actions(&lines)?), None),
        Wanted::Made(by, lines) => (Ask::Actions(actions(&lines)?), Some(by)),
    };
    Ok(Request { ask, command, ..Request::user(Vec::new()) })
}

fn actions(lines: &[String]) -> Result<Vec<Action>, Fault> {
    let usage = |message: String| Fault::new(ErrorClass::Usage, "USAGE", message);
    let mut actions = Vec::new();
    for line in lines {
        match parse_line(line).map_err(|e| usage(e.to_string()))? {
            Command::Change(action) => actions.push(action),
            Command::Control(_) => return Err(usage(format!("`{line}` is no change"))),
        }
    }
    if actions.is_empty() {
        return Err(usage("no change was asked for".into()));
    }
    Ok(actions)
}

impl From<Committed> for Changed {
    fn from(c: Committed) -> Self {
        Self { revision: c.revision, changed: c.changed, diff: c.diff, seq: c.entry.seq, notes: c.notes }
    }
}

/// Longest name of an action that is put on record.
const LONGEST_NAME: usize = 64;

const NOBODY: &str = "the process that asks belongs to a step that is over, or cannot be seen from here";
const NO_TOKEN: &str =
    "the process that asks is in a step and does not show that step's token (THREADOS_TOKEN)";
const FOREIGN_TOKEN: &str =
    "the token that is shown (THREADOS_TOKEN) is not that of the step the process is in";
const NO_STEPS_TOKEN: &str = "the token that is shown is of no step that runs now";
const STRAY_TOKEN: &str = "a step's token (THREADOS_TOKEN) is shown by a process that is in no step";

fn refuse(name: &str, why: &str) -> Fault {
    let hint = if why == STRAY_TOKEN {
        "unset THREADOS_TOKEN: it counts in the processes of its step alone"
    } else {
        "call seqctl from a process of the step with the environment the step was given, or do it at a terminal \
         of your own"
    };
    let message = format!("`{name}` is refused: {why}");
    Fault::from(&DoorError::from(Denial::new(Rule::Actor, name, Place::BuiltIn, message, hint)))
}

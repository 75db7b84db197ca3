//! Tells people of what they wait for: in a thread of its own, within a time limit, never in the engine's way.

use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

use super::core::Engine;
use super::deliver::{Delivery, Message};
use super::event::Event;
use crate::id::{GateId, RunId, StepId};
use crate::log::{Draft, Entry};
use crate::model::{Actor, BudgetOf, GateStatus, Outcome, Phase};
use crate::policy::Moment;

/// How many messages may wait; what is above is told to the log only.
const MAX_WAITING: usize = 200;

/// After so long a message is no news any more.
const STALE: Duration = Duration::from_secs(30);

/// The engine's messenger. Its thread begins with the first message.
#[derive(Default)]
pub(super) struct Notifier {
    queue: Option<SyncSender<(Instant, Delivery)>>,
    under_way: usize,
    /// What somebody was told of and that still waits.
    told: BTreeSet<Asks>,
}

/// What only a person can let go on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Asks {
    Gate(GateId),
    Review(StepId),
    Budget(BudgetOf),
}

impl Notifier {
    /// Whether something is still to be delivered.
    pub fn is_busy(&self) -> bool {
        self.under_way > 0
    }

    /// Hands a message over; the error says why it cannot be.
    fn send(&mut self, delivery: Delivery, events: &UnboundedSender<Event>) -> Result<(), &'static str> {
        let queue = self.queue.get_or_insert_with(|| {
            let (queue, waiting) = sync_channel(MAX_WAITING);
            let events = events.clone();
            thread::spawn(move || deliver_all(&waiting, &events));
            queue
        });
        match queue.try_send((Instant::now(), delivery)) {
            Ok(()) => {
                self.under_way += 1;
                Ok(())
            }
            Err(TrySendError::Full(_)) => Err("too many messages wait already"),
            Err(TrySendError::Disconnected(_)) => Err("the messenger is gone"),
        }
    }
}

fn deliver_all(waiting: &Receiver<(Instant, Delivery)>, events: &UnboundedSender<Event>) {
    while let Ok((since, delivery)) = waiting.recv() {
        let late = since.elapsed() > STALE;
        let faults = if late { vec!["the messages before it took too long".into()] } else { delivery.send() };
        if events.send(Event::Notified { about: delivery.about(), faults }).is_err() {
            return;
        }
    }
}

impl Engine {
    /// Tells people of what was just written.
    pub(super) fn notify(&mut self, written: &[Entry]) {
        let Ok(policy) = &self.world.policy else { return };
        let notify = policy.notify.clone();
        if !notify.has_channel() {
            return;
        }
        for entry in written {
            let message = match entry.action.as_str() {
                "run.end" if notify.tells(Moment::End) => self.ended_message(entry),
                "step.end" if notify.tells(Moment::Failure) => self.failure_message(entry),
                _ => continue,
            };
            if let Some(message) = message {
                self.pass_on(message);
            }
        }
        if notify.tells(Moment::Gate) {
            self.notify_of_what_asks(written);
        }
    }

    fn ended_message(&self, entry: &Entry) -> Option<Message> {
        let state = entry.payload.get("state").and_then(Value::as_str)?;
        let text = format!("Run {} ended: {state}", entry.target);
        Some(
            self.message(Moment::End, &entry.target, entry.run_id.as_ref(), text).with("state", json!(state)),
        )
    }

    /// Only an end for good: a step that is tried again has not failed yet.
    fn failure_message(&self, entry: &Entry) -> Option<Message> {
        let step = entry.target.parse().ok()?;
        if self.world.phase(&step) != Phase::Failed {
            return None;
        }
        let reason = entry.payload.get("reason").and_then(Value::as_str).unwrap_or("failed");
        let text = format!("Step {step} FAILED: {reason}");
        let message = self.message(Moment::Failure, &entry.target, entry.run_id.as_ref(), text);
        Some(message.with("step", json!(step)).with("status", json!("FAILED")).with("reason", json!(reason)))
    }

    /// Gates and reviews that only a decision holds, and budgets that hold a step: each once as long as it waits, while
    /// somebody runs something.
    fn notify_of_what_asks(&mut self, written: &[Entry]) {
        let ended = written.iter().rev().find(|e| e.action == "run.end").and_then(|e| e.run_id.clone());
        let Some(run) = self.runs.keys().next().cloned().or(ended) else { return };
        let asking = self.asking(&run);
        let told = std::mem::take(&mut self.notifier.told);
        for (asks, message) in asking {
            if !told.contains(&asks) {
                self.pass_on(message);
            }
            self.notifier.told.insert(asks);
        }
    }

    /// What waits for a person, each with the message that says so.
    fn asking(&self, run: &RunId) -> Vec<(Asks, Message)> {
        let message = |target: &str, text: String| self.message(Moment::Gate, target, Some(run), text);
        let gates = self.gates_due().into_iter().map(|gate| {
            let text = format!("Gate {gate} waits for you: seqctl gate approve {gate}");
            let message = message(gate.as_str(), text).with("gate", json!(gate));
            (Asks::Gate(gate), message)
        });
        let reviews = self.world.state.steps.iter().filter(|(_, state)| state.phase == Phase::NeedsReview);
        let reviews = reviews.map(|(step, state)| {
            let text = format!("Step {step} waits for your review: seqctl step accept {step}");
            let message = message(step.as_str(), text).with("step", json!(step));
            let message = message.with("status", json!("NEEDS_REVIEW")).with("reason", json!(state.reason));
            (Asks::Review(step.clone()), message)
        });
        let dag = self.world.frontier.dag();
        let budgets = self.world.frontier.budgets_asking(|node| !dag.is_watchdog(node));
        let budgets = budgets.into_iter().map(|reached| {
            let name = reached.of.to_string();
            let text = format!("The {name} is reached, {} spent: {}", reached.how, reached.free());
            let message = message(&name, text).with("budget", json!(name));
            (Asks::Budget(reached.of.clone()), message)
        });
        gates.chain(reviews).chain(budgets).collect()
    }

    fn gates_due(&self) -> Vec<GateId> {
        let dag = self.world.frontier.dag();
        let due = |gate: &&crate::model::Gate| {
            dag.find(gate.id.as_str()).is_some_and(|node| {
                self.world.frontier.gate_view(&self.world.state, node).due
                    && self.world.frontier.gate_status(node) == GateStatus::Pending
            })
        };
        self.world.sequence().gates.iter().filter(due).map(|gate| gate.id.clone()).collect()
    }

    fn message(&self, moment: Moment, target: &str, run: Option<&RunId>, text: String) -> Message {
        Message::new(moment, target, text)
            .with("project", json!(self.world.sequence().name))
            .with("root", json!(self.workspace().root()))
            .with("run_id", json!(run))
    }

    fn pass_on(&mut self, message: Message) {
        let Ok(policy) = &self.world.policy else { return };
        let about = message.about();
        let delivery = Delivery::new(self.config.workspace.clone(), policy.clone(), message);
        if let Err(fault) = self.notifier.send(delivery, &self.events) {
            self.not_notified(&about, fault);
        }
    }

    /// A message is delivered, or is not.
    pub(super) fn notified(&mut self, about: &str, faults: &[String]) {
        self.notifier.under_way = self.notifier.under_way.saturating_sub(1);
        for fault in faults {
            self.not_notified(about, fault);
        }
    }

    fn not_notified(&mut self, about: &str, fault: &str) {
        let fault = self.workspace().redactor().redact(fault).into_owned();
        let draft = Draft::new(Actor::System, "notify", about);
        self.tell(draft.failed(Outcome::Error, fault), Vec::new());
    }
}

//! What clients ask for: judged, written, done.

use chrono::Utc;
use serde_json::json;

use super::broker::Asker;
use super::children::touched;
use super::core::Engine;
use super::event::ClientId;
use super::protocol::{ClientMessage, EngineMessage, Fault};
use super::run::{Opened, Run, Scope};
use crate::action::{Action, Edit, PromptSource, SequenceReset};
use crate::grammar::{Command, Control, RunOptions, to_line};
use crate::id::{Revision, RunId, StepId};
use crate::log::Draft;
use crate::model::{Actor, Fact, Phase, StepStatus};
use crate::policy::{Asking, Need, check_actor, check_reader};
use crate::workspace::{DoorError, ErrorClass, Proposed, brief};

/// The reason of a step that was stopped to be run again.
pub(super) const RESTARTED: &str = "stopped by user: restarted";

/// What others did cannot be known yet, so that an answer might be wrong.
fn held() -> Fault {
    Fault::new(ErrorClass::Environment, "LOCK_TIMEOUT", "another process is changing the project")
        .hint("nothing was done; try again in a moment")
}

/// A reset writes no prompt and reads none.
struct NoPrompts;

impl PromptSource for NoPrompts {
    fn prompt(&self, _file: &str) -> Option<String> {
        None
    }
}

impl Engine {
    /// A client said something.
    pub(super) fn heard(&mut self, client: ClientId, message: ClientMessage) {
        match message {
            ClientMessage::Control { control, actor, confirmed } => {
                // Whoever asks may just have changed something: that has to be known first.
                let current = self.catch_up_now() || matches!(control, Control::Stop(_));
                let asker = if current { self.asker(client, actor, control.name()) } else { Err(held()) };
                let done = asker.and_then(|asker| self.control(client, &control, &asker, confirmed));
                if let Err(fault) = done {
                    self.turn_down(client, actor, control.name(), &control.target(), fault);
                }
            }
            ClientMessage::Proposed { control, actor, proposed } => {
                self.proposed(client, &control, actor, proposed);
            }
            ClientMessage::Token { token } => {
                if let Some(client) = self.clients.get_mut(&client) {
                    client.token = Some(token);
                }
            }
            ClientMessage::Pane(says) => self.pane_says(client, says),
            ClientMessage::Speak { of } => self.speak_for(client, of),
            ClientMessage::Change { wanted } => self.change(client, wanted),
            ClientMessage::Read { file } => self.read_for(client, file),
            ClientMessage::Forbidden { action } => self.forbidden(client, &action),
            ClientMessage::Attach { run } => self.attach(client, run),
            ClientMessage::Interrupt { run, kill } => self.interrupt_for(client, &run, kill),
            ClientMessage::Reconcile if self.step_of(client).is_some() => self.forbidden(client, "reconcile"),
            ClientMessage::Reconcile => {
                self.mend_session();
                let found = self.reconciled.take().unwrap_or(EngineMessage::Reconciled {
                    orphaned: Vec::new(),
                    recovered: Vec::new(),
                    adopted: Vec::new(),
                });
                self.acknowledge(client, found);
            }
        }
    }

    /// A control that was proposed. Its run is nobody's to wait for.
    fn proposed(&mut self, client: ClientId, control: &Control, actor: Actor, proposed: Proposed) {
        self.catch_up_now();
        let confirmed = proposed.confirmed;
        let detached = control.clone().detached();
        let asker = self.asker(client, actor, control.name());
        let done = asker.and_then(|asker| {
            self.require_revision(&proposed.revision)?;
            self.control(client, &detached, &asker.with(Some(proposed.clone())), confirmed)
        });
        if let Err(fault) = done {
            let what = (control.name(), control.target());
            self.turn_down_proposed(client, actor, Some(proposed), (what.0, &what.1), fault);
        }
    }

    fn require_revision(&self, asked: &Revision) -> Result<(), Fault> {
        let now = self.world.document.revision();
        if *asked == now {
            return Ok(());
        }
        Err(Fault::from(&DoorError::Stale { asked: asked.clone(), now }))
    }

    fn attach(&mut self, client: ClientId, run: RunId) {
        if self.runs.contains_key(&run) {
            self.watch(client, Some(&run));
            self.say(client, &EngineMessage::Accepted { run, sandbox: self.sandbox() });
        } else if let Some(report) = self.report_of_ended(&run) {
            // Who lost its engine before it heard that the run had begun hears that first.
            self.say(client, &EngineMessage::Accepted { run, sandbox: self.sandbox() });
            self.acknowledge_flushed(client, EngineMessage::RunEnded { report });
        } else {
            let fault =
                Fault::new(ErrorClass::NotFound, "RUN_NOT_FOUND", format!("run {run} does not go on"))
                    .hint("`seqctl runs list` shows all runs");
            self.say(client, &EngineMessage::Refused { fault });
        }
    }

    fn control(
        &mut self,
        client: ClientId,
        control: &Control,
        asker: &Asker,
        confirmed: bool,
    ) -> Result<(), Fault> {
        let (name, step) = (control.name(), asker.step.as_ref());
        if asker.proposed.is_none() && !self.is_program(client) {
            check_reader(name, asker.actor, step).map_err(|d| Fault::from(&DoorError::from(d)))?;
        }
        self.check_reach(asker, control, self.named(control))?;
        if let Control::Stop(asked) = control {
            self.confirm(control, asker, confirmed)?;
            return self.stop_for(client, asker, asked);
        }
        if let Err(error) = &self.world.policy {
            return Err(error.into());
        }
        self.require_valid_sequence()?;
        check_actor(name, asker.actor).map_err(|d| Fault::from(&DoorError::from(d)))?;
        if let Some(options) = control.options() {
            self.judge_options(options)?;
        }
        let (scope, mut facts) = self.prepare(control, asker)?;
        self.check_reach(asker, control, touched(&facts))?;
        self.confirm(control, asker, confirmed)?;
        let opened =
            Opened { control: control.clone(), scope, restart: restarted(control), by: asker.step.clone() };
        self.judge_scope(&opened, &facts)?;
        self.open(client, asker, opened, &mut facts)
    }

    /// In SAFE mode a person has to say yes to what destroys work; with a broken policy SAFE holds.
    fn confirm(&self, control: &Control, asker: &Asker, confirmed: bool) -> Result<(), Fault> {
        if asker.step.is_some() {
            // To start it was the yes to all that it does with its children.
            return Ok(());
        }
        let asking = match &asker.proposed {
            Some(proposed) => proposed.asking(asker.actor),
            None => Asking::direct(asker.actor),
        };
        let need = match &self.world.policy {
            Ok(policy) => policy.needs_confirmation(control.name(), asking),
            Err(_) => Need::One,
        };
        if confirmed || need == Need::None {
            return Ok(());
        }
        let message = format!("{} needs your yes", brief(&to_line(&Command::Control(control.clone()))));
        Err(Fault::new(ErrorClass::Confirm, "CONFIRMATION_NEEDED", message)
            .hint("add --yes to confirm it, or run it at a terminal and answer the question"))
    }

    fn judge_options(&self, options: &RunOptions) -> Result<(), Fault> {
        if let (Some(asked), Ok(policy)) = (options.max_concurrent, &self.world.policy) {
            policy.check_concurrency(asked).map_err(|d| Fault::from(&DoorError::from(d)))?;
        }
        self.check_executor(options.executor.as_deref())
    }

    /// Which steps are meant, and what is reset before.
    fn prepare(&self, control: &Control, asker: &Asker) -> Result<(Scope, Vec<Fact>), Fault> {
        let mut facts = Vec::new();
        if let Some(from) = control.options().and_then(|o| o.from.clone()) {
            facts.extend(self.reset(SequenceReset { steps: vec![from], all: false, failed: false })?);
        }
        if control.options().is_some_and(|o| o.failed) {
            let own = self.failed_within(asker);
            let failed = own.is_none();
            facts.extend(self.reset(SequenceReset { steps: own.unwrap_or_default(), all: false, failed })?);
        }
        let scope = match control {
            Control::RunStep(run) => {
                self.require_startable(&run.id, run.force, &facts)?;
                if self.world.phase(&run.id) == Phase::Failed && !is_reset(&run.id, &facts) {
                    let mut again = crate::model::StepFact::new(run.id.clone(), Phase::Idle);
                    let state = self.world.state.steps.get(&run.id);
                    again.review_reason = state.and_then(|s| s.review_reason.clone());
                    facts.push(Fact::Step(again));
                }
                Scope::Steps([run.id.clone()].into())
            }
            Control::RunGroup(run) => {
                let members = self.world.sequence().members(&run.group);
                let mut members = members.filter(|s| s.watchdog_for.is_none()).peekable();
                if members.peek().is_none() {
                    let message = format!("there is no group `{}`", run.group);
                    let hint = "`seqctl group list` shows the groups";
                    return Err(Fault::new(ErrorClass::NotFound, "GROUP_NOT_FOUND", message).hint(hint));
                }
                Scope::Steps(members.map(|s| s.id.clone()).filter(|id| !self.is_done(id, &facts)).collect())
            }
            Control::RunRunnable(_) => {
                let frontier = self.with(&facts);
                let steps = frontier.ready().filter_map(|n| self.world.step_at(n));
                let ids = steps.filter(|s| s.spawned_by == asker.step).map(|s| s.id.clone());
                Scope::Steps(ids.filter(|id| !self.active.contains_key(id)).collect())
            }
            Control::Restart(run) => {
                self.require_own_life(&run.id, "run")?;
                if !self.active.contains_key(&run.id) {
                    facts.extend(self.reset(SequenceReset {
                        steps: vec![run.id.clone()],
                        all: false,
                        failed: false,
                    })?);
                }
                self.require_satisfied(&run.id, &facts)?;
                Scope::Steps([run.id.clone()].into())
            }
            Control::RunAll(_) | Control::Stop(_) => Scope::All,
        };
        Ok((scope, facts))
    }

    /// The frontier as it will be after these facts.
    fn with(&self, facts: &[Fact]) -> crate::dag::Frontier {
        let mut state = self.world.state.clone();
        for fact in facts {
            state.take(fact.clone(), Utc::now());
        }
        crate::dag::Frontier::new(std::sync::Arc::clone(self.world.frontier.dag()), &state)
    }

    fn reset(&self, reset: SequenceReset) -> Result<Vec<Fact>, Fault> {
        let mut edit = Edit::new(
            self.world.sequence().clone(),
            self.world.state.clone(),
            Actor::User,
            Utc::now(),
            &NoPrompts,
        );
        let applied = Action::from(reset).apply(&mut edit);
        applied.map_err(|e| Fault::from(&DoorError::from(e)))?;
        Ok(edit.facts)
    }

    fn is_done(&self, id: &StepId, facts: &[Fact]) -> bool {
        self.world.phase(id) == Phase::Done && !is_reset(id, facts)
    }

    fn require_startable(&self, id: &StepId, force: bool, facts: &[Fact]) -> Result<(), Fault> {
        self.require_own_life(id, "run")?;
        let conflict = |code: &str, message: String| Fault::new(ErrorClass::Conflict, code, message);
        let phase = if is_reset(id, facts) { Phase::Idle } else { self.world.phase(id) };
        match phase {
            Phase::Running => Err(conflict("STEP_RUNNING", format!("step `{id}` is RUNNING already"))
                .hint(format!("`seqctl logs {id} -f` follows it, `seqctl stop {id}` ends it"))),
            Phase::Done => Err(conflict("STEP_DONE", format!("step `{id}` is DONE already"))
                .hint(format!("`seqctl restart {id}` runs it again"))),
            Phase::NeedsReview => {
                Err(conflict("STEP_NEEDS_REVIEW", format!("step `{id}` waits for your review")).hint(
                    format!("`seqctl step accept {id}`, or `seqctl step reject {id} --reason … --rework`"),
                ))
            }
            Phase::Idle | Phase::Failed if force => Ok(()),
            Phase::Idle | Phase::Failed => self.require_satisfied(id, facts),
        }
    }

    fn require_satisfied(&self, id: &StepId, facts: &[Fact]) -> Result<(), Fault> {
        let Some(node) = self.world.node(id) else { return Err(self.no_step(id)) };
        let frontier = self.with(facts);
        let waits: Vec<String> =
            frontier.unsatisfied(node).map(|n| format!("`{}`", frontier.dag().id(n))).collect();
        if waits.is_empty() {
            return Ok(());
        }
        let message = format!("step `{id}` is {}: it waits for {}", StepStatus::Blocked, waits.join(", "));
        Err(Fault::new(ErrorClass::Conflict, "STEP_BLOCKED", message)
            .hint(format!("`seqctl why {id}` says what would free it; --force runs it all the same")))
    }

    /// A watchdog is not run or stopped by itself.
    pub(super) fn require_own_life(&self, id: &StepId, verb: &str) -> Result<(), Fault> {
        let Some(step) = self.world.step(id) else { return Err(self.no_step(id)) };
        let Some(target) = &step.watchdog_for else { return Ok(()) };
        let message =
            format!("step `{id}` is a watchdog: it looks at `{target}` while that runs, and ends with it");
        let line = if verb == "run" { format!("run step {target}") } else { format!("{verb} {target}") };
        Err(Fault::new(ErrorClass::Conflict, "STEP_IS_WATCHDOG", message).hint(format!("seqctl {line}")))
    }

    pub(super) fn no_step(&self, id: &StepId) -> Fault {
        let ids = self.world.sequence().steps.iter().map(|s| s.id.as_str());
        let nearest = crate::action::nearest(id.as_str(), ids);
        let error = crate::action::ActionError::NotFound { kind: "step", id: id.to_string(), nearest };
        Fault::from(&DoorError::from(error))
    }

    fn open(
        &mut self,
        client: ClientId,
        asker: &Asker,
        opened: Opened,
        facts: &mut Vec<Fact>,
    ) -> Result<(), Fault> {
        let now = Utc::now();
        let id = self.new_run_id()?;
        let record = serde_json::to_value(&opened).unwrap_or_default();
        facts.push(Fact::RunOpened(id.clone(), record));
        let control = opened.control.clone();
        let line = to_line(&Command::Control(control.clone()));
        let draft = Draft::new(asker.actor, control.name(), &control.target()).run(id.clone());
        let draft = asker.sign(draft.with("lines", json!([line])));
        self.watch(client, Some(&id));
        if let Err(fault) = self.tell_at_once(draft, std::mem::take(facts)) {
            self.watch(client, None);
            // It was made a moment ago, and holds nothing.
            drop(std::fs::remove_dir(self.workspace().paths.run(&id)));
            return Err(fault);
        }
        self.forget_retries();
        if let Some(step) = opened.restart.clone().filter(|s| self.active.contains_key(s)) {
            self.restarts.insert(step, id.clone());
        }
        self.runs.insert(id.clone(), Run::new(id.clone(), opened, now));
        if let Some(step) = restarted(&control) {
            self.stop_step(&step, RESTARTED, false);
        }
        self.write_run(&id);
        self.acknowledge(client, EngineMessage::Accepted { run: id, sandbox: self.sandbox() });
        Ok(())
    }

    /// Which run a client hears of.
    fn watch(&mut self, client: ClientId, run: Option<&RunId>) {
        if let Some(client) = self.clients.get_mut(&client) {
            client.watching = run.cloned();
        }
    }

    fn new_run_id(&self) -> Result<RunId, Fault> {
        // Each 15 microseconds have an id of their own.
        for _ in 0..1000 {
            let id = RunId::at(Utc::now());
            let dir = self.workspace().paths.run(&id);
            match std::fs::create_dir_all(&self.workspace().paths.runs)
                .and_then(|()| std::fs::create_dir(&dir))
            {
                Ok(()) => return Ok(id),
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(e) => {
                    let message = format!("cannot make {}: {e}", dir.display());
                    return Err(Fault::new(ErrorClass::Environment, "IO", message));
                }
            }
        }
        Err(Fault::new(ErrorClass::Environment, "IO", "no free run id was found; try again"))
    }

    /// A step that was to be run again has ended: resets it and what follows.
    pub(super) fn rerun(&mut self, id: &StepId) {
        let Some(run) = self.restarts.remove(id) else { return };
        match self.reset(SequenceReset { steps: vec![id.clone()], all: false, failed: false }) {
            Ok(facts) => {
                let draft = Draft::new(Actor::System, "sequence.reset", id.as_str()).run(run);
                self.tell(draft, facts);
            }
            Err(fault) => {
                tracing::warn!(step = %id, error = fault.message, "cannot be run again");
                if let Some(run) = self.runs.get_mut(&run) {
                    run.stopping = true;
                }
            }
        }
    }
}

fn restarted(control: &Control) -> Option<StepId> {
    match control {
        Control::Restart(run) => Some(run.id.clone()),
        _ => None,
    }
}

pub(super) fn is_reset(id: &StepId, facts: &[Fact]) -> bool {
    facts.iter().any(|f| matches!(f, Fact::Step(f) if f.step == *id && f.phase == Phase::Idle))
}

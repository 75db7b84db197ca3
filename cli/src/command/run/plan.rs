//! `run … --dry-run`: what would start, in which order, and what the policy says to it. Nothing is run.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use chrono::Utc;
use serde_json::{Value, json};
use threados_core::action::{Action, Edit, PromptSource, SequenceReset};
use threados_core::dag::{Dag, Frontier, Node};
use threados_core::engine::{check_sandbox, check_worktree, ground, network_of, plan_call, protocol::Fault};
use threados_core::grammar::{Command, Control, RunOptions, to_line};
use threados_core::id::StepId;
use threados_core::model::{Actor, GateStatus, Phase, State, Step};
use threados_core::plain::plain;
use threados_core::policy::{Judge, Looked, PolicyError, check_env};
use threados_core::workspace::{DoorError, ErrorClass, Snapshot, Workspace, step_problems};
use threados_core::wrapper::sandbox::{Confinement, Ground};

use crate::failure::Failure;
use crate::output::Report;
use crate::progress::summary::words;

/// One step that would start.
struct Planned {
    id: StepId,
    argv: Vec<String>,
    cwd: String,
    after: Vec<String>,
    /// Of a watchdog: the step it looks at.
    watches: Option<StepId>,
    verdict: Result<(), Failure>,
}

/// A step that would not start, and why.
struct Held {
    id: StepId,
    why: String,
}

/// A reset reads no prompt.
struct NoPrompts;

impl PromptSource for NoPrompts {
    fn prompt(&self, _file: &str) -> Option<String> {
        None
    }
}

/// The plan of a run.
pub fn plan(control: &Control, workspace: &Workspace, snapshot: &Snapshot) -> Result<Report, Failure> {
    let policy = snapshot.policy()?;
    let judge = workspace.judge(&policy)?;
    let state = after_resets(control, snapshot)?;
    let frontier = Frontier::new(Arc::new(Dag::new(snapshot.sequence())), &state);
    let by = threados_core::engine::inside(&workspace.paths);
    let picture = Picture { snapshot, state: &state, frontier: &frontier, control, by };
    picture.require_startable()?;
    let ground = ground(workspace, &policy);
    let (planned, held) = picture.plan(workspace, &Site { judge: &judge, ground: &ground });
    Ok(report(control, &planned, &held, &ground.confinement()))
}

fn after_resets(control: &Control, snapshot: &Snapshot) -> Result<State, Failure> {
    let mut state = snapshot.state.clone();
    let none = RunOptions::default();
    let options = control.options().unwrap_or(&none);
    let mut resets = Vec::new();
    resets.extend(options.from.clone().map(|id| SequenceReset {
        steps: vec![id],
        all: false,
        failed: false,
    }));
    resets.extend(options.failed.then(|| SequenceReset { steps: Vec::new(), all: false, failed: true }));
    if let Control::Restart(asked) = control {
        resets.push(SequenceReset { steps: vec![asked.id.clone()], all: false, failed: false });
    }
    for reset in resets {
        let sequence = snapshot.sequence().clone();
        let mut edit = Edit::new(sequence, state.clone(), Actor::User, Utc::now(), &NoPrompts);
        Action::from(reset).apply(&mut edit).map_err(DoorError::from)?;
        for fact in edit.facts {
            state.take(fact, Utc::now());
        }
    }
    Ok(state)
}

/// What each step is judged by.
struct Site<'a> {
    judge: &'a Judge,
    ground: &'a Ground,
}

struct Picture<'a> {
    snapshot: &'a Snapshot,
    state: &'a State,
    frontier: &'a Frontier,
    control: &'a Control,
    /// The step that asks.
    by: Option<StepId>,
}

impl Picture<'_> {
    /// What the engine would refuse before anything starts.
    fn require_startable(&self) -> Result<(), Failure> {
        match self.control {
            Control::RunStep(asked) => self.require_step(&asked.id, asked.force),
            Control::Restart(asked) => self.require_step(&asked.id, false),
            Control::RunGroup(asked) => {
                if self.snapshot.sequence().members(&asked.group).next().is_some() {
                    return Ok(());
                }
                let message = format!("there is no group `{}`", asked.group);
                let failure = Failure::new(ErrorClass::NotFound, "GROUP_NOT_FOUND", message);
                Err(failure.hint("`seqctl group list` shows the groups"))
            }
            Control::RunAll(_) | Control::RunRunnable(_) | Control::Stop(_) => Ok(()),
        }
    }

    fn require_step(&self, id: &StepId, force: bool) -> Result<(), Failure> {
        let dag = self.frontier.dag();
        let Some(node) = dag.find(id.as_str()).filter(|n| !dag.is_gate(*n)) else {
            let ids = self.snapshot.sequence().steps.iter().map(|s| s.id.as_str());
            let nearest = threados_core::action::nearest(id.as_str(), ids);
            let error =
                threados_core::action::ActionError::NotFound { kind: "step", id: id.to_string(), nearest };
            return Err(DoorError::from(error).into());
        };
        if let Some(target) = dag.watched(node) {
            let message = format!(
                "step `{id}` is a watchdog: it looks at `{target}` while that runs, and ends with it"
            );
            let failure = Failure::new(ErrorClass::Conflict, "STEP_IS_WATCHDOG", message);
            return Err(failure.hint(format!("seqctl run step {target}")));
        }
        let view = self.frontier.step_view(self.state, node);
        let conflict = |code: &str, hint: String| {
            let reason = view.reason.as_deref().map(|r| format!(": {r}")).unwrap_or_default();
            let message = format!("step `{id}` is {}{reason}", view.status);
            Err(Failure::new(ErrorClass::Conflict, code, message).hint(hint))
        };
        match self.frontier.phase(node) {
            Phase::Running => conflict("STEP_RUNNING", format!("`seqctl logs {id} -f` follows it")),
            Phase::Done => conflict("STEP_DONE", format!("`seqctl restart {id}` runs it again")),
            Phase::NeedsReview => conflict("STEP_NEEDS_REVIEW", format!("`seqctl step accept {id}`")),
            Phase::Idle | Phase::Failed if force || self.frontier.unsatisfied(node).next().is_none() => {
                Ok(())
            }
            Phase::Idle | Phase::Failed => {
                conflict("STEP_BLOCKED", format!("`seqctl why {id}` says what would free it"))
            }
        }
    }

    fn plan(&self, workspace: &Workspace, site: &Site<'_>) -> (Vec<Planned>, Vec<Held>) {
        let dag = self.frontier.dag();
        let (mut planned, mut held) = (Vec::new(), Vec::new());
        let (mut starts, mut looked) = (HashSet::new(), Looked::default());
        for node in dag.topological() {
            if dag.is_gate(node) || dag.is_watchdog(node) || !self.is_meant(node) {
                continue;
            }
            let Some(step) = self.snapshot.sequence().steps.get(node.index()) else { continue };
            match self.frontier.phase(node) {
                Phase::Done | Phase::Running => {}
                Phase::NeedsReview => {
                    held.push(Held { id: step.id.clone(), why: "waits for your review".into() })
                }
                Phase::Failed if !self.asks_for_one() => {
                    held.push(Held {
                        id: step.id.clone(),
                        why: "FAILED before: add --failed to run it again".into(),
                    });
                }
                Phase::Idle | Phase::Failed => match self.holds(node, &starts) {
                    Some(why) => held.push(Held { id: step.id.clone(), why }),
                    None => {
                        starts.insert(node);
                        let mut plan = self.planned_step(step, workspace, site, &mut looked);
                        let document = &self.snapshot.document;
                        let faults = step_problems(&workspace.paths, document, dag, node.index());
                        if let (Ok(()), Some(first)) = (&plan.verdict, faults.into_iter().next()) {
                            plan.verdict = Err(Fault::in_file(&step.id, first).into());
                        }
                        planned.push(plan);
                        let steps = &self.snapshot.sequence().steps;
                        let watchdogs = dag.watchdogs(node).filter_map(|w| steps.get(w.index()));
                        planned.extend(watchdogs.map(|w| self.planned_step(w, workspace, site, &mut looked)));
                    }
                },
            }
        }
        (planned, held)
    }

    fn planned_step(
        &self,
        step: &Step,
        workspace: &Workspace,
        site: &Site<'_>,
        looked: &mut Looked,
    ) -> Planned {
        let call = plan_call(workspace, step);
        let cwd = step.cwd.clone().unwrap_or_else(|| ".".to_owned());
        let network = network_of(self.snapshot.sequence(), step);
        let held = || check_sandbox(site.ground, site.judge, workspace.root(), step, network);
        let verdict = match &call {
            Ok((call, _)) => judged(site.judge, step, &call.argv, Path::new(&cwd), looked)
                .and_then(|()| held().map_err(Failure::from))
                .and_then(|()| check_worktree(&workspace.paths, step).map_err(Failure::from)),
            Err(fault) => Err(Failure::from(fault.clone())),
        };
        let argv = call.map(|(c, _)| workspace.redactor().redact_argv(&c.argv)).unwrap_or_default();
        let after = step.depends_on.iter().map(ToString::to_string).collect();
        Planned { id: step.id.clone(), argv, cwd, after, watches: step.watchdog_for.clone(), verdict }
    }

    fn asks_for_one(&self) -> bool {
        matches!(self.control, Control::RunStep(_) | Control::Restart(_))
    }

    fn is_meant(&self, node: Node) -> bool {
        let id = self.frontier.dag().id(node).as_str();
        match self.control {
            Control::RunStep(asked) => asked.id.as_str() == id,
            Control::Restart(asked) => asked.id.as_str() == id,
            Control::RunGroup(asked) => {
                self.snapshot.sequence().step(id).is_some_and(|s| s.group_id.as_ref() == Some(&asked.group))
            }
            Control::RunRunnable(_) => self.frontier.is_ready(node) && self.is_own(id),
            Control::RunAll(_) | Control::Stop(_) => self.is_own(id),
        }
    }

    /// Children start only when their orchestrator runs them, or somebody by name.
    fn is_own(&self, id: &str) -> bool {
        self.snapshot.sequence().step(id).is_some_and(|s| s.spawned_by == self.by)
    }

    /// What holds a step even if all that starts before it ends well.
    fn holds(&self, node: Node, starts: &HashSet<Node>) -> Option<String> {
        let dag = self.frontier.dag();
        if matches!(self.control, Control::RunStep(asked) if asked.force) {
            return None;
        }
        if let Some(reached) = self.frontier.budget(node) {
            return Some(reached.reason());
        }
        let first = dag.predecessors(node).iter().find(|n| !self.will_hold(**n, starts))?;
        let id = dag.id(*first);
        Some(match dag.is_gate(*first) {
            true => format!("waits for gate {id} (seqctl gate approve {id})"),
            false => format!("waits for {id}"),
        })
    }

    /// Whether a dependency is satisfied, or will be.
    fn will_hold(&self, node: Node, starts: &HashSet<Node>) -> bool {
        let dag = self.frontier.dag();
        if self.frontier.is_satisfied(node) || starts.contains(&node) {
            return true;
        }
        if dag.is_gate(node) {
            return self.frontier.gate_status(node) == GateStatus::Approved
                && dag.predecessors(node).iter().all(|n| self.will_hold(*n, starts));
        }
        self.frontier.phase(node) == Phase::Running
    }
}

fn judged(
    judge: &Judge,
    step: &Step,
    argv: &[String],
    cwd: &Path,
    looked: &mut Looked,
) -> Result<(), Failure> {
    let judged =
        check_env(&step.env).map_err(PolicyError::from).and_then(|()| judge.verdict(argv, cwd, looked));
    judged.map_err(|error| Failure::from(Fault::from(&DoorError::from(error))))
}

fn report(control: &Control, planned: &[Planned], held: &[Held], sandbox: &Confinement) -> Report {
    let refused = planned.iter().filter_map(|p| p.verdict.as_ref().err());
    let worst = refused.max_by_key(|f| u8::from(f.exit == ErrorClass::Denied as u8));
    let mut json = json!({
        "dry_run": true,
        "sandbox": sandbox.level,
        "steps": planned.iter().enumerate().map(|(i, p)| as_json(i + 1, p)).collect::<Vec<_>>(),
        "held": held.iter().map(|h| json!({ "id": h.id, "why": h.why })).collect::<Vec<_>>(),
    });
    if let Some(failure) = worst {
        json["error"] = json!({ "code": failure.code, "message": failure.message });
        if let Some(hint) = &failure.hint {
            json["error"]["hint"] = json!(hint);
        }
    }
    Report::new(json, text(control, planned, held, sandbox)).exit(worst.map_or(0, |f| f.exit))
}

fn as_json(order: usize, planned: &Planned) -> Value {
    let mut out = json!({
        "order": order, "id": planned.id, "argv": planned.argv, "cwd": planned.cwd, "depends_on": planned.after,
        "verdict": "allowed",
    });
    if let Some(id) = &planned.watches {
        out["watches"] = json!(id);
    }
    if let Err(failure) = &planned.verdict {
        out["verdict"] =
            json!(if failure.exit == ErrorClass::Denied as u8 { "denied" } else { "impossible" });
        out["reason"] = json!(failure.message);
        out["code"] = json!(failure.code);
    }
    out
}

fn text(control: &Control, planned: &[Planned], held: &[Held], sandbox: &Confinement) -> String {
    let line = to_line(&Command::Control(control.clone()));
    if planned.is_empty() && held.is_empty() {
        return format!("`{line}` would start nothing: everything it is about is DONE or running\n");
    }
    let mut text = format!("`{line}` would start, in this order (nothing is run now):\n");
    let widest = planned.iter().map(|p| p.id.as_str().len()).chain(held.iter().map(|h| h.id.as_str().len()));
    let widest = widest.max().unwrap_or(0);
    for (i, step) in planned.iter().enumerate() {
        text += &planned_line(i + 1, step, widest);
    }
    if planned.is_empty() {
        text += "     nothing\n";
    } else {
        text += &format!("sandbox {sandbox}\n");
    }
    if !held.is_empty() {
        text += "and would not start:\n";
        for step in held {
            text += &format!("     {:widest$}  {}\n", step.id.as_str(), step.why);
        }
    }
    text
}

fn planned_line(order: usize, step: &Planned, widest: usize) -> String {
    let command = plain(&words(&step.argv));
    let cwd = if step.cwd == "." { String::new() } else { format!("  in {}", step.cwd) };
    let after =
        if step.after.is_empty() { String::new() } else { format!("  after {}", step.after.join(", ")) };
    let watches = step.watches.as_ref().map(|id| format!("  watches {id} while it runs")).unwrap_or_default();
    let mut line = format!("{order:>4} {:widest$}  {command}{cwd}{after}{watches}\n", step.id.as_str());
    if let Err(failure) = &step.verdict {
        let what = if failure.exit == ErrorClass::Denied as u8 { "denied" } else { "cannot start" };
        line += &format!("     {:widest$}  {what}: {}\n", "", failure.message);
        if let Some(hint) = &failure.hint {
            line += &format!("     {:widest$}  hint: {hint}\n", "");
        }
    }
    line
}

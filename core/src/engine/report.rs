//! How a run ended: its report, its `status.json`, its metrics.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::agents::attempts;
use super::core::Engine;
use super::protocol::{EngineMessage, RunReport, RunState, StepReport};
use super::run::{Opened, Run, Scope};
use crate::dag::Node;
use crate::grammar::Control;
use crate::id::{GateId, RunId, StepId};
use crate::log::Draft;
use crate::model::{Actor, Fact, GateStatus, Step, StepStatus, Usage};
use crate::store::atomic;

/// `runs/<runId>/status.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The run.
    pub run_id: RunId,
    /// How it stands.
    pub state: RunState,
    /// What was asked for.
    pub control: Control,
    /// The orchestrator that asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<StepId>,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// How long it took, in milliseconds.
    pub duration_ms: Option<u64>,
    /// Its steps by status.
    pub counts: BTreeMap<StepStatus, usize>,
    /// Its steps by thread type.
    pub threads: BTreeMap<String, usize>,
    /// What it says about how the work went.
    #[serde(flatten)]
    pub metrics: Metrics,
}

/// What a run says about how the work went.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Metrics {
    /// Mean time of a finished attempt, in milliseconds.
    pub avg_step_ms: Option<f64>,
    /// Failed attempts of all.
    pub failure_rate: Option<f64>,
    /// Attempts after a step's first, of all.
    pub restart_rate: Option<f64>,
    /// Mean over groups: time workers were busy / (members x time the group took).
    pub fanout_utilization: Option<f64>,
    /// From all that a gate waits for being DONE to the decision, in milliseconds: each gate, and `mean`.
    pub gate_latency_ms: BTreeMap<String, f64>,
    /// Mean over fusions and the pairs of their candidates that are DONE: 2 x the words both outputs share in order /
    /// the words of both, 0 to 1.
    pub fusion_agreement: Option<f64>,
    /// Most steps of the run at once.
    pub peak_concurrency: usize,
    /// What its models spent, where they said so.
    pub usage: Option<Usage>,
}

impl Engine {
    /// Ends the runs that have nothing left to do; whether there was one.
    pub(super) fn end_runs(&mut self) -> bool {
        let over: Vec<RunId> = self.runs.keys().filter(|id| self.is_over(id)).cloned().collect();
        for id in &over {
            self.end_run(id);
        }
        !over.is_empty()
    }

    pub(super) fn is_over(&self, id: &RunId) -> bool {
        let Some(run) = self.runs.get(id) else { return false };
        if !run.active.is_empty() || self.shares_work(run) || self.has_more(id) {
            return false;
        }
        let waits = run.waits() && !run.stopping;
        !waits || self.report(run).state != RunState::Waiting
    }

    /// Another run has a step under way that this one has in scope: both end right, so this one waits for it.
    fn shares_work(&self, run: &Run) -> bool {
        !run.stopping && self.active.keys().filter_map(|id| self.world.step(id)).any(|s| run.opened.covers(s))
    }

    fn end_run(&mut self, id: &RunId) {
        let Some(run) = self.runs.get(id) else { return };
        let report = self.report(run);
        let draft = Draft::new(Actor::System, "run.end", id.as_str())
            .run(id.clone())
            .with("state", report.state.as_str());
        self.write_record(id, report.state, Some(Utc::now()));
        self.runs.remove(id);
        self.tell(draft, vec![Fact::RunClosed(id.clone())]);
        self.flush_soon();
        let watchers: Vec<_> =
            self.clients.iter().filter(|(_, c)| c.watching.as_ref() == Some(id)).map(|(c, _)| *c).collect();
        for client in watchers {
            self.acknowledge_flushed(client, EngineMessage::RunEnded { report: report.clone() });
        }
    }

    /// How a run ended whose watcher comes too late: its engine had died, and the next one had little left to do.
    pub(super) fn report_of_ended(&self, id: &RunId) -> Option<RunReport> {
        let text = std::fs::read(self.workspace().paths.run(id).join("status.json")).ok()?;
        let record: RunRecord = serde_json::from_slice(&text).ok()?;
        let ran = |s: &crate::model::StepState| s.run_id.as_ref() == Some(id);
        let scope = match &record.control {
            Control::RunAll(_) => Scope::All,
            Control::RunStep(run) => Scope::Steps([run.id.clone()].into()),
            Control::Restart(run) => Scope::Steps([run.id.clone()].into()),
            _ => Scope::Steps(
                self.world.state.steps.iter().filter(|(_, s)| ran(s)).map(|(id, _)| id.clone()).collect(),
            ),
        };
        let opened = Opened { control: record.control, scope, restart: None, by: record.by };
        let report = self.report(&Run::new(id.clone(), opened, record.started_at));
        (record.state != RunState::Running).then_some(RunReport { state: record.state, ..report })
    }

    /// How a run stands, from what is so now.
    fn report(&self, run: &Run) -> RunReport {
        let mut steps = Vec::new();
        let (mut failed, mut undone) = (false, false);
        let mut waiting_on = Vec::new();
        for node in self.nodes(run) {
            let Some(step) = self.world.step_at(node) else { continue };
            let view = self.world.view(node);
            failed |= view.status == StepStatus::Failed && !self.world.frontier.is_satisfied(node);
            undone |= !matches!(view.status, StepStatus::Done | StepStatus::Failed);
            if view.status == StepStatus::NeedsReview {
                waiting_on.push(step.id.to_string());
            }
            let state = self.world.state.steps.get(&step.id);
            let took = state.and_then(|s| Some((s.ended_at? - s.started_at?).num_milliseconds()));
            steps.push(StepReport {
                id: step.id.clone(),
                status: view.status,
                reason: view.reason,
                exit_code: state.and_then(|s| s.exit_code),
                duration_ms: took.and_then(|ms| u64::try_from(ms).ok()),
            });
        }
        let dag = self.world.frontier.dag();
        let gates = self.gates_waited_for(run);
        undone |= gates.iter().any(|gate| dag.successors(*gate).is_empty());
        waiting_on.extend(gates.into_iter().map(|gate| dag.id(gate).to_string()));
        waiting_on.extend(self.budgets_waited_for(run));
        let state = match (run.stopping, failed, undone) {
            (true, ..) => RunState::Stopped,
            (_, true, _) => RunState::Failed,
            (_, _, true) => RunState::Waiting,
            _ => RunState::Done,
        };
        RunReport { run_id: run.id.clone(), state, steps, waiting_on }
    }

    /// The steps a run is about: of a `run all` all but watchdogs.
    fn nodes(&self, run: &Run) -> Vec<Node> {
        let dag = self.world.frontier.dag();
        match &run.opened.scope {
            Scope::All => {
                let covers = |n: &Node| self.world.step_at(*n).is_some_and(|s| run.opened.covers(s));
                dag.steps().filter(|n| !dag.is_watchdog(*n) && covers(n)).collect()
            }
            Scope::Steps(ids) => super::run::in_file_order(ids.iter().filter_map(|id| self.world.node(id))),
        }
    }

    /// Gates whose own dependencies are satisfied and that only a decision holds: before a step of the run, or, for who
    /// runs everything, at the end, where nothing comes after them.
    fn gates_waited_for(&self, run: &Run) -> Vec<Node> {
        let dag = self.world.frontier.dag();
        let everything = run.opened.scope == Scope::All && run.opened.by.is_none();
        let holds = |gate: Node| {
            let after = dag.successors(gate);
            let covered = |n: &Node| self.world.step_at(*n).is_some_and(|s| run.opened.covers(s));
            (everything && after.is_empty()) || after.iter().any(|n| dag.is_gate(*n) || covered(n))
        };
        dag.nodes()
            .filter(|n| dag.is_gate(*n) && holds(*n))
            .filter(|n| self.world.frontier.gate_view(&self.world.state, *n).due)
            .filter(|n| self.world.frontier.gate_status(*n) != GateStatus::Approved)
            .collect()
    }

    /// Writes `status.json` of a run that goes on.
    pub(super) fn write_run(&self, id: &RunId) {
        self.write_record(id, RunState::Running, None);
    }

    fn write_record(&self, id: &RunId, state: RunState, ended_at: Option<DateTime<Utc>>) {
        let Some(run) = self.runs.get(id) else { return };
        let record = self.record(run, state, ended_at);
        let path = self.workspace().paths.run(id).join("status.json");
        let json = serde_json::to_vec_pretty(&record).unwrap_or_default();
        // What is durable is the log; this is for people and scripts.
        if let Err(error) = atomic::write_unsynced(&path, &json, atomic::PUBLIC) {
            tracing::warn!(%error, "the run's status.json could not be written");
        }
    }

    fn record(&self, run: &Run, state: RunState, ended_at: Option<DateTime<Utc>>) -> RunRecord {
        let nodes = self.nodes(run);
        let mut counts = BTreeMap::new();
        let mut threads = BTreeMap::new();
        for node in &nodes {
            *counts.entry(self.world.view(*node).status).or_default() += 1;
            if let Some(step) = self.world.step_at(*node) {
                *threads.entry(step.kind.to_string()).or_default() += 1;
            }
        }
        let duration = ended_at.map(|end| (end - run.started_at).num_milliseconds());
        RunRecord {
            run_id: run.id.clone(),
            state,
            control: run.opened.control.clone(),
            by: run.opened.by.clone(),
            started_at: run.started_at,
            ended_at,
            duration_ms: duration.and_then(|ms| u64::try_from(ms).ok()),
            counts,
            threads,
            metrics: if ended_at.is_some() { self.metrics(run) } else { Metrics::default() },
        }
    }

    fn metrics(&self, run: &Run) -> Metrics {
        let attempts = run.attempts.len();
        let took = |a: &super::run::Attempted| {
            a.ended_at.map(|end| (end - a.started_at).num_microseconds().unwrap_or_default() as f64 / 1000.0)
        };
        let times: Vec<f64> = run.attempts.iter().filter_map(took).collect();
        let rate = |n: usize| (attempts > 0).then(|| n as f64 / attempts as f64);
        Metrics {
            avg_step_ms: mean(&times),
            failure_rate: rate(run.attempts.iter().filter(|a| a.failed).count()),
            restart_rate: rate(attempts - run.tries.len().min(attempts)),
            fanout_utilization: self.utilization(run),
            gate_latency_ms: self.gate_latencies(run),
            fusion_agreement: self.agreement(run),
            peak_concurrency: run.peak,
            usage: self.usage(run),
        }
    }

    fn utilization(&self, run: &Run) -> Option<f64> {
        let mut groups: BTreeMap<&str, Vec<&super::run::Attempted>> = BTreeMap::new();
        for attempt in &run.attempts {
            let step: Option<&Step> = self.world.step(&attempt.step);
            if let Some(group) = step.and_then(|s| s.group_id.as_ref()) {
                groups.entry(group.as_str()).or_default().push(attempt);
            }
        }
        let of_group = |(group, attempts): (&&str, &Vec<&super::run::Attempted>)| {
            let start = attempts.iter().map(|a| a.started_at).min()?;
            let end = attempts.iter().filter_map(|a| a.ended_at).max()?;
            let busy: i64 =
                attempts.iter().filter_map(|a| (a.ended_at? - a.started_at).num_microseconds()).sum();
            let group = crate::id::GroupId::new(group).ok()?;
            let members = self.world.sequence().members(&group).count();
            let whole = (end - start).num_microseconds()? as f64 * members as f64;
            (whole > 0.0).then(|| (busy as f64 / whole).min(1.0))
        };
        mean(&groups.iter().filter_map(of_group).collect::<Vec<_>>())
    }

    /// For gates decided while the run went on.
    fn gate_latencies(&self, run: &Run) -> BTreeMap<String, f64> {
        let mut latencies = BTreeMap::new();
        for gate in &self.world.sequence().gates {
            let Some(latency) = self.gate_latency(run, &gate.id) else { continue };
            latencies.insert(gate.id.to_string(), latency);
        }
        if let Some(mean) = mean(&latencies.values().copied().collect::<Vec<_>>()) {
            latencies.insert("mean".to_owned(), mean);
        }
        latencies
    }

    fn gate_latency(&self, run: &Run, id: &GateId) -> Option<f64> {
        let gate = self.world.sequence().gate(id.as_str())?;
        let decided = self.world.state.gates.get(id)?.decision.as_ref()?.at;
        let state = &self.world.state;
        let decided_at = |id: &str| Some(state.gates.get(id)?.decision.as_ref()?.at);
        let done = |dep: &crate::id::NodeId| match state.steps.get(dep.as_str()) {
            Some(step) => step.ended_at,
            None => decided_at(dep.as_str()),
        };
        let due = gate.depends_on.iter().filter_map(done).max().unwrap_or(run.started_at);
        (decided >= run.started_at).then(|| ((decided - due).num_milliseconds().max(0)) as f64)
    }

    /// Only steps of models say what they spent, so only their records are read.
    fn usage(&self, run: &Run) -> Option<Usage> {
        let mut sum: Option<Usage> = None;
        for step in run.tries.keys().filter_map(|id| self.world.step(id)).filter(|s| !s.model.is_shell()) {
            let dir = self.workspace().paths.run_step(&run.id, &step.id);
            for usage in attempts(&dir).filter_map(|record| record.usage) {
                sum.get_or_insert_default().add(&usage);
            }
        }
        sum
    }
}

pub(super) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

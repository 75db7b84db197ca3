//! How everything stands, for people: in the order of the graph, groups together, a summary below.

use chrono::Utc;
use threados_core::dag::{Dag, Node, Statuses};
use threados_core::model::{FailPolicy, GateStatus, Step, StepStatus};
use threados_core::policy::Redactor;
use threados_core::workspace::Snapshot;

use crate::context::Context;
use crate::paint::{self, Style, between};
use crate::progress::style::count;
use crate::progress::summary::words;
use crate::table::{Cell, Table};

/// The table with its summary line.
pub fn render(snapshot: &Snapshot, statuses: &Statuses, dag: &Dag, context: &Context) -> String {
    let sequence = snapshot.sequence();
    if sequence.steps.is_empty() && sequence.gates.is_empty() {
        return format!("{}: no steps yet; add one: seqctl step add hello -- git --version\n", sequence.name);
    }
    let view = View { snapshot, statuses, dag, redactor: Redactor::default() };
    let mut table = Table::new(&["", "STATUS", "ID", "WHAT", "TIME", "MODEL"]);
    table.elastic = 3;
    table.spare = &[5, 4, 3];
    for node in view.order() {
        view.add(node, &mut table);
    }
    let head = format!("{}\n", Style::Bold.paint(&sequence.name, context.colours()));
    head + &table.render(context) + &summary(statuses, context)
}

struct View<'a> {
    snapshot: &'a Snapshot,
    statuses: &'a Statuses,
    dag: &'a Dag,
    redactor: Redactor,
}

impl View<'_> {
    /// What everything else waits for comes first; the members of a group follow each other.
    fn order(&self) -> Vec<Node> {
        let mut seen = vec![false; self.dag.len()];
        let mut order = Vec::with_capacity(self.dag.len());
        for node in self.dag.topological().into_iter().chain(self.dag.nodes()) {
            let members = self.dag.group(node).map_or(&[][..], |g| &g.members);
            for next in members.iter().copied().chain([node]) {
                if !std::mem::replace(&mut seen[next.index()], true) {
                    order.push(next);
                }
            }
        }
        order
    }

    fn add(&self, node: Node, table: &mut Table) {
        let sequence = self.snapshot.sequence();
        match node.index().checked_sub(self.dag.step_count()) {
            Some(i) => {
                let (gate, view) = (&sequence.gates[i], &self.statuses.gates[i]);
                let (mark, style) = paint::gate(view.status, view.due);
                let what = view.reason.clone().unwrap_or_else(|| gate.name.clone());
                let status = Cell::new(view.status.as_str(), style);
                table.row(vec![
                    Cell::new(mark, style),
                    status,
                    gate.id.as_str().into(),
                    what.into(),
                    "".into(),
                    "gate".into(),
                ]);
            }
            None => {
                let group = self.dag.group(node);
                if let Some(group) = group.filter(|g| g.members.first() == Some(&node)) {
                    let policy = if group.policy == FailPolicy::BestEffort { ", best effort" } else { "" };
                    let text =
                        format!("   group {} ({}{policy})", group.id, count(group.members.len(), "worker"));
                    table.row(vec![Cell::new(text, Style::Dim)]);
                }
                self.add_step(node.index(), group.is_some(), table);
            }
        }
    }

    fn add_step(&self, i: usize, member: bool, table: &mut Table) {
        let (step, view) = (&self.snapshot.sequence().steps[i], &self.statuses.steps[i]);
        let (mark, style) = paint::step(view.status);
        let indent = if member { "  " } else { "" };
        let what = view.reason.clone().unwrap_or_else(|| self.what(step));
        let by = step.spawned_by.as_ref().map(|lead| format!(" (spawned by {lead})")).unwrap_or_default();
        table.row(vec![
            Cell::new(mark, style),
            Cell::new(view.status.as_str(), style),
            format!("{indent}{}", step.id).into(),
            format!("{what}{by}").into(),
            self.time(step, view.status).into(),
            Cell::new(step.model.as_str(), Style::Dim),
        ]);
    }

    /// What a step does, in a few words.
    fn what(&self, step: &Step) -> String {
        if step.name != step.id.as_str() {
            return step.name.clone();
        }
        if step.command.is_empty() {
            return step.prompt_file.clone().unwrap_or_default();
        }
        words(&self.redactor.redact_argv(&step.command))
    }

    /// Since when it runs, or how long it took.
    fn time(&self, step: &Step, status: StepStatus) -> String {
        let Some(state) = self.snapshot.state.steps.get(step.runs_with()) else { return String::new() };
        let tries = if state.attempt > 1 { format!(" (attempt {})", state.attempt) } else { String::new() };
        match (status, state.started_at, state.ended_at) {
            (StepStatus::Running, Some(from), _) => format!("{}{tries}", between(from, Utc::now())),
            (StepStatus::Done | StepStatus::Failed | StepStatus::NeedsReview, Some(from), Some(to)) => {
                format!("{}{tries}", between(from, to))
            }
            _ => String::new(),
        }
    }
}

/// `3 steps: 1 done, 2 ready; 1 gate: 1 pending`.
fn summary(statuses: &Statuses, context: &Context) -> String {
    let colours = context.colours();
    let steps = StepStatus::ALL.iter().filter_map(|s| {
        let n = statuses.steps.iter().filter(|v| v.status == *s).count();
        let word = s.as_str().to_lowercase().replace('_', " ");
        (n > 0).then(|| paint::step(*s).1.paint(&format!("{n} {word}"), colours))
    });
    let gates = GateStatus::ALL.iter().filter_map(|s| {
        let n = statuses.gates.iter().filter(|v| v.status == *s).count();
        (n > 0).then(|| format!("{n} {}", s.as_str().to_lowercase()))
    });
    let part = |n: usize, what: &str, counts: Vec<String>| {
        let s = if n == 1 { "" } else { "s" };
        (n > 0).then(|| format!("{n} {what}{s}: {}", counts.join(", ")))
    };
    let parts = [
        part(statuses.steps.len(), "step", steps.collect()),
        part(statuses.gates.len(), "gate", gates.collect()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ") + "\n"
}

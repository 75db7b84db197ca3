//! What a run came to, for a person: the counts, what failed and why, what waits for whom, and how to go on.

use chrono::{DateTime, Utc};
use threados_core::dag::reached;
use threados_core::engine::protocol::{RunReport, RunState, StepReport};
use threados_core::grammar::Control;
use threados_core::model::{GateStatus, StepStatus};
use threados_core::plain::{last_lines, plain};
use threados_core::workspace::{Snapshot, Workspace};
use threados_core::wrapper::sandbox::Confinement;

use super::style::{Style, Tone, count, fit, took};
use crate::context::Context;

/// Most failed or waiting steps told in full.
const MOST: usize = 5;

/// Most lines of a failed step's output.
const MOST_LINES: usize = 5;

/// What a summary is about.
pub struct About<'a> {
    pub report: &'a RunReport,
    pub control: &'a Control,
    /// What is so now.
    pub snapshot: &'a Snapshot,
    pub workspace: &'a Workspace,
    pub took_ms: u64,
    /// When it began.
    pub since: DateTime<Utc>,
    /// How many attempts it started.
    pub started: usize,
    pub sandbox: &'a Confinement,
    /// How `seqctl` has to be called for this project.
    pub seqctl: String,
}

/// How `seqctl` has to be called so that it finds this project again.
pub fn own_name(context: &Context) -> String {
    match &context.global.root {
        Some(root) if std::env::var_os("THREADOS_ROOT").is_none() => {
            format!("seqctl --root {}", words(&[root.to_string_lossy().into_owned()]))
        }
        _ => "seqctl".to_owned(),
    }
}

/// Words as a shell takes them.
pub fn words(words: &[String]) -> String {
    // A word with a NUL byte is no word of any shell.
    shlex::try_join(words.iter().map(String::as_str)).unwrap_or_else(|_| words.join(" "))
}

/// The whole result in a line, as `--quiet` has it.
pub fn headline(report: &RunReport, took_ms: Option<u64>) -> String {
    let time = took_ms.map(|ms| format!(" after {}", took(ms))).unwrap_or_default();
    let counts = counts(report);
    let counts = if counts.is_empty() { "no steps".to_owned() } else { counts };
    format!("run {} {}{time}: {counts}", report.run_id, word(report.state))
}

fn word(state: RunState) -> &'static str {
    match state {
        RunState::Running => "goes on",
        RunState::Done => "done",
        RunState::Failed => "failed",
        RunState::Waiting => "waits",
        RunState::Stopped => "stopped",
    }
}

fn counts(report: &RunReport) -> String {
    let words = [
        (StepStatus::Done, "done"),
        (StepStatus::Failed, "failed"),
        (StepStatus::NeedsReview, "to review"),
        (StepStatus::Running, "running"),
        (StepStatus::Ready, "ready"),
        (StepStatus::Blocked, "blocked"),
    ];
    let of = |status| report.steps.iter().filter(|s| s.status == status).count();
    let found = words.iter().map(|(status, word)| (of(*status), word)).filter(|(n, _)| *n > 0);
    found.map(|(n, word)| format!("{n} {word}")).collect::<Vec<_>>().join(", ")
}

/// All of it.
pub fn text(about: &About, style: Style) -> String {
    let report = about.report;
    let tone = match report.state {
        RunState::Done => Tone::Green,
        RunState::Failed | RunState::Stopped => Tone::Red,
        RunState::Waiting | RunState::Running => Tone::Yellow,
    };
    let head = headline(report, Some(about.took_ms));
    let mut text = format!("{}, sandbox {}\n", style.paint(tone, &head), about.sandbox.level);
    if let Some(open) = &about.sandbox.open {
        text += &format!("  sandbox {}: {open}\n", about.sandbox.level);
    }
    text += &match meanwhile(about) {
        none if none.is_empty() => nothing_to_do(about),
        others => others,
    };
    text += &failed(about, style);
    text += &waiting(about, style);
    text += &blocked(about, style);
    text += &go_on(about, style);
    text
}

/// A run that started nothing says why.
fn nothing_to_do(about: &About) -> String {
    if about.started > 0 {
        return String::new();
    }
    let seqctl = &about.seqctl;
    if about.snapshot.sequence().steps.is_empty() {
        return format!("There are no steps yet: {seqctl} step add hello -- git --version\n");
    }
    let is_left = || about.snapshot.statuses().steps.iter().any(|step| step.status != StepStatus::Done);
    match about.report.state {
        RunState::Done if about.report.steps.is_empty() && is_left() => {
            format!("Nothing could start now: {seqctl} status shows what waits, {seqctl} why ID for what\n")
        }
        RunState::Done => format!("Nothing was left to run. To run again: {seqctl} run all --from ID\n"),
        RunState::Failed => {
            "Nothing could start: what failed before is not run again by itself.\n".to_owned()
        }
        _ => "Nothing could start yet.\n".to_owned(),
    }
}

/// What other runs did about its steps while it looked on.
fn meanwhile(about: &About) -> String {
    let states = &about.snapshot.state.steps;
    let of_other_run = |step: &&StepReport| {
        let state = states.get(&step.id);
        let other =
            state.and_then(|state| state.run_id.as_ref()).is_some_and(|run| *run != about.report.run_id);
        other && state.and_then(|state| state.ended_at).is_some_and(|at| at >= about.since)
    };
    let others: Vec<String> = about.report.steps.iter().filter(of_other_run).map(ended).collect();
    let (shown, more) = others.split_at(others.len().min(MOST));
    let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
    match shown {
        [] => String::new(),
        shown => format!("Run by another run meanwhile: {}{more}\n", shown.join(", ")),
    }
}

fn ended(step: &StepReport) -> String {
    let time = step.duration_ms.map(|ms| format!(" after {}", took(ms))).unwrap_or_default();
    format!("{} {}{time}", step.id, step.status)
}

fn of(report: &RunReport, status: StepStatus) -> Vec<&StepReport> {
    report.steps.iter().filter(|s| s.status == status).collect()
}

fn heading(style: Style, text: &str) -> String {
    format!("\n{}\n", style.paint(Tone::Bold, text))
}

fn failed(about: &About, style: Style) -> String {
    let steps = of(about.report, StepStatus::Failed);
    if steps.is_empty() {
        return String::new();
    }
    let mut text = heading(style, "Failed");
    for step in steps.iter().take(MOST) {
        text += &failed_step(about, style, step);
    }
    text + &more(&steps.iter().skip(MOST).map(|s| s.id.as_str()).collect::<Vec<_>>())
}

fn failed_step(about: &About, style: Style, step: &StepReport) -> String {
    let (mark, tone) = style.mark(StepStatus::Failed);
    let reason = plain(step.reason.as_deref().unwrap_or("for no known reason"));
    let time = step.duration_ms.map(|ms| format!(" after {}", took(ms))).unwrap_or_default();
    let mut text = format!("  {} {}: {reason}{time}\n", style.paint(tone, mark), step.id);
    let (lines, flag) = output(about, step);
    for line in &lines {
        let line = fit(&format!("      | {line}"), style.columns, style.unicode);
        text += &format!("{}\n", style.paint(Tone::Dim, &line));
    }
    if !lines.is_empty() {
        text += &format!("    {} logs {}{flag}\n", about.seqctl, step.id);
    }
    // What a watchdog has seen stands in its own log.
    if let Some(watchdog) = reason.strip_prefix("watchdog ") {
        text += &format!("    {} logs {watchdog}\n", about.seqctl);
    }
    text
}

/// The last lines of what a step said, on stderr if it said anything there; and the flag that shows all of it.
/// Of one that was stopped they say nothing about why.
fn output(about: &About, step: &StepReport) -> (Vec<String>, &'static str) {
    let was_ended = step.reason.as_deref().is_some_and(|r| r.starts_with("stopped "));
    let state = about.snapshot.state.steps.get(&step.id).filter(|_| !was_ended);
    let Some(run) = state.and_then(|s| s.run_id.as_ref()) else { return (Vec::new(), "") };
    let dir = about.workspace.paths.run_step(run, &step.id);
    for (file, flag) in [("stderr.log", " --stderr"), ("stdout.log", "")] {
        // A step that never began has no logs.
        let lines = last_lines(&dir.join(file), MOST_LINES).unwrap_or_default();
        if !lines.is_empty() {
            let redactor = about.workspace.redactor();
            return (lines.iter().map(|line| redactor.redact(line).into_owned()).collect(), flag);
        }
    }
    (Vec::new(), "")
}

fn waiting(about: &About, style: Style) -> String {
    let ids = &about.report.waiting_on;
    if ids.is_empty() {
        return String::new();
    }
    let seqctl = &about.seqctl;
    let mut text = heading(style, "Waiting for you");
    let (mark, tone) = style.mark(StepStatus::NeedsReview);
    let mark = style.paint(tone, mark);
    for id in ids.iter().take(MOST) {
        match about.snapshot.sequence().gate(id) {
            Some(gate) => {
                let blocked = about.snapshot.state.gate_status(id) == GateStatus::Blocked;
                let state = if blocked { " (blocked)" } else { "" };
                text += &format!("  {mark} gate {}{state}: {seqctl} gate approve {id}\n", gate.id);
            }
            None if id.contains(' ') => text += &budget(about, id, &mark),
            None => {
                text += &format!(
                    "  {mark} review of {id}: {seqctl} step accept {id}, or {seqctl} step reject {id} --reason WHY\n"
                );
            }
        }
    }
    text + &more(&ids.iter().skip(MOST).map(String::as_str).collect::<Vec<_>>())
}

/// A budget that is reached, by its name: `budget of the sequence`.
fn budget(about: &About, name: &str, mark: &str) -> String {
    let all = reached(about.snapshot.sequence(), &about.snapshot.state);
    let Some(found) = all.iter().find(|budget| budget.of.to_string() == name) else {
        return format!("  {mark} {name}\n");
    };
    let free = found.free().replacen("seqctl", &about.seqctl, 1);
    format!("  {mark} {name}, {} spent: {free}\n", found.how)
}

fn blocked(about: &About, style: Style) -> String {
    let steps = of(about.report, StepStatus::Blocked);
    if steps.is_empty() {
        return String::new();
    }
    let mut text = heading(style, "Not started");
    let (mark, tone) = style.mark(StepStatus::Blocked);
    for step in steps.iter().take(MOST) {
        let reason = plain(step.reason.as_deref().unwrap_or_default());
        text += &format!("  {} {}: {reason}\n", style.paint(tone, mark), step.id);
    }
    text + &more(&steps.iter().skip(MOST).map(|s| s.id.as_str()).collect::<Vec<_>>())
}

fn more(ids: &[&str]) -> String {
    match ids.len() {
        0 => String::new(),
        n if n <= 8 => format!("    and {}: {}\n", count(n, "more step"), ids.join(", ")),
        n => format!("    and {n} more\n"),
    }
}

/// The command that goes on from here.
fn go_on(about: &About, style: Style) -> String {
    let seqctl = &about.seqctl;
    let next = match about.report.state {
        RunState::Done | RunState::Running => return String::new(),
        RunState::Waiting if about.report.waiting_on.is_empty() => {
            let held = of(about.report, StepStatus::Blocked);
            match held.first() {
                Some(step) => format!("{seqctl} why {}", step.id),
                None => format!("{seqctl} run all"),
            }
        }
        // Of a gate at the end nothing comes after the decision.
        RunState::Waiting if about.report.steps.iter().all(|s| s.status == StepStatus::Done) => {
            return String::new();
        }
        RunState::Waiting => {
            return format!("\n{} {seqctl} run all\n", style.paint(Tone::Bold, "After that:"));
        }
        RunState::Failed | RunState::Stopped => match about.control {
            Control::RunStep(asked) => format!("{seqctl} run step {}", asked.id),
            Control::Restart(asked) => format!("{seqctl} restart {}", asked.id),
            Control::RunGroup(asked) => format!("{seqctl} run group {} --failed", asked.group),
            _ if of(about.report, StepStatus::Failed).is_empty() => format!("{seqctl} run all"),
            _ => format!("{seqctl} run all --failed"),
        },
    };
    format!("\n{} {next}\n", style.paint(Tone::Bold, "Go on:"))
}

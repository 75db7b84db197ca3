//! The words on cards and panels.

use chrono::TimeDelta;
use threados_core::action::Action;
use threados_core::dag::{GateView, Hold, StepView};
use threados_core::grammar::Control;
use threados_core::id::{NodeId, StepId};
use threados_core::model::{GateStatus, Spent, StepState, StepStatus, ThreadType, Usd};
use threados_core::workspace::{Ask, Request};

use crate::link::Wish;
use crate::scene::Tone;

/// A span as a person says it: `432ms`, `4.1s`, `12s`, `12m 40s`, `1h 12m`, `3d 4h`.
pub fn span(span: TimeDelta) -> String {
    let (seconds, ms) = (span.num_seconds().max(0), span.num_milliseconds());
    match seconds {
        0 if (0..950).contains(&ms) => format!("{ms}ms"),
        0..10 if (950..9_950).contains(&ms) => format!("{:.1}s", ms as f64 / 1000.0),
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m {}s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{}h {}m", seconds / 3600, seconds / 60 % 60),
        _ => format!("{}d {}h", seconds / 86_400, seconds / 3600 % 24),
    }
}

/// Milliseconds as a person says them.
pub fn millis(ms: u64) -> String {
    span(TimeDelta::milliseconds(i64::try_from(ms).unwrap_or(i64::MAX / 2)))
}

/// How long ago something was, to the second: `0s`, `21s`, `12m 40s`.
pub fn ago(since: TimeDelta) -> String {
    match since.num_seconds() {
        seconds @ ..60 => format!("{}s", seconds.max(0)),
        _ => span(since),
    }
}

/// What was spent, as on a card: dollars to the cent, or tokens where no price is known; nothing of nothing.
pub fn cost(spent: Spent) -> Option<String> {
    let usd = spent.known_usd().map_or(0.0, Usd::dollars);
    match (usd, spent.tokens) {
        (0.0, 0) => None,
        (0.0, n) => Some(tokens(n)),
        (..0.005, _) => Some("<$0.01".to_owned()),
        (usd, _) => Some(format!("${usd:.2}")),
    }
}

/// All that was spent: `$4.12 \u{b7} 1.3M tok`; nothing of nothing.
pub fn spent(spent: Spent) -> Option<String> {
    let cost = cost(spent)?;
    let count = tokens(spent.tokens);
    Some(if spent.tokens == 0 || cost == count { cost } else { format!("{cost} \u{b7} {count}") })
}

/// So many tokens, as a person says it: `950 tok`, `12k tok`, `1.3M tok`.
pub fn tokens(n: u64) -> String {
    match n {
        0..1000 => format!("{n} tok"),
        1000..1_000_000 => format!("{}k tok", n / 1000),
        _ => format!("{:.1}M tok", n as f64 / 1e6),
    }
}

/// The line of a step: why it is as it is, never a bare status word where there is more to say.
pub(crate) fn step(tone: Tone, view: &StepView, state: &StepState) -> String {
    let took = state.started_at.zip(state.ended_at).map(|(from, to)| span(to - from));
    let reason = view.reason.as_deref();
    match (tone, reason, took) {
        (Tone::Waiting, Some(reason), _) => reason.to_owned(),
        (Tone::Done, None, Some(took)) => format!("done \u{b7} {took}"),
        (Tone::Review, None, Some(took)) => format!("needs you: review \u{b7} {took}"),
        (Tone::Review, None, None) => "needs you: review".to_owned(),
        (Tone::Failed, Some(reason), _) if reason.starts_with("exit code ") => {
            format!("failed \u{b7} exit {}", &reason["exit code ".len()..])
        }
        (_, Some(reason), _) => format!("{} \u{b7} {reason}", tone.word()),
        (_, None, _) => tone.word().to_owned(),
    }
}

/// For whom something waits, in the words there is room for on a card: by the names that are read there, what has failed
/// first, then what needs a person. `None` where it waits for nothing else.
pub(crate) fn waits<'n>(reason: &'n str, name: impl Fn(&'n str) -> &'n str) -> Option<String> {
    let (gates, steps) = match reason.strip_prefix("blocked by ") {
        Some(rest) => rest.split_once("; waits for ").unwrap_or((rest, "")),
        None => ("", reason.strip_prefix("waits for ")?),
    };
    // What is counted only, not named.
    let (steps, more) = match steps.rsplit_once(" and ") {
        Some((named, more)) if more.ends_with(" more") => (named, format!(" and {more}")),
        _ => (steps, String::new()),
    };
    let words = |list: &'n str| list.split(", ").filter(|word| !word.is_empty());
    let gates: Vec<&str> = words(gates).map(|gate| name(gate.trim_start_matches("gate "))).collect();
    let (mut bad, mut review, mut rest) = (Vec::new(), Vec::new(), Vec::new());
    for step in words(steps) {
        match step.split_once(" (") {
            Some((id, "needs review)")) => review.push(name(id)),
            Some((id, "failed)")) => bad.push(format!("{} failed", name(id))),
            Some((id, _)) => bad.push(format!("{id} is unknown")),
            None => rest.push(name(step)),
        }
    }
    let waits = match (gates.as_slice(), review.as_slice(), rest.is_empty() && more.is_empty()) {
        ([], [], true) => None,
        ([gate], [], true) => Some(format!("blocked by gate {gate}")),
        ([], [one], true) => Some(format!("waits for {one} (needs review)")),
        _ => Some(format!("waits for {}{more}", [gates, review, rest].concat().join(", "))),
    };
    Some(bad.into_iter().chain(waits).collect::<Vec<_>>().join(" \u{b7} "))
}

/// What was done, in a line: `step edit: build`, or `5 changes: plan, build, test, +2`.
pub(crate) fn done(names: &[&str], changed: &[NodeId], target: &str) -> String {
    const MOST: usize = 4;
    let what = match names {
        [one] => one.replace('.', " "),
        more => format!("{} changes", more.len()),
    };
    let mut about: Vec<String> = changed.iter().take(MOST).map(ToString::to_string).collect();
    if changed.len() > MOST {
        about.push(format!("+{}", changed.len() - MOST));
    }
    match about.join(", ") {
        none if none.is_empty() && (target.is_empty() || names.len() > 1) => what,
        none if none.is_empty() => format!("{what}: {target}"),
        about => format!("{what}: {about}"),
    }
}

/// A limit as a person says it: `2h`, not `2h 0m`.
pub fn limit(ms: u64) -> String {
    let said = millis(ms);
    said.strip_suffix(" 0s")
        .or(said.strip_suffix(" 0m"))
        .or(said.strip_suffix(" 0h"))
        .map_or(said.clone(), str::to_owned)
}

/// What a thread type is called.
pub fn thread(kind: ThreadType) -> &'static str {
    match kind {
        ThreadType::Base => "Base",
        ThreadType::P => "Parallel",
        ThreadType::C => "Chained",
        ThreadType::F => "Fusion",
        ThreadType::B => "Orchestrated",
        ThreadType::L => "Long autonomy",
    }
}

/// The line of a gate.
pub(crate) fn gate(tone: Tone, view: &GateView) -> String {
    let reason = view.reason.as_deref();
    match (view.status, reason) {
        (GateStatus::Pending, _) if tone == Tone::Review => "needs you".to_owned(),
        (GateStatus::Pending, reason) => reason.unwrap_or("waits").to_owned(),
        (GateStatus::Approved, None) => "approved".to_owned(),
        (GateStatus::Approved, Some(reason)) => format!("approved \u{b7} {reason}"),
        (GateStatus::Blocked, None) => "blocked by you".to_owned(),
        (GateStatus::Blocked, Some(reason)) => format!("blocked \u{b7} {reason}"),
    }
}

/// What holds a step, as a sentence, by the names that stand on the cards.
pub fn hold<'n>(hold: &'n Hold, name: impl Fn(&'n str) -> &'n str) -> String {
    let because = |reason: &Option<String>| reason.as_deref().map(|r| format!(": {r}")).unwrap_or_default();
    match hold {
        Hold::Dependency { id, status, reason } => {
            let id = name(id.as_str());
            match status {
                StepStatus::Ready => format!("{id} has not run yet"),
                StepStatus::Running => format!("{id} runs"),
                StepStatus::NeedsReview => format!("{id} needs your review"),
                StepStatus::Done => format!("{id} is done"),
                StepStatus::Failed => format!("{id} failed{}", because(reason)),
                StepStatus::Blocked => match reason.as_deref().map(|r| waits(r, &name).ok_or(r)) {
                    Some(Ok(says)) if says.starts_with("blocked ") => format!("{id} is {says}"),
                    Some(Ok(says)) if says.starts_with("waits ") => format!("{id} {says}"),
                    Some(Ok(says)) => format!("{id} waits: {says}"),
                    Some(Err(reason)) => format!("{id} waits: {reason}"),
                    None => format!("{id} waits"),
                },
            }
        }
        Hold::Gate { id, status: GateStatus::Pending, reason } => match reason.as_deref() {
            Some("needs a decision") | None => format!("gate {} needs your decision", name(id.as_str())),
            Some(reason) => {
                let says = waits(reason, &name).unwrap_or_else(|| reason.to_owned());
                format!("gate {} is not due: {says}", name(id.as_str()))
            }
        },
        Hold::Gate { id, status, reason } => {
            format!("gate {} is {}{}", name(id.as_str()), status.as_str().to_lowercase(), because(reason))
        }
        Hold::Unknown { id } => format!("it depends on {id}, which does not exist"),
        Hold::GroupFailed { group, member } => {
            format!("{} of its group {group} failed", name(member.as_str()))
        }
        Hold::Orchestrator { lead, running: true } => {
            format!("{} starts it when it wants to", name(lead.as_str()))
        }
        Hold::Orchestrator { lead, running: false } => {
            format!("{}, which added it, has ended and starts nothing more", name(lead.as_str()))
        }
        Hold::Budget { of, spent } => format!("the {of} is reached: {spent}"),
        Hold::Watchdog { of } => format!("it runs while {} runs", name(of.as_str())),
        Hold::Decision => "a person has to decide".to_owned(),
        Hold::Review => "a person has to review it".to_owned(),
        Hold::Failed { reason } => reason.clone().unwrap_or_else(|| "it gave no reason".to_owned()),
        Hold::Backoff { until } => format!("tried again at {}", until.format("%H:%M:%S")),
        Hold::Slots { running, limit } => format!("{running} steps run, and {limit} may"),
        Hold::Quota { until } => format!("its model is at a limit until {}", until.format("%H:%M:%S")),
        Hold::Policy { denial } => denial.clone(),
    }
}

/// What a person is asked before a wish is carried out.
pub fn question(wish: &Wish) -> String {
    match wish {
        Wish::Control(Control::Stop(stop)) if stop.all => "Stop everything that runs?".to_owned(),
        Wish::Control(Control::Stop(stop)) => format!("Stop {}?", list(&stop.ids)),
        Wish::Control(Control::Restart(step)) => format!("Restart {}?", step.id),
        Wish::Control(Control::RunStep(step)) if step.force => format!("Run {} although it waits?", step.id),
        Wish::Control(control) => format!("Do {}?", control.name().replace('.', " ")),
        Wish::Change(Request { ask: Ask::Undo, .. }) => "Take the latest change back?".to_owned(),
        Wish::Change(Request { ask: Ask::Redo, .. }) => "Make the change again?".to_owned(),
        Wish::Change(Request { ask: Ask::Actions(actions), .. }) => match actions.as_slice() {
            [Action::PolicyMode(to)] => format!("Switch to {}?", to.mode),
            [Action::GateBlock(block)] => format!("Block gate {}?", block.id),
            [action] => format!("Do {} {}?", action.name().replace('.', " "), action.target()),
            _ => "Make these changes?".to_owned(),
        },
    }
}

fn list(ids: &[StepId]) -> String {
    ids.iter().map(StepId::as_str).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_says_for_what_by_name_and_the_worst_first() {
        let name = |id| match id {
            "ship-it" => "Ship it",
            "api" => "API",
            id => id,
        };
        let table = [
            (
                "blocked by gate ship-it; waits for verify (needs review), api",
                Some("waits for Ship it, verify, API"),
            ),
            ("blocked by gate a, gate ship-it", Some("waits for a, Ship it")),
            ("blocked by gate ship-it", Some("blocked by gate Ship it")),
            ("waits for verify (needs review)", Some("waits for verify (needs review)")),
            ("waits for ui, api (failed), x", Some("API failed \u{b7} waits for ui, x")),
            ("waits for api (failed)", Some("API failed")),
            ("waits for nope (unknown)", Some("nope is unknown")),
            ("waits for a, b, c, d, api and 2 more", Some("waits for a, b, c, d, API and 2 more")),
            ("watchdog of api", None),
            ("stopped: group failed fast (api failed)", None),
        ];
        for (reason, says) in table {
            assert_eq!(waits(reason, name).as_deref(), says);
        }
    }

    #[test]
    fn what_was_done_is_said_in_a_line_of_words() {
        let ids = |n: usize| (1..=n).map(|n| format!("s{n}").parse().unwrap()).collect::<Vec<NodeId>>();
        let table: [(&[&str], usize, &str, &str); 5] = [
            (&["step.edit"], 1, "s1", "step edit: s1"),
            (&["policy.allow"], 0, "make", "policy allow: make"),
            (&["undo"], 0, "", "undo"),
            (&["step.add", "gate.insert"], 2, "s1,s2", "2 changes: s1, s2"),
            (&["step.rm"; 6], 6, "s1,s2", "6 changes: s1, s2, s3, s4, +2"),
        ];
        for (names, changed, target, said) in table {
            assert_eq!(done(names, &ids(changed), target), said);
        }
    }

    #[test]
    fn what_was_spent_is_said_in_dollars_where_a_price_is_known() {
        let said = |usd: f64, tokens, unpriced| {
            let micro_usd = (usd * 1e6) as u64;
            spent(Spent { micro_usd, tokens, unpriced }).unwrap_or_default()
        };
        assert_eq!(said(0.0, 0, false), "");
        assert_eq!(said(4.123, 1_312_000, false), "$4.12 \u{b7} 1.3M tok");
        assert_eq!(said(0.001, 950, false), "<$0.01 \u{b7} 950 tok");
        assert_eq!(said(0.0, 12_700, true), "12k tok");
        assert_eq!(said(0.5, 0, false), "$0.50");
    }

    #[test]
    fn spans_are_said_in_two_units_at_most() {
        let said = |ms| span(TimeDelta::milliseconds(ms));
        assert_eq!(
            [-5, 0, 432, 970, 9_940, 9_990, 59_999, 60_000, 760_000, 4_320_000, 273_600_000].map(said),
            ["0s", "0ms", "432ms", "1.0s", "9.9s", "9s", "59s", "1m 0s", "12m 40s", "1h 12m", "3d 4h"]
        );
    }
}

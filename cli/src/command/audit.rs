//! `audit list`, `audit verify`.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use clap::{Args, Subcommand};
use serde_json::json;
use threados_core::log::{ActionPattern, Entry, Filter, Follower, tail, verify};
use threados_core::model::{Actor, Outcome};
use threados_core::workspace::{ErrorClass, Workspace};

use crate::context::Context;
use crate::failure::Failure;
use crate::output::{self, Report};
use crate::paint::{Style, moment};
use crate::progress::style::count;
use crate::table::{Cell, Table};

/// Who did what, when, and how it came out
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Entries of the log, the newest last
    List(ListEntries),
    /// Whether the log is what was written
    Verify,
}

/// Entries of the log, the newest last
#[derive(Debug, Args)]
pub struct ListEntries {
    /// At most so many of the newest; 0 is all
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = 50)]
    pub limit: usize,
    /// Without so many of the newest
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = 0)]
    pub offset: usize,
    /// Of this actor: user, orchestrator or system
    #[arg(long, value_parser = actor)]
    pub actor: Option<Actor>,
    /// Of this action: step.add, step for all of its kind, or a glob such as *.rm
    #[arg(long, value_name = "ACTION")]
    pub action: Option<String>,
    /// About this step, gate or file
    #[arg(long, value_name = "ID")]
    pub target: Option<String>,
    /// Not older: a time, a day, or a length of time such as 10m, 2h or 3d
    #[arg(long, value_name = "TIME", value_parser = since)]
    pub since: Option<DateTime<Utc>>,
    /// Stay, and show every new entry; with --json one object a line
    #[arg(long, short, conflicts_with = "offset")]
    pub follow: bool,
}

fn actor(word: &str) -> Result<Actor, String> {
    let known = [Actor::User, Actor::Orchestrator, Actor::System];
    let found = known.into_iter().find(|a| a.to_string() == word);
    found.ok_or_else(|| "it is user, orchestrator or system".to_owned())
}

fn since(text: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(at) = text.parse::<DateTime<Utc>>() {
        return Ok(at);
    }
    if let Ok(day) = text.parse::<NaiveDate>() {
        return Ok(day.and_time(chrono::NaiveTime::MIN).and_utc());
    }
    let unit = text.chars().last().filter(|c| "smhd".contains(*c));
    let number = unit.and_then(|u| text.strip_suffix(u)?.parse::<u32>().ok()).map(i64::from);
    let past = number.zip(unit).map(|(n, unit)| match unit {
        's' => TimeDelta::seconds(n),
        'm' => TimeDelta::minutes(n),
        'h' => TimeDelta::hours(n),
        _ => TimeDelta::days(n),
    });
    let at = past.and_then(|p| Utc::now().checked_sub_signed(p));
    at.ok_or_else(|| {
        "give a time (2026-11-22T20:43:55Z), a day (2026-11-22) or a length (10m, 2h, 3d)".to_owned()
    })
}

impl Audit {
    /// Its name in JSON output.
    pub fn name(&self) -> &'static str {
        match self {
            Self::List(_) => "audit.list",
            Self::Verify => "audit.verify",
        }
    }
}

pub fn run(args: &Audit, context: &Context) -> Result<Report, Failure> {
    let workspace = context.workspace()?;
    match args {
        Audit::List(args) => list(args, &workspace, context),
        Audit::Verify => check(&workspace),
    }
}

fn list(args: &ListEntries, workspace: &Workspace, context: &Context) -> Result<Report, Failure> {
    let action = args.action.as_deref().map(ActionPattern::new).transpose();
    let action = action.map_err(|e| Failure::new(ErrorClass::Usage, "BAD_PATTERN", e.to_string()))?;
    let filter = Filter {
        actor: args.actor,
        action,
        target: args.target.clone(),
        since: args.since,
        limit: (args.limit > 0).then_some(args.limit),
        offset: args.offset,
    };
    if args.follow {
        return follow(&filter, workspace, context);
    }
    let entries = tail(&workspace.paths, &filter)?;
    let mut table = Table::new(&["SEQ", "TIME (UTC)", "ACTOR", "ACTION", "TARGET", "RESULT"]);
    for entry in &entries {
        table.row(cells(entry));
    }
    Ok(Report::new(json!({ "entries": entries }), table.render(context)))
}

fn cells(entry: &Entry) -> Vec<Cell> {
    let style = match entry.result {
        Outcome::Success => Style::Green,
        Outcome::Denied => Style::Yellow,
        Outcome::Error => Style::Red,
    };
    let why = entry.error.as_deref().map(|e| format!(": {e}")).unwrap_or_default();
    vec![
        entry.seq.to_string().into(),
        moment(entry.timestamp).into(),
        entry.actor.to_string().into(),
        entry.action.as_str().into(),
        entry.target.as_str().into(),
        Cell::new(format!("{}{why}", entry.result), style),
    ]
}

/// What is there, then every new entry until it is ended or nobody reads any more.
fn follow(filter: &Filter, workspace: &Workspace, context: &Context) -> Result<Report, Failure> {
    // The follower first: what is appended between the two is in both and shown once.
    let mut follower = Follower::new(&workspace.paths)?;
    let mut entries = tail(&workspace.paths, filter)?;
    let mut last = 0;
    loop {
        for entry in entries.iter().filter(|e| e.seq > last && filter.matches(e)) {
            if !show(entry, context) {
                return Ok(Report::printed(0));
            }
        }
        last = entries.iter().map(|e| e.seq).max().unwrap_or(last).max(last);
        entries = follower.wait(None)?;
        if follower.take_lost() {
            // Another log has taken its place; its numbers begin anew.
            last = 0;
        }
    }
}

fn show(entry: &Entry, context: &Context) -> bool {
    if context.global.json {
        return output::line(&json!(entry));
    }
    let mut table = Table::default();
    table.row(cells(entry));
    output::write(table.render(context).as_bytes())
}

fn check(workspace: &Workspace) -> Result<Report, Failure> {
    let report = verify(&workspace.paths)?;
    let mut json = json!({
        "valid": report.broken.is_none(), "entries": report.entries, "files": report.files,
        "first_seq": report.first_seq, "last_seq": report.last_seq, "noted": report.noted,
        "restarts": report.restarts, "torn_bytes": report.torn,
    });
    let relative = |file: &std::path::Path| {
        file.strip_prefix(workspace.root()).unwrap_or(file).to_string_lossy().into_owned()
    };
    if let Some(found) = report.broken {
        let file = relative(&found.file);
        json["broken"] =
            json!({ "file": file, "line": found.line, "seq": found.seq, "why": found.why.to_string() });
        let entry = found.seq.map(|s| format!(" (entry {s})")).unwrap_or_default();
        let text = format!("broken at {file}:{}{entry}: {}\n", found.line, found.why);
        return Ok(Report::new(json, text).exit(1));
    }
    let (entries, are) = if report.entries == 1 { ("entry", "is") } else { ("entries", "are") };
    let files = count(report.files, "file");
    let mut text = format!("{} {entries} in {files} {are} what was written\n", report.entries);
    if report.torn > 0 {
        text += &format!(
            "note: {} bytes at the end are no whole entry; the next change sets them aside\n",
            report.torn
        );
    }
    for seq in &report.restarts {
        text += &format!("note: entry {seq} says that the log was deleted or cut before it\n");
    }
    Ok(Report::new(json, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn since_is_a_time_a_day_or_a_length() {
        assert_eq!(since("2026-11-22").unwrap(), since("2026-11-22T00:00:00Z").unwrap());
        let at = since("90m").unwrap();
        let ago = Utc::now() - at;
        assert!((5400..5405).contains(&ago.num_seconds()), "{ago}");
        for bad in ["", "m", "ten", "5y", "-3d", "ä"] {
            assert!(since(bad).is_err(), "{bad}");
        }
    }
}

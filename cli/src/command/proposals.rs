//! `proposals`, `confirm`: what programs and chats ask for, and a person's answer.

use chrono::Utc;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use threados_core::engine::protocol::Fault;
use threados_core::plain::marked;
use threados_core::proposal::{
    Applied, Confirmed, ControlDone, ProposalError, ProposalId, Proposals as Desk, Record, Standing,
};
use threados_core::workspace::{ErrorClass, Workspace};

use super::broker;
use crate::confirm::ask;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Report;
use crate::paint::{Style, moment};
use crate::table::{Cell, Table};

/// What programs and chats ask for, until you say yes
#[derive(Debug, Args)]
pub struct Proposals {
    /// List them where nothing is named.
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// What can be done with proposals.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Every proposal of the last day
    List(List),
    /// One proposal: what it would do, line by line
    Show(Show),
    /// Say no to a proposal
    Discard(Discard),
}

/// Every proposal of the last day
#[derive(Debug, Args)]
pub struct List {
    /// Only those that wait for you
    #[arg(long)]
    pub waiting: bool,
}

/// One proposal: what it would do, line by line
#[derive(Debug, Args)]
pub struct Show {
    /// Proposal to show
    pub id: ProposalId,
}

/// Say no to a proposal
#[derive(Debug, Args)]
pub struct Discard {
    /// Proposal to discard
    pub id: ProposalId,
}

/// Say yes to a proposal
#[derive(Debug, Args)]
pub struct Confirm {
    /// Proposal to say yes to
    pub id: ProposalId,
}

impl Proposals {
    /// The name in JSON output.
    pub fn name(&self) -> &'static str {
        match self.verb {
            None | Some(Verb::List(_)) => "proposals.list",
            Some(Verb::Show(_)) => "proposals.show",
            Some(Verb::Discard(_)) => "proposals.discard",
        }
    }
}

pub fn run(asked: &Proposals, context: &Context) -> Result<Report, Failure> {
    let workspace = context.workspace()?;
    match &asked.verb {
        None => list(false, &workspace, context),
        Some(Verb::List(args)) => list(args.waiting, &workspace, context),
        Some(Verb::Show(args)) => Ok(shown(&with(&workspace, context, |desk| desk.show(&args.id))?, context)),
        Some(Verb::Discard(args)) => discard(&args.id, &workspace, context),
    }
}

/// Asks the proposals of a project.
fn with<T>(
    workspace: &Workspace,
    context: &Context,
    ask: impl FnOnce(Desk) -> Result<T, ProposalError>,
) -> Result<T, Failure> {
    let engine = context.engine_argv(workspace)?;
    ask(Desk::new(workspace, &engine)).map_err(|error| Fault::from(&error).into())
}

fn list(waiting: bool, workspace: &Workspace, context: &Context) -> Result<Report, Failure> {
    let now = Utc::now();
    let mut all = with(workspace, context, |desk| desk.list())?;
    all.retain(|r| !waiting || r.standing(now) == Standing::Waiting);
    let mut table = Table::new(&["PROPOSAL", "STATE", "FROM", "YESES", "WHAT"]);
    for record in all.iter().rev() {
        let standing = record.standing(now);
        let style = if standing == Standing::Waiting { Style::Yellow } else { Style::Dim };
        let yeses =
            if standing == Standing::Waiting { record.confirmations().to_string() } else { String::new() };
        table.row(vec![
            record.id.as_str().into(),
            Cell::new(standing.as_str(), style),
            format!("{} ({})", record.asker.actor, record.asker.source).into(),
            yeses.into(),
            what(record, standing == Standing::Waiting).into(),
        ]);
    }
    let json: Vec<Value> = all.iter().rev().map(|r| r.shown(now)).collect();
    let text = if all.is_empty() { "nothing was proposed\n".to_owned() } else { table.render(context) };
    Ok(Report::new(json!({ "proposals": json }), text))
}

/// What it asks for; of one that nobody can say yes to any more, the first of it.
fn what(record: &Record, whole: bool) -> String {
    let all: Vec<&str> = record.actions.iter().map(|a| a.description.as_str()).collect();
    match all.as_slice() {
        [first, rest @ ..] if !whole && !rest.is_empty() => format!("{first}; {} more", rest.len()),
        all => all.join("; "),
    }
}

fn shown(record: &Record, context: &Context) -> Report {
    Report::new(json!({ "proposal": record.shown(Utc::now()) }), text(record, context))
}

fn text(record: &Record, context: &Context) -> String {
    let colours = context.colours();
    let standing = record.standing(Utc::now());
    let mut out = format!(
        "{} is {}, from the {} by {} at {} UTC\n",
        Style::Bold.paint(record.id.as_str(), colours),
        standing.as_str(),
        record.asker.actor,
        record.asker.source,
        moment(record.confirmation.shown_at),
    );
    if record.context.saw_output {
        out += "  whoever asks has read what steps printed, which may have told it what to ask for\n";
    }
    for action in &record.actions {
        out += &format!("\n{} {}\n", action.id, Style::Bold.paint(&marked(&action.command), colours));
        let marks = [
            (action.destructive, "destroys work or permissions"),
            (!action.reversible, "undo cannot bring it back"),
        ];
        for (_, mark) in marks.iter().filter(|(holds, _)| *holds) {
            out += &format!("  {}\n", Style::Yellow.paint(mark, colours));
        }
        for line in marked(&action.dry_run_result).lines() {
            out += &format!("  {line}\n");
        }
    }
    for rejected in &record.rejected {
        out += &format!(
            "\n{} {}\n  {} {}\n",
            rejected.id,
            marked(&rejected.command),
            Style::Red.paint("never applied:", colours),
            marked(&rejected.error.message)
        );
    }
    if standing == Standing::Waiting {
        let times = if record.confirmations() > 1 { ", twice" } else { "" };
        out += &format!(
            "\nuntil {} UTC: `seqctl confirm {}` says yes{times}, `seqctl proposals discard {}` says no\n",
            moment(record.lapses_at()),
            record.id,
            record.id
        );
    }
    out + &record.applied.as_ref().map(outcome).unwrap_or_default()
}

fn discard(id: &ProposalId, workspace: &Workspace, context: &Context) -> Result<Report, Failure> {
    if context.inside().is_some() {
        broker::forbidden("proposal.discard", context)?;
    }
    let record = with(workspace, context, |desk| desk.discard(id, context.actor()))?;
    let text = if context.global.quiet { String::new() } else { format!("discarded {id}\n") };
    Ok(Report::new(json!({ "proposal": record.shown(Utc::now()) }), text))
}

/// Says yes. At a terminal the person is asked as often as a yes is needed; elsewhere the command is one yes, and
/// `--yes` all of them.
pub fn confirm(args: &Confirm, context: &Context) -> Result<Report, Failure> {
    if context.inside().is_some() {
        broker::forbidden("confirm", context)?;
    }
    let workspace = context.workspace()?;
    let record = with(&workspace, context, |desk| desk.show(&args.id))?;
    if context.global.dry_run {
        return Ok(shown(&record, context));
    }
    let yeses = yeses(&record, context)?;
    match with(&workspace, context, |desk| desk.confirm(&args.id, context.actor(), yeses))? {
        Confirmed::More(left) => Err(once_more(&args.id, left)),
        Confirmed::Applied(applied) => Ok(report(&args.id, &applied, context)),
    }
}

fn yeses(record: &Record, context: &Context) -> Result<u8, Failure> {
    let needed = record.confirmations().max(1);
    if context.global.yes {
        return Ok(needed);
    }
    if !context.can_ask() || record.standing(Utc::now()) != Standing::Waiting {
        return Ok(1);
    }
    let no = || {
        Failure::new(ErrorClass::Confirm, "CONFIRMATION_NEEDED", format!("{} was not applied", record.id))
            .hint(format!("`seqctl proposals discard {}` says no for good", record.id))
    };
    if !ask(context, &format!("{}\nApply it?", text(record, context))) {
        return Err(no());
    }
    if needed > 1 && !ask(context, "Something of it destroys work or permissions. Really apply it?") {
        return Err(no());
    }
    Ok(needed)
}

fn once_more(id: &ProposalId, left: u8) -> Failure {
    let message = format!("{id} destroys work or permissions: it needs your yes {left} time more");
    Failure::new(ErrorClass::Confirm, "CONFIRMATION_NEEDED", message)
        .hint(format!("`seqctl proposals show {id}` shows it, `seqctl confirm {id}` says yes again"))
}

fn report(id: &ProposalId, applied: &Applied, context: &Context) -> Report {
    let mut json = serde_json::to_value(applied).unwrap_or_default();
    json["proposal"] = json!(id);
    let text =
        if context.global.quiet { String::new() } else { format!("applied {id}\n{}", outcome(applied)) };
    Report::new(json, text).exit(applied.error().map_or(0, |fault| fault.exit))
}

fn outcome(applied: &Applied) -> String {
    let mut text = String::new();
    if !applied.changed.is_empty() {
        let ids: Vec<&str> = applied.changed.iter().map(|id| id.as_str()).collect();
        text += &format!("  changed: {}\n", ids.join(", "));
    }
    for note in &applied.notes {
        text += &format!("  note: {}\n", marked(note));
    }
    text + &marked(&applied.controls.iter().map(done).collect::<String>())
}

fn done(control: &ControlDone) -> String {
    match (&control.error, &control.run_id) {
        (Some(fault), _) => {
            let hint = fault.hint.as_ref().map(|h| format!("\n    hint: {h}")).unwrap_or_default();
            format!("  not done: {}: {}{hint}\n", control.command, fault.message)
        }
        (None, Some(run)) => {
            format!("  {}: run {run} goes on; `seqctl status --watch` follows it\n", control.command)
        }
        (None, None) => {
            let ids: Vec<&str> = control.stopped.iter().map(|id| id.as_str()).collect();
            format!("  stopped: {}\n", ids.join(", "))
        }
    }
}

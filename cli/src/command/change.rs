//! Every command that changes the sequence, its decisions or its policy.

use std::io::ErrorKind;

use serde_json::json;
use threados_core::action::Action;
use threados_core::engine;
use threados_core::engine::protocol::Changed;
use threados_core::grammar::read_named_files;
use threados_core::plain::marked;
use threados_core::store::prompt;
use threados_core::workspace::{Ask, Consent, DoorError, Proposal, Request};

use super::broker;
use crate::confirm::ask;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Report;
use threados_core::workspace::ErrorClass;

/// Has an action done, or shows what it would do.
pub fn run(mut action: Action, context: &Context) -> Result<Report, Failure> {
    read_named_files(&mut action, prompt::take).map_err(|(path, error)| {
        let (class, code) = match error.kind() {
            ErrorKind::NotFound => (ErrorClass::NotFound, "FILE_NOT_FOUND"),
            ErrorKind::FileTooLarge | ErrorKind::InvalidData => (ErrorClass::Usage, "NO_PROMPT"),
            _ => return Failure::io(&format!("read {}", path.display()), &error),
        };
        Failure::new(class, code, format!("cannot read {}: {error}", path.display()))
    })?;
    submit(&request_of(Ask::Actions(vec![action]), context), context)
}

/// The request of whoever we are.
pub fn request_of(ask: Ask, context: &Context) -> Request {
    Request {
        ask,
        actor: context.actor(),
        step: context.inside().cloned(),
        base: None,
        proposed: None,
        command: None,
    }
}

/// Submits a request, asking the person where a yes is needed and one can be asked.
pub fn submit(request: &Request, context: &Context) -> Result<Report, Failure> {
    // Whoever made the request: we speak for the step we are in.
    let request = &Request { step: context.inside().cloned(), ..request.clone() };
    let mut workspace = context.workspace()?;
    workspace.for_one_change = true;
    if context.global.dry_run {
        return Ok(preview(&workspace.preview(request)?));
    }
    if request.step.is_some() {
        let change = broker::submit(request, &workspace, context)?;
        return Ok(changed_report(request, &change, context));
    }
    let consent = if context.global.yes { Consent::Standing } else { Consent::None };
    let engine_argv = context.engine_argv(&workspace)?;
    match engine::submit(&workspace, &engine_argv, request, &consent) {
        Err(DoorError::Confirm(asked)) if context.can_ask() => {
            let proposal = workspace.preview(request)?;
            let notes: String = proposal.notes.iter().map(|note| format!("note: {note}\n")).collect();
            let question = marked(&format!("{}{notes}{}\nDo it?", proposal.diff, asked.summary));
            if !ask(context, &question) {
                return Err(DoorError::Confirm(asked).into());
            }
            let consent = Consent::Bound { actions: asked.actions, revision: asked.revision };
            let committed = engine::submit(&workspace, &engine_argv, request, &consent)?;
            Ok(changed_report(request, &committed.into(), context))
        }
        Err(error) => Err(error.into()),
        Ok(committed) => Ok(changed_report(request, &committed.into(), context)),
    }
}

fn changed_report(request: &Request, change: &Changed, context: &Context) -> Report {
    let mut text = String::new();
    if !context.global.quiet {
        text = format!("{}: {}\n", request.name(), summary(request, &change.changed));
    }
    for note in &change.notes {
        text += &format!("note: {note}\n");
    }
    let json = json!({
        "revision": change.revision,
        "changed": change.changed,
        "diff": change.diff,
        "seq": change.seq,
        "notes": change.notes,
    });
    Report::new(json, text)
}

fn summary(request: &Request, changed: &[threados_core::id::NodeId]) -> String {
    let ids: Vec<&str> = changed.iter().map(|id| id.as_str()).collect();
    let target = request.target();
    if ids.is_empty() {
        return target;
    }
    // A group, or a gate whose work is sent back: it is not itself among what changed.
    let is_other = !target.is_empty() && !target.contains(',') && !ids.contains(&target.as_str());
    if is_other { format!("{target} ({})", ids.join(", ")) } else { ids.join(", ") }
}

fn preview(proposal: &Proposal) -> Report {
    let json = json!({
        "dry_run": true,
        "revision": proposal.base,
        "changed": proposal.changed,
        "diff": proposal.diff,
        "confirmations": proposal.need.count(),
        "lines": proposal.request.lines(),
        "notes": proposal.notes,
    });
    let mut text = proposal.diff.clone();
    if text.is_empty() {
        let ids: Vec<&str> = proposal.changed.iter().map(|id| id.as_str()).collect();
        text = match ids.as_slice() {
            [] => "nothing would change\n".to_owned(),
            ids => format!("no change of files; statuses of: {}\n", ids.join(", ")),
        };
    }
    for note in &proposal.notes {
        text += &format!("note: {note}\n");
    }
    if proposal.need.count() > 0 {
        text += "it would need your yes (--yes)\n";
    }
    Report::new(json, text)
}

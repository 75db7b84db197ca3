//! `chat`: a sentence becomes a proposal, and a person's yes applies it.

use std::io::{self, BufRead as _, Write as _};

use clap::Args;
use serde_json::Value;
use threados_core::chat::{self, Chat as Talk, ChatError, ChatResponse, Ear, History, Provider};
use threados_core::engine::protocol::Fault;
use threados_core::model::Actor;
use threados_core::plain::marked;
use threados_core::proposal::{Applied, Confirmed, ProposalError, Proposals, Standing};
use threados_core::workspace::{ErrorClass, Workspace};

use crate::confirm::ask;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::{self, Report};

/// Say in a sentence what is to be done
#[derive(Debug, Args)]
pub struct Chat {
    /// The sentence; without it, at a terminal, a conversation line by line
    pub text: Vec<String>,
    /// Apply what is proposed: your yes to it (with --yes, as often as the policy asks for it)
    #[arg(long)]
    pub apply: bool,
    /// Apply it, and then run everything
    #[arg(long)]
    pub run: bool,
    /// Who turns text into commands: builtin, claude, codex, gemini or openai-compatible [default: `chat.provider` of
    /// policy.yaml]
    #[arg(long, value_name = "NAME", value_parser = provider)]
    pub provider: Option<Provider>,
}

fn provider(word: &str) -> Result<Provider, String> {
    word.parse()
}

pub fn run(args: &Chat, context: &Context) -> Result<Report, Failure> {
    let workspace = context.workspace()?;
    let engine = context.engine_argv(&workspace)?;
    let default = || chat::default_provider(&workspace).map_err(|e| Failure::from(Fault::from(&e)));
    let provider = args.provider.map_or_else(default, Ok)?;
    let here = Here { args, context, workspace: &workspace, engine: &engine, provider };
    if args.text.is_empty() {
        return here.converse();
    }
    let response = here.ask(&args.text.join(" "), &History::default())?;
    here.settle(response)
}

/// One invocation.
struct Here<'a> {
    args: &'a Chat,
    context: &'a Context,
    workspace: &'a Workspace,
    engine: &'a [String],
    provider: Provider,
}

impl Here<'_> {
    fn ask(&self, text: &str, history: &History) -> Result<ChatResponse, Failure> {
        let talk = Talk {
            workspace: self.workspace,
            engine: self.engine,
            provider: self.provider,
            actor: self.context.actor(),
            hold: self.context.global.dry_run,
        };
        let mut ear = Ear { hear: &mut chat::unheard, cancelled: &|| false };
        let then: &[&str] = if self.args.run { &["run all"] } else { &[] };
        chat::ask_and(&talk, text, history, &mut ear, then).map_err(|e: ChatError| Fault::from(&e).into())
    }

    /// Shows what is proposed, and gets the yes that was given with the command or is given at the terminal.
    fn settle(&self, mut response: ChatResponse) -> Result<Report, Failure> {
        let wants = self.args.apply || self.args.run;
        if self.context.global.dry_run {
            self.discard(&response);
            response.proposal = None;
            return Ok(self.report(&response, 0));
        }
        if !response.waits() {
            let exit = exit_of(&response);
            return Ok(self.report(&response, exit));
        }
        let given = match (wants, self.context.global.yes) {
            (true, true) => response.confirmations,
            (true, false) => 1,
            (false, _) => 0,
        };
        if given == 0 && !self.context.can_ask() {
            return Ok(self.report(&response, 0));
        }
        if !response.rejected.is_empty() && !self.context.can_ask() {
            return Ok(self.report(&response, 5));
        }
        if self.context.can_ask() {
            self.show(&response);
        }
        let done = self.confirm(&mut response, given)?;
        match done {
            Some(applied) => self.applied(&mut response, applied),
            None if wants => Ok(self.report(&response, 6)),
            None => Ok(self.report(&response, 0)),
        }
    }

    /// Says the yeses that were given, then asks for the others; each is an act of its own.
    fn confirm(&self, response: &mut ChatResponse, given: u8) -> Result<Option<Applied>, Failure> {
        let Some(id) = &response.proposal.clone() else { return Ok(None) };
        let proposals = Proposals::new(self.workspace, self.engine);
        let yes = |n: u8| proposals.confirm(id, self.context.actor(), n).map_err(|e| failed(&e));
        let all = response.confirmations;
        if given > 0 {
            match yes(given)? {
                Confirmed::Applied(applied) => return Ok(Some(applied)),
                Confirmed::More(more) => response.confirmations = more,
            }
        }
        while response.confirmations > 0 {
            let again = response.confirmations < all;
            let question = if again { "It cannot all be taken back. Really do it?" } else { "Do it?" };
            if !self.context.can_ask() || !ask(self.context, question) {
                if self.context.can_ask() {
                    self.discard(response);
                }
                return Ok(None);
            }
            match yes(1)? {
                Confirmed::Applied(applied) => return Ok(Some(applied)),
                Confirmed::More(more) => response.confirmations = more,
            }
        }
        Ok(None)
    }

    fn discard(&self, response: &ChatResponse) {
        if let (Some(id), true) = (&response.proposal, response.waits()) {
            // What is not discarded lapses by itself.
            drop(Proposals::new(self.workspace, self.engine).discard(id, Actor::User));
        }
    }

    fn applied(&self, response: &mut ChatResponse, applied: Applied) -> Result<Report, Failure> {
        response.state = Some(Standing::Applied);
        response.confirmations = 0;
        let exit = applied.error().map_or(0, |fault| fault.exit);
        response.applied = Some(applied);
        let asked = self.context.can_ask();
        let mut report = self.report(response, exit);
        if asked {
            report.text = outcome(response);
        }
        Ok(report)
    }

    fn report(&self, response: &ChatResponse, exit: u8) -> Report {
        let json = serde_json::to_value(response).unwrap_or(Value::Null);
        Report::new(json, card(response)).exit(exit)
    }

    fn show(&self, response: &ChatResponse) {
        output::tell(&card(response));
    }

    /// A conversation, line by line, until an empty input or `exit`.
    fn converse(&self) -> Result<Report, Failure> {
        if !self.context.can_ask() {
            let failure = Failure::new(ErrorClass::Usage, "USAGE", "there is no terminal to talk at");
            return Err(failure.hint("give the sentence: seqctl chat \"add a test step after build\""));
        }
        self.context.refuse_steps("chat")?;
        output::tell("Say what is to be done; `help` shows what can be said, `exit` ends.\n");
        let mut history = History::default();
        loop {
            let Some(text) = prompt().map_err(|e| Failure::io("read the terminal", &e))? else {
                return Ok(Report::printed(0));
            };
            if text.is_empty() {
                continue;
            }
            if matches!(text.as_str(), "exit" | "quit" | "bye") {
                return Ok(Report::printed(0));
            }
            let settled = self.ask(&text, &history).and_then(|response| {
                history.push(&text, &response);
                self.settle(response)
            });
            match settled {
                Ok(report) => output::tell(&report.text),
                Err(failure) => output::told(self.context, &failure),
            }
        }
    }
}

fn prompt() -> io::Result<Option<String>> {
    let mut err = io::stderr().lock();
    err.write_all(b"> ")?;
    err.flush()?;
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line)?;
    Ok((read > 0).then(|| line.trim().to_owned()))
}

fn failed(error: &ProposalError) -> Failure {
    Fault::from(error).into()
}

/// 2 where nothing was understood, 5 where nothing of it can be applied.
fn exit_of(response: &ChatResponse) -> u8 {
    match response.state {
        _ if !response.understood => 2,
        Some(Standing::Rejected) => response.rejected.first().map_or(5, |r| r.error.exit),
        _ => response.applied.as_ref().and_then(Applied::error).map_or(0, |fault| fault.exit),
    }
}

/// The proposal as a person reads it.
fn card(response: &ChatResponse) -> String {
    let mut text = format!("{}\n", response.message);
    for action in &response.actions {
        let mut marks = Vec::new();
        if action.destructive {
            marks.push("destructive");
        }
        if !action.reversible {
            marks.push("undo does not take it back");
        }
        let marks = if marks.is_empty() { String::new() } else { format!(" ({})", marks.join(", ")) };
        text += &format!("  {}. {}{marks}\n", action.id, action.description);
        if !action.dry_run_result.contains('\n') && !action.dry_run_result.is_empty() {
            text += &format!("     {}\n", action.dry_run_result);
        }
    }
    for rejected in &response.rejected {
        text += &format!(
            "  {}. cannot be done: {}\n     {}\n",
            rejected.id, rejected.command, rejected.error.message
        );
        if let Some(hint) = &rejected.error.hint {
            text += &format!("     {hint}\n");
        }
    }
    text += &response.sequence_diff;
    match (response.state, &response.proposal) {
        (Some(Standing::Waiting), Some(id)) => {
            let times = if response.confirmations > 1 { ", and again" } else { "" };
            text += &format!("It waits for your yes, for five minutes: seqctl confirm {id}{times}\n");
        }
        (Some(Standing::Applied), _) => text += &outcome(response),
        _ => {}
    }
    marked(&text)
}

/// What came of it.
fn outcome(response: &ChatResponse) -> String {
    let Some(applied) = &response.applied else { return String::new() };
    let mut text = String::new();
    if applied.seq.is_some() {
        let ids: Vec<&str> = applied.changed.iter().map(|id| id.as_str()).collect();
        text += &format!("Applied: {}\n", ids.join(", "));
    }
    for note in &applied.notes {
        text += &format!("note: {note}\n");
    }
    for done in &applied.controls {
        text += &match (&done.error, &done.run_id) {
            (Some(fault), _) => format!("Not done: {}: {}\n", done.command, fault.message),
            (None, Some(run)) => format!("Started run {run}; `seqctl status --watch` follows it.\n"),
            (None, None) if done.stopped.is_empty() => format!("Done: {}\n", done.command),
            (None, None) => {
                let ids: Vec<&str> = done.stopped.iter().map(|id| id.as_str()).collect();
                format!("Stopped: {}\n", ids.join(", "))
            }
        };
    }
    text
}

/// The shape of the JSON, for the reference.
pub const JSON: &str = r#"{"ok":BOOL,"command":"chat","message":TEXT,"provider":NAME,"understood":BOOL,"actions":[{"id","command","description","destructive":BOOL,"reversible":BOOL,"dry_run_result":TEXT}…],"rejected":[{"id","command","error":{…}}…],"sequence_diff":TEXT,"proposal"?:ID,"state"?:"waiting|applied|failed|rejected","confirmations":N,"lapses_at"?,"applied"?:{"revision","changed":[ID…],"diff","seq"?,"notes"?,"controls"?:[{"command","run_id"?,"stopped"?,"error"?}…]},"focus":[ID…],"saw_output":BOOL}"#;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_documented_shape_names_every_key() {
        let response = json!({ "message": "", "provider": "", "understood": true, "actions": [], "rejected": [],
            "sequence_diff": "", "confirmations": 0, "focus": [] });
        let response: ChatResponse = serde_json::from_value(response).unwrap();
        let value = serde_json::to_value(response).unwrap();
        for key in value.as_object().unwrap().keys() {
            assert!(JSON.contains(&format!("\"{key}\"")), "{key}");
        }
    }
}

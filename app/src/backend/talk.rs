//! Answers what is said, one thing after the other: "it" is what was spoken of before.

use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;

use threados_core::chat::{Chat, ChatResponse, Ear, History, Provider, ask};
use threados_core::engine::protocol::Fault;
use threados_core::model::Actor;

use super::{Shared, proposals};
use crate::link::Update;

/// What was said.
pub(super) struct Said {
    pub n: usize,
    pub text: String,
    pub provider: Provider,
}

pub(super) fn run(shared: &Shared, inbox: &Receiver<Said>) {
    let mut history = History::default();
    while let Ok(said) = inbox.recv() {
        shared.hush.store(false, Ordering::Relaxed);
        let answer = answer(shared, &said, &history);
        if let Ok(response) = &answer {
            history.push(&said.text, response);
        }
        // The card of a proposal is drawn from its record, so that is told first.
        proposals::tell(shared);
        if !shared.out.tell(Update::Answered(said.n, Box::new(answer))) {
            return;
        }
    }
}

fn answer(shared: &Shared, said: &Said, history: &History) -> Result<ChatResponse, Fault> {
    let chat = Chat {
        workspace: &shared.workspace,
        engine: &shared.engine,
        provider: said.provider,
        actor: Actor::User,
        hold: false,
    };
    let mut hear = |piece: &str| {
        shared.out.tell(Update::Heard(said.n, piece.to_owned()));
    };
    let cancelled = || shared.hush.load(Ordering::Relaxed) || shared.is_over();
    let mut ear = Ear { hear: &mut hear, cancelled: &cancelled };
    ask(&chat, &said.text, history, &mut ear).map_err(|error| Fault::from(&error))
}

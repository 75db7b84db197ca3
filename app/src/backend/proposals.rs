//! Proposals: which there are, and a person's answer to one.

use std::thread;

use threados_core::engine::protocol::Fault;
use threados_core::model::Actor;
use threados_core::proposal::{Confirmed, ProposalId, Proposals};

use super::{Shared, work};
use crate::link::{Update, run_all};

/// Tells of all of the last day.
pub(super) fn tell(shared: &Shared) {
    if let Ok(all) = Proposals::new(&shared.workspace, &shared.engine).list() {
        shared.out.tell(Update::Proposals(all.into()));
    }
}

/// Carries an answer out, in a thread of its own: what a proposal stops may take its time.
pub(super) fn answer(shared: &Shared, id: ProposalId, yes: bool, run: bool) {
    let shared = shared.clone();
    thread::spawn(move || {
        let proposals = Proposals::new(&shared.workspace, &shared.engine);
        let line = format!("seqctl confirm {id}");
        let done = match yes {
            true => proposals.confirm(&id, Actor::User, 1),
            false => proposals.discard(&id, Actor::User).map(|_| Confirmed::More(0)),
        };
        match done {
            Ok(Confirmed::Applied(applied)) => match applied.error() {
                Some(fault) => work::refuse(&shared, line, fault.clone()),
                None => {
                    shared.out.tell(Update::Done { what: "proposal applied".to_owned() });
                    if run {
                        work::control_or_ask(&shared, run_all());
                    }
                }
            },
            Ok(Confirmed::More(_)) => {}
            Err(error) => work::refuse(&shared, line, Fault::from(&error)),
        }
        tell(&shared);
    });
}

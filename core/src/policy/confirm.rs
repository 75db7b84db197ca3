//! What needs a person's yes, and how often.

use serde::{Deserialize, Serialize};

use super::denial::Place;
use super::{Denial, Policy, Rule};
use crate::id::StepId;
use crate::model::{Actor, Mode};

/// Actions that destroy work or change what is allowed, in every project.
const DESTRUCTIVE: &[&str] = &[
    "gate.block",
    "policy.mode",
    "run.force",
    "sequence.reset",
    "step.restart",
    "step.rm",
    "step.stop",
    "undo",
];

/// Actions that only a person may ask for, through whatever door; `policy.` stands for all of its kind. To
/// remove a gate is to approve it.
const USERS_ALONE: &[&str] = &["budget.", "confirm", "gate.approve", "gate.rm", "policy.", "run.force"];

/// How many times a person has to say yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Need {
    /// It applies by itself.
    None,
    /// Once.
    One,
    /// Twice, in two separate acts.
    Two,
}

impl Need {
    /// The number of confirmations.
    pub fn count(self) -> u8 {
        match self {
            Self::None => 0,
            Self::One => 1,
            Self::Two => 2,
        }
    }
}

/// Who asks for an action, and on what grounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asking {
    /// Who asks.
    pub actor: Actor,
    /// It comes from a model or a program that proposes (chat, `/api/actions/*`, MCP), not from a command.
    pub proposal: bool,
    /// What proposed it had read output of a step, which may have told it what to ask for.
    pub saw_output: bool,
    /// An orchestrator acts on a step that it spawned itself: starting it was the consent.
    pub own_child: bool,
}

impl Asking {
    /// A command of this actor.
    pub fn direct(actor: Actor) -> Self {
        Self { actor, proposal: false, saw_output: false, own_child: false }
    }

    /// A proposal of this actor.
    pub fn proposal(actor: Actor) -> Self {
        Self { proposal: true, ..Self::direct(actor) }
    }

    /// An orchestrator's command about its own children.
    pub fn on_own_child() -> Self {
        Self { own_child: true, ..Self::direct(Actor::Orchestrator) }
    }
}

impl Policy {
    /// Whether an action, named as in the audit (`step.rm`), destroys work or is named by
    /// `confirmation_required`.
    pub fn is_destructive(&self, action: &str) -> bool {
        DESTRUCTIVE.contains(&action) || self.is_named(action)
    }

    /// How many times a person has to say yes to an action.
    ///
    /// | | command | proposal |
    /// | --- | --- | --- |
    /// | SAFE | one where destructive | one; two where destructive |
    /// | POWER | one where `confirmation_required` names it | one where destructive or seeing step output |
    ///
    /// `run.force`, and a proposal of what only a person may ask for, needs at least one in either mode. An
    /// orchestrator needs none for its own children; ThreadOS itself never needs one.
    pub fn needs_confirmation(&self, action: &str, asking: Asking) -> Need {
        if asking.actor == Actor::System || (asking.own_child && !is_users_alone(action)) {
            return Need::None;
        }
        let destructive = self.is_destructive(action);
        let one_if = |needed: bool| if needed { Need::One } else { Need::None };
        match (self.mode, asking.proposal) {
            (Mode::Safe, true) if destructive => Need::Two,
            (Mode::Safe, true) => Need::One,
            (Mode::Safe, false) => one_if(destructive),
            (Mode::Power, true) => one_if(destructive || asking.saw_output || is_users_alone(action)),
            (Mode::Power, false) => one_if(self.is_named(action) || action == "run.force"),
        }
    }

    fn is_named(&self, action: &str) -> bool {
        self.confirmation_required.iter().any(|named| named == action)
    }
}

/// Whether only a person may ask for an action: gates, budgets, the policy, forcing a blocked step, confirming.
pub fn is_users_alone(action: &str) -> bool {
    USERS_ALONE.iter().any(|own| if own.ends_with('.') { action.starts_with(own) } else { action == *own })
}

/// Refuses a program what only a person may ask for.
///
/// # Errors
/// A [`Denial`] that says where the person can do it.
pub fn check_actor(action: &str, actor: Actor) -> Result<(), Denial> {
    if actor != Actor::Orchestrator || !is_users_alone(action) {
        return Ok(());
    }
    let message = format!("`{action}` is a person's decision; the {actor} may not ask for it");
    let hint = "do it in the window or at a terminal of your own, outside any step";
    Err(Denial::new(Rule::Actor, action, Place::BuiltIn, message, hint))
}

/// Refuses a program that is no step known to us what changes or runs anything: it may only read.
///
/// # Errors
/// A [`Denial`] that says where a person can do it.
pub fn check_reader(action: &str, actor: Actor, step: Option<&StepId>) -> Result<(), Denial> {
    if actor != Actor::Orchestrator || step.is_some() {
        return Ok(());
    }
    let message =
        format!("`{action}` is refused inside a step: a step may read, but not change or run anything");
    let hint = "do it in the window or at a terminal of your own, outside any step";
    Err(Denial::new(Rule::Actor, action, Place::BuiltIn, message, hint))
}

/// The refusal of what an orchestrator asks for beyond its own children.
pub fn not_own(action: &str, id: &str, lead: &StepId) -> Denial {
    let message = format!(
        "`{action}` is refused: `{id}` is no child of step `{lead}`, which may only change and run what it has added itself"
    );
    let hint = "`seqctl status --json` tells by `spawned_by` whose a step is; do it at a terminal of your own, outside any step";
    Denial::new(Rule::Actor, id, Place::BuiltIn, message, hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_no_known_step_may_only_read() {
        let denial = check_reader("step.add", Actor::Orchestrator, None).unwrap_err();
        assert_eq!(denial.rule, Rule::Actor);
        let step = "lead".parse().unwrap();
        assert!(check_reader("step.add", Actor::Orchestrator, Some(&step)).is_ok());
        assert!(check_reader("step.add", Actor::User, None).is_ok());
    }

    fn policy(mode: Mode, named: &[&str]) -> Policy {
        let confirmation_required = named.iter().map(|s| (*s).to_owned()).collect();
        Policy { mode, confirmation_required, ..Policy::default() }
    }

    #[test]
    fn the_table_of_confirmations() {
        use Need::{None, One, Two};
        let command = Asking::direct(Actor::User);
        let proposal = Asking::proposal(Actor::User);
        let program = Asking::proposal(Actor::Orchestrator);
        let after_output = Asking { saw_output: true, ..program };
        for (action, asking, safe, power) in [
            ("step.add", command, None, None),
            ("step.add", proposal, One, None),
            ("step.add", program, One, None),
            ("step.add", after_output, One, One),
            ("step.rm", command, One, One),
            ("step.rm", proposal, Two, One),
            ("step.stop", command, One, None),
            ("step.stop", program, Two, One),
            ("run.all", command, One, One),
            ("run.all", proposal, Two, One),
            ("undo", command, One, None),
            ("run.force", command, One, One),
            ("gate.approve", command, None, None),
            ("gate.approve", proposal, One, One),
            ("policy.allow", command, None, None),
            ("policy.allow", proposal, One, One),
            ("policy.mode", command, One, None),
            ("policy.mode", proposal, Two, One),
        ] {
            let named = &["step.rm", "run.all"];
            let got =
                [Mode::Safe, Mode::Power].map(|mode| policy(mode, named).needs_confirmation(action, asking));
            assert_eq!(got, [safe, power], "{action} {asking:?}");
        }
    }

    #[test]
    fn every_destructive_action_of_the_contract_needs_a_yes_in_safe_mode() {
        let policy = policy(Mode::Safe, &[]);
        for action in
            "step.rm step.stop step.restart sequence.reset gate.block policy.mode undo run.force".split(' ')
        {
            let need = policy.needs_confirmation(action, Asking::direct(Actor::User));
            assert_eq!(need, Need::One, "{action}");
        }
        assert!(!Policy::default().is_destructive("run.all"));
    }

    #[test]
    fn an_orchestrator_is_free_with_its_children_and_with_nothing_of_the_persons() {
        let policy = policy(Mode::Safe, &["step.rm"]);
        assert_eq!(policy.needs_confirmation("step.rm", Asking::on_own_child()), Need::None);
        assert_eq!(policy.needs_confirmation("run.force", Asking::on_own_child()), Need::One);
        for action in ["gate.approve", "gate.rm", "policy.allow", "policy.mode", "run.force", "confirm"] {
            assert_eq!(check_actor(action, Actor::Orchestrator).unwrap_err().rule, Rule::Actor, "{action}");
            assert!(check_actor(action, Actor::User).is_ok());
        }
        assert!(check_actor("step.add", Actor::Orchestrator).is_ok());
    }
}

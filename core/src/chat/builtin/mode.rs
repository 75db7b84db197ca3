//! The mode of the policy.

use super::entity::Miss;
use super::token::{Token, words};
use super::world::World;
use crate::model::Mode;

/// `switch to power mode`.
pub(super) fn mode(world: &mut World, all: &[&str]) -> Option<Result<(), Miss>> {
    let to = all.iter().find(|w| matches!(**w, "power" | "safe"))?;
    let plain = |w: &&str| {
        matches!(
            *w,
            "power"
                | "safe"
                | "mode"
                | "switch"
                | "set"
                | "turn"
                | "go"
                | "change"
                | "enable"
                | "activate"
                | "to"
                | "the"
                | "on"
                | "into"
                | "policy"
                | "use"
                | "enter"
                | "back"
                | "return"
                | "put"
                | "please"
                | "now"
        )
    };
    let mode_alone = matches!(all, ["power" | "safe", "mode"]);
    ((all.contains(&"mode") || all.contains(&"policy"))
        && all.iter().all(plain)
        && (all.len() > 2 || mode_alone))
        .then(|| world.take(&["policy", "mode", &to.to_uppercase()]).map_err(Miss::Unclear))
}

/// `which mode are we in`, `can i run without asking?`: the mode, and what it means; `None` where something else is said.
pub(super) fn asked(world: &World, said: &[Token]) -> Option<String> {
    let end = said.iter().rposition(|t| !t.ends()).map_or(0, |at| at + 1);
    let (all, marked) = (words(&said[..end]), end < said.len() && said[end].word == "?");
    let plain = |of: &[&[&str]]| all.iter().all(|w| of.iter().any(|words| words.contains(w)));
    let asks = matches!(
        all.first()?,
        &("which" | "what" | "is" | "are" | "am" | "in" | "tell" | "show" | "do" | "does")
    );
    let named = (asks || marked) && all.contains(&"mode") && plain(&[AROUND_MODE, MEANT]);
    let yes = matches!(all.first()?, &("can" | "could" | "may" | "do" | "does" | "will" | "must" | "is"))
        && all.iter().any(|w| ASKS.contains(w))
        && plain(&[ASKS, AROUND_ASKING, MEANT]);
    (named || yes).then(|| told(world.mode).to_owned())
}

/// What a mode means.
fn told(mode: Option<Mode>) -> &'static str {
    match mode {
        Some(Mode::Power) => {
            "The mode is POWER: what you ask for is applied at once, but for what destroys something or is yours alone to \
             decide. Say \u{201c}switch to safe mode\u{201d} to be asked before anything."
        }
        Some(Mode::Safe) => {
            "The mode is SAFE: you are asked before anything that you ask for is applied. Say \u{201c}switch to power \
             mode\u{201d} to be asked only before what destroys something."
        }
        None => "The mode stands in the policy: `seqctl policy show` tells it.",
    }
}

/// Words of either question.
const MEANT: &[&str] =
    &["i", "we", "you", "it", "the", "this", "that", "me", "us", "now", "to", "is", "are", "do"];

/// Words of a question that names the mode.
const AROUND_MODE: &[&str] = &[
    "mode",
    "which",
    "what",
    "in",
    "on",
    "am",
    "does",
    "at",
    "moment",
    "currently",
    "current",
    "right",
    "still",
    "power",
    "safe",
    "or",
    "policy",
    "project",
    "running",
    "run",
    "tell",
    "show",
    "set",
    "use",
    "using",
    "active",
    "of",
    "our",
    "'s",
    ",",
];

/// What a person is asked for.
const ASKS: &[&str] = &[
    "ask",
    "asks",
    "asking",
    "asked",
    "confirm",
    "confirms",
    "confirming",
    "confirmation",
    "confirmations",
    "permission",
];

/// Words beside those, in a question whether a person is asked.
const AROUND_ASKING: &[&str] = &[
    "can",
    "could",
    "may",
    "will",
    "must",
    "does",
    "run",
    "start",
    "apply",
    "change",
    "changes",
    "things",
    "anything",
    "everything",
    "something",
    "steps",
    "step",
    "commands",
    "a",
    "any",
    "without",
    "being",
    "before",
    "need",
    "needs",
    "have",
    "every",
    "each",
    "all",
    "always",
    "my",
    "for",
    "edit",
    "make",
    "every",
    "time",
    "first",
    "really",
    "first",
    "go",
    "ahead",
    "doing",
    "running",
    "your",
    "just",
];

//! What a sentence says of its subject: `deploy should wait for test`.

use super::token::{Token, words};

/// What is said of the subject of a sentence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Says {
    Waits,
    Spared,
    Precedes,
    Runs,
    Retries,
    TimesOut,
    Uses,
    Lasts,
    Is,
    Has,
    Happened,
}

/// What people say, and what it tells; what begins another stands before it.
pub(super) const SAYINGS: &[(&str, Says)] = &[
    ("looks good", Says::Happened),
    ("looks fine", Says::Happened),
    ("looks great", Says::Happened),
    ("looks ok", Says::Happened),
    ("looks okay", Says::Happened),
    ("looks wrong", Says::Happened),
    ("look good", Says::Happened),
    ("look fine", Says::Happened),
    ("look great", Says::Happened),
    ("look ok", Says::Happened),
    ("look okay", Says::Happened),
    ("said yes", Says::Happened),
    ("says yes", Says::Happened),
    ("said ok", Says::Happened),
    ("says ok", Says::Happened),
    ("said okay", Says::Happened),
    ("takes for ever", Says::Happened),
    ("is good to go", Says::Happened),
    ("is fixed", Says::Happened),
    ("is failing", Says::Happened),
    ("is fine", Says::Happened),
    ("is good", Says::Happened),
    ("is great", Says::Happened),
    ("is ok", Says::Happened),
    ("is okay", Says::Happened),
    ("is ready", Says::Happened),
    ("is stuck", Says::Happened),
    ("is hanging", Says::Happened),
    ("is flaky", Says::Happened),
    ("is wrong", Says::Happened),
    ("is not good enough", Says::Happened),
    ("is not good", Says::Happened),
    ("is not ready", Says::Happened),
    ("is dead", Says::Happened),
    ("is down", Says::Happened),
    ("is green", Says::Happened),
    ("is slow", Says::Happened),
    ("is too slow", Says::Happened),
    ("takes too long", Says::Happened),
    ("takes forever", Says::Happened),
    ("takes ages", Says::Happened),
    ("is taking too long", Says::Happened),
    ("is taking forever", Says::Happened),
    ("is taking ages", Says::Happened),
    ("takes long", Says::Happened),
    ("needs more time", Says::Happened),
    ("need more time", Says::Happened),
    ("depend on", Says::Waits),
    ("depends on", Says::Waits),
    ("dependent on", Says::Waits),
    ("wait for", Says::Waits),
    ("waits for", Says::Waits),
    ("wait on", Says::Waits),
    ("waits on", Says::Waits),
    ("wait until", Says::Waits),
    ("follow", Says::Waits),
    ("follows", Says::Waits),
    ("take", Says::Lasts),
    ("takes", Says::Lasts),
    ("precede", Says::Precedes),
    ("precedes", Says::Precedes),
    ("time out", Says::TimesOut),
    ("times out", Says::TimesOut),
    ("retry", Says::Retries),
    ("retries", Says::Retries),
    ("be retried", Says::Retries),
    ("be written by", Says::Uses),
    ("be made by", Says::Uses),
    ("be handled by", Says::Uses),
    ("be made with", Says::Uses),
    ("be done with", Says::Uses),
    ("be written with", Says::Uses),
    ("be run with", Says::Uses),
    ("be run by", Says::Uses),
    ("be executed by", Says::Uses),
    ("be parallel", Says::Runs),
    ("be run", Says::Runs),
    ("be executed", Says::Runs),
    ("be done by", Says::Uses),
    ("be", Says::Is),
    ("run", Says::Runs),
    ("runs", Says::Runs),
    ("execute", Says::Runs),
    ("start", Says::Runs),
    ("starts", Says::Runs),
    ("come", Says::Runs),
    ("comes", Says::Runs),
    ("go", Says::Runs),
    ("goes", Says::Runs),
    ("finish", Says::Runs),
    ("happen", Says::Runs),
    ("use", Says::Uses),
    ("uses", Says::Uses),
    ("need not wait for", Says::Spared),
    ("need not wait on", Says::Spared),
    ("need not depend on", Says::Spared),
    ("needs not wait for", Says::Spared),
    ("need", Says::Has),
    ("needs", Says::Has),
    ("require", Says::Has),
    ("requires", Says::Has),
    ("have", Says::Has),
    ("gets", Says::Has),
    ("get", Says::Has),
    ("failed", Says::Happened),
    ("died", Says::Happened),
    ("crashed", Says::Happened),
    ("broke", Says::Happened),
    ("hangs", Says::Happened),
    ("timed out", Says::Happened),
    ("has crashed", Says::Happened),
    ("has died", Says::Happened),
    ("has timed out", Says::Happened),
    ("is broken", Says::Happened),
    ("has failed", Says::Happened),
    ("is red", Says::Happened),
    ("is done", Says::Happened),
    ("is finished", Says::Happened),
];

/// Words beside what is said that add nothing to it.
const MODALS: &[&str] = &[
    "should", "must", "shall", "can", "may", "will", "ought", "to", "has", "only", "always", "then", "needs",
    "do", "does", "both", "all", "also", "need", "have", "just", "simply",
];

/// What is said of a step after which something goes: `after build has finished`, `once build is done`.
const OVER: &[&str] = &[
    "is",
    "are",
    "was",
    "has",
    "have",
    "ran",
    "done",
    "finished",
    "finishes",
    "complete",
    "completes",
    "completed",
    "ends",
    "ended",
    "passes",
    "passed",
    "succeeds",
    "succeeded",
    "through",
    "over",
];

/// Whether a word says that something has ended, or belongs to what says so.
pub(super) fn is_over(token: &Token) -> bool {
    !token.known && !token.quoted && OVER.contains(&token.word.as_str())
}

/// Who is spoken of, and whether it is denied.
pub(super) fn subject(tokens: &[Token]) -> (Vec<Token>, bool) {
    // "need not wait", "does not have to wait".
    let longer = words(tokens).windows(2).any(|w| w == ["no", "longer"]);
    let denied = longer || tokens.iter().any(|t| matches!(t.word.as_str(), "not" | "never"));
    let kept = tokens.iter().filter(|t| {
        t.known
            || !(MODALS.contains(&t.word.as_str())
                || longer && t.word == "no"
                || matches!(t.word.as_str(), "not" | "never" | "longer" | "any" | "anymore"))
    });
    (kept.cloned().collect(), denied)
}

//! What begins a request for something new.

use super::super::lexicon::Verb;

/// What tells that something is not there, and asks for it.
macro_rules! missing {
    () => {
        "step|task|job? is|are still|also|yet* missing here|there|still|in|from|the|pipeline|sequence* "
    };
}
macro_rules! not_there {
    () => {
        "step|task|job? yet|here|there|so|far|still|in|the|pipeline|sequence* "
    };
}
macro_rules! adds {
    () => {
        ",|:|-|\u{2013}|\u{2014} so|please|and|then|let|us* add|create|append it|one|that|this in?"
    };
}
macro_rules! inserts {
    () => {
        ",|:|-|\u{2013}|\u{2014} so|please|and|then|let|us* insert|put|slot|squeeze|place it|one|that|this in?"
    };
}

/// What begins a request for a new step.
pub(super) const HEADS: &[(&str, Verb)] = &[
    (
        "add|create|append|introduce|include|define|need|want|hook|wire|fan|have|like|new|step|one|get|out|up|in|:|should|be|us|a|an|the|another|also|extra|short|new|quick|small|with|orchestrator|orchestrating|long-running* step|task|job? called|named|:? <new> step|task|job? in?",
        Verb::Add,
    ),
    (
        "insert|put|slot|squeeze|slip|inject|place|sneak a|an|the|another|new|extra|short|quick|small* step|task|job? called|named|:? <new> step|task|job? in?",
        Verb::Insert,
    ),
    (
        "add|create|append|introduce|need|want|have|like|new|a|an|the|another|also* <model> step|task|job called|named|:? <new> in?",
        Verb::Add,
    ),
    (
        "insert|put|slot|squeeze a|an|the|another|new* <model> step|task|job called|named|:? <new> in?",
        Verb::Insert,
    ),
    // "lint is missing: add it after deps".
    (concat!("a|an|the|our|step|task|job|called* <new> ", missing!(), adds!()), Verb::Add),
    (concat!("a|an|the|our|step|task|job|called* <new> ", missing!(), inserts!()), Verb::Insert),
    (concat!("there|we|i is|are|have|got still|also|yet* no <new> ", not_there!(), adds!()), Verb::Add),
    (concat!("there|we|i is|are|have|got still|also|yet* no <new> ", not_there!(), inserts!()), Verb::Insert),
    (
        concat!(
            "i|we are|am|still|also* missing|forgot|lack|miss|missed a|an|the|step|task|job|called* <new> ",
            not_there!(),
            adds!()
        ),
        Verb::Add,
    ),
    (
        concat!(
            "i|we are|am|still|also* missing|forgot|lack|miss|missed a|an|the|step|task|job|called* <new> ",
            not_there!(),
            inserts!()
        ),
        Verb::Insert,
    ),
];

/// What begins a request for a new gate.
pub(super) const GATES: &[&str] = &[
    // "add another approval by legal before deploy".
    "add|create|insert|make|put|introduce|set|up|need|want|have|get|require|a|an|the|another|also|second|one|more|further* approval|sign-off|signoff|go-ahead by|from|of the? <new> team? in?",
    "add|create|insert|make|put|place|introduce|set|up|need|want|have|get|like|new|a|an|the|another|also|2nd|second|human|manual|approval|one|more* gate|checkpoint called|named|:? <new> in?",
    "add|create|insert|make|put|place|introduce|need|want|have|get|new a|an|the|another|also|2nd|second|human|manual|one|more* <new> gate|checkpoint in?",
    "add|create|insert|make|put|place|introduce|need|want|have a|an|the|another|one|new|human|manual|approval* gate|checkpoint in?",
];

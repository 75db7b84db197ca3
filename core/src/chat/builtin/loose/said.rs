//! What a stretch of words mentions, in whatever order it is said.

use super::super::options::Options;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Approve,
    Refuse,
    Again,
    Run,
    Stop,
    Remove,
    Add,
    Insert,
    Group,
    Allow,
    Deny,
}

/// Where one stands to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rel {
    After,
    /// After, where it is said that it has ended.
    When,
    Before,
    Between,
    /// Work goes back there.
    Back,
}

/// What somebody is said to stand to.
#[derive(Debug, Clone)]
pub(super) struct Beside {
    pub rel: Rel,
    /// It is said that it does not.
    pub not: bool,
    pub ids: Vec<String>,
    /// Only a word that tells where: "after", "before".
    pub bare: bool,
}

/// What was said.
#[derive(Debug, Clone, Default)]
pub(super) struct Said {
    pub act: Option<Act>,
    /// Whom it is about.
    pub whom: Vec<String>,
    pub beside: Vec<Beside>,
    pub options: Options,
    /// What it is not to be like.
    pub dropped: Vec<Options>,
    /// What something new is called.
    pub names: Vec<String>,
    pub title: Option<String>,
    pub budget: Option<(&'static str, String)>,
    pub reason: Option<String>,
    /// It "passed" or "failed", which decides only a gate.
    pub verdict: bool,
    /// It is to be changed: then it is said how.
    pub why: bool,
    /// It is about a gate.
    pub gate: bool,
    /// It is about the list of programs.
    pub listed: bool,
    /// What waits for what goes stays.
    pub detach: bool,
    /// The steps were meant all at once.
    pub set: bool,
    /// It holds where something fails.
    pub on_failure: bool,
    /// Files that are kept.
    pub paths: Vec<String>,
    pub artifacts: bool,
    /// Somebody sends it somewhere.
    pub sent: bool,
    /// It does so no longer.
    pub anymore: bool,
    /// What of a step was named: of each something is said.
    pub fields: Vec<&'static str>,
    /// It is about what may be spent.
    pub spends: bool,
    /// It is about the members of a group.
    pub group: Option<String>,
    /// Something starts, and it is not asked for at once.
    pub starts: bool,
    /// Nothing but this.
    pub only: bool,
    /// It comes to what is there already: "too".
    pub more: bool,
}

/// What a phrase is.
#[derive(Debug, Clone)]
pub(super) enum Phrase {
    Act(Act),
    Rel(Rel),
    Not,
    Fact(Options),
    /// "not longer than": the denial belongs to it.
    Limit(Options),
    Title(String),
    Budget(&'static str, String),
    Detach,
    Listed,
    OnFailure,
    Idle,
}

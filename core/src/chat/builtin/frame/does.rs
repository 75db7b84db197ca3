//! What a frame stands for.

use super::exchange::Exchange;

/// What is done with what fills the slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Does {
    /// Options, then steps.
    OptionsOf,
    /// Variables, then the steps that get them.
    EnvOf,
    /// Steps, then options.
    Edit,
    /// Steps, then a number, of this flag.
    Number(&'static str),
    /// Steps, then a text, of this flag.
    Text(&'static str),
    /// A text of this flag, then steps.
    TextOf(&'static str),
    /// Steps and a command line.
    Command,
    /// A model, the one in its place, and the steps.
    Instead,
    /// One model takes the place of another.
    Exchange(Exchange),
    /// Two command lines: what one runs, and what it is to run; then steps.
    Swap,
    /// These flags of steps.
    Fixed(&'static [&'static str]),
    /// Steps, then a flag without a value that is taken back.
    Wait,
    NoWait,
    /// These are not waited for by those any more.
    Spared,
    /// Waits no more for these, but for those.
    WaitInstead,
    Precede,
    Restart,
    From,
    /// A line of nothing but these words.
    Line(&'static [&'static str]),
    /// A line of these words, and what fills the slots, each behind it.
    Filled(&'static [&'static str], &'static [&'static str]),
    RunGroupFailed,
    Force,
    Rework,
    RejectRework,
    BlockGate,
    Remove,
    Cascade,
    /// These go, and those that waited for them go on.
    Without,
    /// They have not run.
    Reset,
    /// Of every step: the flag.
    OfAll(&'static str),
    Detach,
    Group,
    Fuse,
    Copied,
    /// A person looks at these before those.
    LookedAt,
    /// A new name, then the step that it is a copy of.
    Alike,
    /// A step, what runs in its place, and how that is called.
    AlikeRuns,
    /// A noun, the step it is like, what it is called, and what is otherwise with it.
    AlikeBut,
    /// Says nothing new.
    Nothing,
    Accept,
    /// Options of what was spoken of.
    It,
    /// What was said of a group that was taken apart.
    Kept,
    RemoveAndWait,
    /// Another model does again what was done.
    Redo,
    /// Started again, and is then to be so.
    AgainWith,
    /// What was asked for of one is asked for of others, too.
    Same,
    Stop,
    /// How something is is why it is rejected.
    RejectFor,
    /// How something is is why it is done again.
    RedoFor,
    /// What is wished for at a gate is why the work of a step goes back.
    ReworkFor,
    StopNow,
    Run,
    ApproveEarly,
    /// A number that is there already, times the one and by the other: the flag.
    Scale(&'static str, u64, u64),
    /// So much more than it was, or less: the flag.
    More(&'static str, bool),
    /// Waits for these, and not for those.
    WaitNot,
    /// Waits for these, and for nothing else.
    WaitOnly,
    /// Another place in the file: the flag.
    Move(&'static str),
    /// A gate of this name stands before these.
    ApprovedBy,
    /// What a step may spend.
    Budget,
    /// A program that steps may start no more.
    Deny,
    /// Says again what the line before has in it.
    Said(&'static str),
}

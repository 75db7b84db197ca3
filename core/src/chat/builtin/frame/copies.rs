//! Copies of steps: how they are called, and in what they differ.

use super::act::flags;
use super::does::Does;
use super::pattern::Slot;
use crate::chat::builtin::edit::edit;
use crate::chat::builtin::world::World;
use Does::{Alike, AlikeBut, AlikeRuns, Copied};

macro_rules! copy {
    () => {
        "clone|copy|duplicate|dup the? <step> "
    };
}
macro_rules! make_copy {
    () => {
        "i|we|also|would|like|to* make|create|add|do|get|take|need|want|have me|us? a|an|another|one|the copy|clone|duplicate of|from <step> "
    };
}
macro_rules! is_called {
    () => {
        ",|and|then|with|under|the|a* as|to|into|named|called|call|name|id|, the|new|it|this|that|copy|clone|duplicate* <new>"
    };
}

macro_rules! with_author {
    () => {
        " but|and|,|with let|have|make* <model> do|run|handle? it?"
    };
}

/// Requests for a copy; the first that explains every word is what is meant.
pub(super) const COPIES: &[(&str, Does)] = &[
    (concat!(copy!(), is_called!()), Copied),
    (concat!(copy!(), is_called!(), with_author!()), Copied),
    (concat!(copy!(), is_called!(), " <given>"), Copied),
    (concat!(make_copy!(), is_called!()), Copied),
    (concat!(make_copy!(), is_called!(), with_author!()), Copied),
    (concat!(make_copy!(), is_called!(), " <given>"), Copied),
    (
        "add|the* same as|like <step> ,|but|only|just* with|using|running <argv> ,|and* call|name it|that|this? <new>",
        AlikeRuns,
    ),
    (
        "add|the* same as|like <step> ,|but|only|just* with|using|running <argv> ,? called|named|as <new>",
        AlikeRuns,
    ),
    // "add ship-epic like ship".
    (
        "add|create|make|need|want|have|i|we|a|an|another|the|new|also* step|task|job? called|named|:? <new> step|task|job|,|that|which|is|be|does|works|exactly|just|the* like|same|identical as|to? <step>",
        Alike,
    ),
    (
        "add|create|make|need|want|have|i|we|also* a|an|another|one|more|new|second|third|further* <word> like|as <step> called|named|, <new> <given>",
        AlikeBut,
    ),
    (
        "add|create|make|need|want|have|i|we|also* a|an|another|one|more|new|second|third|further* <word> like|as <step> called|named <new>",
        AlikeBut,
    ),
    (
        "add|create|make|need|want|have|i|we|also* another|a|one more? step|task|job|one just|exactly* like <step>",
        Copied,
    ),
];

/// Makes the copy, and what is to be otherwise with it.
pub(super) fn copied(world: &mut World, id: &str, copy: &str, rest: &[Slot]) -> Option<()> {
    world.take(&["step", "clone", id, copy]).ok()?;
    let ids = [copy.to_owned()];
    match rest {
        [] => {}
        [Slot::Argv(line)] => edit(world, &ids, &[], line).ok()?,
        [Slot::Text(model)] => flags(world, &ids, &["--model", model])?,
        [Slot::Options(other)] if other.fanout.is_none() && other.merge.is_none() => {
            edit(world, &ids, &other.flags, &other.command).ok()?;
        }
        _ => return None,
    }
    world.speak_of([copy]);
    Some(())
}

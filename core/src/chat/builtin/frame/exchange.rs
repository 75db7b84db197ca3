//! One model in the place of another: of a step, or wherever that other is.

use super::act::{act, flags};
use super::does::Does;
use super::pattern::Slot;
use crate::chat::builtin::world::World;
use Exchange::{Everywhere, EverywhereBy, Of};

/// How it is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exchange {
    /// Steps, the model they have, and the one they get.
    Of,
    /// The new model, then the one in its place.
    Everywhere,
    /// The model there is, then the one in its place.
    EverywhereBy,
}

/// The requests; the first that explains every word is what is meant.
pub(super) const EXCHANGES: &[(&str, Does)] = &[
    (
        "swap|change|switch|set|move the|a* model|agent of|for|on <steps> from <model> to|into <model>",
        Does::Exchange(Of),
    ),
    (
        "swap|change|switch|move|take|bring <steps> over? from <model> over? to|into|onto <model>",
        Does::Exchange(Of),
    ),
    (
        "use|put|take|prefer|let <model> everywhere|throughout|overall instead|place|rather|in* of|than|for <model>",
        Does::Exchange(Everywhere),
    ),
    (
        "replace|swap|exchange|change|switch <model> with|by|for|to <model> everywhere|throughout|overall",
        Does::Exchange(EverywhereBy),
    ),
];

/// The steps get the other model; `None` where they have not the one that was named.
pub(super) fn exchanged(world: &mut World, how: Exchange, slots: &[Slot]) -> Option<()> {
    match (how, slots) {
        (Of, [Slot::Nodes(ids), old @ Slot::Text(_), new @ Slot::Text(_)]) => {
            act(world, Does::Instead, &[old.clone(), new.clone(), Slot::Nodes(ids.clone())])
        }
        (Everywhere, [Slot::Text(new), Slot::Text(old)])
        | (EverywhereBy, [Slot::Text(old), Slot::Text(new)]) => {
            let steps = world.sequence().steps.iter().filter(|s| s.model.as_str() == old);
            let ids: Vec<String> = steps.map(|s| s.id.to_string()).collect();
            flags(world, &ids, &["--model", new])
        }
        _ => None,
    }
}

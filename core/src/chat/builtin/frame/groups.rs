//! Whole requests about what happens side by side: groups and fusions.

use super::super::options::Options;
use super::super::world::World;
use super::does::Does;
use Does::{Filled, Fuse, Group};

macro_rules! together {
    () => {
        "can|should|may|must|to|run|be|go|are|in|as|at|the|one|a|into|together* parallel|group so|that|they|it|run|in|parallel|,|together|with|under|into|group|and|as|the|one|a* called|named|call|name|id|as|group|into|under|:|= it|them|the|a|group|called|named|:|=* <new>"
    };
}

/// The requests; the first that explains every word is what is meant.
pub(super) const GROUPS: &[(&str, Does)] = &[
    (concat!("the|put|group|run|let|have|make|parallelise|parallelize|bundle* <steps> ", together!()), Group),
    (
        concat!(
            "the|put|group|run|let|have|make|parallelise|parallelize|bundle* <steps> ",
            together!(),
            " <options>"
        ),
        Group,
    ),
    (
        "group|bundle|parallelise|parallelize <steps> as|into|under|called|named|with|, the|a|name|id* <new>",
        Group,
    ),
    (
        "group|bundle|parallelise|parallelize <steps> as|into|under|called|named|, <new> so that they run in parallel",
        Group,
    ),
    ("group|bundle|parallelise|parallelize <steps> as|into|under|called|named|, <new> <options>", Group),
    ("<steps> together as|into|called|named a|the|group|called|named* <new>", Group),
    ("take|tear|break|pull <group> apart|up", Filled(&["group", "dissolve"], &[""])),
    ("dissolve|ungroup|disband|split the|up* <group> up?", Filled(&["group", "dissolve"], &[""])),
    (
        "make|create|build|add|do a|the* fusion of|from|with|out of? <steps> ,|with|and|the* synth|synthesis|synthesizer|synthesised|merged|called|named|into|as is|=|:|by|in|called|into|as|named|the|step|it* <word>",
        Fuse,
    ),
    (
        "make|create|build|add|do a|the* fusion of|from|with <steps> ,|with|and* <word> is|as|being the|a? synth|synthesis|synthesizer",
        Fuse,
    ),
    (
        "combine|fuse|merge|join|bundle|turn|make|put <steps> into|in|to|as|together* a|the|one* fusion called|named|: <new>",
        Fuse,
    ),
    (
        "combine|fuse|merge|join|bundle|turn|make|put <steps> into|in|to|as a|the|one* fusion ,|with|and|by* <word> as|is|being the|a? synth|synthesis|synthesizer|judge|result",
        Fuse,
    ),
    (
        "make|use|turn|let <steps> into|be|as|the|a* fusion candidates? ,|with|and* <word> as|is|being the|a? synth|synthesis|synthesizer",
        Fuse,
    ),
    (
        "make|use|turn|let <steps> into|be|as|the|a* candidates ,|with|and|of|a|fusion* <word> as|is|being the|a? synth|synthesis|synthesizer",
        Fuse,
    ),
];

/// How a group ends where one of it fails, said behind what makes it: "run them in parallel and stop both when one fails".
pub(super) fn ends_so(world: &mut World, options: &Options) -> Option<()> {
    let more: Vec<&str> = options.flags.iter().map(String::as_str).collect();
    let run = world.lines.pop_if(|line| line.starts_with("seqctl run group "));
    world.lines.last().filter(|line| line.contains(" group parallelize "))?;
    world.amend(&more).ok()?;
    world.lines.extend(run);
    Some(())
}

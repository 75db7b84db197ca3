//! New steps that are told otherwise: by what they run, by what waits for them, by what they watch.

use super::super::lexicon::Verb;
use super::super::token::Token;
use super::super::world::World;
use super::pattern::{Slot, fit};
use super::step::{Body, bodies, head_begins, make};

/// `add a python3 dedupe.py step after clean`: called after what it runs.
pub(super) fn by_command(
    world: &World,
    tokens: &[Token],
    front: &Body,
    then: &mut dyn FnMut(World, usize) -> bool,
) -> bool {
    const HEADS: &[(&str, Verb)] = &[
        // "have npm audit run before build".
        ("have|let|make|get <program> run|running|executed|start", Verb::Add),
        ("add|create|append|need|want|have|new|a|an|another* <program> step|task|job", Verb::Add),
        ("insert|put|slot|squeeze a|an|another* <program> step|task|job", Verb::Insert),
        ("insert|put|slot|squeeze a|an|another|step|that|to|runs|run|running* <program>", Verb::Insert),
        (
            "add|create|append|need|want|have|new a|an|another|step|that|to|runs|run|running* <program>",
            Verb::Add,
        ),
        // "i need another step before lint that does npm run codegen, call it codegen".
        ("add|create|append|need|want|have a|an|another|new|one|more* step|task|job", Verb::Add),
        ("insert|put|slot|squeeze a|an|another|new|one|more* step|task|job", Verb::Insert),
    ];
    let lead = head_begins(tokens);
    HEADS.iter().any(|(head, verb)| {
        fit(world, head, &tokens[lead..], &mut |slots, n| {
            let said: &[String] = match slots {
                [Slot::Argv(line)] => line,
                _ => &[],
            };
            let mut begun = Body { unnamed: true, ..front.clone() };
            begun.options.command = said.to_vec();
            bodies(world, &tokens[lead + n..], begun).into_iter().filter(|(body, _)| body.placed).any(
                |(body, m)| {
                    let line = &body.options.command;
                    let own = body.name.as_ref().and_then(|name| crate::id::slug(name));
                    let Some(id) = own
                        .or_else(|| called_after(said))
                        .filter(|id| !line.is_empty() && world.entity(id).is_none())
                    else {
                        return false;
                    };
                    make(world, *verb, &id, &body).is_some_and(|made| then(made, lead + n + m))
                },
            )
        })
    })
}

/// `dedupe` of `python3 dedupe.py`, `lint` of `npm run lint`.
fn called_after(line: &[String]) -> Option<String> {
    let words: Vec<&str> = line.iter().map(String::as_str).filter(|w| !w.starts_with('-')).collect();
    let script = |path: &str| {
        let file = path.rsplit('/').next().unwrap_or(path);
        crate::id::slug(file.split('.').next().unwrap_or(file))
    };
    match words.as_slice() {
        ["npm" | "yarn" | "pnpm" | "bun", "run", what, ..] | ["make" | "just", what, ..] => {
            crate::id::slug(what)
        }
        ["python" | "python3" | "node" | "sh" | "bash", path, ..] => script(path),
        [path] => script(path),
        [a, b, ..] => crate::id::slug(&format!("{a} {b}")),
        [] => None,
    }
}

/// `deploy should wait for a new step backup, make backup`.
pub(super) fn awaited(world: &World, tokens: &[Token], then: &mut dyn FnMut(World, usize) -> bool) -> bool {
    const HEAD: &str = "make|let|have* <nodes> should|shall|must|has|have|to|needs|need|also* wait|waits|depend|depends for|on a|an|another|the* new? step|task|job called|named? <new>";
    fit(world, HEAD, tokens, &mut |slots, at| {
        let [Slot::Nodes(ids), Slot::Text(id)] = slots else { return false };
        bodies(world, &tokens[at..], Body::default()).into_iter().any(|(body, m)| {
            let Some(mut next) =
                make(world, Verb::Add, id, &body).filter(|_| !body.options.command.is_empty())
            else {
                return false;
            };
            let waits = ids.iter().all(|of| super::super::order::depend(&mut next, of, id).is_ok());
            waits && then(next, at + m)
        })
    })
}

/// `watchdog nan-guard for train, every 2 minutes, python3 nan.py`.
pub(super) fn watchdog(world: &World, tokens: &[Token], then: &mut dyn FnMut(World, usize) -> bool) -> bool {
    const HEAD: &str = "add|create|put|set|new|need|want|a|an|the|i|we* watchdog called|named? <new>? for|on|of|to|watching|over the? <step>";
    let bare = "add|create|put|set|new|need|want|a|an|the|i|we* watchdog for|on|of|to|watching|over <step>";
    let named = HEAD.replace("<new>?", "<new>");
    const WATCH: &str = "watch|monitor|supervise|guard <step>";
    const NEEDS: &str = "<step> needs|need|gets|get|should|must|have|has|wants|to* a|an watchdog";
    let needs_named = format!("{NEEDS} called|named? <new>");
    let heads = [named.as_str(), bare, needs_named.as_str(), NEEDS, WATCH];
    // What a watchdog checks is the command it runs.
    let checking = heads.map(|head| format!("{head} that|which|to checks|check"));
    heads.into_iter().chain(checking.iter().map(String::as_str)).any(|head| {
        fit(world, head, tokens, &mut |slots, at| {
            let (own, watched) = match slots {
                [Slot::Text(own), Slot::Nodes(ids)] | [Slot::Nodes(ids), Slot::Text(own)] => {
                    (Some(own.clone()), ids[0].clone())
                }
                [Slot::Nodes(ids)] => (None, ids[0].clone()),
                _ => return false,
            };
            let begun = Body { unnamed: own.is_none(), ..Body::default() };
            bodies(world, &tokens[at..], begun).into_iter().any(|(body, m)| {
                if body.placed || body.options.command.is_empty() || !body.options.flags.is_empty() {
                    return false;
                }
                let own = own.clone().or_else(|| body.name.clone()).and_then(|n| crate::id::slug(&n));
                let own = own.unwrap_or_else(|| world.free_id(&format!("{watched}-watchdog")));
                let every = body.every.map(|ms| ms.to_string());
                let mut line = vec!["step", "add", own.as_str(), "--watchdog-for", watched.as_str()];
                line.extend(every.iter().flat_map(|ms| ["--watchdog-interval", ms.as_str()]));
                line.push("--");
                line.extend(body.options.command.iter().map(String::as_str));
                let mut next = world.fork();
                if next.take(&line).is_err() {
                    return false;
                }
                next.speak_of([own.as_str()]);
                then(next, at + m)
            })
        })
    })
}

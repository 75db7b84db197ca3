//! What a clause is about, and its parts.

use super::entity::Miss;
use super::lexicon::{PREPS, Prep, begins};
use super::number::times;
use super::token::{Token, words};

/// A part of a clause: `after build`.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// What begins it.
    pub prep: Prep,
    /// What follows.
    pub tokens: Vec<Token>,
    /// How many times, of [`Prep::Times`].
    pub count: u64,
}

/// What a request is about, and its parts.
#[derive(Debug, Clone)]
pub(super) struct Parts {
    /// What stands before the first part.
    pub object: Vec<Token>,
    /// The parts, in order.
    pub parts: Vec<Part>,
}

impl Parts {
    /// The first part of a kind.
    pub fn get(&self, prep: Prep) -> Option<&Part> {
        self.parts.iter().find(|p| p.prep == prep)
    }

    /// Whether there is a part of a kind.
    pub fn has(&self, prep: Prep) -> bool {
        self.get(prep).is_some()
    }

    /// The one part of these kinds; a second would be passed over, and is refused.
    pub fn one_of(&self, preps: &[Prep]) -> Result<Option<&Part>, Miss> {
        let mut found = self.parts.iter().filter(|p| preps.contains(&p.prep));
        let first = found.next();
        match found.next() {
            Some(second) => Err(unused(second)),
            None => Ok(first),
        }
    }

    /// Refuses parts that the request has no use for: nothing that was said is passed over.
    pub fn only(&self, known: &[Prep]) -> Result<(), Miss> {
        // Of all others the first is read, so a second would be passed over.
        const SEVERAL: &[Prep] = &[Prep::After, Prep::Before, Prep::With, Prep::That];
        // Something new may be said to be for a purpose, and that reaches on.
        let free = |prep: Prep| {
            known.contains(&Prep::That) && matches!(prep, Prep::To | Prep::For | Prep::In | Prep::On)
        };
        let again = |at: usize| {
            let prep = self.parts[at].prep;
            !SEVERAL.contains(&prep) && !free(prep) && self.parts[..at].iter().any(|p| p.prep == prep)
        };
        // What stands alone has nothing to say of what follows.
        const ALONE: &[Prep] =
            &[Prep::Again, Prep::Anyway, Prep::Background, Prep::Times, Prep::Parallel, Prep::Series];
        let tail = |p: &&Part| ALONE.contains(&p.prep) && !p.tokens.is_empty();
        let unknown = self.parts.iter().find(|p| !known.contains(&p.prep));
        let unknown = unknown.or_else(|| self.parts.iter().find(tail));
        match unknown.or((0..self.parts.len()).find(|at| again(*at)).map(|at| &self.parts[at])) {
            Some(part) => Err(unused(part)),
            None => Ok(()),
        }
    }
}

fn unused(part: &Part) -> Miss {
    let text = super::token::text(&part.tokens);
    Miss::unclear(format!("I do not know what to make of \u{201c}{}\u{201d} here", part.said(&text)))
}

impl Part {
    fn said(&self, text: &str) -> String {
        let word = PREPS.iter().find(|(_, p)| *p == self.prep).map_or("", |(word, _)| word);
        if text.is_empty() { word.to_owned() } else { text.to_owned() }
    }
}

/// Cuts what follows a verb into what it is about and its parts. `swallow`: a purpose (`to …`, `that …`) reaches on.
pub(super) fn parts(tokens: &[Token], swallow: bool) -> Parts {
    let mut found = Parts { object: Vec::new(), parts: Vec::new() };
    let mut at = 0;
    while at < tokens.len() {
        let all = words(&tokens[at..]);
        // "to npm test -- --ci": the mark is the program's own.
        let own = all[0] == "--" && found.parts.last().is_some_and(|p| p.prep == Prep::To);
        // "a step called before after build".
        let names = found.parts.last().is_some_and(|p| p.prep == Prep::Named && p.tokens.is_empty())
            && tokens.get(at + 1).is_none_or(|t| {
                PREPS.iter().any(|(p, _)| begins(&[t.word.as_str()], p).is_some()) && !t.known
            });
        if !(own || names)
            && let Some((prep, used, count)) =
                part_at(tokens, at, &all, found.object.is_empty() && found.parts.is_empty())
        {
            let from = at + used;
            let quoted = tokens.get(from).is_some_and(|t| t.quoted);
            let free = matches!(prep, Prep::Saying | Prep::Because) && !quoted;
            let reaches = prep == Prep::Command
                || swallow && matches!(prep, Prep::To | Prep::That) && !names_something(&tokens[from..]);
            let end = if free {
                tokens.len()
            } else if reaches {
                end_of_free(tokens, from)
            } else {
                from
            };
            found.parts.push(Part { prep, tokens: tokens[from..end].to_vec(), count });
            at = end;
            continue;
        }
        match found.parts.last_mut() {
            Some(part) => part.tokens.push(tokens[at].clone()),
            None => found.object.push(tokens[at].clone()),
        }
        at += 1;
    }
    if swallow && found.object.is_empty() {
        found.object = behind_place(&mut found.parts);
    }
    for part in &mut found.parts {
        trim_marks(&mut part.tokens);
    }
    trim_marks(&mut found.object);
    found
}

/// "insert between a and b a step c": what is new stands behind its place.
fn behind_place(parts: &mut [Part]) -> Vec<Token> {
    let Some(first) = parts.first_mut() else { return Vec::new() };
    if !matches!(first.prep, Prep::After | Prep::Before | Prep::Between) {
        return Vec::new();
    }
    let article = |t: &Token| !t.known && !t.quoted && matches!(t.word.as_str(), "a" | "an" | "another");
    let at = (1..first.tokens.len())
        .find(|at| article(&first.tokens[*at]) && first.tokens[*at - 1].known)
        .filter(|at| at + 1 < first.tokens.len());
    at.map_or_else(Vec::new, |at| first.tokens.split_off(at))
}

fn trim_marks(tokens: &mut Vec<Token>) {
    let loose = |t: &Token| !t.quoted && !t.known && matches!(t.word.as_str(), "," | "and" | ":");
    while tokens.last().is_some_and(loose) {
        tokens.pop();
    }
    while tokens.first().is_some_and(loose) {
        tokens.remove(0);
    }
}

fn part_at(tokens: &[Token], at: usize, all: &[&str], first: bool) -> Option<(Prep, usize, u64)> {
    let token = &tokens[at];
    if token.quoted || token.known {
        return None;
    }
    if let Some((count, used)) = times(all) {
        return Some((Prep::Times, used, count));
    }
    let (phrase, prep) = PREPS.iter().find(|(phrase, _)| begins(all, phrase).is_some())?;
    let used = phrase.split(' ').count();
    let next = all.get(used).copied();
    let before = at.checked_sub(1).map(|i| tokens[i].word.as_str());
    let plain = match prep {
        Prep::That => {
            let noun = next.is_none_or(|w| matches!(w, "step" | "gate" | "group" | "one" | "," | "and"));
            let status = all[used..].iter().take(2).any(|w| super::entity::status_word(w).is_some());
            noun || status
                || first
                || at > 0
                    && matches!(
                        before,
                        Some("after" | "before" | "from" | "to" | "everything" | "all" | "what")
                    )
        }
        Prep::Of => matches!(before, Some("all" | "both" | "each" | "any" | "one" | "couple" | "some")),
        Prep::Command => {
            next.is_none()
                || matches!(next, Some("in" | "after" | "before" | "of" | "for" | "to" | "at" | "as"))
                    && *phrase != "--"
                || matches!(next, Some("steps" | "step" | "ones" | "twice"))
        }
        Prep::Parallel if *phrase == "parallel" => {
            next.is_some() && !matches!(next, Some("with" | "to" | "," | "and"))
        }
        Prep::Again | Prep::Anyway => false,
        _ => false,
    };
    if plain && *phrase == "to run" {
        return part_at_after_filler(tokens, at + 2);
    }
    (!plain).then_some((*prep, used, 0))
}

/// "a and b to run in parallel": the words before tell nothing.
fn part_at_after_filler(tokens: &[Token], at: usize) -> Option<(Prep, usize, u64)> {
    let all = words(tokens.get(at..).filter(|rest| !rest.is_empty())?);
    let (prep, used, count) = part_at(tokens, at, &all, false)?;
    Some((prep, used + 2, count))
}

fn names_something(tokens: &[Token]) -> bool {
    let first = tokens.iter().find(|t| !matches!(t.word.as_str(), "the" | "my" | "our"));
    first.is_some_and(|t| {
        t.known
            || matches!(
                t.word.as_str(),
                "it" | "group" | "lane" | "sequence" | "pipeline" | "project" | "workflow" | "end" | "gate"
            )
    })
}

/// Where a free text ends: at a place (`after build`), or at how often.
fn end_of_free(tokens: &[Token], from: usize) -> usize {
    let place = |at: usize| {
        let all = words(&tokens[at..]);
        if tokens[at].quoted || at == from {
            return false;
        }
        if times(&all).is_some() {
            return true;
        }
        let Some((phrase, prep)) = PREPS.iter().find(|(p, _)| begins(&all, p).is_some()) else {
            return false;
        };
        let after = &tokens[at + phrase.split(' ').count()..];
        match prep {
            Prep::After | Prep::Before | Prep::Between => after
                .iter()
                .take(3)
                .any(|t| t.known || matches!(t.word.as_str(), "it" | "that" | "everything" | "them")),
            // A `--` after the program is the program's own.
            Prep::Command => *phrase != "--",
            Prep::Parallel | Prep::Series | Prep::Named | Prep::Saying => true,
            Prep::With => after.iter().take(4).any(|t| {
                matches!(
                    t.word.as_str(),
                    "timeout"
                        | "codex"
                        | "claude"
                        | "gemini"
                        | "claude-code"
                        | "retries"
                        | "retry"
                        | "workers"
                )
            }),
            _ => false,
        }
    };
    (from..tokens.len()).find(|at| place(*at)).unwrap_or(tokens.len())
}

//! Names in a text, and typing errors in the words of the grammar.

use std::collections::HashSet;

use super::clause::{is_question_word, lead};
use super::lexicon::{MENDED, PREPS, begins, verb};
use super::near::slipped;
use super::token::{Token, words};
use super::world::World;
use crate::id::slug;

/// As [`recognise`], and a name counts more than the verb it begins with: "Switch DNS must wait for it".
pub(super) fn recognise_names(world: &mut World, tokens: Vec<Token>) -> Vec<Token> {
    let mut tokens = mend_small(world, apart(world, tokens));
    mark_known(world, &mut tokens);
    fuse_names(world, &mut tokens, true);
    gates_by_place(world, &mut tokens);
    super::plural::named(world, &mut tokens);
    super::reword::plain(world, &mut tokens);
    mend(world, &mut tokens);
    tokens
}

/// Marks what is known by its name, makes one token of names of several words, and mends typing errors in the words
/// of the grammar.
pub(super) fn recognise(world: &mut World, tokens: Vec<Token>) -> Vec<Token> {
    let mut tokens = mend_small(world, apart(world, tokens));
    mark_known(world, &mut tokens);
    fuse_names(world, &mut tokens, false);
    gates_by_place(world, &mut tokens);
    super::plural::named(world, &mut tokens);
    super::reword::plain(world, &mut tokens);
    mend(world, &mut tokens);
    tokens
}

/// "label+record" names two.
fn apart(world: &World, tokens: Vec<Token>) -> Vec<Token> {
    let named = |part: &str| world.entity(&part.to_lowercase()).is_some();
    let cut = |t: Token| {
        let parts: Vec<&str> = t.text.split(['+', '&']).collect();
        if t.quoted || parts.len() < 2 || !parts.iter().all(|part| named(part)) {
            return vec![t];
        }
        parts.iter().flat_map(|part| [Token::new("and"), Token::new(part)]).skip(1).collect()
    };
    tokens.into_iter().flat_map(cut).collect()
}

/// The words of options: typing errors in these are mended.
const OPTION_WORDS: &[&str] =
    &["timeout", "retries", "prompt", "backoff", "worktree", "artifact", "artifacts", "command", "commands"];

fn mend_small(world: &World, mut tokens: Vec<Token>) -> Vec<Token> {
    const SMALL: &[(&str, &str)] = &[
        ("teh", "the"),
        ("hte", "the"),
        ("adn", "and"),
        ("nad", "and"),
        ("wiht", "with"),
        ("ad", "add"),
        ("cna", "can"),
        ("shuld", "should"),
        ("rnu", "run"),
        ("urn", "run"),
        ("stp", "stop"),
        ("fater", "after"),
        ("taht", "that"),
        ("thta", "that"),
        ("wich", "which"),
        ("whcih", "which"),
        ("shoudl", "should"),
        ("shuold", "should"),
        ("thier", "their"),
        ("betwen", "between"),
        ("wat", "what"),
        ("wut", "what"),
        ("paralel", "parallel"),
        ("parralel", "parallel"),
        ("parrallel", "parallel"),
        ("paralell", "parallel"),
        ("w/", "with"),
        ("w/o", "without"),
        ("w", "with"),
        ("shd", "should"),
        ("shld", "should"),
        ("shoud", "should"),
        ("shold", "should"),
        ("u", "you"),
        ("thru", "through"),
        ("thx", "thanks"),
        ("cmd", "command"),
        ("bc", "because"),
        ("cuz", "because"),
        ("b4", "before"),
        ("abt", "about"),
        ("ur", "your"),
        ("alredy", "already"),
        ("allready", "already"),
        ("rdy", "ready"),
        ("r", "are"),
        ("runing", "running"),
        ("runnning", "running"),
        ("finshed", "finished"),
        ("faild", "failed"),
        ("wating", "waiting"),
        ("waitng", "waiting"),
        ("befor", "before"),
        ("evrything", "everything"),
        ("timeouts", "timeout"),
        ("neednt", "need-not"),
        ("n", "and"),
        ("aftr", "after"),
        ("btwn", "between"),
    ];
    let all = world.entities();
    let names: Vec<&str> = all.iter().map(|e| e.id.as_str()).collect();
    for at in 1..tokens.len() {
        // "what are we waiting 4".
        let waits = matches!(tokens[at - 1].word.as_str(), "wait" | "waits" | "waiting");
        let closed = tokens.get(at + 1).is_none_or(|t| t.is_mark() || names.contains(&t.word.as_str()));
        if waits && closed && tokens[at].word == "4" && !tokens[at].quoted {
            tokens[at] = Token::new("for");
        }
    }
    let rename = tokens.first().is_some_and(|t| t.word == "rename" || slipped(&t.word, "rename"));
    for at in 2..tokens.len().saturating_sub(1) {
        // "rename build too Compile".
        if rename && tokens[at].word == "too" && !tokens[at].quoted && !tokens[at + 1].is_mark() {
            tokens[at] = Token::new("to");
        }
    }
    // "kill build its hanging".
    let hangs = |w: &[Token]| w[0].word == "its" && w[1].word.ends_with("ing") && !w[1].quoted;
    if let Some(at) = tokens.windows(2).position(hangs).filter(|at| *at > 0) {
        tokens.splice(at..=at, [",", "it", "is"].map(Token::new));
    }
    for at in 1..tokens.len() {
        // "add stp lint".
        let adds =
            matches!(tokens[at - 1].word.as_str(), "a" | "an" | "new" | "another" | "add" | "insert" | "the");
        if adds && tokens[at].word == "stp" && !tokens[at].quoted {
            tokens[at] = Token::new("step");
        }
    }
    for at in 1..tokens.len() {
        // "longer then ten minutes".
        let more = matches!(tokens[at - 1].word.as_str(), "longer" | "more" | "less" | "rather");
        if more && tokens[at].word == "then" && !tokens[at].quoted {
            tokens[at] = Token::new("than");
        }
    }
    if let [first, second, ..] = tokens.as_mut_slice()
        && first.word == "y"
        && matches!(second.word.as_str(), "is" | "does" | "did" | "are" | "has" | "not")
    {
        first.word = "why".to_owned();
    }
    for token in tokens.iter_mut().filter(|t| !t.quoted) {
        if let Some(right) = OPTION_WORDS.iter().find(|w| w.len() > 5 && slipped(&token.word, w))
            && !OPTION_WORDS.contains(&token.word.as_str())
        {
            token.word = (*right).to_owned();
        }
        if slipped(&token.word, "please") {
            token.word = "please".to_owned();
        }
        if let Some((_, right)) = SMALL.iter().find(|(wrong, _)| *wrong == token.word) {
            token.word = (*right).to_owned();
        }
    }
    tokens
}

fn mark_known(world: &World, tokens: &mut [Token]) {
    let all = world.entities();
    let names: Vec<&str> = all.iter().flat_map(|e| [e.id.as_str(), e.name.as_str()]).collect();
    for at in 0..tokens.len() {
        let token = &tokens[at];
        // "--dry-run" is an option, whatever is called so.
        if token.text.starts_with('-') {
            continue;
        }
        let is_name = names.contains(&token.word.as_str())
            || !token.is_mark() && names.contains(&token.word.replace('_', "-").as_str());
        if !is_name
            && !token.quoted
            && !token.is_mark()
            && let Some(name) = unmarked(&names, &token.word)
        {
            // "sign-off" is "signoff".
            tokens[at] = Token { known: true, ..Token::new(name) };
            continue;
        }
        let is_article = token.word == "a" && !ends_phrase(tokens.get(at + 1));
        tokens[at].known = !tokens[at].quoted && is_name && !is_article;
    }
}

/// The one name that is these letters, but for the marks between them.
fn unmarked<'n>(names: &[&'n str], word: &str) -> Option<&'n str> {
    let letters = |text: &str| text.replace(['-', '_'], "");
    let key = letters(word);
    names.iter().copied().find(|name| key.len() >= 6 && letters(name) == key)
}

/// Whether nothing that an article could belong to follows.
fn ends_phrase(next: Option<&Token>) -> bool {
    let Some(next) = next else { return true };
    let word = [next.word.as_str()];
    next.is_mark()
        || matches!(
            word[0],
            "and"
                | "or"
                | "a"
                | "then"
                | "plus"
                | "depends"
                | "depend"
                | "waits"
                | "wait"
                | "should"
                | "must"
                | "fails"
                | "failed"
                | "runs"
                | "run"
                | "needs"
                | "blocked"
                | "running"
                | "done"
                | "twice"
                | "step"
                | "is"
        )
        || PREPS.iter().any(|(phrase, _)| begins(&word, phrase).is_some())
}

fn fuse_names(world: &World, tokens: &mut Vec<Token>, names_first: bool) {
    let all = world.entities();
    let names: HashSet<&str> =
        all.iter().flat_map(|e| [e.id.as_str(), e.name.as_str()]).filter(|n| n.contains('-')).collect();
    let mut at = 0;
    while at < tokens.len() {
        let begins_clause =
            lead(&tokens[..at]) == at || tokens[at - 1].is_mark() || tokens[at - 1].word == "and";
        let is_verb = !names_first && begins_clause && verb(&words(&tokens[at..])).is_some();
        let fused = (2..=6).rev().find(|n| {
            let Some(window) = tokens.get(at..at + n) else { return false };
            let plain =
                window.iter().all(|t| !t.quoted && !t.is_mark() && t.text.contains(char::is_alphanumeric));
            let text = window.iter().map(|t| t.text.as_str()).collect::<Vec<_>>().join(" ");
            plain && !is_verb && slug(&text).is_some_and(|key| names.contains(key.as_str()))
        });
        // "the codex draft" is `draft-codex`.
        let turned = tokens.get(at..at + 2).filter(|_| fused.is_none()).and_then(|pair| {
            let plain = pair.iter().all(|t| !t.quoted && !t.known && !t.is_mark() && t.text.len() > 1);
            let text = format!("{}-{}", pair[1].word, pair[0].word);
            let is_verb = verb(&words(&tokens[at..])).is_some() || verb(&[&pair[1].word]).is_some();
            (plain && !is_verb && names.contains(text.as_str())).then_some(text)
        });
        // "the review of the API" is `review-api`.
        let article =
            usize::from(tokens.get(at + 2).is_some_and(|t| matches!(t.word.as_str(), "the" | "our")));
        let of = tokens.get(at + 1).is_some_and(|t| t.word == "of" && !t.known);
        let whose = tokens.get(at + 2 + article).filter(|t| of && !t.quoted && !t.is_mark());
        let own = &tokens[at];
        let of_it = whose.filter(|_| !own.quoted && !own.is_mark() && fused.is_none()).and_then(|whose| {
            let (own, whose) = (own.word.as_str(), whose.word.as_str());
            [format!("{own}-{whose}"), format!("{whose}-{own}")]
                .into_iter()
                .find(|n| names.contains(n.as_str()))
        });
        if let Some(text) = of_it {
            tokens.splice(at..at + 3 + article, [Token { known: true, ..Token::new(&text) }]);
        } else if let Some(text) = turned {
            tokens.splice(at..at + 2, [Token { known: true, ..Token::new(&text) }]);
        } else if let Some(n) = fused {
            let texts: Vec<&str> = tokens[at..at + n].iter().map(|t| t.text.as_str()).collect();
            // As it was typed: it may stand in a reason.
            let one = Token { known: true, text: texts.join(" "), ..Token::new(&texts.join("-")) };
            tokens.splice(at..at + n, [one]);
        }
        at += 1;
    }
}

/// "the gate before deploy" is the one that deploy waits at; "add the gate before deploy" is another.
fn gates_by_place(world: &World, tokens: &mut Vec<Token>) {
    const NEW: &[&str] = &["add", "insert", "put", "create", "make", "new", "place", "set", "move"];
    let mut at = 0;
    while at + 3 < tokens.len() {
        if words(&tokens[at..]).get(2..5) == Some(&["in", "front", "of"]) && at + 5 < tokens.len() {
            tokens.splice(at + 2..at + 5, [Token::new("before")]);
        }
        let (all, step) = (words(&tokens[at..at + 3]), &tokens[at + 3]);
        let begun = tokens[..at].iter().rposition(Token::ends).map_or(0, |i| i + 1);
        let is_new = tokens[begun..at].iter().any(|t| NEW.contains(&t.word.as_str()));
        let place = match all.as_slice() {
            ["the", "gate", "before" | "of" | "for"] => world.depends_on(&step.word),
            ["the", "gate", "after"] => world.followers(&step.word),
            _ => Vec::new(),
        };
        let gates: Vec<&String> = place.iter().filter(|id| world.sequence().gate(id).is_some()).collect();
        if let [gate] = gates.as_slice()
            && step.known
            && !is_new
            && !tokens[at + 1].known
        {
            tokens.splice(at..at + 4, [Token { known: true, ..Token::new(gate) }]);
        }
        at += 1;
    }
}

fn mend(world: &mut World, tokens: &mut [Token]) {
    for at in 0..tokens.len() {
        if tokens[at].known || tokens[at].quoted || tokens[at].is_mark() {
            continue;
        }
        let word = tokens[at].word.clone();
        let after_lead = lead(&tokens[..at]);
        let begins_clause = after_lead == at
            || tokens[..at]
                .last()
                .is_some_and(|t| t.is_mark() || matches!(t.word.as_str(), "and" | "then" | "please" | "you"));
        let right = if begins_clause && verb(&words(&tokens[at..])).is_none() && !is_question_word(&word) {
            unique(MENDED.iter().copied(), &word)
        } else if tokens[at + 1..].iter().take(3).any(|t| t.known || t.word == "it") {
            unique(["before", "after", "between", "parallel"].into_iter(), &word)
        } else {
            None
        };
        if let Some(right) = right {
            world.note(format!("I read \u{201c}{}\u{201d} as \u{201c}{right}\u{201d}.", tokens[at].text));
            tokens[at].word = right.to_owned();
        }
    }
}

fn unique<'w>(among: impl Iterator<Item = &'w str>, word: &str) -> Option<&'w str> {
    if word.len() < 3 {
        return None;
    }
    let mut near = among.filter(|w| slipped(word, w));
    near.next().filter(|first| near.all(|other| strsim::levenshtein(first, other) <= 1))
}

//! What the second of two requests leaves out: `add a after b and c after d`, `set the timeout of a to 5m and its retries to 2`.

use super::clause::{is_question_word, lead, states};
use super::field::field;
use super::lexicon::{PREPS, Prep, Verb, begins, verb};
use super::saying::SAYINGS;
use super::token::{Token, words};

/// The words that what follows leaves out, of the request before it; `None` where it goes on, or is whole itself.
pub(super) fn left_out(part: &[Token], rest: &[Token]) -> Option<Vec<Token>> {
    let all = words(part);
    let from = lead(part);
    let Some((found, n)) = verb(&all[from..]).filter(|_| !part[from].known) else {
        return says_more(&part[from..], rest);
    };
    // "run a again and then b".
    let again = matches!(found, Verb::Run | Verb::Restart) && part.last().is_some_and(|t| t.word == "again");
    if again
        && rest.len() > 1
        && rest[0].word == "then"
        && rest.iter().skip(1).find(|t| t.word != "the").is_some_and(|t| t.known)
    {
        return Some(vec![Token::new("run")]);
    }
    let end =
        rest.iter().position(|t| t.is_mark() || t.word == "and" || t.word == "then").unwrap_or(rest.len());
    let rest = &rest[..end];
    let request = &part[from..];
    let carried = match found {
        Verb::Add | Verb::Insert => placed_again(request, rest).then_some(n),
        Verb::Connect | Verb::Disconnect | Verb::Rename => {
            let same = |word: &str| {
                let at = rest.iter().position(|t| t.word == word && !t.known);
                let both =
                    at.is_some_and(|at| at > 0 && at + 1 < rest.len() && rest[..at].iter().any(|t| t.known));
                both && request.iter().any(|t| t.word == word && !t.known)
            };
            ["from", "to", "->"].into_iter().any(same).then_some(n)
        }
        Verb::Make => {
            let says = |tokens: &[Token]| {
                let all = words(tokens);
                (1..all.len()).any(|at| SAYINGS.iter().any(|(p, _)| begins(&all[at..], p).is_some()))
            };
            // "let a and b run" says it of both.
            (rest.first()?.known && says(rest) && says(request)).then_some(n)
        }
        Verb::Give => {
            let given =
                rest.get(1).is_some_and(|t| !t.known && t.word.parse::<u64>().is_ok() || t.word == "a");
            // "give a and b 3 retries" says it of both.
            let names =
                |t: &Token| t.known || t.is_mark() || matches!(t.word.as_str(), "and" | "the" | "both");
            let whole = !request[n..].iter().all(names);
            (rest.first()?.known && given && whole).then_some(n)
        }
        Verb::Set => set_again(request, rest, n),
        _ => None,
    }?;
    Some(request[..carried].to_vec())
}

/// `it should run x and time out after 5m` says both of the one.
fn says_more(part: &[Token], rest: &[Token]) -> Option<Vec<Token>> {
    let what = words(rest);
    let more = SAYINGS.iter().any(|(p, _)| begins(&what, p).is_some()) && verb(&what).is_none();
    let modal = part.iter().position(|t| matches!(t.word.as_str(), "should" | "must" | "shall"))?;
    (more && states(part) && !part[modal + 1..].iter().any(|t| t.word == "not"))
        .then(|| part[..=modal].to_vec())
}

/// `… and its retries to 2` leaves out the verb, `… and b to 10 minutes` the field, too.
fn set_again(request: &[Token], rest: &[Token], verb: usize) -> Option<usize> {
    let is_to = |t: &Token| t.word == "to" && !t.known;
    let to = rest.iter().position(is_to)?;
    let first = request.iter().position(is_to)?;
    if rest.first()?.known {
        let of = request[..first].iter().position(|t| matches!(t.word.as_str(), "of" | "for") && !t.known)?;
        return (to == 1).then_some(of + 1);
    }
    let is_field = matches!(rest[0].word.as_str(), "its" | "their" | "the") || field(&rest[..1]).is_some();
    (is_field && field(&rest[..to]).is_some()).then_some(verb)
}

/// `c after d`: something new, and its place beside something known or named before.
fn placed_again(request: &[Token], rest: &[Token]) -> bool {
    let place = |tokens: &[Token]| {
        let begins_at = |at: usize| {
            let all = words(&tokens[at..]);
            let (phrase, prep) = PREPS.iter().find(|(p, _)| begins(&all, p).is_some())?;
            let after = &tokens[at + phrase.split(' ').count()..];
            let named = |t: &Token| {
                t.known
                    || matches!(t.word.as_str(), "that" | "it" | "this")
                    || !t.is_mark() && t.word.len() > 2 && request.iter().any(|r| r.word == t.word)
            };
            let is_place = matches!(prep, Prep::After | Prep::Before | Prep::Between);
            (is_place && after.iter().take(3).any(named) && !tokens[at].known && !tokens[at].quoted)
                .then_some(at)
        };
        (0..tokens.len()).find_map(begins_at)
    };
    let Some(at) = place(rest) else { return false };
    let new = &rest[..at];
    let is_new = (1..=5).contains(&at)
        && !new.iter().any(|t| t.known || is_question_word(&t.word))
        && verb(&words(new)).is_none()
        && !states(rest);
    is_new && place(request).is_some()
}

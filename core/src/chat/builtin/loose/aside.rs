//! What something new is called, and why something is decided.

use super::super::frame::noun;
use super::super::lexicon::{NEGATIONS, begins, verb};
use super::super::token::{Token, text, words};
use super::idle::IDLE;
use super::said::Act;
use super::taking::Taking;
use super::vocabulary::LISTED;

/// What stands before a reason.
const BEGINS: &[&str] = &[",", ":", "-", "\u{2013}", "\u{2014}", "because", "since", "reason"];

impl Taking<'_> {
    /// Why, behind a decision: after a word that says so, or a sentence of its own behind a mark.
    pub fn reason(&mut self) -> Option<usize> {
        let decides = matches!(self.said.act, Some(Act::Approve | Act::Refuse));
        if !decides || self.said.whom.is_empty() || self.said.reason.is_some() || self.rel.is_some() {
            return None;
        }
        let rest = self.rest();
        let mark = rest[0].is_mark() || matches!(rest[0].word.as_str(), "-" | "\u{2013}" | "\u{2014}");
        let skip =
            rest.iter().take_while(|t| !t.quoted && !t.known && BEGINS.contains(&t.word.as_str())).count();
        let named = skip > 0 && rest[skip - 1].word == "reason";
        let skip = skip
            + usize::from(named && rest.get(skip).is_some_and(|t| matches!(t.word.as_str(), "is" | ":")));
        let told = rest.get(skip..).filter(|told| !told.is_empty())?;
        let said_so = rest[..skip].iter().any(|t| matches!(t.word.as_str(), "because" | "since" | "reason"));
        let quoted = told.len() == 1 && told[0].quoted;
        let plain = |t: &Token| {
            !t.quoted
                && !matches!(
                    t.word.as_str(),
                    "if" | "unless" | "until" | "then" | "but" | "please" | "maybe" | "once" | "when" | "or"
                )
        };
        let all = words(told);
        let says = all.iter().any(|w| matches!(*w, "is" | "are" | "was" | "were" | "has" | "have"));
        let back = matches!(all.as_slice(), ["send" | "give" | "pass" | "kick", "it" | "them" | "that", ..]);
        let whom = |t: &Token| t.known || matches!(t.word.as_str(), "the" | "it" | "them" | "that");
        let asks = verb(&all).is_some() && told.get(1).is_some_and(whom);
        let request = (verb(&all).is_some() || told[0].known) && !says
            || asks
            || told.len() < 2
            || back
            || all.contains(&"and");
        let lacks = all[0] == "no" && self.said.act == Some(Act::Refuse) && all.len() > 1;
        // "draft ok, slides again": what can be asked for is no reason.
        let request = request || !said_so && !quoted && super::read(self.world, told).is_some();
        let sentence = mark && !request && (lacks || !NEGATIONS.contains(&all[0]));
        let fits = quoted && skip > 0 || told.iter().all(plain) && (said_so || sentence);
        fits.then(|| {
            self.said.reason = Some(if quoted { told[0].text.clone() } else { text(told) });
            skip + told.len()
        })
    }

    /// What something new is called: a word that nothing else explains, where a name is said.
    pub fn name(&mut self) -> Option<()> {
        const NAMES: &[&str] = &[
            "step", "task", "job", "gate", "called", "named", "name", "id", "it", ":", "new", "add",
            "insert", "group", "as", "create", "allow", "forbid", "disallow", "permit", "is", "second",
            "another", "remove", "drop", "delete", "approval",
        ];
        let first = self.at.checked_sub(1).map(|at| &self.tokens[at]);
        let listed = (0..self.tokens.len())
            .any(|at| LISTED.iter().any(|p| begins(&words(&self.tokens[at..]), p).is_some()));
        let lists = matches!(self.said.act, Some(Act::Allow | Act::Deny)) || listed;
        let named = first.is_some_and(|t| !t.known && !t.quoted && NAMES.contains(&t.word.as_str()));
        let more = lists && first.is_some_and(|t| t.word == "and" || t.word == ",");
        if self.rel.is_some() || self.not || !(named || more) {
            return None;
        }
        let (id, n) = noun::new(self.world, self.rest())?;
        if IDLE.contains(&self.rest()[0].word.as_str()) || !lists && !self.said.names.is_empty() {
            return None;
        }
        if self.said.act.is_none() && self.fresh() {
            self.said.act = Some(Act::Add);
        }
        self.said.names.push(id);
        self.at += n;
        Some(())
    }

    /// Something new was spoken of: "a step", "another gate".
    fn fresh(&self) -> bool {
        let all = words(&self.tokens[..self.at]);
        let noun = |w: &str| matches!(w, "step" | "task" | "job" | "gate" | "approval" | "checkpoint");
        let new =
            |w: &str| matches!(w, "a" | "an" | "another" | "second" | "additional" | "extra" | "further");
        let one_more = || all.windows(3).any(|w| w[..2] == ["one", "more"] && noun(w[2]));
        one_more()
            || all.windows(2).any(|w| new(w[0]) && noun(w[1]))
            || all.windows(3).any(|w| new(w[0]) && noun(w[2]))
    }
}

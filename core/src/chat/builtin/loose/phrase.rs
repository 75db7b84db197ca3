//! The phrases of a stretch of words, and what each says.

use super::super::frame::{option, pattern};
use super::super::lexicon::begins;
use super::super::token::words;
use super::facts;
use super::idle::IDLE_PHRASES;
use super::said::{Act, Phrase, Said};
use super::taking::Taking;
use super::vocabulary::{ACTS, DETACH, FAILS, GIVES, LISTED, NOTS, RELS};

impl Taking<'_> {
    pub fn phrase(&self) -> Option<(Phrase, usize)> {
        let rest = self.rest();
        let all = words(rest);
        let plain = |n: usize| rest[..n].iter().all(|t| !t.known && !t.quoted);
        let mut best: Option<(Phrase, usize)> = None;
        let mut offer = |phrase: Phrase, n: usize| {
            if best.as_ref().is_none_or(|(_, most)| n > *most) {
                best = Some((phrase, n));
            }
        };
        // "allow jq" starts nothing.
        let lists = matches!(self.said.act, Some(Act::Allow | Act::Deny));
        let facts = facts::facts(self.world, rest, self.not).into_iter();
        let starts = |p: &Phrase| matches!(p, Phrase::Fact(options) if !options.command.is_empty());
        facts.filter(|(phrase, _)| !(lists && starts(phrase))).for_each(|(phrase, n)| offer(phrase, n));
        let of =
            |phrases: &[&str]| phrases.iter().filter_map(|p| begins(&all, p)).filter(|n| plain(*n)).max();
        for (words, rel) in RELS {
            let _ = begins(&all, words).filter(|n| plain(*n)).map(|n| offer(Phrase::Rel(*rel), n));
        }
        // "qa: no, three bugs" refuses; "no retries" does not.
        let no = all[0] == "no" && all.get(1).is_none_or(|w| *w == ",");
        if no {
            offer(Phrase::Act(Act::Refuse), 1);
        }
        pattern::fit(self.world, GIVES, rest, &mut |_, n| {
            offer(Phrase::Act(Act::Approve), n);
            true
        });
        // "the testers are happy" is said as "the tester is happy".
        let one: Vec<&str> = all.iter().map(|w| if *w == "are" { "is" } else { w }).collect();
        for (words, act) in ACTS {
            let found = begins(&all, words).or_else(|| begins(&one, words));
            let _ = found.filter(|n| plain(*n)).map(|n| offer(Phrase::Act(*act), n));
        }
        for (phrase, words) in [
            (Phrase::Detach, DETACH),
            (Phrase::Not, NOTS),
            (Phrase::Idle, IDLE_PHRASES),
            (Phrase::Listed, LISTED),
            (Phrase::OnFailure, FAILS),
        ] {
            let _ = of(words).map(|n| offer(phrase, n));
        }
        best
    }

    pub fn take(&mut self, phrase: Phrase) -> Option<()> {
        if self.rel.is_some() && !matches!(phrase, Phrase::Idle) {
            return None;
        }
        match phrase {
            Phrase::Act(act) => self.act(act)?,
            Phrase::Rel(rel) => self.rel = Some(rel),
            Phrase::Not => (self.not, self.denied) = (true, true),
            Phrase::Limit(options) => {
                self.not = false;
                self.said.options = option::joined(&self.said.options, &options)?;
            }
            // "the measure review" is another thing than `measure`.
            Phrase::Fact(options)
                if options.flags == ["--review"]
                    && changed(&self.said)
                    && self.at > 1
                    && self.tokens[self.at - 2].known =>
            {
                return None;
            }
            Phrase::Fact(options) if self.not => {
                self.not = false;
                self.said.dropped.push(options);
            }
            Phrase::Fact(options) => self.said.options = option::joined(&self.said.options, &options)?,
            Phrase::Title(title) if self.said.title.is_none() && !self.not => self.said.title = Some(title),
            Phrase::Budget(flag, n) if self.said.budget.is_none() => {
                self.said.budget = Some((flag, n));
                self.not = false;
            }
            Phrase::Detach => self.said.detach = true,
            Phrase::Listed => self.said.listed = true,
            Phrase::OnFailure => self.said.on_failure = true,
            Phrase::Idle => {}
            _ => return None,
        }
        Some(())
    }

    fn act(&mut self, act: Act) -> Option<()> {
        // "I have approved it" tells what is done already.
        let told =
            self.tokens[..self.at].iter().any(|t| matches!(t.word.as_str(), "i" | "we" | "you" | "they"));
        let past = self.tokens[self.at - 1].word.ends_with("ed");
        let by_them = past
            && self.tokens.get(self.at).is_some_and(|t| matches!(t.word.as_str(), "it" | "them" | "this"));
        // "legal is ok" tells how it is.
        let ok = matches!(self.tokens[self.at - 1].word.as_str(), "ok" | "okay");
        let is = ok
            && self.tokens[..self.at]
                .iter()
                .any(|t| matches!(t.word.as_str(), "is" | "are" | "looks" | "was"));
        // "lint can be removed" leaves it open.
        let may =
            past && self.tokens[..self.at].iter().any(|t| matches!(t.word.as_str(), "can" | "may" | "could"));
        if self.not || may || told && past || by_them || is {
            return None;
        }
        let act = match (self.said.act, act) {
            (None | Some(Act::Run), Act::Again) => Act::Again,
            (None, act) => act,
            (Some(Act::Add), Act::Insert) | (Some(Act::Insert), Act::Add) => Act::Insert,
            (Some(before), act) if before == act => act,
            _ => return None,
        };
        self.said.act = Some(act);
        self.said.verdict |= matches!(self.tokens[self.at - 1].word.as_str(), "passed" | "failed");
        self.said.why |= self.tokens[self.at - 1].word == "changes";
        Some(())
    }
}

/// Whether something was said of how a step is to be.
fn changed(said: &Said) -> bool {
    !said.options.flags.is_empty() || !said.options.command.is_empty()
}

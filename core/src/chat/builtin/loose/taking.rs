//! Takes a stretch of words apart. Every word is something that is mentioned, or adds nothing.

use super::super::frame::{noun, option};
use super::super::lexicon::{NEGATIONS, begins, verb};
use super::super::token::{Token, text, words};
use super::super::world::World;
use super::idle::{IDLE, IDLE_PHRASES, OVER};
use super::said::{Act, Beside, Phrase, Rel, Said};
use super::vocabulary::{ACTS, DETACH, FAILS, LISTED, NOTS, RELS, STARTS};
use super::{facts, sets};

/// Takes words apart; `None` where one of them adds something that nothing explains.
pub(super) fn said(world: &World, tokens: &[Token]) -> Option<Said> {
    let mut taking =
        Taking { world, tokens, at: 0, said: Said::default(), rel: None, not: false, denied: false };
    while taking.at < tokens.len() {
        taking.one()?;
    }
    taking.whole()
}

struct Taking<'a> {
    world: &'a World,
    tokens: &'a [Token],
    at: usize,
    said: Said,
    /// What is said next stands so to it.
    rel: Option<Rel>,
    /// What is said next is denied.
    not: bool,
    /// Something was.
    denied: bool,
}

impl<'a> Taking<'a> {
    fn rest(&self) -> &'a [Token] {
        &self.tokens[self.at..]
    }

    fn one(&mut self) -> Option<()> {
        if let Some(n) = self.reason() {
            self.at += n;
            return Some(());
        }
        if self.rest()[0].known {
            return self.nodes();
        }
        if self.rel.is_some() && self.nodes().is_some() {
            return Some(());
        }
        if let Some((phrase, n)) = self.phrase() {
            self.at += n;
            return self.take(phrase);
        }
        self.nodes().or_else(|| self.name()).or_else(|| self.path()).or_else(|| self.idle())
    }

    /// A file of those that are kept.
    fn path(&mut self) -> Option<()> {
        let first = &self.rest()[0];
        let path =
            !first.quoted && !first.is_mark() && first.text.contains(['/', '*', '.']) && self.rel.is_none();
        path.then(|| {
            self.said.paths.push(first.text.clone());
            self.at += 1;
        })
    }

    /// Why, behind a decision: after a word that says so, or a sentence of its own behind a mark.
    fn reason(&mut self) -> Option<usize> {
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
        let request =
            (verb(&all).is_some() || told[0].known) && !says || told.len() < 2 || all.contains(&"and");
        let sentence = mark && !request && !NEGATIONS.contains(&all[0]);
        let fits = quoted && skip > 0 || told.iter().all(plain) && (said_so || sentence);
        fits.then(|| {
            self.said.reason = Some(if quoted { told[0].text.clone() } else { text(told) });
            skip + told.len()
        })
    }

    /// What is there already.
    fn nodes(&mut self) -> Option<()> {
        if let Some(n) = self.pronoun() {
            self.at += n;
            return Some(());
        }
        let rest = self.rest();
        let (ids, n, set) = match sets::set(self.world, rest) {
            Some((ids, n)) => (ids, n, true),
            None => {
                let (ids, n) = sets::the_gate(self.world, rest)
                    .or_else(|| noun::listed(self.world, rest).into_iter().next())?;
                (ids, n, false)
            }
        };
        let n = match self.rel {
            Some(rel) => n + self.over(rel, n)?,
            None => n,
        };
        let again = !self.said.whom.is_empty();
        let other = self.rel.is_none() && again && (ids != self.said.whom || !self.said.beside.is_empty());
        if other || self.is_place(rest) {
            return None;
        }
        let groups: Vec<&Token> =
            rest[..n].iter().filter(|t| t.known && !self.world.members(&t.word).is_empty()).collect();
        self.said.group = groups.first().filter(|_| ids.len() > 1).map(|t| t.word.clone());
        let before = self.at.checked_sub(1).map(|at| self.tokens[at].word.as_str());
        let bare = matches!(before, Some("after" | "before" | "behind"));
        self.at += n;
        self.said.set |= set;
        match self.rel.take() {
            Some(rel) => {
                let not = std::mem::take(&mut self.not);
                self.said.beside.push(Beside { rel, not, ids, bare });
                if rel == Rel::Back && self.said.act.is_none() {
                    self.said.act = Some(Act::Refuse);
                }
            }
            None => self.said.whom = ids,
        }
        Some(())
    }

    /// "the last one" names no step that is called so.
    fn is_place(&self, rest: &[Token]) -> bool {
        let place =
            |w: &str| matches!(w, "last" | "first" | "new" | "next" | "final" | "latest" | "previous");
        let article = |t: &Token| matches!(t.word.as_str(), "the" | "this" | "that");
        let before = self.at.checked_sub(1).is_some_and(|at| article(&self.tokens[at]));
        before && place(&rest[0].word) || article(&rest[0]) && rest.get(1).is_some_and(|t| place(&t.word))
    }

    /// How many words say that it has ended, or begins.
    fn over(&self, rel: Rel, n: usize) -> Option<usize> {
        let rest = &self.rest()[n..];
        let over =
            rest.iter().take_while(|t| !t.known && !t.quoted && OVER.contains(&t.word.as_str())).count();
        (over > 0 || rel != Rel::When).then_some(over)
    }

    /// "it", where it is clear what that is.
    fn pronoun(&self) -> Option<usize> {
        const PRONOUNS: &[&str] = &["it", "its", "them", "they", "that", "this", "these", "those", "itself"];
        let first = self.rest().first().filter(|t| !t.known && PRONOUNS.contains(&t.word.as_str()))?;
        let points = matches!(first.word.as_str(), "that" | "this" | "these" | "those");
        let next = self.rest().get(1);
        let joins = points && next.is_some_and(|t| t.known || IDLE.contains(&t.word.as_str()));
        let spoken = !self.said.whom.is_empty() || !self.said.names.is_empty();
        let spoken = spoken || matches!(self.said.act, Some(Act::Add | Act::Insert));
        let clear = spoken && self.rel.is_none() && self.said.beside.iter().all(|b| b.rel == Rel::Back);
        let new = self.rel.is_none()
            && (!self.said.names.is_empty() || matches!(self.said.act, Some(Act::Add | Act::Insert)));
        (joins || clear || new).then_some(1)
    }

    fn phrase(&self) -> Option<(Phrase, usize)> {
        let rest = self.rest();
        let all = words(rest);
        let plain = |n: usize| rest[..n].iter().all(|t| !t.known && !t.quoted);
        let mut best: Option<(Phrase, usize)> = None;
        let mut offer = |phrase: Phrase, n: usize| {
            if best.as_ref().is_none_or(|(_, most)| n > *most) {
                best = Some((phrase, n));
            }
        };
        for (phrase, n) in facts::facts(self.world, rest, self.not) {
            offer(phrase, n);
        }
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
        for (words, act) in ACTS {
            let _ = begins(&all, words).filter(|n| plain(*n)).map(|n| offer(Phrase::Act(*act), n));
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

    fn take(&mut self, phrase: Phrase) -> Option<()> {
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
        Some(())
    }

    /// What something new is called: a word that nothing else explains, where a name is said.
    fn name(&mut self) -> Option<()> {
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

    /// "not from build but from test": it is said of another what was said before.
    fn again_beside(&self) -> Option<Rel> {
        let prep = matches!(self.rest()[0].word.as_str(), "from" | "for" | "on" | "after" | "of" | "upon");
        let before = self.at.checked_sub(1).map(|at| self.tokens[at].word.as_str());
        let goes_on =
            matches!(before, Some("but" | "and" | "," | "than" | "of" | "rather" | "not" | "instead"));
        self.said.beside.last().map(|b| b.rel).filter(|_| prep && goes_on)
    }

    fn idle(&mut self) -> Option<()> {
        let first = &self.rest()[0];
        let word = first.word.as_str();
        if first.known {
            return None;
        }
        if let Some(rel) = self.again_beside() {
            self.rel = Some(rel);
            self.at += 1;
            return Some(());
        }
        match word {
            _ if first.quoted => return None,
            "only" => (self.said.only, self.said.more) = (true, true),
            "longer" | "anymore" | "more" if !self.denied => return None,
            "longer" | "anymore" | "more" => (self.said.more, self.said.anymore) = (true, true),
            "finished" | "done" | "complete" => self.said.more = true,
            "spend" | "spending" | "cost" | "costs" | "budget" => self.said.spends = true,
            "gate" | "approval" | "checkpoint" => self.said.gate = true,
            "but" => self.not = false,
            "too" | "also" | "additionally" | "must" | "should" | "shall" | "has" | "needs" | "always"
            | "come" | "comes" => {
                self.said.more = true;
                if STARTS.contains(&word) {
                    self.start();
                }
            }
            "retry" | "retries" | "retried" => self.said.fields.push("--retry"),
            "timeout" | "limit" | "deadline" => self.said.fields.push("--timeout"),
            "lane" | "row" => self.said.fields.push("--lane"),
            "model" | "agent" => self.said.fields.push("--model"),
            "artifact" | "artifacts" => self.said.artifacts = true,
            "send" | "sends" | "sent" => self.said.sent = true,
            word if STARTS.contains(&word) => self.start(),
            _ if first.word == "," || first.word == ":" || IDLE.contains(&word) => {}
            _ => return None,
        }
        self.at += 1;
        Some(())
    }

    /// "run build" asks for it at once; "build is to run after test" tells an order.
    fn start(&mut self) {
        let asks = self.said.act.is_none() && self.said.whom.is_empty() && self.said.beside.is_empty();
        let bare = matches!(self.rest()[0].word.as_str(), "run" | "start" | "launch" | "begin" | "execute");
        if asks && bare { self.said.act = Some(Act::Run) } else { self.said.starts = true }
    }

    fn whole(self) -> Option<Said> {
        let mut said = self.said;
        if said.spends && said.budget.is_none()
            || said.artifacts == said.paths.is_empty()
            || said.sent && !said.beside.iter().any(|b| b.rel == Rel::Back)
            || said.fields.iter().any(|field| !said.options.flags.iter().any(|f| f == field))
        {
            return None;
        }
        for path in std::mem::take(&mut said.paths) {
            said.options.flag("--artifact", path);
        }
        let placed = said.beside.iter().any(|b| b.rel != Rel::Back);
        let retries = said.options.flags.iter().any(|f| f == "--retry");
        let fits = self.rel.is_none()
            && !self.not
            && (!said.only || placed)
            && (!said.on_failure || retries)
            && (!said.starts || placed || !said.options.flags.is_empty() || !said.options.command.is_empty());
        fits.then_some(said)
    }
}

/// What stands before a reason.
const BEGINS: &[&str] = &[",", ":", "-", "\u{2013}", "\u{2014}", "because", "since", "reason"];

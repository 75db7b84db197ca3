//! Takes a stretch of words apart. Every word is something that is mentioned, or adds nothing.

use super::super::frame::{noun, spans};
use super::super::saying::is_over;
use super::super::token::Token;
use super::super::world::World;
use super::idle::IDLE;
use super::said::{Act, Beside, Rel, Said};
use super::sets;
use super::vocabulary::STARTS;

/// Takes words apart; `None` where one of them adds something that nothing explains.
pub(super) fn said(world: &World, tokens: &[Token]) -> Option<Said> {
    let mut taking =
        Taking { world, tokens, at: 0, said: Said::default(), rel: None, not: false, denied: false };
    while taking.at < tokens.len() {
        taking.one()?;
    }
    taking.whole()
}

pub(super) struct Taking<'a> {
    pub world: &'a World,
    pub tokens: &'a [Token],
    pub at: usize,
    pub said: Said,
    /// What is said next stands so to it.
    pub rel: Option<Rel>,
    /// What is said next is denied.
    pub not: bool,
    /// Something was.
    pub denied: bool,
}

impl<'a> Taking<'a> {
    pub fn rest(&self) -> &'a [Token] {
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
        // "finance approved the forecast": what comes before a gate is what is decided there.
        let decided = |gate: &String| {
            self.world.sequence().gate(gate).is_some()
                && ids
                    .iter()
                    .all(|id| self.world.comes_after(gate, id) || self.world.depends_on(id).contains(gate))
        };
        let decides = matches!(self.said.act, Some(Act::Approve | Act::Refuse)) && self.rel.is_none();
        if decides && matches!(self.said.whom.as_slice(), [gate] if decided(gate)) {
            self.at += n;
            return Some(());
        }
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
        let over = rest.iter().take_while(|t| is_over(t)).count();
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
        let next = self.rest().get(1);
        let paced = matches!(word, "every" | "each") && !spans(&self.rest()[1..]).is_empty();
        match word {
            _ if first.quoted || paced => return None,
            // "from build on" is no build alone.
            "from" if next.is_some_and(|t| t.known) => return None,
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
            && (!said.starts
                || placed
                || said.act == Some(Act::Group)
                || !said.options.flags.is_empty()
                || !said.options.command.is_empty());
        fits.then_some(said)
    }
}

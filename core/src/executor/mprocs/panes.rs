//! The panes that wait, and what is to be started in them: who gets which ticket, and when it is too late.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::PaneName;
use crate::id::StepId;
use crate::wrapper::{AttemptKey, Job, SpawnEvent};

/// How long a pane may take to take its ticket, and then to start the attempt, unless it is seen at work.
pub const START_WITHIN: Duration = Duration::from_secs(3);
/// The code of an attempt that no pane started in time.
pub const NO_START: &str = "MPROCS_NO_START";
/// How long an attempt may take in all where the machine is so busy that its pane does not come to it: as long as the
/// pane is seen at work, it gets one ticket after the other.
const AT_MOST: Duration = Duration::from_secs(60);
/// What a message of a start may take longer than the start.
const ON_ITS_WAY: Duration = Duration::from_millis(100);
/// A pane that is asleep is looked at once more after this: it may have said something that we have not read yet.
const SECOND_LOOK: Duration = Duration::from_millis(400);

/// Which connection a pane has.
pub type Client = u64;

/// What a pane does.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Doing {
    Waits,
    /// It was offered an attempt, or has it.
    Has(AttemptKey),
}

#[derive(Debug)]
struct Pane {
    name: PaneName,
    doing: Doing,
}

/// An attempt that has not begun yet.
#[derive(Debug)]
struct Pending {
    job: Job,
    /// When its start was asked for.
    asked_at: Duration,
    start_by: Duration,
    /// When it is found out whether a pane is still at it.
    look_at: Duration,
    /// At the last look its pane was asleep.
    asleep: bool,
    /// To whom, and the ticket, until it was redeemed.
    offered: Option<(Client, Option<String>)>,
}

impl Pending {
    /// It has its time anew.
    fn begin_by(&mut self, start_by: Duration) {
        self.start_by = start_by;
        self.look_at = start_by + ON_ITS_WAY;
        self.asleep = false;
    }

    /// Whether nobody will begin it any more. One look is not enough, nor one that comes late itself: then the machine
    /// is so busy that a word of the pane may lie unread.
    fn is_over(&mut self, now: Duration, at_work: &impl Fn(Option<Client>) -> bool) -> bool {
        let client = self.offered.as_ref().map(|(client, _)| *client);
        let asleep = now < self.look_at + ON_ITS_WAY && !at_work(client);
        if (asleep && self.asleep) || now > self.asked_at + AT_MOST {
            return true;
        }
        self.asleep = asleep;
        self.look_at = now + SECOND_LOOK;
        false
    }
}

/// Whether a pane can be had for a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// One waits.
    Free,
    /// All that it could have are at work.
    Busy,
    /// None is there: they are on their way, or gone.
    Nobody,
}

/// Why a ticket is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Nobody was given such a ticket, or it was used or taken back.
    Unknown,
    /// It was given to another pane.
    NotYours,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Unknown => "there is no such ticket: it was used, taken back, or never given",
            Self::NotYours => "this ticket was given to another pane",
        })
    }
}

/// An attempt that should have begun by now.
#[derive(Debug)]
pub struct Overdue {
    /// Its job.
    pub job: Job,
    /// Why, as far as it is known.
    pub why: String,
    /// How long it was waited for.
    pub waited: Duration,
    /// A pane has its job: it may have begun, which its lock tells.
    pub handed_over: bool,
}

/// The panes of the session and what waits for them.
#[derive(Debug, Default)]
pub struct Panes {
    panes: BTreeMap<Client, Pane>,
    /// Until when those that are not there yet may still come; whoever knows the session sets it.
    pub may_come_until: Option<Instant>,
    pending: VecDeque<Pending>,
}

impl Panes {
    /// A pane waits for work.
    pub fn waits(&mut self, client: Client, name: PaneName) {
        self.panes.insert(client, Pane { name, doing: Doing::Waits });
    }

    /// Whether a connection is that of a pane.
    pub fn knows(&self, client: Client) -> bool {
        self.panes.contains_key(&client)
    }

    /// How many panes there are.
    pub fn len(&self) -> usize {
        self.panes.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.panes.is_empty()
    }

    /// Whether a step can have a pane now. Those that are about to be started here (`starting`) come first.
    pub fn room<'a>(&self, step: &StepId, starting: impl Iterator<Item = &'a StepId>) -> Room {
        let mut free = 0;
        let mut any = false;
        for pane in self.panes.values() {
            let own = matches!(&pane.name, PaneName::Step(of) if of == step);
            if !own && !matches!(pane.name, PaneName::Slot(_)) {
                continue;
            }
            any = true;
            match pane.doing {
                Doing::Waits if own => return Room::Free,
                Doing::Waits => free += 1,
                Doing::Has(_) => {}
            }
        }
        let queued = || {
            let own_waits = |id: &StepId| {
                let is_own = |p: &&Pane| matches!(&p.name, PaneName::Step(of) if of == id);
                self.panes.values().filter(is_own).any(|p| p.doing == Doing::Waits)
            };
            let queued = self.pending.iter().filter(|p| p.offered.is_none()).count();
            queued + starting.filter(|id| !own_waits(id)).count()
        };
        match (free > 0 && free > queued(), any) {
            (true, _) => Room::Free,
            (false, true) => Room::Busy,
            (false, false) => Room::Nobody,
        }
    }

    /// Has an attempt started in a pane that takes its ticket not later than [`START_WITHIN`] from `now`.
    pub fn start(&mut self, job: Job, now: Duration) {
        let (asked_at, start_by) = (now, now + START_WITHIN);
        let look_at = start_by + ON_ITS_WAY;
        self.pending.push_back(Pending { job, asked_at, start_by, look_at, asleep: false, offered: None });
    }

    /// Whether an attempt has not begun and may still do so.
    pub fn is_pending(&self, step: &StepId) -> bool {
        self.pending.iter().any(|p| p.job.step_id == *step)
    }

    /// Gives waiting panes what waits for them: who gets which ticket. `ticket` makes one that nobody can guess. A
    /// step whose own pane `may_come` gets no slot before.
    pub fn offer(
        &mut self,
        mut ticket: impl FnMut() -> Option<String>,
        may_come: impl Fn(&StepId) -> bool,
    ) -> Vec<(Client, PaneName, StepId, String)> {
        let mut offers = Vec::new();
        for pending in self.pending.iter_mut().filter(|p| p.offered.is_none()) {
            let step = &pending.job.step_id;
            let waits = |p: &Pane| p.doing == Doing::Waits;
            let own = self.panes.iter().find(|(_, p)| matches!(&p.name, PaneName::Step(of) if of == step));
            let found = match own {
                Some((client, pane)) if waits(pane) => Some(client),
                None if may_come(step) => None,
                _ => {
                    let mut slots = self.panes.iter().filter(|(_, p)| matches!(p.name, PaneName::Slot(_)));
                    slots.find(|(_, p)| waits(p)).map(|(client, _)| client)
                }
            };
            let Some(client) = found.copied() else { continue };
            let Some(ticket) = ticket() else { break };
            if let Some(pane) = self.panes.get_mut(&client) {
                pane.doing = Doing::Has(pending.job.key());
                offers.push((client, pane.name.clone(), step.clone(), ticket.clone()));
            }
            pending.offered = Some((client, Some(ticket)));
        }
        offers
    }

    /// Takes a ticket: the job, and until when it may begin. A pane that takes one lives: it has its own time to begin,
    /// however late its turn came on a busy machine.
    ///
    /// # Errors
    /// A [`Refusal`]; nothing changed then.
    pub fn redeem(
        &mut self,
        client: Client,
        ticket: &str,
        now: Duration,
    ) -> Result<(Job, Duration), Refusal> {
        let given = |p: &&mut Pending| {
            p.offered.as_ref().is_some_and(|(_, given)| given.as_deref().is_some_and(|t| same(t, ticket)))
        };
        let pending = self.pending.iter_mut().find(given).ok_or(Refusal::Unknown)?;
        if pending.offered.as_ref().is_none_or(|(to, _)| *to != client) {
            return Err(Refusal::NotYours);
        }
        pending.offered = Some((client, None));
        pending.begin_by(now + START_WITHIN);
        Ok((pending.job.clone(), pending.start_by))
    }

    /// A pane tells of an attempt; whether it is its own.
    pub fn told(&mut self, client: Client, event: &SpawnEvent) -> bool {
        let key = match event {
            SpawnEvent::Started { key, .. }
            | SpawnEvent::Ended { key, .. }
            | SpawnEvent::Lost { key }
            | SpawnEvent::Refused { key, .. }
            | SpawnEvent::TooLate { key } => key,
            SpawnEvent::SpawnerGone => return false,
        };
        let own = self.panes.get(&client).is_some_and(|pane| pane.doing == Doing::Has(key.clone()));
        let redeemed = |p: &Pending| p.job.key() == *key && matches!(p.offered, Some((_, Some(_))));
        if !own || self.pending.iter().any(redeemed) {
            return false;
        }
        self.pending.retain(|p| p.job.key() != *key);
        true
    }

    /// A pane came too late to begin what it has. That is offered again, to it or to another one; whether it was
    /// its own to say so.
    pub fn too_late(&mut self, client: Client, key: &AttemptKey, now: Duration) -> bool {
        let its = |p: &&mut Pending| p.job.key() == *key && p.offered == Some((client, None));
        match self.pending.iter_mut().find(its) {
            // The pane was told the time in whole milliseconds.
            Some(pending) if now.as_millis() >= pending.start_by.as_millis() => {
                pending.offered = None;
                pending.begin_by(now + START_WITHIN);
                true
            }
            Some(_) => false,
            // It was given up meanwhile.
            None => self.panes.get(&client).is_some_and(|pane| pane.doing == Doing::Has(key.clone())),
        }
    }

    /// A pane is gone. The attempt it had, if it may have begun; what it was only offered is offered again.
    pub fn gone(&mut self, client: Client) -> Option<AttemptKey> {
        let pane = self.panes.remove(&client)?;
        let Doing::Has(key) = pane.doing else { return None };
        let pending = self.pending.iter_mut().find(|p| p.job.key() == key);
        match pending {
            Some(p) if matches!(p.offered, Some((_, Some(_)))) => {
                p.offered = None;
                None
            }
            // It may begin until its time is over: then its lock tells.
            Some(_) => None,
            None => Some(key),
        }
    }

    /// Takes an attempt back that nobody was handed; whether there was one.
    pub fn take_back(&mut self, step: &StepId) -> bool {
        let handed_over = |p: &Pending| matches!(p.offered, Some((_, None)));
        let before = self.pending.len();
        self.pending.retain(|p| p.job.step_id != *step || handed_over(p));
        self.pending.len() < before
    }

    /// Whether an attempt waits that was offered to no pane yet.
    pub fn is_anyone_left(&self) -> bool {
        self.pending.iter().any(|p| p.offered.is_none())
    }

    /// When the next attempt may be overdue.
    pub fn next_deadline(&self) -> Option<Duration> {
        self.pending.iter().map(|p| p.look_at).min()
    }

    /// Takes out what should have begun by `now` and that nobody is `at_work` for, neither its pane nor who hears panes:
    /// nothing of it will begin any more.
    pub fn overdue(&mut self, now: Duration, at_work: impl Fn(Option<Client>) -> bool) -> Vec<Overdue> {
        let (late, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut self.pending)
            .into_iter()
            .map(|mut p| (now > p.look_at && p.is_over(now, &at_work), p))
            .partition(|(over, _)| *over);
        self.pending = rest.into_iter().map(|(_, p)| p).collect();
        late.into_iter().map(|(_, p)| self.explain(p, now)).collect()
    }

    fn explain(&self, pending: Pending, now: Duration) -> Overdue {
        let name = |client: &Client| {
            self.panes.get(client).map_or("a pane that is gone".to_owned(), |p| format!("pane `{}`", p.name))
        };
        let why = match &pending.offered {
            None if self.panes.is_empty() => "no pane of the session answers".to_owned(),
            None => format!("none of its {} panes is free for it", self.panes.len()),
            Some((client, Some(_))) => format!("{} did not take its ticket", name(client)),
            Some((client, None)) => format!("{} took its ticket and did not start it", name(client)),
        };
        let handed_over = matches!(pending.offered, Some((_, None)));
        Overdue { why, waited: now.saturating_sub(pending.asked_at), handed_over, job: pending.job }
    }
}

/// Compares in a time that does not tell where they differ.
fn same(a: &str, b: &str) -> bool {
    let differs = a.bytes().zip(b.bytes()).fold(0, |all, (a, b)| all | (a ^ b));
    a.len() == b.len() && differs == 0
}

#[cfg(test)]
mod tests;

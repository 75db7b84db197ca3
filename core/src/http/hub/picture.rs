//! What is so, kept up to date entry by entry.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::frame::Event;
use crate::dag::{Dag, Frontier, Node, Statuses};
use crate::id::Revision;
use crate::log::{Entry, Follower, fold};
use crate::model::{Fact, Mode, Outcome, Phase, Problem, Sequence, State};
use crate::store::yaml::Document;
use crate::view::{GateLine, StatusReport, StepLine, status};
use crate::workspace::{DoorError, PolicyFile, Workspace, read_document};

/// How long an entry that tells of a new definition may be ahead of its file: they are written one after the other.
const AHEAD: Duration = Duration::from_secs(1);

/// How following went.
pub(super) enum Followed {
    /// As it should.
    On,
    /// A file got faults, or lost them.
    Faults,
    /// The log is another one: everything was read anew.
    Anew,
}

/// What is so.
pub(super) struct Picture {
    pub document: Arc<Document>,
    pub revision: Revision,
    pub state: State,
    frontier: Frontier,
    /// Number of the last entry in it.
    pub seq: u64,
    /// Faults of a hand edit: the document is the one before it.
    pub problems: Vec<Problem>,
    /// A hand changed a file, and the log does not tell yet.
    pub edited: bool,
    policy: PolicyFile,
    follower: Follower,
    /// Entries that are read and wait for their file.
    waiting: VecDeque<Entry>,
    waits_since: Option<Instant>,
    /// The lines before a new definition was read, until the entry that tells of it.
    before: Option<HashMap<String, String>>,
}

impl Picture {
    /// Takes up a project.
    ///
    /// # Errors
    /// [`DoorError`] where it cannot be read.
    pub fn open(workspace: &Workspace) -> Result<Self, DoorError> {
        let snapshot = workspace.snapshot()?;
        let follower = Follower::from_position(&workspace.paths, &snapshot.position)?;
        let dag = Arc::new(Dag::new(snapshot.sequence()));
        Ok(Self {
            frontier: Frontier::new(dag, &snapshot.state),
            seq: snapshot.position.seq,
            document: snapshot.document,
            revision: snapshot.revision,
            state: snapshot.state,
            policy: snapshot.policy,
            problems: Vec::new(),
            edited: false,
            follower,
            waiting: VecDeque::new(),
            waits_since: None,
            before: None,
        })
    }

    /// The definition.
    pub fn sequence(&self) -> &Sequence {
        self.document.sequence()
    }

    /// The mode in force; SAFE where the policy is broken.
    pub fn mode(&self) -> Mode {
        let policy = self.policy.policy.as_ref();
        policy.map_or(Mode::Safe, |p| p.narrowed(self.sequence().policy.as_ref()).mode)
    }

    /// How everything stands.
    pub fn report(&self) -> StatusReport<'_> {
        let statuses = Statuses::from_frontier(&self.frontier, &self.state);
        status(self.sequence(), &self.revision, &self.state, &statuses)
    }

    /// Whether a step is RUNNING.
    pub fn is_running(&self) -> bool {
        self.state.steps.values().any(|s| s.phase == Phase::Running)
    }

    /// Whether an entry waits for its file.
    pub fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// `policy.yaml` changed.
    pub fn reread_policy(&mut self, workspace: &Workspace) {
        if let Ok(policy) = PolicyFile::read(&workspace.paths) {
            self.edited |= policy.digest() != self.policy.digest();
            self.policy = policy;
        }
    }

    /// Takes in what was appended since; `moved` is whether `sequence.yaml` is another file than before.
    ///
    /// # Errors
    /// [`DoorError`] where the log cannot be read.
    pub fn follow(
        &mut self,
        workspace: &Workspace,
        moved: bool,
        mut tell: impl FnMut(&Event),
    ) -> Result<Followed, DoorError> {
        let entries = self.follower.entries()?;
        if self.follower.take_lost() {
            *self = Self::open(workspace)?;
            return Ok(Followed::Anew);
        }
        self.waiting.extend(entries);
        let had_problems = !self.problems.is_empty();
        let mut read = false;
        while let Some(after) = self.waiting.front().map(defines) {
            if after.is_some_and(|after| after != self.revision) && !read {
                self.reread(workspace);
                read = true;
            }
            if self.must_wait() {
                break;
            }
            if let Some(entry) = self.waiting.pop_front() {
                self.take(&entry, &mut tell);
            }
        }
        if moved && !read {
            self.edited |= self.reread(workspace);
        }
        let faults = had_problems || !self.problems.is_empty();
        Ok(if faults { Followed::Faults } else { Followed::On })
    }

    /// Whether the first entry tells of a definition whose file has not been put in its place yet. A later one may
    /// have superseded it.
    fn must_wait(&mut self) -> bool {
        let mut told = self.waiting.iter().filter_map(defines);
        let first = self.waiting.front().and_then(defines);
        let ahead = first.is_some_and(|first| first != self.revision) && !told.any(|r| r == self.revision);
        if !ahead {
            self.waits_since = None;
            return false;
        }
        self.waits_since.get_or_insert_with(Instant::now).elapsed() < AHEAD
    }

    /// Reads the definition again; whether it is another one. One with faults changes nothing.
    fn reread(&mut self, workspace: &Workspace) -> bool {
        let document = match read_document(&workspace.paths) {
            Ok(document) => document,
            Err(DoorError::InvalidFile { problems, .. }) => {
                self.problems = problems;
                return false;
            }
            Err(error) => {
                tracing::warn!(%error, "the sequence cannot be read; what was there before holds");
                return false;
            }
        };
        self.problems.clear();
        let revision = document.revision();
        let is_new = revision != self.revision;
        if is_new && self.before.is_none() {
            self.before = Some(self.lines());
        }
        self.document = document;
        if is_new {
            self.revision = revision;
            self.rebuild();
        }
        is_new
    }

    fn rebuild(&mut self) {
        self.frontier = Frontier::new(Arc::new(Dag::new(self.document.sequence())), &self.state);
    }

    /// Every line as text, by id.
    fn lines(&self) -> HashMap<String, String> {
        let report = self.report();
        let text = |line: serde_json::Result<String>| line.unwrap_or_default();
        let steps = report.steps.iter().map(|s| (s.id.to_string(), text(serde_json::to_string(s))));
        let gates = report.gates.iter().map(|g| (g.id.to_string(), text(serde_json::to_string(g))));
        steps.chain(gates).collect()
    }

    fn take(&mut self, entry: &Entry, tell: &mut impl FnMut(&Event)) {
        self.seq = entry.seq;
        let facts = if entry.result == Outcome::Success { entry.facts() } else { Vec::new() };
        if facts.is_empty() {
            return;
        }
        let before = if defines(entry).is_some() { self.before.take() } else { None };
        let mut nodes = BTreeSet::new();
        if before.is_some() {
            fold(&mut self.state, entry);
            self.rebuild();
        } else {
            for fact in facts {
                self.fact(fact, entry, &mut nodes);
            }
        }
        let (mut event, frontier, state) = (Event::of(entry, &self.revision), &self.frontier, &self.state);
        let sequence = self.document.sequence();
        match before {
            Some(before) => self.differences(&before, &mut event),
            None => {
                for node in nodes {
                    let gate = node.index().checked_sub(frontier.dag().step_count());
                    if let Some(gate) = gate.and_then(|i| sequence.gates.get(i)) {
                        event.gates.push(GateLine::new(gate, &frontier.gate_view(state, node)));
                    } else if let Some(step) = sequence.steps.get(node.index()) {
                        event.steps.push(StepLine::new(step, &frontier.step_view(state, node), state));
                    }
                }
            }
        }
        tell(&event);
    }

    /// Takes in a fact, and notes whose line it may have changed.
    fn fact(&mut self, fact: Fact, entry: &Entry, nodes: &mut BTreeSet<Node>) {
        let dag = Arc::clone(self.frontier.dag());
        let node = match &fact {
            Fact::Step(f) => dag.find(f.step.as_str()),
            Fact::Gate(f) => dag.find(f.gate.as_str()),
            _ => None,
        };
        let changes = match (&fact, node) {
            (Fact::Step(f), Some(node)) => self.frontier.on_phase(node, f.phase),
            (Fact::Gate(f), Some(node)) => self.frontier.on_gate(node, f.status),
            _ => Vec::new(),
        };
        let spent = matches!(&fact, Fact::Step(f) if f.spent.is_some());
        self.state.take(fact, entry.timestamp);
        nodes.extend(changes.into_iter().map(|change| change.node));
        if spent {
            nodes.extend(self.frontier.on_spent(&self.state).into_iter().map(|change| change.node));
        }
        if let Some(node) = node {
            nodes.insert(node);
            nodes.extend(dag.successors(node).iter().copied());
            nodes.extend(dag.watchdogs(node));
        }
    }

    /// All lines that differ from those before, and what is gone.
    fn differences<'s>(&'s self, before: &HashMap<String, String>, event: &mut Event<'s>) {
        let report = self.report();
        let differs = |id: &str, line: serde_json::Result<String>| before.get(id) != line.ok().as_ref();
        let sequence = self.sequence();
        event.gone = before.keys().filter(|id| !sequence.has(id)).cloned().collect();
        event.gone.sort_unstable();
        event.steps =
            report.steps.into_iter().filter(|s| differs(s.id.as_str(), serde_json::to_string(s))).collect();
        event.gates =
            report.gates.into_iter().filter(|g| differs(g.id.as_str(), serde_json::to_string(g))).collect();
    }
}

/// The revision that holds after an entry, where it tells of a definition. That of a policy a hand has changed has an
/// `after` of its own.
fn defines(entry: &Entry) -> Option<Revision> {
    if entry.result != Outcome::Success || !entry.payload.contains_key("after") {
        return None;
    }
    entry
        .facts()
        .into_iter()
        .find_map(|fact| if let Fact::Revision(after) = fact { Some(after) } else { None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Session;
    use crate::workspace::testing::Bed;

    #[test]
    fn a_policy_that_a_hand_has_changed_holds_nothing_up() {
        let bed = Bed::new();
        let mut picture = Picture::open(&bed.workspace).unwrap();
        let file = &bed.workspace.paths.policy;
        let policy = std::fs::read_to_string(file).unwrap();
        std::fs::write(file, policy + "# by hand\n").unwrap();
        drop(Session::begin(&bed.workspace).unwrap());
        picture.follow(&bed.workspace, false, |_| ()).unwrap();
        assert!(picture.seq > 1 && !picture.is_waiting(), "{}", picture.seq);
    }
}

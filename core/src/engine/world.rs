//! What the engine knows: the definition, the facts, the frontier, the policy. Kept up to date in place.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};

use super::confine::ground;
use crate::dag::{Change, Dag, Frontier, Node, StepView};
use crate::id::{Digest, StepId};
use crate::model::{Fact, Phase, Sequence, State, Step, StepState};
use crate::policy::{Judge, Policy};
use crate::store::yaml::Document;
use crate::workspace::{DoorError, PolicyFile, STILL, STILL_AT_LAST, Snapshot, Workspace, is_fresh};
use crate::wrapper::sandbox::Ground;

/// The engine's picture of the project.
pub(super) struct World {
    pub document: Arc<Document>,
    pub state: State,
    pub frontier: Frontier,
    pub policy: Result<Policy, DoorError>,
    pub judge: Option<Judge>,
    pub ground: Option<Ground>,
    /// What `policy.yaml` was when it was read.
    policy_digest: Digest,
    hand: Option<Hand>,
    index: HashMap<StepId, usize>,
    /// Whether a step has to run in a pane, whoever runs it.
    pub has_interactive: bool,
}

/// A hand that is at the policy.
#[derive(Debug, Clone, Copy)]
struct Hand {
    /// Since when it changes it again and again.
    since: Instant,
    /// When it did so last.
    last: Instant,
    /// Until when nothing starts by it.
    until: Instant,
}

impl World {
    pub fn new(workspace: &Workspace, snapshot: Snapshot) -> Self {
        let policy = snapshot.policy();
        let judge = policy.as_ref().ok().and_then(|p| workspace.judge(p).ok());
        let ground = policy.as_ref().ok().map(|p| ground(workspace, p));
        let dag = Arc::new(Dag::new(snapshot.sequence()));
        let frontier = Frontier::new(dag, &snapshot.state);
        let index = index(snapshot.sequence());
        let has_interactive = snapshot.sequence().steps.iter().any(|step| step.interactive);
        let policy_digest = snapshot.policy.digest();
        let (document, state) = (snapshot.document, snapshot.state);
        Self {
            document,
            state,
            frontier,
            policy,
            judge,
            ground,
            policy_digest,
            hand: None,
            index,
            has_interactive,
        }
    }

    pub fn sequence(&self) -> &Sequence {
        self.document.sequence()
    }

    pub fn step(&self, id: &StepId) -> Option<&Step> {
        self.index.get(id).and_then(|i| self.sequence().steps.get(*i))
    }

    /// [`Sequence::is_spawned_by`]
    pub fn is_spawned_by(&self, id: &StepId, lead: &StepId) -> bool {
        let step = |id: &str| self.index.get(id).and_then(|i| self.sequence().steps.get(*i));
        self.sequence().is_spawned_by_in(step, id.as_str(), lead)
    }

    pub fn step_at(&self, node: Node) -> Option<&Step> {
        self.sequence().steps.get(node.index())
    }

    pub fn node(&self, id: &StepId) -> Option<Node> {
        self.index.get(id).and_then(|i| self.frontier.dag().step(*i))
    }

    pub fn phase(&self, id: &StepId) -> Phase {
        self.state.phase(id.as_str())
    }

    pub fn view(&self, node: Node) -> StepView {
        self.frontier.step_view(&self.state, node)
    }

    /// Takes in something that happened, and tells what became READY or BLOCKED by it.
    pub fn take(&mut self, fact: Fact, at: DateTime<Utc>) -> Vec<Change> {
        let mut changes = match &fact {
            Fact::Step(f) => match self.node(&f.step) {
                Some(node) => self.frontier.on_phase(node, f.phase),
                None => Vec::new(),
            },
            Fact::Gate(f) => match self.frontier.dag().find(f.gate.as_str()) {
                Some(node) => self.frontier.on_gate(node, f.status),
                None => Vec::new(),
            },
            _ => Vec::new(),
        };
        let spent = matches!(&fact, Fact::Step(f) if f.spent.is_some());
        self.state.take(fact, at);
        if spent {
            changes.extend(self.frontier.on_spent(&self.state));
        }
        changes
    }

    /// A step has not begun after all: what was known of it before.
    pub fn put_back(&mut self, id: &StepId, before: Option<StepState>) {
        match before {
            Some(state) => drop(self.state.steps.insert(id.clone(), state)),
            None => drop(self.state.steps.remove(id)),
        }
        if let Some(node) = self.node(id) {
            self.frontier.on_phase(node, Phase::Idle);
        }
    }

    /// Others changed files: looks again. A sequence that became invalid changes nothing, and lets no policy count that is
    /// no more.
    pub fn reload(&mut self, workspace: &Workspace) -> Result<(), DoorError> {
        let fresh = match workspace.snapshot() {
            Ok(fresh) => fresh,
            Err(error) => {
                self.frontier = Frontier::new(Arc::clone(self.frontier.dag()), &self.state);
                self.reload_policy(workspace);
                return Err(error);
            }
        };
        let (state, hand, known) = (
            std::mem::take(&mut self.state),
            self.hand,
            std::mem::replace(&mut self.policy_digest, fresh.policy.digest()),
        );
        // The log itself: of what it tells, all may not have come here yet.
        let logged = fresh.state.policy.clone();
        *self = Self { hand, ..Self::new(workspace, Snapshot { state, ..fresh }) };
        // What a command has changed the log tells before, and it is whole; none empties the file.
        let told = logged.as_ref() == Some(&self.policy_digest) && !self.is_policy_empty();
        if self.policy_digest != known && !told {
            self.hand_at_policy(&workspace.paths.policy);
        }
        Ok(())
    }

    fn reload_policy(&mut self, workspace: &Workspace) {
        let file = match PolicyFile::read(&workspace.paths) {
            Ok(file) => file,
            Err(error) => return self.policy = Err(error),
        };
        self.policy = file.narrowed(self.document.sequence());
        self.judge = self.policy.as_ref().ok().and_then(|p| workspace.judge(p).ok());
        self.ground = self.policy.as_ref().ok().map(|p| ground(workspace, p));
        if std::mem::replace(&mut self.policy_digest, file.digest()) != file.digest() {
            self.hand_at_policy(&workspace.paths.policy);
        }
    }

    /// A hand has changed the policy. Where that was just now, it may be about to change it further.
    pub fn hand_at_policy(&mut self, file: &Path) {
        if file.exists() && !is_fresh(file) {
            return;
        }
        let now = Instant::now();
        let since = self.hand.filter(|hand| now < hand.last + STILL).map_or(now, |hand| hand.since);
        // An emptied one is never taken for what is meant only because the hand goes on.
        let at_last = if self.is_policy_empty() { now + STILL } else { since + STILL_AT_LAST };
        self.hand = Some(Hand { since, last: now, until: (now + STILL).min(at_last) });
    }

    fn is_policy_empty(&self) -> bool {
        self.policy_digest == Digest::of([[].as_slice()])
    }

    /// When the policy will have stood still; `None` where it does.
    pub fn policy_stands_at(&self) -> Option<Instant> {
        self.hand.map(|hand| hand.until).filter(|until| *until > Instant::now())
    }
}

fn index(sequence: &Sequence) -> HashMap<StepId, usize> {
    sequence.steps.iter().enumerate().map(|(i, s)| (s.id.clone(), i)).collect()
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::workspace::testing::Bed;

    /// A world, and its facts as the log tells them now.
    fn told(bed: &Bed, world: &mut World) {
        world.state = bed.workspace.snapshot().unwrap().state;
        world.reload(&bed.workspace).unwrap();
    }

    /// Writes as a hand does, just now: also where the machine is so busy that it is long since before anybody looks.
    fn writes(file: &Path, text: &str) {
        fs::write(file, text).unwrap();
        let soon = SystemTime::now() + Duration::from_secs(3600);
        File::options().write(true).open(file).unwrap().set_modified(soon).unwrap();
    }

    #[test]
    fn only_a_policy_that_a_hand_has_changed_just_now_is_waited_for() {
        let bed = Bed::new();
        let file = bed.path("policy.yaml");
        let mut world = World::new(&bed.workspace, bed.workspace.snapshot().unwrap());
        told(&bed, &mut world);
        assert!(world.hand.is_none(), "nobody was at it");
        bed.ok("policy allow cat");
        told(&bed, &mut world);
        assert!(world.hand.is_none(), "what a command has changed is whole");

        let whole = bed.read("policy.yaml");
        writes(&file, "");
        world.reload(&bed.workspace).unwrap();
        assert!(world.hand.is_some(), "an editor may have emptied it before it writes");
        let before = world.hand.unwrap();
        // It goes on before that time, however long this takes.
        let later = before.last + Duration::from_secs(3600);
        world.hand = Some(Hand { last: later, ..before });
        writes(&file, &(whole.clone() + "# more\n"));
        world.reload(&bed.workspace).unwrap();
        let next = world.hand.unwrap();
        assert!(
            next.since == before.since && next.until >= before.until,
            "it stands still from now on: {next:?}"
        );
        assert!(next.until <= before.since + STILL_AT_LAST);

        let long_since = before.since - STILL_AT_LAST;
        world.hand = Some(Hand { since: long_since, last: later, until: long_since + STILL_AT_LAST });
        writes(&file, &(whole.clone() + "# and more\n"));
        world.reload(&bed.workspace).unwrap();
        let next = world.hand.unwrap();
        assert!(next.until <= next.last, "one that never stands still is waited for once: {next:?}");
        writes(&file, "");
        world.reload(&bed.workspace).unwrap();
        let next = world.hand.unwrap();
        assert!(next.until == next.last + STILL, "an emptied one is waited for all the same: {next:?}");

        world.hand = None;
        fs::write(&file, whole).unwrap();
        File::options().write(true).open(&file).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        world.reload(&bed.workspace).unwrap();
        assert!(world.hand.is_none(), "one that is told late has stood still long since");
    }
}

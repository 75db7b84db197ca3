//! What the sentences are about: the sequence, as the requests understood so far would leave it.

use std::cell::RefCell;
use std::rc::Rc;

use chrono::Utc;

use super::frame::Memo;
use crate::action::{Edit, PromptSource};
use crate::dag::Statuses;
use crate::grammar::{Command, parse_line, to_line};
use crate::id::slug;
use crate::model::{Actor, GateStatus, Mode, Sequence, State, StepStatus};

/// What an entity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A step.
    Step,
    /// A gate.
    Gate,
    /// A group of parallel steps.
    Group,
}

/// A step, gate or group of the sequence.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entity {
    /// Its id.
    pub id: String,
    /// Its name as an id; the id itself where it has none.
    pub name: String,
    /// What it is.
    pub kind: Kind,
}

/// Prompts do not matter for what a sentence means.
struct NoPrompts;

impl PromptSource for NoPrompts {
    fn prompt(&self, _: &str) -> Option<String> {
        None
    }
}

/// What is known, and what was understood so far.
pub(super) struct World {
    /// How things would stand now; shared with those that something is tried on.
    now: Stand,
    /// How they stood before anything was said.
    begun: Stand,
    /// How they stood before the line taken in last.
    before: Option<Stand>,
    /// Models that a step may name.
    pub models: Vec<String>,
    /// Programs that the policy lists.
    pub programs: Vec<String>,
    /// The mode of the policy, where that can be read.
    pub mode: Option<Mode>,
    /// What was spoken of last.
    pub focus: Vec<String>,
    /// The canonical lines.
    pub lines: Vec<String>,
    /// What a person should know of how it was understood.
    pub notes: Vec<String>,
    /// The text says of what was spoken of last how it stands: "test failed".
    pub told: bool,
    /// What is there, as long as nothing changes.
    entities: RefCell<Option<Rc<[Entity]>>>,
    /// What words were found to be, as long as nothing changes.
    pub memo: Memo,
    /// What lines came to: the same is tried again and again while a text is read.
    tried: Rc<RefCell<Vec<Tried>>>,
}

/// How things stand: the sequence and its state.
type Stand = Rc<(Sequence, State)>;

/// A line that was taken in.
struct Tried {
    line: String,
    before: Stand,
    canonical: String,
    /// How things stood then; `None` where it changes nothing of them.
    after: Option<Stand>,
}

impl World {
    pub fn new(sequence: &Sequence, state: &State, focus: &[String]) -> Self {
        let now = Rc::new((sequence.clone(), state.clone()));
        let mut world = Self {
            begun: Rc::clone(&now),
            now,
            before: None,
            models: Vec::new(),
            programs: Vec::new(),
            mode: None,
            focus: Vec::new(),
            lines: Vec::new(),
            notes: Vec::new(),
            told: false,
            entities: RefCell::default(),
            memo: Memo::default(),
            tried: Rc::default(),
        };
        world.focus = focus.iter().filter(|id| world.entity(id).is_some()).cloned().collect();
        world
    }

    /// The same again, to try something on.
    pub fn fork(&self) -> Self {
        Self {
            now: Rc::clone(&self.now),
            begun: Rc::clone(&self.begun),
            before: self.before.clone(),
            models: self.models.clone(),
            programs: self.programs.clone(),
            mode: self.mode,
            focus: self.focus.clone(),
            lines: self.lines.clone(),
            notes: self.notes.clone(),
            told: self.told,
            entities: self.entities.clone(),
            memo: self.memo.clone(),
            tried: Rc::clone(&self.tried),
        }
    }

    /// As things stood before anything was said.
    pub fn anew(&self) -> Self {
        let mut first = self.fork();
        first.now = Rc::clone(&self.begun);
        (first.before, first.lines, first.notes) = (None, Vec::new(), Vec::new());
        first.changed();
        first
    }

    /// Something is not as it was.
    fn changed(&mut self) {
        self.entities = RefCell::default();
        self.memo = Memo::default();
    }

    /// The sequence as it would be now.
    pub fn sequence(&self) -> &Sequence {
        &self.now.0
    }

    /// How it stands.
    pub fn state(&self) -> &State {
        &self.now.1
    }

    /// Takes in a request, as the words of its line. A change that cannot be applied leaves everything as it is: the
    /// dry run tells why.
    pub fn take(&mut self, words: &[&str]) -> Result<(), String> {
        let line = shlex::try_join(words.iter().copied()).map_err(|e| e.to_string())?;
        let same = |t: &&Tried| t.line == line && Rc::ptr_eq(&t.before, &self.now);
        let known = self.tried.borrow().iter().find(same).map(|t| (t.canonical.clone(), t.after.clone()));
        let (canonical, after) = match known {
            Some(known) => known,
            None => self.try_line(line)?,
        };
        self.lines.push(canonical);
        if let Some(after) = after {
            self.before = Some(std::mem::replace(&mut self.now, after));
        }
        self.changed();
        Ok(())
    }

    fn try_line(&self, line: String) -> Result<(String, Option<Stand>), String> {
        let command = parse_line(&line).map_err(|e| e.to_string())?;
        let after = match &command {
            Command::Change(action) => {
                let (sequence, state) = (*self.now).clone();
                let mut edit = Edit::new(sequence, state, Actor::User, Utc::now(), &NoPrompts);
                let applied = action.apply(&mut edit).is_ok();
                let stays = || Rc::clone(&self.now);
                Some(if applied { Rc::new((edit.sequence, edit.state)) } else { stays() })
            }
            Command::Control(_) => None,
        };
        let canonical = to_line(&command);
        let tried =
            Tried { line, before: Rc::clone(&self.now), canonical: canonical.clone(), after: after.clone() };
        self.tried.borrow_mut().push(tried);
        Ok((canonical, after))
    }

    /// Adds words to the line taken in last.
    pub fn amend(&mut self, more: &[&str]) -> Result<(), String> {
        let Some(line) = self.lines.pop() else { return Err("there is nothing to add to".into()) };
        if let Some(before) = self.before.take() {
            self.now = before;
            self.changed();
        }
        let words = shlex::split(&line).unwrap_or_default();
        // What follows `--` belongs to the step's own command.
        let end = words.iter().position(|w| w == "--").unwrap_or(words.len());
        let mut all: Vec<&str> = words[1..end].iter().map(String::as_str).collect();
        all.extend(more);
        all.extend(words[end..].iter().map(String::as_str));
        self.take(&all)
    }

    /// Takes in a line that the grammar of changes does not have: `undo`, `redo`.
    pub fn take_bare(&mut self, word: &str) {
        self.lines.push(format!("seqctl {word}"));
    }

    /// Remembers how something was understood.
    pub fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// What comes next is about these.
    pub fn speak_of<'i>(&mut self, ids: impl IntoIterator<Item = &'i str>) {
        self.focus = ids.into_iter().map(str::to_owned).collect();
        self.memo = Memo::default();
    }

    /// Everything that has an id.
    pub fn entities(&self) -> Rc<[Entity]> {
        let mut kept = self.entities.borrow_mut();
        Rc::clone(kept.get_or_insert_with(|| self.all().into()))
    }

    fn all(&self) -> Vec<Entity> {
        let entity = |id: &str, name: &str, kind| Entity {
            id: id.to_owned(),
            name: slug(name).unwrap_or_else(|| id.to_owned()),
            kind,
        };
        let sequence = self.sequence();
        let mut all: Vec<Entity> =
            sequence.steps.iter().map(|s| entity(s.id.as_str(), &s.name, Kind::Step)).collect();
        all.extend(sequence.gates.iter().map(|g| entity(g.id.as_str(), &g.name, Kind::Gate)));
        for group in sequence.steps.iter().filter_map(|s| s.group_id.as_ref()) {
            if !all.iter().any(|e| e.id == group.as_str()) {
                all.push(entity(group.as_str(), group.as_str(), Kind::Group));
            }
        }
        all
    }

    /// The entity of this id.
    pub fn entity(&self, id: &str) -> Option<Entity> {
        self.entities().iter().find(|e| e.id == id).cloned()
    }

    /// What a step or gate waits for.
    pub fn depends_on(&self, id: &str) -> Vec<String> {
        let sequence = self.sequence();
        let step = sequence.step(id).map(|s| &s.depends_on);
        let list = step.or_else(|| sequence.gate(id).map(|g| &g.depends_on));
        list.into_iter().flatten().map(|d| d.to_string()).collect()
    }

    /// What waits for a step or gate.
    pub fn followers(&self, id: &str) -> Vec<String> {
        let sequence = self.sequence();
        let waits = |list: &[crate::id::NodeId]| list.iter().any(|d| d.as_str() == id);
        let steps = sequence.steps.iter().filter(|s| waits(&s.depends_on)).map(|s| s.id.to_string());
        let gates = sequence.gates.iter().filter(|g| waits(&g.depends_on)).map(|g| g.id.to_string());
        steps.chain(gates).collect()
    }

    /// Whether the first comes, over however many others, after the second.
    pub fn comes_after(&self, id: &str, other: &str) -> bool {
        let mut todo = self.depends_on(id);
        let mut seen = Vec::new();
        while let Some(next) = todo.pop() {
            if next == other {
                return true;
            }
            if !seen.contains(&next) {
                todo.extend(self.depends_on(&next));
                seen.push(next);
            }
        }
        false
    }

    /// The members of a group.
    pub fn members(&self, group: &str) -> Vec<String> {
        let of = |s: &&crate::model::Step| s.group_id.as_ref().is_some_and(|g| g.as_str() == group);
        self.sequence().steps.iter().filter(of).map(|s| s.id.to_string()).collect()
    }

    /// Every status.
    pub fn statuses(&self) -> Statuses {
        Statuses::of(self.sequence(), self.state())
    }

    /// The steps that stand so, in the order of the file.
    pub fn steps_that(&self, is: impl Fn(StepStatus) -> bool) -> Vec<String> {
        let statuses = self.statuses();
        let steps = self.sequence().steps.iter().zip(&statuses.steps);
        steps.filter(|(_, view)| is(view.status)).map(|(s, _)| s.id.to_string()).collect()
    }

    /// The gates that stand so; `due` are those that wait for nothing but a decision.
    pub fn gates_that(&self, is: impl Fn(GateStatus, bool) -> bool) -> Vec<String> {
        let statuses = self.statuses();
        let gates = self.sequence().gates.iter().zip(&statuses.gates);
        gates.filter(|(_, view)| is(view.status, view.due)).map(|(g, _)| g.id.to_string()).collect()
    }

    /// The status of a step.
    pub fn status(&self, id: &str) -> Option<StepStatus> {
        let at = self.sequence().steps.iter().position(|s| s.id.as_str() == id)?;
        self.statuses().steps.get(at).map(|view| view.status)
    }

    /// This id, or with a number where it is taken.
    pub fn free_id(&self, wish: &str) -> String {
        let taken = |id: &str| self.entity(id).is_some();
        if !taken(wish) {
            return wish.to_owned();
        }
        (2..).map(|n| format!("{wish}-{n}")).find(|id| !taken(id)).unwrap_or_default()
    }
}

//! What mprocs is started with: a process for each pane, and keys that only we can press.

use std::collections::HashSet;
use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_yaml::{Mapping, Value};

use super::{Event, MprocsError};
use crate::id::StepId;

/// Most panes of a session: beyond, mprocs slows down quadratically. A sequence with more steps gets slots alone.
pub const MOST_PANES: usize = 100;
/// Fewest and most slots for steps that appear later.
const SPARE: std::ops::RangeInclusive<usize> = 2..=24;
/// Slots beyond what may run at once: orchestrators that wait for their children keep their panes.
const FOR_ORCHESTRATORS: usize = 4;
/// Widest list of names, in columns.
const WIDEST_LIST: usize = 40;
/// Longest name in the list, in columns: the frame, the mark of the selected one and mprocs' shortest word fit beside it.
/// Where a name takes all there is, mprocs does not say how its pane stands, and then neither do we.
const LONGEST_NAME: usize = WIDEST_LIST - 7;
/// Of its columns, those beside the names: the frame, the mark of the selected one, the longest status and its blanks.
const BESIDE_NAMES: usize = 17;
/// What the list of mprocs is headed with.
pub(super) const TITLE: &str = "ThreadOS";

/// Which pane.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaneName {
    /// That of a step.
    Step(StepId),
    /// One for whichever step needs one, numbered from 1.
    Slot(u32),
}

impl fmt::Display for PaneName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Step(step) => write!(f, "{step}"),
            Self::Slot(slot) => write!(f, "slot {slot}"),
        }
    }
}

/// One pane of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pane {
    /// Which.
    pub name: PaneName,
    /// As the list shows it; no two are the same.
    pub label: String,
}

/// The panes of a session, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout(Vec<Pane>);

impl Layout {
    /// A pane for each of these steps (id and name), and slots for those that appear later; where that would be too
    /// many, slots alone. `at_once` is how many steps may run at the same time.
    pub fn new<'a>(steps: impl IntoIterator<Item = (&'a StepId, &'a str)>, at_once: usize) -> Self {
        let steps: Vec<_> = steps.into_iter().collect();
        let few = steps.len() <= MOST_PANES;
        let spare = (at_once + FOR_ORCHESTRATORS).min(*SPARE.end());
        let slots = match few {
            true => spare.min(MOST_PANES - steps.len()).max(*SPARE.start()),
            false => (at_once + FOR_ORCHESTRATORS).min(MOST_PANES),
        };
        let mut taken = HashSet::new();
        let own = steps.iter().filter(|_| few).map(|(id, name)| Pane {
            name: PaneName::Step((*id).clone()),
            label: label(id, name, &mut taken),
        });
        let mut panes: Vec<Pane> = own.collect();
        panes.extend((1..=u32::try_from(slots).unwrap_or(u32::MAX)).map(|slot| {
            // A step may be called that, too; ids have no blank.
            let name = PaneName::Slot(slot);
            let text = format!("({name})");
            Pane { label: unique(text, &name, &mut taken), name }
        }));
        Self(panes)
    }

    /// All of them.
    pub fn panes(&self) -> &[Pane] {
        &self.0
    }

    /// The configuration, as YAML. `seqctl` is the command line that becomes a pane, without its name.
    ///
    /// # Errors
    /// [`MprocsError::Other`] where a path is no text.
    pub fn to_yaml(&self, seqctl: &[String], root: &Path, port: Option<u16>) -> Result<String, MprocsError> {
        let mut procs = Mapping::new();
        for pane in &self.0 {
            let mut cmd: Vec<Value> = seqctl.iter().map(|word| word.as_str().into()).collect();
            match &pane.name {
                PaneName::Step(step) => cmd.push(step.as_str().into()),
                PaneName::Slot(slot) => cmd.extend(["--slot".into(), slot.to_string().into()]),
            }
            let mut proc = Mapping::new();
            proc.insert("cmd".into(), cmd.into());
            proc.insert("cwd".into(), root.to_string_lossy().into_owned().into());
            proc.insert("autorestart".into(), false.into());
            procs.insert(pane.label.as_str().into(), proc.into());
        }
        let mut config = Mapping::new();
        config.insert("procs".into(), procs.into());
        config.insert("proc_list_title".into(), TITLE.into());
        config.insert("proc_list_width".into(), (self.list_width() as u64).into());
        // Whatever the user's own settings say: it ends when it is asked to.
        config.insert("on_all_finished".into(), event(&Event::Batch { cmds: Vec::new() })?);
        for scope in ["keymap_procs", "keymap_term", "keymap_copy"] {
            config.insert(scope.into(), self.keys(scope)?.into());
        }
        if let Some(port) = port {
            config.insert("server".into(), format!("127.0.0.1:{port}").into());
        }
        serde_yaml::to_string(&config).map_err(|e| MprocsError::Other(e.to_string()))
    }

    /// How many columns the list of names takes.
    pub fn list_width(&self) -> usize {
        let longest = self.0.iter().map(|pane| columns(&pane.label)).max().unwrap_or_default();
        (longest + BESIDE_NAMES).clamp(24, WIDEST_LIST)
    }

    /// Our keys do the same wherever the focus is. What starts, ends, adds or removes processes is not for panes: a
    /// step is started and stopped by the engine.
    fn keys(&self, scope: &str) -> Result<Mapping, MprocsError> {
        let mut keys = Mapping::new();
        for index in 0..self.0.len() {
            keys.insert(key_name(ours(Press::Select(index))), event(&Event::SelectProc { index })?);
            keys.insert(key_name(ours(Press::Enter(index))), event(&Event::enter(index))?);
        }
        // In batches, for mprocs shows in its help the last key that is bound to an event itself.
        for (press, does) in [(Press::Quit, Event::Quit), (Press::ForceQuit, Event::ForceQuit)] {
            keys.insert(key_name(ours(press)), event(&Event::Batch { cmds: vec![does] })?);
        }
        if scope == "keymap_procs" {
            for key in ["x", "X", "r", "R", "a", "d", "e", "C"] {
                keys.insert(format!("<{key}>").into(), Value::Null);
            }
        }
        Ok(keys)
    }
}

/// What only we press.
#[derive(Debug, Clone, Copy)]
pub(super) enum Press {
    Select(usize),
    Enter(usize),
    Quit,
    ForceQuit,
}

/// A key that no keyboard has: a character of the private planes.
pub(super) fn ours(press: Press) -> char {
    const FIRST: u32 = 0xF_0000;
    const ENTER: u32 = 0x4000;
    let number = match press {
        Press::Quit => 1,
        Press::ForceQuit => 2,
        Press::Select(index) => 16 + u32::try_from(index).unwrap_or(0),
        Press::Enter(index) => ENTER + u32::try_from(index).unwrap_or(0),
    };
    char::from_u32(FIRST + number).unwrap_or('\u{F0000}')
}

fn key_name(key: char) -> Value {
    format!("<{key}>").into()
}

fn event(event: &Event) -> Result<Value, MprocsError> {
    serde_yaml::to_value(event).map_err(|e| MprocsError::Other(e.to_string()))
}

/// A step's name, where it can be one in the list, else its id.
fn label(id: &StepId, name: &str, taken: &mut HashSet<String>) -> String {
    let clean: String = name.chars().filter(|c| !c.is_control()).collect();
    // mprocs and YAML take these for their own.
    let special = clean.trim().is_empty() || clean.starts_with('$') || clean == "<<";
    let text = if special { id.to_string() } else { clean };
    unique(cut(&text, LONGEST_NAME), &PaneName::Step(id.clone()), taken)
}

fn unique(text: String, name: &PaneName, taken: &mut HashSet<String>) -> String {
    if taken.insert(text.clone()) {
        return text;
    }
    let tail = format!(" [{name}]");
    let mut label = cut(&text, LONGEST_NAME.saturating_sub(tail.len())) + &tail;
    while !taken.insert(label.clone()) {
        label += &tail;
    }
    label
}

/// How many columns a text takes at most.
fn columns(text: &str) -> usize {
    // No letter before these is a wide one.
    text.chars().map(|c| if c < '\u{1100}' { 1 } else { 2 }).sum()
}

/// The beginning of a text that takes so many columns, with a mark where something is left out.
fn cut(text: &str, room: usize) -> String {
    if columns(text) <= room {
        return text.to_owned();
    }
    let mut taken = 1;
    let fits = |c: &char| {
        taken += columns(c.encode_utf8(&mut [0; 4]));
        taken <= room
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> StepId {
        text.parse().unwrap()
    }

    fn yaml(layout: &Layout) -> Value {
        let text = layout.to_yaml(&["/bin/seqctl".into(), "pane".into()], Path::new("/p"), None).unwrap();
        serde_yaml::from_str(&text).unwrap()
    }

    #[test]
    fn each_step_has_a_pane_by_its_name_and_slots_follow() {
        let (a, b) = (id("a"), id("b"));
        let layout = Layout::new([(&a, "First \"step\""), (&b, "ünï")], 1);
        let labels: Vec<&str> = layout.panes().iter().map(|p| p.label.as_str()).collect();
        assert_eq!(
            labels,
            ["First \"step\"", "ünï", "(slot 1)", "(slot 2)", "(slot 3)", "(slot 4)", "(slot 5)"]
        );
        let config = yaml(&layout);
        let cmd = &config["procs"]["First \"step\""]["cmd"];
        assert_eq!(serde_yaml::to_string(cmd).unwrap(), "- /bin/seqctl\n- pane\n- a\n");
        assert_eq!(config["procs"]["(slot 2)"]["cmd"][3], Value::from("2"));
        assert!(config.get("server").is_none(), "no port unless it is asked for");
    }

    #[test]
    fn names_that_mean_something_to_mprocs_or_that_two_steps_have_are_told_apart() {
        let ids: Vec<StepId> = ["a", "b", "c", "d", "e"].map(id).to_vec();
        let names = ["same", "same", "$select", "<<", "\u{1b}[2J"];
        let layout = Layout::new(ids.iter().zip(names), 1);
        let labels: Vec<&str> = layout.panes().iter().take(5).map(|p| p.label.as_str()).collect();
        assert_eq!(labels, ["same", "same [b]", "c", "d", "[2J"]);
    }

    #[test]
    fn a_long_name_leaves_room_for_how_its_step_stands() {
        let ids: Vec<StepId> = ["a", "b", "c"].map(id).to_vec();
        let long = "x".repeat(64);
        let layout = Layout::new(ids.iter().zip([&*long, &*long, &*"漢".repeat(64)]), 1);
        let labels: Vec<&str> = layout.panes().iter().take(3).map(|p| p.label.as_str()).collect();
        assert_eq!(
            labels,
            [
                format!("{}…", "x".repeat(32)),
                format!("{}… [b]", "x".repeat(27)),
                format!("{}…", "漢".repeat(16))
            ]
        );
    }

    #[test]
    fn a_sequence_with_more_steps_than_mprocs_bears_gets_slots_alone() {
        let ids: Vec<StepId> = (0..=MOST_PANES).map(|i| id(&format!("s{i}"))).collect();
        let layout = Layout::new(ids.iter().map(|i| (i, i.as_str())), 20);
        assert_eq!(layout.panes().len(), 24);
        assert!(layout.panes().iter().all(|p| matches!(p.name, PaneName::Slot(_))));
    }
}

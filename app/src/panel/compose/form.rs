//! What is asked for before something is made, and the lines it comes to.

use threados_core::id::NodeId;
use threados_core::thread_template::{Kind as Takes, ParamValue, ThreadTemplate};

use crate::command::{Cmd, New};
use crate::draft::{Draft, list, word};
use crate::scene::Scene;
use crate::state::State;

/// How a slot is filled.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// A line.
    Line,
    /// A text.
    Long,
    /// A command line.
    Argv,
    /// Ids of steps and gates.
    Ids,
    /// One of these.
    Choice(Vec<String>),
    /// Yes or no.
    Switch,
}

/// Something that is asked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Slot {
    pub label: String,
    pub hint: String,
    pub kind: Kind,
    pub text: String,
}

/// What is made.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Make {
    Step,
    Gate,
    Fusion,
    Group,
    Clone(NodeId),
    RemoveStep(NodeId),
    RemoveGate(NodeId),
    Template(String, Vec<(String, String)>),
    Line,
}

/// A form.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Form {
    pub title: String,
    pub about: String,
    pub verb: &'static str,
    pub make: Make,
    pub slots: Vec<Slot>,
}

fn slot(label: &str, hint: &str, kind: Kind, text: impl Into<String>) -> Slot {
    Slot { label: label.to_owned(), hint: hint.to_owned(), kind, text: text.into() }
}

/// The name of a parameter as a label: `max_workers` is `Max workers`.
fn title(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn choice(words: &[&str]) -> Kind {
    Kind::Choice(words.iter().map(|w| (*w).to_owned()).collect())
}

impl Form {
    /// The form of a command; `None` where it has none, or what it needs is not known yet.
    pub fn of(cmd: Cmd, state: &State) -> Option<Self> {
        let scene = state.scene.as_ref()?;
        let selected = state.selected.as_ref().map(ToString::to_string).unwrap_or_default();
        let entry = cmd.entry();
        let form = |verb, make, slots| {
            Some(Self { title: entry.label.into(), about: entry.tooltip.into(), verb, make, slots })
        };
        match cmd {
            Cmd::New(New::Thread(name)) => {
                let template = state.templates.iter().find(|t| t.name == name)?;
                Some(Self { title: entry.label.into(), ..Self::template(template, &selected) })
            }
            Cmd::New(New::Step) => form("Create", Make::Step, step_slots(scene, &selected)),
            Cmd::New(New::Gate) => form("Create", Make::Gate, gate_slots(scene, &selected)),
            Cmd::New(New::Fusion) => form("Create", Make::Fusion, fusion_slots(&selected)),
            Cmd::New(New::Group) => form("Create", Make::Group, group_slots(&selected)),
            Cmd::New(New::Line) => {
                let hint = "step add build --depends-on plan -- cargo build";
                form("Do it", Make::Line, vec![slot("Line", hint, Kind::Argv, "")])
            }
            Cmd::Clone => {
                let id = state.selected.clone()?;
                let copy = free(scene, &format!("{id}-copy"));
                let slots = vec![
                    slot("Id", "of the copy", Kind::Line, copy),
                    slot("Model", "the same", Kind::Line, ""),
                ];
                form("Clone", Make::Clone(id), slots)
            }
            Cmd::Remove => {
                let id = state.selected.clone()?;
                match state.selected_step() {
                    None => form("Remove", Make::RemoveGate(id), Vec::new()),
                    Some(_) => form("Remove", Make::RemoveStep(id), remove_slots()),
                }
            }
            _ => None,
        }
    }

    /// The form of a template: what its new ids begin with, and its parameters.
    pub fn template(template: &ThreadTemplate, after: &str) -> Self {
        let own = |p: &threados_core::thread_template::Parameter| {
            let default = p.default.as_ref().map(ToString::to_string).unwrap_or_default();
            let kind = match &p.kind {
                Takes::Boolean => Kind::Switch,
                Takes::Text(words) if !words.is_empty() => Kind::Choice(words.clone()),
                Takes::Text(_) if p.name == "task" => Kind::Long,
                _ if p.name == "after" => Kind::Ids,
                _ => Kind::Line,
            };
            let text = if p.name == "after" && !after.is_empty() { after.to_owned() } else { default };
            Slot { label: title(&p.name), hint: p.description.clone(), kind, text }
        };
        let id = slot("Id", "what the new ids begin with", Kind::Line, template.default_id());
        let default = |p: &Option<ParamValue>| p.as_ref().map(ToString::to_string).unwrap_or_default();
        let defaults = template.parameters.iter().map(|p| (p.name.clone(), default(&p.default)));
        Self {
            title: format!("New from {}", template.name),
            about: template.description.clone(),
            verb: "Create",
            make: Make::Template(template.name.clone(), defaults.collect()),
            slots: std::iter::once(id).chain(template.parameters.iter().map(own)).collect(),
        }
    }

    /// What it asks for as it is filled in.
    pub fn draft(&self) -> Draft {
        let text = |i: usize| self.slots.get(i).map_or("", |s| s.text.trim());
        let flag = |name: &str, i: usize| match text(i) {
            "" => String::new(),
            given => format!(" --{name} {}", word(given)),
        };
        let ids = |name: &str, i: usize| match list(text(i)).as_str() {
            "" => String::new(),
            given => format!(" --{name} {given}"),
        };
        let line = match &self.make {
            Make::Step => {
                let shell = text(2) == "shell";
                let command =
                    if shell && !text(3).is_empty() { format!(" -- {}", text(3)) } else { String::new() };
                let model = if command.is_empty() { flag("model", 2) } else { String::new() };
                let prompt = if command.is_empty() { flag("prompt-text", 4) } else { String::new() };
                format!(
                    "step add {}{}{model}{prompt}{}{command}",
                    text(0),
                    flag("name", 1),
                    ids("depends-on", 5)
                )
            }
            Make::Gate => {
                format!("gate insert {}{}{}{}", text(0), flag("name", 1), ids("after", 2), ids("before", 3))
            }
            Make::Fusion => format!("fusion create{}{}", ids("candidates", 0), flag("synth", 1)),
            Make::Group => {
                let steps = list(text(0)).replace(',', " ");
                let more = [flag("id", 1), flag("merge", 2), flag("fail-policy", 3)].concat();
                format!("group parallelize {steps}{more}")
            }
            Make::Clone(id) => format!("step clone {id} {}{}", text(0), flag("model", 1)),
            Make::RemoveGate(id) => format!("gate rm {id}"),
            Make::RemoveStep(id) => {
                let what = match text(0) {
                    REMOVE_TOO => " --cascade",
                    CUT => " --detach-dependents",
                    _ => "",
                };
                format!("step rm {id}{what}{}", if text(1) == "true" { " --purge" } else { "" })
            }
            Make::Line => return Draft::Lines(text(0).lines().map(str::to_owned).collect()),
            Make::Template(name, defaults) => {
                let set = defaults.iter().zip(&self.slots[1..]);
                let set = set.filter(|((_, default), slot)| *default != slot.text.trim());
                let value = |slot: &Slot| match slot.kind {
                    Kind::Ids => list(&slot.text),
                    _ => slot.text.trim().to_owned(),
                };
                let set = set.map(|((name, _), slot)| (name.clone(), value(slot))).collect();
                return Draft::Template { name: name.clone(), set, id: text(0).to_owned() };
            }
        };
        Draft::Lines(vec![line])
    }

    /// Whether enough is filled in to ask what would come of it.
    pub fn is_begun(&self) -> bool {
        !matches!(self.make, Make::Line) || self.slots.iter().any(|s| !s.text.trim().is_empty())
    }
}

fn step_slots(scene: &Scene, after: &str) -> Vec<Slot> {
    let models = choice(&["shell", "claude-code", "codex", "gemini"]);
    vec![
        slot("Id", "a-z, 0-9 and -", Kind::Line, free(scene, "step")),
        slot("Name", "the id", Kind::Line, ""),
        slot("Model", "", models, "shell"),
        slot("Command", "of model shell: program and arguments", Kind::Argv, "git --version"),
        slot("Prompt", "of an agent: what it has to do", Kind::Long, ""),
        slot("Depends on", "nothing", Kind::Ids, after),
    ]
}

fn gate_slots(scene: &Scene, selected: &str) -> Vec<Slot> {
    let waits = |list: &[NodeId]| list.iter().any(|id| id.as_str() == selected);
    let sequence = scene.snapshot.sequence();
    let steps = sequence.steps.iter().filter(|s| waits(&s.depends_on)).map(|s| s.id.to_string());
    let gates = sequence.gates.iter().filter(|g| waits(&g.depends_on)).map(|g| g.id.to_string());
    let before: Vec<String> = steps.chain(gates).collect();
    vec![
        slot("Id", "a-z, 0-9 and -", Kind::Line, free(scene, "review")),
        slot("Name", "the id", Kind::Line, ""),
        slot("After", "what it waits for", Kind::Ids, selected),
        slot("Before", "what waits for it", Kind::Ids, before.join(", ")),
    ]
}

fn fusion_slots(selected: &str) -> Vec<Slot> {
    vec![
        slot("Candidates", "steps that do the same", Kind::Ids, selected),
        slot("Synthesis", "the first candidate's id and -synth", Kind::Line, ""),
    ]
}

fn group_slots(selected: &str) -> Vec<Slot> {
    vec![
        slot("Steps", "steps that do not depend on each other", Kind::Ids, selected),
        slot("Id", "the first step's id and -group", Kind::Line, ""),
        slot("Merge step", "none", Kind::Line, ""),
        slot("When one fails", "fail_fast", choice(&["fail_fast", "best_effort"]), "fail_fast"),
    ]
}

const KEEP: &str = "refuse while something depends on it";
const REMOVE_TOO: &str = "remove what depends on it, too";
const CUT: &str = "cut what depends on it loose";

fn remove_slots() -> Vec<Slot> {
    vec![
        slot("Dependents", "", choice(&[KEEP, REMOVE_TOO, CUT]), KEEP),
        slot("Prompt file, too", "", Kind::Switch, "false"),
    ]
}

/// The first id of a stem that nothing has.
fn free(scene: &Scene, stem: &str) -> String {
    let sequence = scene.snapshot.sequence();
    if !sequence.has(stem) {
        return stem.to_owned();
    }
    let numbered = (2_u32..).map(|n| format!("{stem}-{n}"));
    numbered.into_iter().find(|id| !sequence.has(id)).unwrap_or_default()
}

//! What a template can ask for: the step it belongs to, and what the steps before it handed on.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, ErrorKind, Value};

use super::scan::as_name;
use crate::id::{RunId, StepId};
use crate::model::{ModelName, StepStatus};

/// What the text of a step is cut to where it goes into a prompt, in bytes.
pub const MAX_TEXT: usize = 64 << 10;

/// The outputs of a step.
#[derive(Debug, Clone, PartialEq)]
pub enum Outputs {
    /// What it wrote to `$THREADOS_OUTPUT`; nothing is empty.
    Written(BTreeMap<String, serde_json::Value>),
    /// The step was skipped: each of its outputs is none.
    Skipped,
    /// Its record is gone or cannot be read.
    Gone,
}

/// What a step handed on, as those that follow it see it. All paths are absolute.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    /// The step.
    pub id: StepId,
    /// What a person calls it.
    pub name: String,
    /// What it is in the team.
    pub role: Option<String>,
    /// What ran it.
    pub model: ModelName,
    /// How it stands.
    pub status: StepStatus,
    /// Why, where it is not obvious.
    pub reason: Option<String>,
    /// Its exit code.
    pub exit_code: Option<i32>,
    /// The run of its latest attempt; `None` where it never ran.
    pub run: Option<RunId>,
    /// The folder of that attempt.
    pub dir: String,
    /// What it printed.
    pub stdout: String,
    /// What it printed to standard error.
    pub stderr: String,
    /// The files it left behind.
    pub artifacts: Vec<String>,
    /// What it wrote to `$THREADOS_OUTPUT`.
    pub outputs: Outputs,
    /// The file of its summary, where there is one.
    pub summary_file: Option<String>,
    /// The summary, cut and marked; empty where there is none or nobody asked.
    pub summary: String,
    /// Its summary, else what it printed, cut and marked; empty where nobody asked.
    pub text: String,
}

/// Everything a template can ask for.
#[derive(Debug, Clone)]
pub struct Context {
    /// Id, name and role of the step itself.
    pub step: (StepId, String, Option<String>),
    /// Which worker of its group it is, from 1, and of how many.
    pub worker: Option<(usize, usize)>,
    /// Of a watchdog: the step it watches, and the files with what that has printed.
    pub watch: Option<Watched>,
    /// What a person said when sending the work back.
    pub review: Option<String>,
    /// The steps before it that the template names.
    pub steps: Vec<Given>,
    /// What it depends on, gates passed over.
    pub inputs: Vec<Given>,
    /// The candidates it merges.
    pub candidates: Vec<Given>,
}

/// What a watchdog looks at.
#[derive(Debug, Clone)]
pub struct Watched {
    /// The step.
    pub step: StepId,
    /// Its standard output so far.
    pub stdout: String,
    /// Its standard error so far.
    pub stderr: String,
}

/// The last name that was asked for in vain: minijinja says that something is missing, not what.
pub(super) type Missed = Arc<Mutex<Option<String>>>;

impl Context {
    /// The names at the first level.
    pub(super) const NAMES: &[&str] = &["steps", "inputs", "candidates", "review", "step", "worker", "watch"];

    /// As minijinja takes it.
    pub(super) fn value(&self, missed: &Missed) -> Value {
        let table = |label: &str, entries: Vec<(String, Value)>| {
            Table {
                label: label.to_owned(),
                entries: entries.into_iter().collect(),
                missed: Arc::clone(missed),
            }
            .into_value()
        };
        let text = |t: &Option<String>| Value::from(t.clone().unwrap_or_default());
        let steps = self.steps.iter().map(|g| (as_name(g.id.as_str()), g.value(missed))).collect();
        let list = |given: &[Given]| {
            let items = given.iter().map(|g| g.value(missed)).collect();
            Value::from_object(List { items, text: listing(given) })
        };
        let (id, name, role) = &self.step;
        let step = vec![
            ("id".to_owned(), Value::from(id.as_str())),
            ("name".to_owned(), Value::from(name.as_str())),
            ("role".to_owned(), text(role)),
        ];
        let mut all = vec![
            ("steps".to_owned(), Value::from_object(Steps(table("steps", steps)))),
            ("inputs".to_owned(), list(&self.inputs)),
            ("candidates".to_owned(), list(&self.candidates)),
            ("review".to_owned(), table("review", vec![("reason".to_owned(), text(&self.review))])),
            ("step".to_owned(), table("step", step)),
        ];
        if let Some((index, count)) = self.worker {
            let worker =
                vec![("index".to_owned(), Value::from(index)), ("count".to_owned(), Value::from(count))];
            all.push(("worker".to_owned(), table("worker", worker)));
        }
        if let Some(watched) = &self.watch {
            let files =
                [("step", watched.step.as_str()), ("stdout", &watched.stdout), ("stderr", &watched.stderr)];
            let entries = files.map(|(name, value)| (name.to_owned(), Value::from(value))).into();
            all.push(("watch".to_owned(), table("watch", entries)));
        }
        Value::from_pairs(all)
    }
}

impl Given {
    /// What of a step can be asked for.
    pub(super) const FIELDS: &[&str] = &[
        "id",
        "name",
        "role",
        "model",
        "status",
        "reason",
        "exit_code",
        "run",
        "dir",
        "stdout",
        "stderr",
        "artifacts",
        "outputs",
        "summary",
        "text",
    ];

    fn value(&self, missed: &Missed) -> Value {
        let text = |t: &Option<String>| Value::from(t.clone().unwrap_or_default());
        let outputs = match &self.outputs {
            Outputs::Skipped => Value::from_object(Nothing),
            Outputs::Gone => Value::from(Error::new(
                ErrorKind::UndefinedError,
                format!("the record of step `{}` in {} is gone or cannot be read", self.id, self.dir),
            )),
            Outputs::Written(map) => Table {
                label: format!("steps.{}.outputs", self.id),
                entries: map
                    .iter()
                    .map(|(k, v)| (k.clone(), Value::from(minijinja::value::Serde(v))))
                    .collect(),
                missed: Arc::clone(missed),
            }
            .into_value(),
        };
        let entries = [
            ("id", Value::from(self.id.as_str())),
            ("name", Value::from(self.name.as_str())),
            ("role", text(&self.role)),
            ("model", Value::from(self.model.as_str())),
            ("status", Value::from(self.status.as_str())),
            ("reason", text(&self.reason)),
            ("exit_code", self.exit_code.map_or_else(|| Value::from(()), Value::from)),
            ("run", Value::from(self.run.as_ref().map_or("", RunId::as_str))),
            ("dir", Value::from(self.dir.as_str())),
            ("stdout", Value::from(self.stdout.as_str())),
            ("stderr", Value::from(self.stderr.as_str())),
            ("artifacts", Value::from(self.artifacts.clone())),
            ("outputs", outputs),
            ("summary", Value::from(self.summary.as_str())),
            ("text", Value::from(self.text.as_str())),
        ];
        let entries = entries.map(|(k, v)| (k.to_owned(), v)).into();
        Table { label: format!("steps.{}", self.id), entries, missed: Arc::clone(missed) }.into_value()
    }

    /// One line on how it stands: `build: FAILED (exit code 3)`.
    pub fn headline(&self) -> String {
        let model = if self.model.is_shell() { String::new() } else { format!(", {}", self.model) };
        match &self.reason {
            Some(reason) => format!("{}: {} ({reason}){model}", self.id, self.status),
            None => format!("{}: {}{model}", self.id, self.status),
        }
    }
}

/// What steps handed on as a person or a model reads it: how each ended, what it said, where its files are.
fn listing(given: &[Given]) -> String {
    let mut out = String::new();
    for one in given {
        out += &format!("## {}\n\n", one.headline());
        if !one.text.is_empty() {
            out += one.text.trim_end_matches('\n');
            out += "\n\n";
        }
        if one.run.is_some() {
            out += &format!("Output: {}\n", one.stdout);
        }
        if !one.artifacts.is_empty() {
            out += &format!("Artifacts: {}\n", one.artifacts.join(", "));
        }
        if let Outputs::Written(map) = &one.outputs {
            for (key, value) in map {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                out += &format!("{key}={value}\n");
            }
        }
        out.push('\n');
    }
    out.truncate(out.trim_end_matches('\n').len());
    out
}

/// Named values; a name that is not there is remembered.
#[derive(Debug)]
struct Table {
    label: String,
    entries: BTreeMap<String, Value>,
    missed: Missed,
}

impl Table {
    fn into_value(self) -> Value {
        Value::from_object(self)
    }

    fn miss(&self, key: &str) -> String {
        match self.label.strip_prefix("steps.").and_then(|l| l.strip_suffix(".outputs")) {
            Some(step) => {
                let wrote: Vec<&str> = self.entries.keys().map(String::as_str).collect();
                let wrote = if wrote.is_empty() {
                    "it wrote none".into()
                } else {
                    format!("it wrote {}", wrote.join(", "))
                };
                format!("step `{step}` wrote no output `{key}` ({wrote})")
            }
            None => format!("`{}` has no `{key}`", self.label),
        }
    }
}

impl Object for Table {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let key = key.as_str()?;
        let found = self.entries.get(key).cloned();
        if found.is_none()
            && let Ok(mut missed) = self.missed.lock()
        {
            *missed = Some(self.miss(key));
        }
        found
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.entries.keys().map(|k| Value::from(k.as_str())).collect())
    }
}

/// The steps by id, however the id is written.
#[derive(Debug)]
struct Steps(Value);

impl Object for Steps {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let found = self.0.get_item(&Value::from(as_name(key.as_str()?))).ok()?;
        (!found.is_undefined()).then_some(found)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let names = self.0.try_iter().into_iter().flatten();
        let ids = names.filter_map(|name| self.0.get_item(&name).ok()?.get_attr("id").ok());
        Enumerator::Values(ids.collect())
    }
}

/// The outputs of a skipped step: each of them is none.
#[derive(Debug)]
struct Nothing;

impl Object for Nothing {
    fn get_value(self: &Arc<Self>, _key: &Value) -> Option<Value> {
        Some(Value::from(()))
    }

    fn is_true(self: &Arc<Self>) -> bool {
        false
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("none")
    }
}

/// A list that prints as a text.
#[derive(Debug)]
struct List {
    items: Vec<Value>,
    text: String,
}

impl Object for List {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.items.get(key.as_usize()?).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.items.len())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Whether a value of several parts says itself how it prints.
pub(super) fn prints_itself(value: &Value) -> bool {
    value.downcast_object_ref::<List>().is_some() || value.downcast_object_ref::<Nothing>().is_some()
}

//! Tools that look: one table of what they are called, what they take and who answers.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::server::Desk;
use super::{more, reads, wait};
use crate::engine::protocol::Fault;
use crate::workspace::ErrorClass;

/// A tool that changes nothing.
pub(super) struct Look {
    pub name: &'static str,
    pub about: &'static str,
    pub schema: fn() -> Value,
    pub look: fn(&Desk, Value) -> Result<Value, Fault>,
    /// It shows what steps printed or wrote.
    pub shows_output: bool,
}

/// Nothing is asked for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// One thing.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct One {
    /// Its id, or its name
    pub id: String,
}

/// What a step printed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Logs {
    /// Step whose output it is
    pub id: String,
    /// Of this run; without it the step's latest
    #[serde(default)]
    pub run: Option<String>,
    /// Standard error instead of standard output
    #[serde(default)]
    pub stderr: bool,
}

/// A run, or what a step left in it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OfRun {
    /// The run
    pub run: String,
    /// A step of it: what it was asked, did and said
    #[serde(default)]
    pub step: Option<String>,
}

/// Which run is followed, and how long.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wait {
    /// The run
    pub run: String,
    /// Seconds after which the answer tells how it stands by then, 1 to 300
    #[serde(default = "a_minute")]
    #[schemars(range(min = 1, max = 300))]
    pub seconds: u64,
}

fn a_minute() -> u64 {
    60
}

/// Which entries of the log.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Entries {
    /// At most so many, the newest, up to 500
    #[serde(default = "some")]
    #[schemars(range(min = 1, max = 500))]
    pub limit: usize,
    /// Without so many of the newest
    #[serde(default)]
    pub offset: usize,
    /// Of these actions: a name, or its first part (`gate`)
    #[serde(default)]
    pub action: Option<String>,
    /// About this step, gate or run
    #[serde(default)]
    pub target: Option<String>,
}

fn some() -> usize {
    50
}

/// A picture.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Graph {
    /// Of which kind
    #[serde(default)]
    pub format: Format,
}

/// The kinds of pictures.
#[derive(Debug, Default, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    /// Layers of lines
    #[default]
    Text,
    /// For Graphviz
    Dot,
    /// For Markdown
    Mermaid,
}

/// Which proposals.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    /// Only those that wait for a person
    #[serde(default)]
    pub waiting: bool,
}

macro_rules! looks {
    ($($name:literal, $args:ty, $look:path, $shows:literal, $about:literal;)*) => {
        /// Every tool that changes nothing.
        pub(super) const LOOKS: &[Look] = &[$(Look {
            name: $name,
            about: $about,
            schema: schema_of::<$args>,
            look: |desk, value| arguments::<$args>(value).and_then(|asked| $look(desk, &asked)),
            shows_output: $shows,
        }),*];
    };
}

looks! {
    "status", Nothing, reads::status, false, "How every step and gate stands, and the revision.";
    "why", One, reads::why, false, "What holds a step or gate, and what would free it.";
    "step_show", One, reads::step, false, "One step with all its fields and its prompt.";
    "graph", Graph, reads::graph, false, "The sequence as a picture in text.";
    "validate", Nothing, reads::faults, false, "Every fault of sequence.yaml, policy.yaml and models.yaml.";
    "logs", Logs, reads::logs, true, "What a step printed: its end, at most 64 KiB, without secrets.";
    "runs_list", Nothing, reads::runs, false, "The runs, the newest first, at most 50.";
    "run_show", OfRun, reads::run, true, "A run; with `step`, what that step was asked, did and said in it.";
    "run_diff", more::Two, more::diff, true, "Two runs side by side, or a step in both, or two steps of one run: what differs.";
    "run_wait", Wait, wait::wait, false, "Follow a run to its end, or for some seconds, and tell how it stands.";
    "audit_list", Entries, reads::audit, false, "Who did what, when, and how it came out: entries of the log.";
    "history", Nothing, reads::history, false, "What was changed, and what of it is undone.";
    "audit_verify", Nothing, more::verified, false, "Whether the log is what was written, entry by entry.";
    "policy_check", more::Judged, more::judged, false, "Whether a command would be allowed to start; nothing is started.";
    "models_list", Nothing, more::models, false, "The coding agents a step may name as its model, and which are installed.";
    "policy_show", Nothing, reads::policy, false, "The mode, the limits and what steps may start.";
    "template_list", Nothing, reads::templates, false, "Templates of the six thread types and what can be set in each.";
    "template_show", One, reads::template, false, "A template with its text.";
    "proposals_list", Which, reads::proposals, false, "What was proposed within the last day, and how it stands.";
    "proposal_show", One, reads::proposal, false, "One proposal: whether a person has said yes, and what came of it.";
}

/// The tool of a name.
pub(super) fn find(name: &str) -> Option<&'static Look> {
    LOOKS.iter().find(|look| look.name == name)
}

/// The schema of arguments.
pub(super) fn schema_of<T: JsonSchema>() -> Value {
    let mut schema = schemars::schema_for!(T).to_value();
    if let Some(all) = schema.as_object_mut() {
        all.remove("$schema");
        all.remove("title");
        all.remove("description");
        all.entry("properties").or_insert_with(|| serde_json::json!({}));
    }
    schema
}

/// Reads arguments.
pub(super) fn arguments<T: DeserializeOwned>(value: Value) -> Result<T, Fault> {
    serde_json::from_value(value).map_err(|e| {
        Fault::new(ErrorClass::Usage, "USAGE", e.to_string()).hint("the tool's schema tells its fields")
    })
}

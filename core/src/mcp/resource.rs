//! What can be read by its address: the sequence, the runs, the logs.

use rmcp::model::{Resource, ResourceContents, ResourceTemplate};
use serde_json::Value;

use super::look::{Logs, OfRun};
use super::reads::{self, not_found};
use super::server::Desk;
use crate::engine::protocol::Fault;
use crate::view;
use crate::workspace::DoorError;

const SCHEME: &str = "threados://";
/// Most runs that are listed; older ones can be read all the same.
const LISTED: usize = 20;

/// What an address stands for.
#[derive(Debug, PartialEq)]
pub(super) enum Asked {
    Sequence,
    Status,
    Runs,
    Run(String),
    Step(String, String),
    Log { run: String, step: String, stderr: bool },
}

impl Asked {
    /// Reads an address.
    pub fn parse(uri: &str) -> Result<Self, Fault> {
        let path = uri.strip_prefix(SCHEME).unwrap_or_default();
        let own = |text: &&str| (*text).to_owned();
        match path.split('/').collect::<Vec<_>>().as_slice() {
            ["sequence"] => Ok(Self::Sequence),
            ["status"] => Ok(Self::Status),
            ["runs"] => Ok(Self::Runs),
            ["runs", run] => Ok(Self::Run(own(run))),
            ["runs", run, step] => Ok(Self::Step(own(run), own(step))),
            ["runs", run, step, file @ ("stdout" | "stderr")] => {
                Ok(Self::Log { run: own(run), step: own(step), stderr: *file == "stderr" })
            }
            _ => Err(not_found("resource", uri)),
        }
    }

    /// Whether it shows what steps printed or wrote.
    pub fn shows_output(&self) -> bool {
        matches!(self, Self::Run(_) | Self::Step(..) | Self::Log { .. })
    }

    /// Its contents, without secrets.
    pub fn read(&self, desk: &Desk, uri: &str) -> Result<ResourceContents, Fault> {
        let of = |run: &String, step: Option<&String>| OfRun { run: run.clone(), step: step.cloned() };
        let value = match self {
            Self::Sequence => return Ok(ResourceContents::text(sequence(desk)?, uri)),
            Self::Log { run, step, stderr } => {
                let asked = Logs { id: step.clone(), run: Some(run.clone()), stderr: *stderr };
                let log = reads::logs(desk, &asked)?;
                return Ok(ResourceContents::text(log["text"].as_str().unwrap_or_default(), uri));
            }
            Self::Status => reads::status(desk, &super::look::Nothing {}),
            Self::Runs => reads::runs(desk, &super::look::Nothing {}),
            Self::Run(run) => reads::run(desk, &of(run, None)),
            Self::Step(run, step) => reads::run(desk, &of(run, Some(step))),
        };
        Ok(json_text(value?, desk, uri))
    }
}

fn json_text(mut value: Value, desk: &Desk, uri: &str) -> ResourceContents {
    view::redact(&mut value, desk.workspace.redactor());
    ResourceContents::text(value.to_string(), uri).with_mime_type("application/json")
}

fn sequence(desk: &Desk) -> Result<String, Fault> {
    let snapshot = desk.workspace.snapshot().map_err(|e| Fault::from(&e))?;
    Ok(desk.workspace.redactor().redact(snapshot.document.text()).into_owned())
}

/// Those that are there now.
pub(super) fn list(desk: &Desk) -> Vec<Resource> {
    let mut all = vec![
        resource("sequence", "sequence.yaml", "The sequence as it stands in its file", "text/yaml"),
        resource("status", "status", "How every step and gate stands", "application/json"),
        resource("runs", "runs", "The runs, the newest first", "application/json"),
    ];
    let read = desk.workspace.in_force();
    let runs = read.and_then(|read| crate::engine::list_runs(&desk.workspace.paths, &read.snapshot));
    let runs =
        runs.map_err(|error: DoorError| tracing::warn!(%error, "runs cannot be listed")).unwrap_or_default();
    for run in runs.iter().take(LISTED) {
        let about = format!("A run: {}", view::run_state(run));
        all.push(resource(&format!("runs/{}", run.id), run.id.as_str(), &about, "application/json"));
    }
    all
}

fn resource(path: &str, name: &str, about: &str, kind: &str) -> Resource {
    Resource::new(format!("{SCHEME}{path}"), name).with_description(about).with_mime_type(kind)
}

/// The forms of addresses.
pub(super) fn templates() -> Vec<ResourceTemplate> {
    let of = |path: &str, name: &str, about: &str, kind: &str| {
        ResourceTemplate::new(format!("{SCHEME}{path}"), name).with_description(about).with_mime_type(kind)
    };
    vec![
        of("runs/{run}", "run", "A run: its state and its metrics", "application/json"),
        of("runs/{run}/{step}", "step", "What a step was asked, did and said in a run", "application/json"),
        of("runs/{run}/{step}/stdout", "stdout", "What a step printed, its end", "text/plain"),
        of(
            "runs/{run}/{step}/stderr",
            "stderr",
            "What a step printed to standard error, its end",
            "text/plain",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_nothing_else_is() {
        let log = Asked::Log { run: "r".into(), step: "s".into(), stderr: true };
        for (uri, asked) in [
            ("threados://sequence", Asked::Sequence),
            ("threados://runs/r", Asked::Run("r".into())),
            ("threados://runs/r/s", Asked::Step("r".into(), "s".into())),
            ("threados://runs/r/s/stderr", log),
        ] {
            assert_eq!(Asked::parse(uri), Ok(asked));
        }
        for uri in ["", "threados://", "file:///etc/passwd", "threados://runs/r/s/../x", "threados://policy"]
        {
            assert!(Asked::parse(uri).is_err(), "{uri}");
        }
    }
}

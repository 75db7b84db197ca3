//! `export`: the sequence as a file for another program.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use clap::{Args, ValueEnum};
use serde_json::json;
use threados_core::export::{Exported, bundled, github_actions, make};
use threados_core::model::{Sequence, Step};
use threados_core::model_cli::{Call, Given, Models};
use threados_core::store::prompt;
use threados_core::workspace::{DoorError, Workspace};
use threados_core::{graph, store};

use crate::context::Context;
use crate::failure::Failure;
use crate::output::{Report, warn};

/// The sequence as a file for another program, or with everything in it
#[derive(Debug, Args)]
pub struct Export {
    /// For whom
    #[arg(long, value_enum, default_value_t = Format::Yaml)]
    pub format: Format,
}

/// For whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For `import`: the definition and the prompts, without statuses
    Yaml,
    /// The same as JSON
    Json,
    /// A workflow of GitHub Actions
    GithubActions,
    /// A Makefile
    Make,
    /// A picture for Markdown
    Mermaid,
}

pub fn run(args: &Export, context: &Context) -> Result<Report, Failure> {
    let (workspace, snapshot) = context.look()?;
    let sequence = snapshot.sequence();
    let models = Models::read(&workspace.paths.models).map_err(DoorError::from)?;
    let called = |step: &Step| called(&workspace, &models, step);
    let plain = |text: String| Exported { text, warnings: Vec::new() };
    let exported = match args.format {
        Format::Yaml => plain(store::yaml::emit(&whole(&workspace, sequence), None)),
        Format::Json => {
            let all = serde_json::to_string_pretty(&store::yaml::to_json(&whole(&workspace, sequence)));
            plain(all.unwrap_or_default() + "\n")
        }
        Format::GithubActions => github_actions(sequence, &called),
        Format::Make => make(sequence, &called),
        Format::Mermaid => plain(graph::mermaid(sequence, &snapshot.statuses())),
    };
    for warning in &exported.warnings {
        warn(context, warning);
    }
    let name = args.format.to_possible_value().map(|v| v.get_name().to_owned());
    let json = json!({ "format": name, "text": exported.text, "warnings": exported.warnings });
    Ok(Report::new(json, exported.text))
}

/// How a step is called from the project root, whoever calls it.
fn called(workspace: &Workspace, models: &Models, step: &Step) -> Option<Call> {
    let file = step.prompt_file.as_deref().unwrap_or_default();
    let cwd = step.cwd.as_deref().unwrap_or(".");
    let up = Path::new(cwd).components().filter(|c| matches!(c, Component::Normal(_))).count();
    let prompt_file = format!("{}.threados/{file}", "../".repeat(up));
    let text = || prompt::read(&workspace.paths.threados.join(file)).unwrap_or_default();
    models.call(step, &Given { prompt_file: &prompt_file, prompt: &text, cwd, session: None }).ok()
}

/// The sequence with its prompts.
fn whole(workspace: &Workspace, sequence: &Sequence) -> Sequence {
    let files = sequence.steps.iter().filter_map(|step| step.prompt_file.clone());
    let read = |file: String| {
        let text = prompt::read(&workspace.paths.threados.join(&file)).ok()?;
        Some((file, text))
    };
    bundled(sequence, &files.filter_map(read).collect::<BTreeMap<_, _>>())
}

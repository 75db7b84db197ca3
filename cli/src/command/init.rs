//! `init`.

use std::path::Path;

use clap::Args;
use serde_json::{Value, json};
use threados_core::store::Paths;
use threados_core::thread_template::ThreadTemplate;
use threados_core::workspace::{DoorError, InitOptions, Templates, Workspace, rehearse};

use super::template;
use crate::context::{Context, current_dir};
use crate::failure::Failure;
use crate::output::Report;

/// Make a project in this folder
#[derive(Debug, Args)]
pub struct Init {
    /// Name of the sequence [default: the folder's name]
    pub name: Option<String>,
    /// Template to begin with: base, parallel, chained, fusion, orchestrated or long-autonomy
    #[arg(long, value_name = "TEMPLATE")]
    pub template: Option<String>,
    /// Value of a parameter of the template (repeatable)
    #[arg(long, value_name = "NAME=VALUE", value_parser = template::pair, requires = "template")]
    pub set: Vec<(String, String)>,
}

pub fn run(args: &Init, context: &Context) -> Result<Report, Failure> {
    let root = match &context.global.root {
        Some(root) => root.clone(),
        None => current_dir()?,
    };
    // Of a project that is there already we may be a step.
    if Paths::new(&root)?.sequence.exists() {
        context.refuse_steps("init")?;
    }
    // A template that cannot be applied is told before anything is made.
    let template = args.template.as_deref().map(|name| chosen(&root, name, &args.set)).transpose()?;
    if context.global.dry_run {
        return preview(&root, args);
    }
    let workspace = Workspace::init(&root, &InitOptions { name: args.name.clone() })?;
    let snapshot = workspace.snapshot()?;
    let name = &snapshot.sequence().name;
    let text = format!(
        "Made project `{name}` in {}\n\nNext:\n  seqctl step add hello -- git --version\n  seqctl run all\n  seqctl status\n",
        workspace.root().join(".threados").display()
    );
    let json = json!({ "name": name, "root": workspace.root(), "revision": snapshot.revision() });
    match template {
        Some(template) => begin(&workspace, &template, args, json, context),
        None => Ok(Report::new(json, if context.global.quiet { String::new() } else { text })),
    }
}

/// The template of a name, in a project that may not be there yet.
fn chosen(root: &Path, name: &str, set: &[(String, String)]) -> Result<ThreadTemplate, Failure> {
    let templates = Templates::of(&Paths::new(root)?)?;
    let template = templates.find(name)?.template()?.clone();
    let values = template.values(set).map_err(DoorError::from)?;
    rehearse(&template, &values).map_err(DoorError::from)?;
    Ok(template)
}

/// The first thread of a new project.
fn begin(
    workspace: &Workspace,
    template: &ThreadTemplate,
    args: &Init,
    mut json: Value,
    context: &Context,
) -> Result<Report, Failure> {
    let mut global = context.global.clone();
    global.root = Some(workspace.root().to_owned());
    let made = template::make(template, &args.set, None, &Context::new(global))?;
    let made = template::with_next(made, context);
    if let (Some(all), Value::Object(more)) = (json.as_object_mut(), made.json) {
        all.extend(more);
    }
    if context.global.quiet {
        return Ok(Report::new(json, made.text));
    }
    let text = format!(
        "Made project `{}` in {}\n{}",
        json["name"].as_str().unwrap_or_default(),
        workspace.root().join(".threados").display(),
        made.text
    );
    Ok(Report::new(json, text))
}

/// What would be made, without making it.
fn preview(root: &Path, args: &Init) -> Result<Report, Failure> {
    let paths = Paths::new(root)?;
    if paths.sequence.exists() {
        return Err(DoorError::Exists(paths.root).into());
    }
    let folder = paths.root.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let name = args.name.clone().unwrap_or(folder);
    let text = format!("would make project `{name}` in {}\n", paths.threados.display());
    Ok(Report::new(json!({ "dry_run": true, "name": name, "root": paths.root }), text))
}

//! `template list|show|apply`.

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use threados_core::grammar::{Control, RunAll};
use threados_core::id::StepId;
use threados_core::thread_template::{Parameter, ThreadTemplate};
use threados_core::workspace::{Ask, DoorError, Maker, Request, TemplateFile, Templates};

use super::change;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::{Report, print};
use crate::table::Table;

/// Patterns of steps to begin with
#[derive(Debug, Subcommand)]
pub enum Template {
    /// The templates of this project
    List(List),
    /// A template: its parameters and its text
    Show(Show),
    /// Make what a template stands for
    Apply(Apply),
}

impl Template {
    /// The name in JSON output.
    pub fn name(&self) -> &'static str {
        match self {
            Self::List(_) => "template.list",
            Self::Show(_) => "template.show",
            Self::Apply(_) => "template.apply",
        }
    }
}

/// The templates of this project
#[derive(Debug, Args)]
pub struct List {}

/// A template: its parameters and its text
#[derive(Debug, Args)]
pub struct Show {
    /// Template to show
    pub name: String,
}

/// Make what a template stands for
#[derive(Debug, Args)]
pub struct Apply {
    /// Template to apply
    pub name: String,
    /// Value of a parameter (repeatable)
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub set: Vec<(String, String)>,
    /// What the new ids begin with [default: the template's name]
    #[arg(long, value_name = "ID")]
    pub id: Option<StepId>,
    /// Then run all that can start, as `run all` does; inside an orchestrator its own steps
    #[arg(long)]
    pub run: bool,
}

/// Reads `NAME=VALUE`.
pub fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write it as NAME=VALUE".to_owned()),
    }
}

pub fn run(asked: &Template, context: &Context) -> Result<Report, Failure> {
    match asked {
        Template::List(_) => list(context),
        Template::Show(args) => show(args, context),
        Template::Apply(args) => apply(args, context),
    }
}

fn list(context: &Context) -> Result<Report, Failure> {
    let templates = Templates::of(&context.workspace()?.paths)?;
    let mut table = Table::new(&["TEMPLATE", "WHAT IT MAKES", "PARAMETERS"]);
    for file in &templates.all {
        let (what, parameters) = match &file.template {
            Ok(template) => (template.description.clone(), names(template).join(", ")),
            Err(problems) => (
                format!("not valid: {} faults, see `template show {}`", problems.len(), file.name),
                String::new(),
            ),
        };
        table.row(vec![file.name.as_str().into(), what.into(), parameters.into()]);
    }
    let json: Vec<Value> = templates.all.iter().map(described).collect();
    Ok(Report::new(json!({ "templates": json }), table.render(context)))
}

fn names(template: &ThreadTemplate) -> Vec<String> {
    template.parameters.iter().map(|p| p.name.clone()).collect()
}

fn described(file: &TemplateFile) -> Value {
    match &file.template {
        Ok(template) => json!({
            "name": file.name,
            "file": file.file,
            "description": template.description,
            "id": template.default_id(),
            "parameters": template.parameters.iter().map(parameter).collect::<Vec<_>>(),
        }),
        Err(problems) => json!({ "name": file.name, "file": file.file, "problems": problems }),
    }
}

fn parameter(p: &Parameter) -> Value {
    json!({
        "name": p.name,
        "type": p.kind.word(),
        "takes": p.kind.expected(),
        "default": p.default,
        "description": p.description,
    })
}

fn show(args: &Show, context: &Context) -> Result<Report, Failure> {
    let templates = Templates::of(&context.workspace()?.paths)?;
    let file = templates.find(&args.name)?;
    let template = file.template()?;
    let place = file.file.as_deref().unwrap_or("comes with the program");
    let mut text = format!("{}: {}\n({place})\n\n", file.name, template.description);
    let mut table = Table::new(&["PARAMETER", "TAKES", "DEFAULT", "WHAT FOR"]);
    for p in &template.parameters {
        let default = p.default.as_ref().map_or_else(|| "(must be set)".to_owned(), ToString::to_string);
        table.row(vec![
            p.name.as_str().into(),
            p.kind.expected().into(),
            default.into(),
            p.description.as_str().into(),
        ]);
    }
    text += &table.render(context);
    text += &format!("\n{}", file.text);
    let mut json = described(file);
    json["text"] = json!(file.text);
    Ok(Report::new(json!({ "template": json }), text))
}

fn apply(args: &Apply, context: &Context) -> Result<Report, Failure> {
    let workspace = context.workspace()?;
    let templates = Templates::of(&workspace.paths)?;
    let template = templates.find(&args.name)?.template()?;
    let made = make(template, &args.set, args.id.as_ref(), context)?;
    if args.run && !context.global.dry_run { run_all(made, context) } else { Ok(with_next(made, context)) }
}

/// Runs what can start. What was made is told first, and stays whatever the run comes to.
fn run_all(made: Report, context: &Context) -> Result<Report, Failure> {
    if !context.global.json {
        print(&made.text);
    }
    let mut ran = super::run::run(&Control::RunAll(RunAll::default()), false, context)?;
    let mut json = made.json;
    json["run"] = ran.json;
    ran.json = json;
    Ok(ran)
}

/// Makes what a template stands for.
pub fn make(
    template: &ThreadTemplate,
    set: &[(String, String)],
    id: Option<&StepId>,
    context: &Context,
) -> Result<Report, Failure> {
    let values = template.values(set).map_err(DoorError::from)?;
    let id = match id {
        Some(id) => id.clone(),
        None => template.default_id().parse().map_err(|e: threados_core::id::IdError| {
            Failure::new(threados_core::workspace::ErrorClass::Invalid, "BAD_ID", e.to_string())
                .hint("add `id:` to the template, or use --id")
        })?,
    };
    let workspace = context.workspace()?;
    let asker = change::request_of(Ask::Actions(Vec::new()), context);
    let made = workspace.from_template(template, &values, &id, &asker);
    if made.as_ref().is_err_and(|error| !matches!(error, DoorError::Template(_))) {
        // Every attempt stands in the log, with its reason: the door refuses it once more, and writes it down.
        let ask = Ask::Actions(template.actions(&values, id.as_str()).map_err(DoorError::from)?);
        return change::submit(&Request { ask, command: Some(Maker::Template), ..asker }, context);
    }
    let (request, id) = made?;
    let mut report = change::submit(&request, context)?;
    report.json["id"] = json!(id);
    report.json["template"] = json!(template.name);
    report.json["lines"] = json!(request.lines());
    if !context.global.dry_run && !context.global.quiet {
        report.text = report.text.replacen("template.apply:", &format!("template {}:", template.name), 1);
    }
    Ok(report)
}

/// With what to type next, for a person.
pub fn with_next(mut made: Report, context: &Context) -> Report {
    if !context.global.dry_run && !context.global.quiet {
        made.text += "\nNext: seqctl run all\n";
    }
    made
}

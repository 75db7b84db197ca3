//! What can be said of a step's templates before anything runs: their form, and whether what they name is there and
//! comes before.

use std::borrow::Cow;

use super::context::Given;
use super::{Reference, Template, TemplateError, is_template};
use crate::action::nearest;
use crate::dag::{Dag, Node};
use crate::model::{Problem, Sequence, Step};

/// Where a faulty template stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the sequence; the path of the problem says where.
    Sequence,
    /// In this prompt file, below `.threados/`; line and column of the problem are of that file.
    Prompt(String),
}

/// A fault of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where it stands.
    pub place: Place,
    /// What is wrong. Codes: `TEMPLATE`, `TEMPLATE_UNKNOWN_STEP`, `TEMPLATE_NOT_UPSTREAM`, `TEMPLATE_UNKNOWN_FIELD`.
    pub problem: Problem,
}

/// The faults of the templates of step `index`, the first of each text; `prompt` is the text of its prompt file.
pub fn check(sequence: &Sequence, dag: &Dag, index: usize, prompt: Option<&str>) -> Vec<Fault> {
    let (Some(step), Some(node)) = (sequence.steps.get(index), dag.step(index)) else { return Vec::new() };
    // A watchdog comes after what its step comes after.
    let about = About {
        sequence,
        dag,
        node: dag.watched(node).and_then(|id| dag.find(id.as_str())).unwrap_or(node),
        step,
    };
    let mut faults = Vec::new();
    for (path, template) in texts(step) {
        if let Some((code, error)) = about.fault(&template) {
            let problem = Problem::new(code, format!("steps[{index}].{path}"), error.message);
            faults.push(Fault { place: Place::Sequence, problem: hinted(problem, error.hint) });
        }
    }
    if let (Some(file), Some(text)) = (&step.prompt_file, prompt.filter(|t| is_template(t)))
        && let Some((code, error)) = about.fault(&Template::text(text))
    {
        let (line, column) = error.at.unwrap_or_default();
        let problem = Problem::new(code, "", error.message).at(line, column);
        faults.push(Fault { place: Place::Prompt(file.clone()), problem: hinted(problem, error.hint) });
    }
    faults
}

/// The templates of a step that nobody could read, whatever else the sequence holds, by where they stand in it: `when`,
/// `command[2]`. What stands in `before` in the same words is left out.
pub fn unreadable(step: &Step, before: Option<&Step>) -> impl Iterator<Item = (String, TemplateError)> {
    let old: Vec<_> = before.into_iter().flat_map(texts).collect();
    let new = texts(step).filter(move |text| !old.contains(text));
    new.filter_map(|(path, template)| Some((path, template.fault_of_form()?)))
}

/// Every template that stands in the sequence itself, with its path below the step.
fn texts(step: &Step) -> impl Iterator<Item = (String, Template)> + '_ {
    let command = step.command.iter().enumerate().filter(|(_, a)| is_template(a));
    let command = command.map(|(i, argument)| (format!("command[{i}]"), Template::text(argument)));
    let env = step.env.iter().filter(|(_, v)| is_template(v));
    let env = env.map(|(name, value)| (format!("env.{name}"), Template::text(value)));
    let when = step.when.iter().map(|when| ("when".to_owned(), Template::condition(when)));
    command.chain(env).chain(when)
}

fn hinted(problem: Problem, hint: Option<String>) -> Problem {
    match hint {
        Some(hint) => problem.hint(hint),
        None => problem,
    }
}

/// A step whose templates are looked at.
struct About<'a> {
    sequence: &'a Sequence,
    dag: &'a Dag,
    node: Node,
    step: &'a Step,
}

impl About<'_> {
    fn fault(&self, template: &Template) -> Option<(&'static str, TemplateError)> {
        if let Some(error) = template.fault_of_form() {
            return Some(("TEMPLATE", error));
        }
        if let Some(error) = self.missing_name(template) {
            return Some(("TEMPLATE", error));
        }
        let fault = |r: &Reference| self.bad_reference(r).map(|(code, e)| (code, e.at(template.place(r.at))));
        template.references().iter().find_map(fault)
    }

    /// A name that is there for some steps, and not for this one.
    fn missing_name(&self, template: &Template) -> Option<TemplateError> {
        let id = &self.step.id;
        if template.uses("candidates") && self.step.fusion_candidates.is_empty() {
            let error = TemplateError::new(format!("`candidates` are those of a synth, and `{id}` is none"));
            return Some(error.hint("use `inputs`, or make a fusion: seqctl fusion create"));
        }
        if template.uses("worker") && self.step.group_id.is_none() {
            let error =
                TemplateError::new(format!("`worker` is for members of a group, and `{id}` is in none"));
            return Some(error.hint("take it out, or make a group: seqctl group parallelize"));
        }
        if template.uses("watch") && self.step.watchdog_for.is_none() {
            let error = TemplateError::new(format!("`watch` is for watchdogs, and `{id}` is none"));
            return Some(error.hint("what a step before it printed is in `steps.ID.stdout`"));
        }
        None
    }

    fn bad_reference(&self, r: &Reference) -> Option<(&'static str, TemplateError)> {
        let named = &r.step;
        let found = self.dag.find(named).filter(|n| !self.dag.is_gate(*n));
        let Some(found) = found else {
            let message = format!("there is no step `{named}`");
            let ids = self.sequence.steps.iter().map(|s| s.id.as_str());
            let hint = match nearest(named, ids) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`seqctl step list` shows the steps".to_owned(),
            };
            return Some(("TEMPLATE_UNKNOWN_STEP", TemplateError::new(message).hint(hint)));
        };
        if self.dag.ancestors(self.node).binary_search(&found).is_err() {
            let id = &self.step.id;
            let error = if self.step.watchdog_for.as_ref().is_some_and(|id| id.as_str() == named) {
                TemplateError::new(format!("`{id}` watches `{named}`, which has handed on nothing yet"))
                    .hint("what it printed so far is in `watch.stdout` and `watch.stderr`")
            } else if found == self.node {
                TemplateError::new(format!("`{id}` asks for what it hands on itself"))
                    .hint("name a step that it depends on")
            } else {
                TemplateError::new(format!(
                    "`{id}` does not wait for `{named}`, so it cannot ask for what that hands on"
                ))
                .hint(format!("let it wait: seqctl dep add {id} {named}"))
            };
            return Some(("TEMPLATE_NOT_UPSTREAM", error));
        }
        let field = r.field.as_deref()?;
        if Given::FIELDS.contains(&field) {
            return None;
        }
        let error = TemplateError::new(format!("a step has no `{field}` to ask for"));
        let hint: Cow<str> = match nearest(field, Given::FIELDS.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?").into(),
            None => format!("what it wrote to $THREADOS_OUTPUT is `steps.{named}.outputs.{field}`").into(),
        };
        Some(("TEMPLATE_UNKNOWN_FIELD", error.hint(hint)))
    }
}

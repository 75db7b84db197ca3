//! The templates of a step that starts: its condition, command, environment and prompt.

use std::collections::BTreeSet;
use std::path::Path;

use super::core::Engine;
use super::given::SKIPPED;
use crate::dag::Dag;
use crate::id::{RunId, StepId};
use crate::log::Draft;
use crate::model::{Actor, Fact, Phase, Step, StepFact, StepStatus};
use crate::policy::PolicyError;
use crate::store::prompt;
use crate::template::{Context, Given, Template, TemplateError, Watched, is_template};

/// The name of the prompt as it was really asked, in the folder of the attempt.
pub const PROMPT: &str = "prompt.md";

/// Largest argument or variable that the system gives to a process, in bytes.
const MAX_ARGUMENT: usize = (128 << 10) - 1;

/// Why a step does not start.
#[derive(Debug)]
pub(super) enum StartError {
    Policy(PolicyError),
    /// A template; with where it stands.
    Template(String, TemplateError),
    /// The prompt file cannot be read; with why.
    Prompt(String, String),
    /// It needs a pane of mprocs, and there is none; with why.
    Session(String),
}

impl From<PolicyError> for StartError {
    fn from(error: PolicyError) -> Self {
        Self::Policy(error)
    }
}

impl StartError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::Policy(error) => error.code(),
            Self::Template(..) => "TEMPLATE",
            Self::Prompt(..) => "PROMPT_UNREADABLE",
            Self::Session(_) => "MPROCS_NO_SESSION",
        }
    }

    /// Whether a rule of the policy refuses.
    pub fn is_denied(&self) -> bool {
        matches!(self, Self::Policy(PolicyError::Denied(_)))
    }

    /// The reason of the step.
    pub fn reason(&self) -> String {
        match self {
            Self::Policy(PolicyError::Denied(denial)) => format!("policy: {}", denial.message),
            other => other.to_string(),
        }
    }
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Policy(error) => error.fmt(f),
            Self::Template(place, error) => {
                write!(f, "{place}")?;
                if let Some((line, column)) = error.at {
                    write!(f, ":{line}:{column}")?;
                }
                write!(f, ": {error}")
            }
            Self::Prompt(file, why) => write!(f, "the prompt .threados/{file} cannot be read: {why}"),
            Self::Session(why) => write!(f, "MPROCS_NO_SESSION: {why}"),
        }
    }
}

/// A step as it will really start.
pub(super) struct Filled {
    /// With its command and environment filled in.
    pub step: Step,
    /// What it is asked.
    pub prompt: Option<String>,
    /// What it depends on.
    pub inputs: Vec<Given>,
}

impl Engine {
    /// Whether the condition of a step holds.
    pub(super) fn wants_to_run(&self, step: &Step) -> Result<bool, StartError> {
        let Some(when) = &step.when else { return Ok(true) };
        let template = Template::condition(when);
        let context = self.context(step, std::slice::from_ref(&template));
        template.holds(&context).map_err(|e| StartError::Template("when".into(), e))
    }

    /// The condition of a step does not hold: it is DONE, nothing was started.
    pub(super) fn skip(&mut self, id: &StepId, run: &RunId) {
        let draft = Draft::new(Actor::System, "step.end", id.as_str())
            .run(run.clone())
            .with("status", StepStatus::Done.as_str())
            .with("reason", SKIPPED);
        self.tell(draft, vec![Fact::Step(StepFact::new(id.clone(), Phase::Done).because(SKIPPED))]);
        for run in self.runs.values_mut() {
            run.left.remove(id);
            run.forced.remove(id);
        }
    }

    /// Fills in what has marks; what has none costs nothing.
    pub(super) fn fill(&self, step: &Step, watch: Option<Watched>) -> Result<Filled, StartError> {
        let inputs = self.given(&self.inputs(self.placed(step)), false);
        let prompt = step.prompt_file.as_deref().map(|file| self.prompt(file)).transpose()?;
        let mut filled = Filled { step: step.clone(), prompt, inputs };
        let texts = Texts::of(step, filled.prompt.as_deref());
        let templates = texts.templates();
        if !templates.is_empty() {
            let context = Context { watch, ..self.context(step, &templates) };
            texts.render(&mut filled, &context)?;
        }
        self.tell_what_to_mend(&mut filled, &texts);
        Ok(filled)
    }

    fn prompt(&self, file: &str) -> Result<String, StartError> {
        let path = self.workspace().paths.threados.join(file);
        prompt::read(&path).map_err(|e| StartError::Prompt(file.to_owned(), e.to_string()))
    }

    /// Work that was sent back: what a person said stands in an agent's prompt, whether or not that asks for it.
    fn tell_what_to_mend(&self, filled: &mut Filled, texts: &Texts) {
        let Some(reason) = self.sent_back(&filled.step) else { return };
        let asked = texts.prompt.as_ref().is_some_and(|t| t.uses("review"));
        if let (Some(prompt), false, false) = (&mut filled.prompt, asked, filled.step.model.is_shell()) {
            *prompt += &format!(
                "\n## Sent back\n\nThis work was done before and was sent back. Mend what is said here:\n\n{reason}\n"
            );
        }
    }

    /// Why a step's work was sent back; of a watchdog, that of the step it watches.
    pub(super) fn sent_back(&self, step: &Step) -> Option<&str> {
        self.world.state.steps.get(&self.placed(step).id)?.review_reason.as_deref()
    }

    /// The step whose place a step has in the order: a watchdog comes after what its step comes after.
    fn placed<'a>(&'a self, step: &'a Step) -> &'a Step {
        step.watchdog_for.as_ref().and_then(|id| self.world.step(id)).unwrap_or(step)
    }

    /// What these templates of a step may ask for, as far as they do.
    fn context(&self, step: &Step, templates: &[Template]) -> Context {
        let uses = |name: &str| templates.iter().any(|t| t.uses(name));
        let steps = self.referenced(step, templates);
        let texts = templates.iter().any(|t| t.asks_for("text") || t.asks_for("summary"));
        let inputs = if uses("inputs") { self.inputs(self.placed(step)) } else { Vec::new() };
        let candidates: &[StepId] = if uses("candidates") { &step.fusion_candidates } else { &[] };
        Context {
            step: (step.id.clone(), step.name.clone(), step.role.clone()),
            worker: self.place_in_group(step),
            watch: None,
            review: self.sent_back(step).map(str::to_owned),
            steps: self.given(&steps, texts),
            inputs: self.given(&inputs, true),
            candidates: self.given(candidates, true),
        }
    }

    /// The steps before it that templates name.
    fn referenced(&self, step: &Step, templates: &[Template]) -> Vec<StepId> {
        let named: BTreeSet<&str> =
            templates.iter().flat_map(|t| t.references()).map(|r| r.step.as_str()).collect();
        let all = templates.iter().any(Template::asks_for_all_steps);
        if named.is_empty() && !all {
            return Vec::new();
        }
        let dag: &Dag = self.world.frontier.dag();
        let above =
            self.world.node(&self.placed(step).id).map(|node| dag.ancestors(node)).unwrap_or_default();
        let steps = above.into_iter().filter(|n| !dag.is_gate(*n)).map(|n| dag.id(n));
        steps.filter(|id| all || named.contains(id.as_str())).map(StepId::from).collect()
    }
}

/// The texts of a step that have marks.
struct Texts {
    command: Vec<(usize, Template)>,
    env: Vec<(String, Template)>,
    prompt: Option<Template>,
}

impl Texts {
    fn of(step: &Step, prompt: Option<&str>) -> Self {
        let command = step.command.iter().enumerate().filter(|(_, a)| is_template(a));
        let env = step.env.iter().filter(|(_, v)| is_template(v));
        Self {
            command: command.map(|(i, a)| (i, Template::text(a))).collect(),
            env: env.map(|(name, v)| (name.clone(), Template::text(v))).collect(),
            prompt: prompt.filter(|p| is_template(p)).map(Template::text),
        }
    }

    fn templates(&self) -> Vec<Template> {
        let command = self.command.iter().map(|(_, t)| t);
        command.chain(self.env.iter().map(|(_, t)| t)).chain(&self.prompt).cloned().collect()
    }

    fn render(&self, filled: &mut Filled, context: &Context) -> Result<(), StartError> {
        for (i, template) in &self.command {
            filled.step.command[*i] = argument(format!("command[{i}]"), template, context)?;
        }
        for (name, template) in &self.env {
            let value = argument(format!("env.{name}"), template, context)?;
            filled.step.env.insert(name.clone(), value);
        }
        if let Some(template) = &self.prompt {
            let file = filled.step.prompt_file.clone().unwrap_or_default();
            filled.prompt = Some(template.render(context).map_err(|e| StartError::Template(file, e))?);
        }
        Ok(())
    }
}

/// One argument or variable: never split, whatever it holds.
fn argument(place: String, template: &Template, context: &Context) -> Result<String, StartError> {
    match template.render(context) {
        Ok(text) if text.len() > MAX_ARGUMENT => {
            let message = format!(
                "it would be {} bytes, and a process takes {MAX_ARGUMENT}; give the path instead",
                text.len()
            );
            Err(StartError::Template(place, TemplateError { message, hint: None, at: None }))
        }
        Ok(text) => Ok(text),
        Err(error) => Err(StartError::Template(place, error)),
    }
}

/// Where the prompt of an attempt stands.
pub(super) fn prompt_path(step_dir: &Path) -> std::path::PathBuf {
    step_dir.join(PROMPT)
}

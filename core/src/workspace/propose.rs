//! The pure half of the door: what a request would do. Dropping a proposal is the dry run.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::diff::unified;
use super::external::SEQUENCE;
use super::folder::check_folder;
use super::history::{Image, Way};
use super::request::{Ask, Request};
use super::validate::unknown_model;
use super::{DoorError, Snapshot, authority, history, missing, price};
use crate::action::{ActionError, Edit, PolicyEdit, PromptSource};
use crate::dag::{Checks, Dag, check, check_graph};
use crate::id::{NodeId, Revision};
use crate::join::join;
use crate::model::{Fact, Problem, Sequence, Step};
use crate::policy::{Asking, Judge, Need, PolicyError, check_actor, check_env, check_reader};
use crate::store::paths::MODELS_FILE;
use crate::store::prompt::MAX_PROMPT;
use crate::store::yaml::{self, Document, LONG};
use crate::template::{TemplateError, unreadable};

/// What a request would do. Only [`super::Workspace`] can make it true.
#[derive(Debug)]
pub struct Proposal {
    /// The request.
    pub request: Request,
    /// The revision it was made on.
    pub base: Revision,
    /// The definition afterwards.
    pub after: Sequence,
    /// `sequence.yaml` afterwards, with the statuses as they were; `None` where it stays as it is.
    pub document: Option<Document>,
    /// The text of `policy.yaml` afterwards, `None` where it stays as it is.
    pub policy_text: Option<String>,
    /// Prompt files to write (`Some`) or remove (`None`), by path below `.threados/`.
    pub prompts: BTreeMap<String, Option<String>>,
    /// What happens to statuses and decisions.
    pub facts: Vec<Fact>,
    /// What a person should know beside what was asked for.
    pub notes: Vec<String>,
    /// Steps and gates that differ afterwards.
    pub changed: Vec<NodeId>,
    /// Unified diff of `sequence.yaml`, `policy.yaml` and prompts.
    pub diff: String,
    /// How often a person has to say yes.
    pub need: Need,
    /// The graph of the definition afterwards.
    pub dag: Arc<Dag>,
    /// What undo puts back; `None` where no definition changes.
    pub image: Option<Image>,
    /// The log entry that an undo or redo is about.
    pub about: Option<u64>,
}

/// What a proposal is judged with.
pub struct Surroundings<'a> {
    /// A door asks for programs outside of every step: an orchestrator without a step is one of those.
    pub for_programs: bool,
    /// Judges commands by the policy in force.
    pub judge: &'a Judge,
    /// The prompts as they stand.
    pub prompts: &'a dyn PromptSource,
    /// The text of `policy.yaml`; empty where there is none.
    pub policy_text: &'a str,
    /// The folder `.threados`, to see which prompt files exist.
    pub threados: &'a Path,
    /// Now.
    pub now: DateTime<Utc>,
    /// What undo or redo would take: found in the log by the caller.
    pub target: Option<history::Target>,
}

/// Works out what a request would do, without doing it.
///
/// # Errors
/// [`DoorError`] where it cannot be done or the policy refuses.
pub fn propose(snapshot: &Snapshot, request: &Request, with: &Surroundings) -> Result<Proposal, DoorError> {
    if let Some(asked) = &request.base
        && asked != snapshot.revision()
    {
        return Err(DoorError::Stale { asked: asked.clone(), now: snapshot.revision().clone() });
    }
    let before = snapshot.sequence();
    for name in request.names() {
        check_actor(name, request.actor)?;
        if request.proposed.is_none() && !with.for_programs {
            check_reader(name, request.actor, request.step.as_ref())?;
        }
    }
    authority::check_named(request, before)?;
    let mut edit = Edit::new(before.clone(), snapshot.state.clone(), request.actor, with.now, with.prompts);
    edit.spawned_by.clone_from(&request.step);
    apply(request, with, &mut edit)?;
    check_prompts(&edit, with.prompts)?;
    authority::check(request, before, &edit)?;
    drop_idle_budgets(before, &mut edit.sequence);
    judge(before, &edit, with)?;
    edit.prompts.retain(|file, text| *text != with.prompts.prompt(file));
    let image = Image::between(before, &edit.sequence, &edit.changed, &edit.prompts, with.prompts);
    if image.is_some() {
        edit.sequence.metadata.updated_at = Some(with.now);
    }
    let long = snapshot.document.text().len() >= LONG;
    let rewrite = || image.is_some().then(|| Rewritten::of(&snapshot.document, &edit.sequence));
    let check = || -> Result<Dag, DoorError> {
        let dag = Dag::new(&edit.sequence);
        validate(before, &edit, &dag, with)?;
        Ok(dag)
    };
    // Whoever commits asks for the digest.
    let digest = || (long && image.is_some()).then(|| snapshot.document.digest());
    let (rewritten, (_, dag)) = join(long, rewrite, || join(long, digest, check));
    let dag = dag?;
    let rewritten = rewritten.transpose().map_err(ActionError::Invalid)?;
    finish(snapshot, request, with, After { edit, dag, image, rewritten })
}

/// The sequence file with another definition.
struct Rewritten {
    document: Document,
    diff: String,
}

impl Rewritten {
    fn of(old: &Document, after: &Sequence) -> Result<Self, Vec<Problem>> {
        let document = old.rewrite(after)?;
        let diff = unified(old.text(), document.text(), SEQUENCE);
        Ok(Self { document, diff })
    }
}

/// What a request comes to.
struct After<'a> {
    edit: Edit<'a>,
    dag: Dag,
    image: Option<Image>,
    rewritten: Option<Rewritten>,
}

/// The budget of a group goes with its last member.
fn drop_idle_budgets(before: &Sequence, after: &mut Sequence) {
    let mut groups = std::mem::take(&mut after.budgets.groups);
    groups.retain(|id, _| after.members(id).next().is_some() || before.members(id).next().is_none());
    after.budgets.groups = groups;
}

fn apply(request: &Request, with: &Surroundings, edit: &mut Edit) -> Result<(), DoorError> {
    match (&request.ask, &with.target) {
        (Ask::Actions(actions), _) => {
            for action in actions {
                action.apply(edit)?;
            }
            Ok(())
        }
        (Ask::Undo, Some(target)) => target.put(edit, Way::Undo),
        (Ask::Redo, Some(target)) => target.put(edit, Way::Redo),
        (Ask::Undo, None) => Err(DoorError::NothingTo("undo")),
        (Ask::Redo, None) => Err(DoorError::NothingTo("redo")),
    }
}

/// What is replaced has to be known, to be shown and put back; what is written has to be read again.
fn check_prompts(edit: &Edit, prompts: &dyn PromptSource) -> Result<(), DoorError> {
    for (file, text) in &edit.prompts {
        prompts.check(file).map_err(|(path, source)| DoorError::Read { path, source })?;
        let length = text.as_ref().map_or(0, String::len);
        if length > MAX_PROMPT {
            let message = format!(
                "the prompt would have {length} bytes, and {MAX_PROMPT} are the most; put what is long into another \
                 file, and name that in the prompt"
            );
            return Err(ActionError::Usage(message).into());
        }
    }
    Ok(())
}

/// What nobody can read is refused as it is given, not when the run comes to it. What it names may still come to be.
fn check_templates(before: &Sequence, step: &Step) -> Result<(), ActionError> {
    let refuse = |(path, error): (String, TemplateError)| {
        let (line, column) = error.at.unwrap_or((1, 1));
        let place =
            if line > 1 { format!("line {line}, column {column}") } else { format!("column {column}") };
        let message = format!("`{path}` of step `{}` cannot be read at {place}: {}", step.id, error.message);
        let problem = Problem::new("TEMPLATE", "", message);
        match error.hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    };
    let problems: Vec<_> = unreadable(step, before.step(step.id.as_str())).map(refuse).collect();
    if problems.is_empty() { Ok(()) } else { Err(ActionError::Invalid(problems)) }
}

/// Every step whose command, folder, environment or group changes is judged as if it were to start now; what
/// may still come to be (a program that a step builds, a folder) is no reason to refuse.
fn judge(before: &Sequence, edit: &Edit, with: &Surroundings) -> Result<(), DoorError> {
    let changed = |s: &&Step| edit.changed.contains(s.id.as_str());
    for step in edit.sequence.steps.iter().filter(changed) {
        if before.step(step.id.as_str()) == Some(step) {
            continue;
        }
        check_templates(before, step)?;
        check_env(&step.env)?;
        // A folder that is not there yet is judged when the step starts.
        if let Ok(cwd) = with.judge.cwd(Path::new(step.cwd.as_deref().unwrap_or("."))) {
            check_folder(&edit.sequence, step, cwd.path(), with.judge)?;
        }
        if let Err(e @ (PolicyError::Denied(_) | PolicyError::BadPattern { .. })) =
            judge_step(with.judge, step)
        {
            return Err(e.into());
        }
    }
    let groups: std::collections::BTreeSet<_> =
        edit.sequence.steps.iter().filter(changed).filter_map(|s| s.group_id.clone()).collect();
    for group in groups {
        let members = edit.sequence.members(&group).count();
        with.judge.policy().check_fanout(u32::try_from(members).unwrap_or(u32::MAX))?;
    }
    Ok(())
}

/// A change may not add a fault; faults that stand already are not its business.
fn validate(before: &Sequence, edit: &Edit, dag: &Dag, with: &Surroundings) -> Result<(), DoorError> {
    let exists = |file: &str| match edit.prompts.get(file) {
        Some(text) => text.is_some(),
        None => with.threados.join(file).is_file(),
    };
    let unknown_model = unknown_model(&with.threados.join(MODELS_FILE));
    let checks = Checks { max_fanout: u32::MAX, prompt_exists: &exists, unknown_model: &unknown_model };
    let mut problems = check_graph(dag, &edit.sequence, &checks);
    if problems.is_empty() {
        return Ok(());
    }
    let key = |p: &Problem| (p.code.clone(), p.message.clone());
    let old: std::collections::BTreeSet<_> = check(before, &checks).iter().map(key).collect();
    problems.retain(|p| !old.contains(&key(p)));
    if problems.is_empty() { Ok(()) } else { Err(ActionError::Invalid(problems).into()) }
}

fn finish(
    snapshot: &Snapshot,
    request: &Request,
    with: &Surroundings,
    after: After,
) -> Result<Proposal, DoorError> {
    let After { edit, dag, image, rewritten } = after;
    let Edit { sequence, facts, prompts, policy, mut notes, changed, .. } = edit;
    notes.extend(price::notes(snapshot.sequence(), &sequence, &dag, &with.threados.join(MODELS_FILE)));
    let policy_text = if policy.is_empty() { None } else { Some(edit_policy(with.policy_text, &policy)?) };
    let changed_steps = sequence.steps.iter().filter(|step| changed.contains(step.id.as_str()));
    let models = with.threados.join(MODELS_FILE);
    notes.extend(missing::agents(snapshot.sequence(), changed_steps, with.judge, &models));
    notes.extend(policy.iter().filter_map(|edit| missing::program(edit, with.judge)));
    let (document, diff) = rewritten.map(|new| (new.document, new.diff)).unzip();
    let diff = diff.unwrap_or_default() + &diff_beside(with, policy_text.as_deref(), &prompts);
    let policy = with.judge.policy();
    let asking = match (&request.step, &request.proposed) {
        (Some(_), _) => Asking::on_own_child(),
        (None, Some(proposed)) => proposed.asking(request.actor),
        (None, None) => Asking::direct(request.actor),
    };
    let need = request
        .names()
        .iter()
        .map(|name| policy.needs_confirmation(name, asking))
        .max()
        .unwrap_or(Need::None);
    Ok(Proposal {
        request: request.clone(),
        base: snapshot.revision().clone(),
        after: sequence,
        document,
        policy_text,
        prompts,
        facts,
        notes,
        changed: changed.into_iter().collect(),
        diff,
        need,
        dag: Arc::new(dag),
        image,
        about: with.target.as_ref().map(history::Target::seq),
    })
}

/// The diff of the policy and of the prompts.
fn diff_beside(
    with: &Surroundings,
    policy_text: Option<&str>,
    prompts: &BTreeMap<String, Option<String>>,
) -> String {
    let mut out = String::new();
    if let Some(text) = policy_text {
        out += &unified(with.policy_text, text, "policy.yaml");
    }
    for (file, text) in prompts {
        let old = with.prompts.prompt(file).unwrap_or_default();
        out += &unified(&old, text.as_deref().unwrap_or_default(), file);
    }
    out
}

/// Judges what a step would execute, as far as it is known before templates are filled in.
///
/// # Errors
/// [`PolicyError`] where a rule refuses, or the program or folder is not there.
pub fn judge_step(judge: &Judge, step: &Step) -> Result<(), PolicyError> {
    let cwd = Path::new(step.cwd.as_deref().unwrap_or("."));
    if !step.model.is_shell() {
        // What calls the agent is known when it starts, and is judged then.
        return judge.cwd(cwd).map(drop);
    }
    judge.proposed(&step_argv(step), cwd)
}

/// What a step of the shell executes: its command, or `sh` with its prompt file as the script.
pub fn step_argv(step: &Step) -> Vec<String> {
    if step.command.is_empty() { vec!["sh".to_owned()] } else { step.command.clone() }
}

fn edit_policy(text: &str, edits: &[PolicyEdit]) -> Result<String, ActionError> {
    let mut text = text.to_owned();
    for edit in edits {
        let Some(document) = yaml::parse_policy(text.as_bytes()).document else { return Ok(text) };
        text = match edit {
            PolicyEdit::Mode(mode) => document.with_mode(*mode),
            PolicyEdit::Allow(program) => document.with_command(program),
            PolicyEdit::Deny(program) => {
                if !document.policy().allowed_commands.contains(program) {
                    let why = format!("`{program}` is not listed in allowed_commands: no step may start it");
                    return Err(ActionError::NothingToDo(why));
                }
                document.without_command(program)
            }
        };
    }
    Ok(text)
}

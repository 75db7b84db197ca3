//! `fusion create`.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::group::require_independent;
use super::step_add::write_prompt;
use super::{ActionError, Edit, reach};
use crate::dag::Dag;
use crate::id::{GroupId, MAX_ID_LEN, NodeId, StepId};
use crate::model::{FailPolicy, ModelName, Step, ThreadType};

/// Lets several steps work on the same task, and one merge what they came to.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
pub struct FusionCreate {
    /// Steps that work on the same task
    #[arg(value_name = "ID", required_unless_present = "candidates")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<StepId>,
    /// The same, as an option
    #[arg(long, value_name = "ID", num_args = 1.., value_delimiter = ',')]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<StepId>,
    /// Step that merges them; made where it is not there [default: the first candidate's id and `-synth`]
    #[arg(long, value_name = "ID")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub synth: Option<StepId>,
}

const PROMPT: &str = "\
Several workers had the same task. Compare what they came to, say where they agree and where they do not, and make
one result of it that is better than each. Do not trust a candidate that failed.

{{ candidates }}
";

impl FusionCreate {
    /// The synth's id, for the log.
    pub(super) fn target(&self) -> String {
        self.synth().map_or_else(|_| String::new(), |id| id.to_string())
    }

    fn all(&self) -> Vec<StepId> {
        self.steps.iter().chain(&self.candidates).cloned().collect()
    }

    fn synth(&self) -> Result<StepId, ActionError> {
        match (&self.synth, self.all().first()) {
            (Some(id), _) => Ok(id.clone()),
            (None, Some(first)) => Ok(StepId::new(&suffixed(first.as_str(), "-synth"))?),
            (None, None) => Err(ActionError::Usage("name the candidates of the fusion".into())),
        }
    }

    pub(super) fn apply(&self, edit: &mut Edit) -> Result<(), ActionError> {
        let (candidates, synth) = (self.all(), self.synth()?);
        self.check(edit, &candidates, &synth)?;
        let group = group_of(edit, &candidates, &synth)?;
        for id in &candidates {
            let step = edit.step_mut(id)?;
            step.group_id = Some(group.clone());
            step.fail_policy = Some(FailPolicy::BestEffort);
            if matches!(step.kind, ThreadType::Base | ThreadType::P) {
                step.kind = ThreadType::F;
            }
        }
        if edit.sequence.step(synth.as_str()).is_none() {
            make_synth(edit, &synth, &candidates)?;
        }
        let step = edit.step_mut(&synth)?;
        step.kind = ThreadType::F;
        step.fusion_synth = true;
        for id in candidates.iter().map(NodeId::from) {
            if !step.depends_on.contains(&id) {
                step.depends_on.push(id);
            }
        }
        step.fusion_candidates = candidates;
        Ok(())
    }

    fn check(&self, edit: &Edit, candidates: &[StepId], synth: &StepId) -> Result<(), ActionError> {
        for (i, id) in candidates.iter().enumerate() {
            edit.step(id)?;
            if candidates[..i].contains(id) {
                return Err(ActionError::Usage(format!("the candidate `{id}` is named twice")));
            }
        }
        if candidates.len() < 2 {
            return Err(ActionError::Usage("a fusion needs at least two candidates".into()));
        }
        if candidates.contains(synth) {
            let text = format!("`{synth}` cannot be a candidate and the synth that merges the candidates");
            return Err(ActionError::Usage(text));
        }
        require_independent(edit, candidates)?;
        let Some(step) = edit.sequence.step(synth.as_str()) else { return edit.require_free(synth.as_str()) };
        if step.fusion_synth && !step.fusion_candidates.is_empty() {
            let text = format!("`{synth}` is the synth of another fusion already; choose another id");
            return Err(ActionError::NothingToDo(text));
        }
        edit.require_not_running(synth, "it can become a synth")?;
        let dag = Dag::new(&edit.sequence);
        match candidates.iter().find(|id| reach::ancestors(&dag, id.as_str()).contains(&NodeId::from(synth)))
        {
            Some(id) => {
                let text = format!("`{id}` depends on `{synth}`, so `{synth}` cannot merge what it comes to");
                Err(ActionError::Cycle(text))
            }
            None => Ok(()),
        }
    }
}

/// The group of the candidates: the one they are already, or a new one.
fn group_of(edit: &Edit, candidates: &[StepId], synth: &StepId) -> Result<GroupId, ActionError> {
    let groups: Vec<Option<GroupId>> =
        candidates.iter().map(|id| edit.step(id).map(|s| s.group_id.clone())).collect::<Result<_, _>>()?;
    let Some(group) = groups.iter().flatten().next() else {
        let group = GroupId::new(&suffixed(synth.as_str(), "-candidates"))?;
        if edit.sequence.members(&group).next().is_some() {
            return Err(ActionError::Duplicate { kind: "group", id: group.to_string() });
        }
        return Ok(group);
    };
    let is_whole = edit.sequence.members(group).count() == candidates.len();
    if is_whole && groups.iter().all(|g| g.as_ref() == Some(group)) {
        return Ok(group.clone());
    }
    Err(ActionError::NothingToDo(format!(
        "group `{group}` is not made of just these candidates; take it apart first: seqctl group dissolve {group}"
    )))
}

fn make_synth(edit: &mut Edit, id: &StepId, candidates: &[StepId]) -> Result<(), ActionError> {
    let models = candidates.iter().filter_map(|c| edit.sequence.step(c.as_str())).map(|s| &s.model);
    let model = models.into_iter().find(|m| !m.is_shell()).cloned().unwrap_or_else(ModelName::shell);
    let mut step = Step::new(id.clone(), model);
    edit.adopt(&mut step, false);
    if step.model.is_shell() {
        step.command = vec!["seqctl".into(), "inputs".into()];
    } else {
        step.prompt_file = Some(Step::default_prompt_file(id));
        write_prompt(edit, &step, Some(PROMPT));
    }
    edit.push_step(step);
    Ok(())
}

fn suffixed(stem: &str, end: &str) -> String {
    let stem: String = stem.chars().take(MAX_ID_LEN - end.len()).collect();
    format!("{stem}{end}")
}

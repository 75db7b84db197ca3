//! `budget set`.

use clap::{ArgGroup, Args};
use serde::{Deserialize, Serialize};

use super::{ActionError, Edit, Patch};
use crate::id::{GroupId, StepId};
use crate::model::{Actor, Budget, BudgetOf, MAX_TOKENS, Usd};

/// Says how much may be spent before you are asked. A reached budget holds what has not started; a higher one lets
/// it go on. Only the user may.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
#[command(group(ArgGroup::new("limit").args(["usd", "tokens"]).required(true).multiple(true)))]
pub struct BudgetSet {
    /// Step whose own spending it limits [default: all steps together]
    #[arg(long, value_name = "ID", conflicts_with = "group")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<StepId>,
    /// Group whose members it limits together
    #[arg(long, value_name = "ID")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
    /// Most US dollars in all; an empty value takes the limit away
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usd: Option<Patch<Usd>>,
    /// Most tokens in all, read and written; an empty value takes the limit away
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Patch<u64>>,
}

impl BudgetSet {
    /// What it limits.
    pub fn of(&self) -> BudgetOf {
        match (&self.step, &self.group) {
            (Some(step), _) => BudgetOf::Step(step.clone()),
            (None, Some(group)) => BudgetOf::Group(group.clone()),
            (None, None) => BudgetOf::Sequence,
        }
    }

    pub(super) fn target(&self) -> String {
        match self.of() {
            BudgetOf::Sequence => "sequence".to_owned(),
            BudgetOf::Group(id) => id.to_string(),
            BudgetOf::Step(id) => id.to_string(),
        }
    }

    pub(super) fn apply(&self, edit: &mut Edit) -> Result<(), ActionError> {
        if edit.actor != Actor::User {
            return Err(ActionError::UserOnly("only the user decides about budgets".into()));
        }
        match self.of() {
            BudgetOf::Sequence => {
                let budget = &mut edit.sequence.budgets.all;
                *budget = self.put(budget.unwrap_or_default())?;
            }
            BudgetOf::Group(group) => {
                edit.require_group(&group)?;
                let groups = &mut edit.sequence.budgets.groups;
                match self.put(groups.get(&group).copied().unwrap_or_default())? {
                    Some(budget) => drop(groups.insert(group, budget)),
                    None => drop(groups.remove(&group)),
                }
            }
            BudgetOf::Step(step) => {
                let step = edit.step_mut(&step)?;
                step.budget = self.put(step.budget.unwrap_or_default())?;
            }
        }
        Ok(())
    }

    fn put(&self, before: Budget) -> Result<Option<Budget>, ActionError> {
        patched(before, self.usd.as_ref(), self.tokens.as_ref())
    }
}

/// A budget with what is given; `None` where it limits nothing any more.
pub(super) fn patched(
    mut budget: Budget,
    usd: Option<&Patch<Usd>>,
    tokens: Option<&Patch<u64>>,
) -> Result<Option<Budget>, ActionError> {
    if let Some(usd) = usd {
        budget.usd = usd.value();
    }
    if let Some(tokens) = tokens {
        budget.tokens = tokens.value();
    }
    if let Some(tokens) = budget.tokens.filter(|tokens| *tokens > MAX_TOKENS) {
        return Err(ActionError::Usage(format!("{tokens} tokens are out of range: 0 to {MAX_TOKENS}")));
    }
    Ok((!budget.is_empty()).then_some(budget))
}

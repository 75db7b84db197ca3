//! What a limit in dollars does not hold: agents that name no price.

use std::collections::BTreeSet;
use std::path::Path;

use crate::dag::{Dag, Purse};
use crate::model::{Budget, BudgetOf, Sequence, Step};
use crate::model_cli::Models;

/// Most steps that a note names.
const MOST: usize = 5;

/// A note for each limit in dollars that is new and over steps whose agents name no price, where no limit in tokens
/// holds them.
pub(super) fn notes(before: &Sequence, after: &Sequence, dag: &Dag, models: &Path) -> Vec<String> {
    let new = |purse: &&Purse| {
        let earlier = limit(before, &purse.of).and_then(|budget| budget.usd);
        purse.limit.usd.is_some() && purse.limit.usd != earlier && purse.limit.tokens.is_none()
    };
    let mut new = dag.purses().iter().filter(new).peekable();
    if new.peek().is_none() {
        return Vec::new();
    }
    // What is wrong with the file is told where it is used.
    let models = Models::read(models).unwrap_or_default();
    new.filter_map(|purse| note(purse, after, dag, &models)).collect()
}

fn limit(sequence: &Sequence, of: &BudgetOf) -> Option<Budget> {
    match of {
        BudgetOf::Sequence => sequence.budgets.all,
        BudgetOf::Group(group) => sequence.budgets.groups.get(group).copied(),
        BudgetOf::Step(step) => sequence.step(step.as_str())?.budget,
    }
}

fn note(purse: &Purse, after: &Sequence, dag: &Dag, models: &Models) -> Option<String> {
    let members = purse.members.iter().filter_map(|node| after.step(dag.id(*node).as_str()));
    let unpriced = |step: &&Step| models.get(step.model.as_str()).is_some_and(|model| !model.priced);
    let steps: Vec<&Step> = members.filter(unpriced).collect();
    let names: BTreeSet<&str> = steps.iter().map(|step| step.model.as_str()).collect();
    let ids: Vec<&str> = steps.iter().take(MOST).map(|step| step.id.as_str()).collect();
    let more = steps.len().checked_sub(MOST).filter(|n| *n > 0).map(|n| format!(" and {n} more"));
    let counted = |name: &&str| models.get(name).is_some_and(|model| model.result.names_tokens());
    let way = if names.iter().any(counted) {
        format!("; limit tokens, too: seqctl budget set{} --tokens 2000000", purse.of.flag())
    } else {
        ", nor tokens, so that no budget holds them".to_owned()
    };
    (!steps.is_empty()).then(|| {
        format!(
            "a limit in dollars does not hold {}{}, for {} tell{} no price{way}",
            ids.join(", "),
            more.unwrap_or_default(),
            names.iter().copied().collect::<Vec<_>>().join(", "),
            if names.len() == 1 { "s" } else { "" },
        )
    })
}

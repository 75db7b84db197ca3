//! The keys of budgets.

use super::{Decoder, Field, Segment};
use crate::id::GroupId;
use crate::model::{Budget, Budgets, MAX_TOKENS, Usd};
use crate::store::yaml::node::Ref;

/// The keys of a budget of a step or of a group.
pub const BUDGET: &[Field<Budget>] = &[
    Field::new("usd", |d, at, b| b.usd = usd(d, at)),
    Field::new("tokens", |d, at, b| b.tokens = d.whole(at, 0..=MAX_TOKENS)),
];

/// The budget of a sequence while it is read.
#[derive(Default)]
pub struct BudgetsDraft {
    own: Budget,
    budgets: Budgets,
}

/// The keys of the budget of a sequence in the order in which they are written.
pub const BUDGETS: &[Field<BudgetsDraft>] = &[
    Field::new("usd", |d, at, b| b.own.usd = usd(d, at)),
    Field::new("tokens", |d, at, b| b.own.tokens = d.whole(at, 0..=MAX_TOKENS)),
    Field::new("groups", groups),
];

/// An amount: what is written is what is held and shown.
fn usd(d: &mut Decoder<'_>, at: Ref) -> Option<Usd> {
    let number = d.number(at, 0.0..=Usd::MAX)?;
    Usd::exactly(number)
        .map_err(|why| {
            d.fault(at, "OUT_OF_RANGE", format!("{} {why}", d.describe(at)), "for example 5 or 0.25")
        })
        .ok()
}

fn groups(d: &mut Decoder<'_>, at: Ref, draft: &mut BudgetsDraft) {
    if !d.expect_map(at) {
        return;
    }
    let tree = d.tree;
    for (key, value) in tree.entries(at) {
        let name = tree.scalar(key);
        d.path.push(Segment::Key(name));
        let id: Option<GroupId> = d.id(key);
        let budget = budget(d, value);
        if let (Some(id), Some(budget)) = (id, budget)
            && draft.budgets.groups.insert(id, budget).is_some()
        {
            d.duplicate(key, name);
        }
        d.path.pop();
    }
}

/// Reads a budget.
pub fn budget(d: &mut Decoder<'_>, at: Ref) -> Option<Budget> {
    let mut budget = Budget::default();
    d.map(at, BUDGET, &mut budget, None);
    require_limit(d, at, &budget, d.tree.entries(at).next().is_none());
    (!budget.is_empty()).then_some(budget)
}

/// Reads the budgets of a sequence.
pub fn budgets(d: &mut Decoder<'_>, at: Ref) -> Budgets {
    let mut draft = BudgetsDraft::default();
    d.map(at, BUDGETS, &mut draft, None);
    require_limit(d, at, &draft.own, d.tree.entries(at).next().is_none());
    draft.budgets.all = (!draft.own.is_empty()).then_some(draft.own);
    draft.budgets
}

fn require_limit(d: &mut Decoder<'_>, at: Ref, budget: &Budget, bare: bool) {
    if bare && budget.is_empty() && d.tree.kind(at).is_map() {
        d.fault(at, "MISSING_KEY", "a budget without a limit", "write `{ usd: 5 }` or `{ tokens: 2000000 }`");
    }
}

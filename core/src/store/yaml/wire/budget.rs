//! Budgets as they are written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_yaml::Value;

use crate::model;

/// A limit on what is spent.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, extend("minProperties" = 1, "patternProperties" = { "^x-": true }))]
pub struct Budget {
    /// US dollars. A model that names no price spends none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<f64>", range(min = 0, max = 1_000_000))]
    usd: Option<Value>,
    /// Tokens, read and written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1_000_000_000_000_000_u64))]
    tokens: Option<u64>,
}

/// Limits on what all steps spend together, and the members of groups.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, extend("minProperties" = 1, "patternProperties" = { "^x-": true }))]
pub struct Budgets<'a> {
    /// US dollars. A model that names no price spends none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<f64>", range(min = 0, max = 1_000_000))]
    usd: Option<Value>,
    /// Tokens, read and written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1_000_000_000_000_000_u64))]
    tokens: Option<u64>,
    /// By group: what its members may spend together.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(default)]
    groups: BTreeMap<&'a str, Budget>,
}

/// A budget as it is written.
pub fn budget(of: &model::Budget) -> Budget {
    Budget { usd: of.usd.map(usd), tokens: of.tokens }
}

/// Whole dollars as a person writes them.
fn usd(of: model::Usd) -> Value {
    let dollars = of.dollars();
    if dollars.fract() == 0.0 { (dollars as u64).into() } else { dollars.into() }
}

/// The budgets of a sequence as they are written.
pub fn budgets(of: &model::Budgets) -> Budgets<'_> {
    let own = of.all.unwrap_or_default();
    let groups = of.groups.iter().map(|(id, of)| (id.as_str(), budget(of)));
    Budgets { usd: own.usd.map(usd), tokens: own.tokens, groups: groups.collect() }
}

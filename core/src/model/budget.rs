//! Budgets: how much may be spent before a person is asked.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Usage;
use crate::id::{GroupId, StepId};

/// Most tokens a budget names.
pub const MAX_TOKENS: u64 = 1_000_000_000_000_000;

/// Parts of a dollar that are counted.
const MICRO: f64 = 1_000_000.0;

/// The least amount that is counted, in dollars.
const LEAST: f64 = 0.000_001;

/// US dollars, exact to a millionth, so that sums are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Usd(u64);

impl Usd {
    /// Most that a budget names.
    pub const MAX: f64 = 1_000_000.0;

    /// An amount, rounded to a millionth; what is no amount is 0, and whatever is more than nothing is at least one.
    pub fn new(dollars: f64) -> Self {
        let micros = (dollars * MICRO).round().max(1.0);
        // What a float cannot say is cut to what the integer can.
        Self(if micros.is_finite() && dollars > 0.0 { micros as u64 } else { 0 })
    }

    /// An amount as it is written: what would be held as another one is none.
    ///
    /// # Errors
    /// Why it is none, after a sentence that names it.
    pub fn exactly(dollars: f64) -> Result<Self, &'static str> {
        let usd = Self::new(dollars);
        match dollars {
            tiny if tiny > 0.0 && tiny < LEAST => {
                Err("is less than is counted: 0.000001 is the least, and 0 lets nothing be spent")
            }
            other if usd.dollars() != other => Err("is finer than is counted: write at most six decimals"),
            _ => Ok(usd),
        }
    }

    /// The amount as a number.
    pub fn dollars(self) -> f64 {
        self.0 as f64 / MICRO
    }
}

impl fmt::Display for Usd {
    /// At least two decimals, and as many as it takes: `5.00`, `0.00023`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = format!("{:06}", self.0 % 1_000_000);
        let cut = decimals.trim_end_matches('0').len().max(2);
        write!(f, "{}.{}", self.0 / 1_000_000, &decimals[..cut])
    }
}

impl FromStr for Usd {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        let number = s.parse::<f64>().ok().filter(|n| (0.0..=Self::MAX).contains(n));
        let number =
            number.ok_or_else(|| format!("`{s}` is no amount in US dollars from 0 to {}", Self::MAX))?;
        Self::exactly(number).map_err(|why| format!("`{s}` {why}"))
    }
}

impl Serialize for Usd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.dollars())
    }
}

impl<'de> Deserialize<'de> for Usd {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        f64::deserialize(deserializer).map(Self::new)
    }
}

impl JsonSchema for Usd {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Usd".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "number", "minimum": 0, "maximum": 1_000_000 })
    }
}

/// What was spent, in whole numbers: it stands in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spent {
    /// Millionths of a US dollar.
    pub micro_usd: u64,
    /// Tokens read and written.
    pub tokens: u64,
    /// Something of it has no known price: there are more dollars than these.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unpriced: bool,
}

impl Spent {
    /// Adds what was spent besides.
    pub fn add(&mut self, more: Self) {
        self.micro_usd = self.micro_usd.saturating_add(more.micro_usd);
        self.tokens = self.tokens.saturating_add(more.tokens);
        self.unpriced |= more.unpriced;
    }

    /// The amount in dollars, as far as it is known.
    pub fn usd(self) -> Usd {
        Usd(self.micro_usd)
    }

    /// The amount in dollars; `None` where no price at all is known of what was spent.
    pub fn known_usd(self) -> Option<Usd> {
        (self.micro_usd > 0 || !self.unpriced).then(|| self.usd())
    }
}

impl From<&Usage> for Spent {
    fn from(usage: &Usage) -> Self {
        let unpriced = usage.cost_usd.is_none() && usage.tokens() > 0;
        let usd = Usd::new(usage.cost_usd.unwrap_or_default());
        Self { micro_usd: usd.0, tokens: usage.tokens(), unpriced }
    }
}

/// A limit on what is spent. Reaching it holds what has not started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Budget {
    /// US dollars; a model that names no price spends none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usd: Option<Usd>,
    /// Tokens, read and written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
}

impl Budget {
    /// Whether it limits nothing.
    pub fn is_empty(&self) -> bool {
        self.usd.is_none() && self.tokens.is_none()
    }

    /// The part of it that is reached: `5.02 of 5.00 USD`; `None` where something is left.
    pub fn reached(&self, spent: Spent) -> Option<String> {
        let usd = self.usd.filter(|limit| spent.usd() >= *limit);
        let tokens = self.tokens.filter(|limit| spent.tokens >= *limit);
        match (usd, tokens) {
            (Some(limit), _) => Some(format!("{} of {limit} USD", spent.usd())),
            (_, Some(limit)) => Some(format!("{} of {limit} tokens", spent.tokens)),
            _ => None,
        }
    }

    /// Whether another budget lets more be spent.
    pub fn is_below(&self, other: &Self) -> bool {
        let more = |ours: Option<u64>, theirs: Option<u64>| match (ours, theirs) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(ours), Some(theirs)) => theirs > ours,
        };
        more(self.usd.map(|u| u.0), other.usd.map(|u| u.0)) || more(self.tokens, other.tokens)
    }
}

/// What a budget is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BudgetOf {
    /// Everything.
    Sequence,
    /// The members of a group.
    Group(GroupId),
    /// One step.
    Step(StepId),
}

impl BudgetOf {
    /// The flag that names it: empty, ` --group review`, ` --step build`.
    pub fn flag(&self) -> String {
        match self {
            Self::Sequence => String::new(),
            Self::Group(id) => format!(" --group {id}"),
            Self::Step(id) => format!(" --step {id}"),
        }
    }
}

impl fmt::Display for BudgetOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sequence => f.write_str("budget of the sequence"),
            Self::Group(id) => write!(f, "budget of group {id}"),
            Self::Step(id) => write!(f, "budget of step {id}"),
        }
    }
}

/// The budgets at the top of a sequence.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Budgets {
    /// Of all steps together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all: Option<Budget>,
    /// Of the members of groups.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub groups: BTreeMap<GroupId, Budget>,
}

impl Budgets {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_none() && self.groups.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_and_read_back() {
        for (text, shown) in [
            ("5", "5.00"),
            ("0.00023", "0.00023"),
            ("12.345", "12.345"),
            ("0", "0.00"),
            ("1e6", "1000000.00"),
            ("999999.999999", "999999.999999"),
        ] {
            let usd: Usd = text.parse().unwrap();
            assert_eq!(usd.to_string(), shown);
            assert_eq!(usd.to_string().parse(), Ok(usd));
        }
        for text in ["-1", "1e9", "x", "NaN", "0.0000009", "1e-300", "1.0000005"] {
            assert!(text.parse::<Usd>().is_err(), "{text}");
        }
        assert_eq!("0.000001".parse(), Ok(Usd(1)));
        assert_eq!([0.0, 1e-300, 1e-7, f64::NAN, -1.0].map(Usd::new), [0, 1, 1, 0, 0].map(Usd));
        let mut sum = Spent::default();
        (0..1000).for_each(|_| sum.add(Spent::from(&Usage { cost_usd: Some(0.001), ..Usage::default() })));
        assert_eq!(sum.usd(), Usd::new(1.0));
    }

    #[test]
    fn what_has_no_known_price_is_told_apart_from_what_costs_nothing() {
        let of = |cost_usd, input_tokens| Spent::from(&Usage { cost_usd, input_tokens, output_tokens: 0 });
        let sum = |parts: &[Spent]| {
            let mut sum = Spent::default();
            parts.iter().for_each(|part| sum.add(*part));
            sum.known_usd()
        };
        assert_eq!(sum(&[]), Some(Usd::new(0.0)));
        assert_eq!(sum(&[of(Some(0.0), 5)]), Some(Usd::new(0.0)));
        assert_eq!(sum(&[of(None, 5), of(None, 5)]), None);
        assert_eq!(sum(&[of(None, 5), of(Some(2.0), 5)]), Some(Usd::new(2.0)), "the known ones");
        let older: Spent = serde_json::from_str(r#"{"micro_usd":3,"tokens":4}"#).unwrap();
        assert!(!older.unpriced && !serde_json::to_string(&older).unwrap().contains("unpriced"));
    }

    #[test]
    fn a_budget_is_reached_when_all_of_it_is_spent() {
        let budget = Budget { usd: Some(Usd::new(1.0)), tokens: Some(100) };
        let spent = |usd: f64, tokens| Spent { tokens, micro_usd: Usd::new(usd).0, unpriced: false };
        assert_eq!(budget.reached(spent(0.99, 99)), None);
        assert_eq!(budget.reached(spent(1.0, 0)).as_deref(), Some("1.00 of 1.00 USD"));
        assert_eq!(budget.reached(spent(0.0, 120)).as_deref(), Some("120 of 100 tokens"));
        let more = Budget { usd: Some(Usd::new(2.0)), tokens: Some(100) };
        assert!(budget.is_below(&more) && !more.is_below(&budget) && more.is_below(&Budget::default()));
    }
}

//! What can be set in a template, and what was set.

use std::collections::BTreeMap;

use super::{TemplateError, ThreadTemplate};
use crate::action::nearest;

/// Something that can be set when a template is applied.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// What it is called: a-z, 0-9 and `_`.
    pub name: String,
    /// What it takes.
    pub kind: Kind,
    /// What holds where nothing is set; `None` makes it a must.
    pub default: Option<ParamValue>,
    /// What it is for.
    pub description: String,
}

/// What a parameter takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Any text, or one of these words.
    Text(Vec<String>),
    /// A whole number between these, both included.
    Integer {
        /// Lowest.
        min: u64,
        /// Highest.
        max: u64,
    },
    /// Yes or no.
    Boolean,
    /// Texts.
    List,
}

/// The value of a parameter.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(untagged)]
pub enum ParamValue {
    /// A text.
    Text(String),
    /// A whole number.
    Integer(u64),
    /// Yes or no.
    Boolean(bool),
    /// Texts.
    List(Vec<String>),
}

/// The values of all parameters.
pub type Values = BTreeMap<String, ParamValue>;

impl Kind {
    /// The word in files.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Integer { .. } => "integer",
            Self::Boolean => "boolean",
            Self::List => "list",
        }
    }

    /// What it takes, in words.
    pub fn expected(&self) -> String {
        match self {
            Self::Text(words) if words.is_empty() => "a text".into(),
            Self::Text(words) => format!("one of {}", words.join(", ")),
            Self::Integer { min, max } => format!("a whole number from {min} to {max}"),
            Self::Boolean => "true or false".into(),
            Self::List => "texts, separated by commas".into(),
        }
    }

    /// Reads what was typed.
    fn parse(&self, text: &str) -> Option<ParamValue> {
        let value = match self {
            Self::Text(_) => ParamValue::Text(text.to_owned()),
            Self::Integer { .. } => ParamValue::Integer(text.parse().ok()?),
            Self::Boolean => ParamValue::Boolean(text.parse().ok()?),
            Self::List => {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                ParamValue::List(items.map(str::to_owned).collect())
            }
        };
        self.takes(&value).then_some(value)
    }

    /// Whether it takes a value.
    pub fn takes(&self, value: &ParamValue) -> bool {
        match (self, value) {
            (Self::Text(words), ParamValue::Text(text)) => words.is_empty() || words.contains(text),
            (Self::Integer { min, max }, ParamValue::Integer(n)) => (min..=max).contains(&n),
            (Self::Boolean, ParamValue::Boolean(_)) | (Self::List, ParamValue::List(_)) => true,
            _ => false,
        }
    }
}

impl std::fmt::Display for ParamValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Integer(n) => write!(f, "{n}"),
            Self::Boolean(b) => write!(f, "{b}"),
            Self::List(items) => f.write_str(&items.join(",")),
        }
    }
}

impl ThreadTemplate {
    /// The value of each parameter, from what was set and the defaults. What is set twice has its last value.
    ///
    /// # Errors
    /// [`TemplateError`] for a parameter it does not have, a value of another type, or one that is missing.
    pub fn values(&self, set: &[(String, String)]) -> Result<Values, TemplateError> {
        let mut values = Values::new();
        for (name, text) in set {
            let Some(parameter) = self.parameters.iter().find(|p| p.name == *name) else {
                return Err(self.unknown(name));
            };
            let Some(value) = parameter.kind.parse(text) else {
                return Err(TemplateError::BadValue {
                    template: self.name.clone(),
                    name: name.clone(),
                    value: text.clone(),
                    expected: parameter.kind.expected(),
                });
            };
            values.insert(name.clone(), value);
        }
        for parameter in self.parameters.iter().filter(|p| !set.iter().any(|(name, _)| *name == p.name)) {
            let Some(default) = &parameter.default else {
                return Err(TemplateError::Missing {
                    template: self.name.clone(),
                    name: parameter.name.clone(),
                    description: parameter.description.clone(),
                });
            };
            values.insert(parameter.name.clone(), default.clone());
        }
        Ok(values)
    }

    fn unknown(&self, name: &str) -> TemplateError {
        let known: Vec<String> = self.parameters.iter().map(|p| p.name.clone()).collect();
        TemplateError::UnknownParameter {
            template: self.name.clone(),
            name: name.to_owned(),
            nearest: nearest(name, known.iter().map(String::as_str)),
            known,
        }
    }
}

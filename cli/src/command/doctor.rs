//! `doctor`: whether everything here is as it should be, and the mend where it is not.

mod checks;
mod sandbox;

use serde_json::{Value, json};

use crate::context::Context;
use crate::failure::Failure;
use crate::output::Report;
use crate::paint::Style;
use crate::table::{Cell, Table};

/// How one check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Ok,
    Warn,
    Fail,
}

/// One thing that was looked at.
#[derive(Debug, Clone)]
struct Finding {
    level: Level,
    check: &'static str,
    message: String,
    mend: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, message: impl Into<String>) -> Self {
        Self { level: Level::Ok, check, message: message.into(), mend: None }
    }

    fn warn(check: &'static str, message: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { level: Level::Warn, check, message: message.into(), mend: Some(mend.into()) }
    }

    fn fail(check: &'static str, message: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { level: Level::Fail, check, message: message.into(), mend: Some(mend.into()) }
    }
}

impl Level {
    fn word(self) -> (&'static str, Style) {
        match self {
            Self::Ok => ("ok", Style::Green),
            Self::Warn => ("warn", Style::Yellow),
            Self::Fail => ("fail", Style::Red),
        }
    }
}

pub fn run(context: &Context) -> Result<Report, Failure> {
    let findings = checks::all(context);
    let mut table = Table::default();
    for finding in &findings {
        let (word, style) = finding.level.word();
        table.row(vec![Cell::new(word, style), finding.check.into(), finding.message.as_str().into()]);
        if let Some(mend) = &finding.mend {
            table.row(vec!["".into(), "".into(), Cell::new(format!("mend: {mend}"), Style::Cyan)]);
        }
    }
    let failed = findings.iter().any(|f| f.level == Level::Fail);
    let list: Vec<Value> = findings.iter().map(as_json).collect();
    let text = table.render(context);
    Ok(Report::new(json!({ "checks": list }), text).exit(u8::from(failed)))
}

fn as_json(finding: &Finding) -> Value {
    let mut value =
        json!({ "level": finding.level.word().0, "check": finding.check, "message": finding.message });
    if let Some(mend) = &finding.mend {
        value["mend"] = json!(mend);
    }
    value
}

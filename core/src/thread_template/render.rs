//! From a template and its values to actions.

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::value::{Kwargs, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, OutputSpan, OutputSpanKind, UndefinedBehavior};

use super::statements::statements;
use super::{ParamValue, Passage, TemplateError, ThreadTemplate, Values};
use crate::action::Action;
use crate::grammar::{Command, LineError, parse_line};

/// How much work filling in one text may be; a loop in a loop in a loop ends here.
const FUEL: u64 = 2_000_000;

/// Marks the text whose values are quoted as words of a command line.
const WORDS: &str = "words";

/// What a template may do: add.
const ADDING: &[&str] = &[
    "step.add",
    "step.edit",
    "step.clone",
    "dep.add",
    "prompt.set",
    "group.parallelize",
    "gate.insert",
    "fusion.create",
];

impl ThreadTemplate {
    /// The actions it stands for, with ids that begin with `id`.
    ///
    /// # Errors
    /// [`TemplateError`] with the line of the file where it cannot be filled in, or is no command that adds.
    pub fn actions(&self, values: &Values, id: &str) -> Result<Vec<Action>, TemplateError> {
        let context = context(values, id);
        let mut env = environment();
        env.set_auto_escape_callback(|_| AutoEscape::Custom(WORDS.into()));
        env.set_formatter(|out, _, value| {
            let word = quoted(value)?;
            out.write_str(&word).map_err(Error::from)
        });
        let (prompts, outer) = (Arc::new(self.prompts.clone()), context.clone());
        env.add_function("prompt", move |name: &str, more: Kwargs| prompt(&prompts, &outer, name, &more));
        let rendered = env
            .template_from_named_str(WORDS, &self.lines.text)
            .and_then(|template| template.render_with_spans(Value::from(context)));
        let (text, spans) = rendered.map_err(|error| self.not_rendered(&error))?;
        let lines = statements(&text).into_iter();
        let lines = lines.map(|s| self.action(&s.text, self.lines.line + line_of(&text, &spans, s.start)));
        lines.collect()
    }

    fn action(&self, text: &str, line: u32) -> Result<Action, TemplateError> {
        let file = self.file.clone();
        let name = match parse_line(text) {
            Ok(Command::Change(action)) if ADDING.contains(&action.name()) => return Ok(action),
            Ok(other) => other.name().to_owned(),
            Err(error) => {
                let message = match error {
                    LineError::Quote(_) => "a quote is not closed".to_owned(),
                    LineError::Grammar(message) => first_line(&message),
                };
                return Err(TemplateError::Line { file, line, text: shortened(text), message });
            }
        };
        Err(TemplateError::NotAdding { file, line, name })
    }

    fn not_rendered(&self, error: &Error) -> TemplateError {
        let line = error.line().and_then(|line| u32::try_from(line).ok()).unwrap_or(1);
        TemplateError::Render {
            file: self.file.clone(),
            line: self.lines.line + line.saturating_sub(1),
            message: worded(error),
        }
    }
}

fn environment<'s>() -> Environment<'s> {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_fuel(Some(FUEL));
    env.set_debug(false);
    env
}

fn context(values: &Values, id: &str) -> BTreeMap<String, Value> {
    let value = |value: &ParamValue| match value {
        ParamValue::Text(text) => Value::from(text.as_str()),
        ParamValue::Integer(n) => Value::from(*n),
        ParamValue::Boolean(yes) => Value::from(*yes),
        ParamValue::List(items) => {
            Value::from(items.iter().map(|i| Value::from(i.as_str())).collect::<Vec<_>>())
        }
    };
    let all = values.iter().map(|(name, v)| (name.clone(), value(v)));
    all.chain([("id".to_owned(), Value::from(id))]).collect()
}

/// A value as one word, whatever it holds. Only what stands for nothing is nothing.
fn quoted(value: &Value) -> Result<String, Error> {
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    let text = value.to_string();
    let word = shlex::try_quote(&text)
        .map_err(|_| Error::new(ErrorKind::BadEscape, "a NUL character cannot stand in a command line"))?;
    Ok(word.into_owned())
}

/// A prompt of the template, filled in.
fn prompt(
    prompts: &[(String, Passage)],
    outer: &BTreeMap<String, Value>,
    name: &str,
    more: &Kwargs,
) -> Result<String, Error> {
    let Some((_, passage)) = prompts.iter().find(|(known, _)| known == name) else {
        let known: Vec<&str> = prompts.iter().map(|(name, _)| name.as_str()).collect();
        let detail = format!("there is no prompt `{name}` (there is: {})", known.join(", "));
        return Err(Error::new(ErrorKind::InvalidOperation, detail));
    };
    let mut context = outer.clone();
    for key in more.args() {
        context.insert(key.to_owned(), more.get(key)?);
    }
    more.assert_all_used()?;
    let filled = environment().render_named_str(name, &passage.text, Value::from(context));
    filled.map(|text| text.trim_end().to_owned()).map_err(|error| {
        let line = error.line().and_then(|line| u32::try_from(line).ok()).unwrap_or(1);
        let line = passage.line + line.saturating_sub(1);
        let detail = format!("prompt `{name}`, line {line}: {}", worded(&error));
        Error::new(ErrorKind::InvalidOperation, detail)
    })
}

/// What is wrong, without where: the caller knows the file.
fn worded(error: &Error) -> String {
    match (error.kind(), error.detail()) {
        (ErrorKind::InvalidOperation, Some(detail)) => detail.to_owned(),
        (kind, Some(detail)) => format!("{kind}: {detail}"),
        (ErrorKind::UndefinedError, None) => "a name that is not known here is used".to_owned(),
        (kind, None) => kind.to_string(),
    }
}

/// How many lines below the first line of the template the byte of the output comes from.
fn line_of(text: &str, spans: &[OutputSpan], at: usize) -> u32 {
    let Some(span) = spans.iter().find(|span| span.output_range().contains(&at)) else { return 0 };
    let below = match span.kind() {
        OutputSpanKind::Raw => text[span.output_range().start..at].matches('\n').count(),
        _ => 0,
    };
    u32::try_from(span.line() - 1 + below).unwrap_or(0)
}

fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

fn shortened(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(100) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(lines: &str) -> ThreadTemplate {
        ThreadTemplate {
            name: "t".into(),
            file: "t.yaml".into(),
            lines: Passage { text: lines.into(), line: 10 },
            prompts: vec![("work".into(), Passage { text: "Do {{ what }}\n{{ n }}\n".into(), line: 30 })],
            ..ThreadTemplate::default()
        }
    }

    fn made(lines: &str, values: &[(&str, ParamValue)]) -> Result<Vec<String>, TemplateError> {
        let values = values.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect();
        let actions = template(lines).actions(&values, "x")?;
        Ok(actions.into_iter().map(|a| crate::grammar::to_line(&Command::Change(a))).collect())
    }

    #[test]
    fn a_value_is_one_word_whatever_it_holds() {
        let nasty = "a'b \"c\" $(rm) \\ ; #\n--force -- \u{e9}";
        let lines = made(
            "step add {{ id }} --name {{ v }} -- echo {{ v }}\n",
            &[("v", ParamValue::Text(nasty.into()))],
        );
        let Ok(Command::Change(Action::StepAdd(add))) = parse_line(&lines.unwrap()[0]) else { panic!() };
        assert_eq!(add.fields.command, ["echo", nasty]);
    }

    #[test]
    fn loops_and_prompts_make_lines() {
        let lines = "{% for n in range(1, 3) %}\n  step add {{ id }}-{{ n }} --prompt-text {{ prompt('work', n=n, what='it') }}\n{% endfor %}";
        assert_eq!(
            made(lines, &[]).unwrap(),
            ["seqctl step add x-1 --prompt-text 'Do it\n1'", "seqctl step add x-2 --prompt-text 'Do it\n2'"]
        );
    }

    #[test]
    fn a_fault_has_the_line_of_the_file() {
        for (lines, line, says) in [
            ("step add a -- true\n\nstep ad b\n", 12, "unrecognized subcommand"),
            (
                "{% for n in range(2) %}\nstep add {{ n }} --nope\n{% endfor %}",
                11,
                "unexpected argument '--nope'",
            ),
            ("step add a\nstep add {{ nobody }}", 11, "not known here"),
            ("step add a\n{% for %}", 11, "syntax error"),
            ("run all", 10, "only adds"),
            ("step add a\npolicy allow sh", 11, "`policy.allow` has no place"),
            ("step add a --prompt-text {{ prompt('work', what=1) }}", 10, "prompt `work`, line 31:"),
            ("step add a --prompt-text {{ prompt('play') }}", 10, "there is no prompt `play`"),
            ("step add 'a", 10, "a quote is not closed"),
            ("{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}", 10, "fuel"),
        ] {
            let error = made(lines, &[]).unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("t.yaml:{line}: ")) && error.contains(says),
                "{lines}: {error}"
            );
        }
    }
}

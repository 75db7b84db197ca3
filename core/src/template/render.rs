//! Filling templates in with minijinja: strict, without escaping, with bounds on time, memory and size.

use std::io;
use std::sync::{OnceLock, PoisonError};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value, escape_formatter,
};

use super::TemplateError;
use super::context::{Context, Missed, prints_itself};
use super::scan::{self, REMARK, Reference, Scanned};

/// Largest text a template may become, in bytes.
pub const MAX_RENDERED: usize = 4 << 20;

/// Bounds the work of one filling-in and, at about 64 bytes a unit, the memory it takes.
const FUEL: u64 = 1_000_000;

/// Whether a text has marks at all.
pub fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

/// A text with marks, or a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    source: String,
    pub(super) scanned: Scanned,
    is_expression: bool,
}

impl Template {
    /// A text with marks.
    pub fn text(source: &str) -> Self {
        Self { source: source.to_owned(), scanned: scan::text(source), is_expression: false }
    }

    /// A condition: an expression, bare or between `{{` and `}}`, or a text with marks that says true or false.
    pub fn condition(source: &str) -> Self {
        let bare = bare(source);
        if bare.is_none() && is_template(source) {
            return Self::text(source);
        }
        let (start, end) = bare.unwrap_or((0, source.len()));
        // Blanks instead of the marks keep every place what it is.
        let blank: String = source
            .char_indices()
            .map(|(i, c)| if (start..end).contains(&i) || c == '\n' { c } else { ' ' })
            .collect();
        Self { source: source.to_owned(), scanned: scan::expression(&blank), is_expression: true }
    }

    /// The steps it names.
    pub fn references(&self) -> &[Reference] {
        &self.scanned.references
    }

    /// Whether it asks for steps by a computed name, or for all of them.
    pub fn asks_for_all_steps(&self) -> bool {
        self.scanned.all_steps
    }

    /// Whether it uses a name of the first level: `inputs`, `review`.
    pub fn uses(&self, name: &str) -> bool {
        self.scanned.names.iter().any(|(n, _)| n == name)
    }

    /// Whether it asks for a field that only some of the work of finding out yields: `text`, `summary`.
    pub fn asks_for(&self, field: &str) -> bool {
        self.scanned.all_steps || self.scanned.references.iter().any(|r| r.field.as_deref() == Some(field))
    }

    /// The text, filled in.
    ///
    /// # Errors
    /// [`TemplateError`] for what is missing, wrong or too large.
    pub fn render(&self, context: &Context) -> Result<String, TemplateError> {
        let missed = Missed::default();
        let template =
            environment().template_from_str(&self.scanned.text).map_err(|e| self.explain(&e, &missed))?;
        let mut out = Limited(Vec::new());
        match template.render_captured_to(context.value(&missed), &mut out) {
            Ok(_) => String::from_utf8(out.0).map_err(|e| TemplateError::new(e.to_string())),
            Err(error) => Err(self.explain(&error, &missed)),
        }
    }

    /// Whether the condition holds. A text is false where it is empty or says `false`, `no`, `off`, `none` or `0`.
    ///
    /// # Errors
    /// As [`Template::render`].
    pub fn holds(&self, context: &Context) -> Result<bool, TemplateError> {
        if !self.is_expression {
            return Ok(says_yes(&self.render(context)?));
        }
        let missed = Missed::default();
        let expression =
            environment().compile_expression(&self.scanned.text).map_err(|e| self.explain(&e, &missed))?;
        let value = expression.eval(context.value(&missed)).map_err(|e| self.explain(&e, &missed))?;
        if value.is_undefined() {
            return Err(self.explain(&Error::from(ErrorKind::UndefinedError), &missed));
        }
        Ok(value.as_str().map_or_else(|| value.is_true(), says_yes))
    }

    /// The first fault of its form: syntax, names, filters and tests that nobody knows.
    pub(super) fn fault_of_form(&self) -> Option<TemplateError> {
        let missed = Missed::default();
        let text = &self.scanned.text;
        let names = if self.is_expression {
            environment().compile_expression(text).map(|e| e.undeclared_variables(false))
        } else {
            environment().template_from_str(text).map(|t| t.undeclared_variables(false))
        };
        let names = match names {
            Ok(names) => names,
            Err(error) => return Some(self.explain(&error, &missed)),
        };
        let unknown = |name: &&(String, usize)| {
            names.contains(&name.0) && !Context::NAMES.contains(&name.0.as_str()) && name.0 != "range"
        };
        if let Some((name, at)) = self.scanned.names.iter().find(unknown) {
            return Some(self.unknown("there is nothing called", name, *at, Context::NAMES));
        }
        let bad_filter = |f: &&(String, usize)| fails(&format!("''|{}", f.0), ErrorKind::UnknownFilter);
        if let Some((name, at)) = self.scanned.filters.iter().find(bad_filter) {
            return Some(self.unknown("there is no filter", name, *at, &[]));
        }
        let bad_test = |t: &&(String, usize)| fails(&format!("'' is {}", t.0), ErrorKind::UnknownTest);
        self.scanned
            .tests
            .iter()
            .find(bad_test)
            .map(|(name, at)| self.unknown("there is no test", name, *at, &[]))
    }

    fn unknown(&self, what: &str, name: &str, at: usize, known: &[&str]) -> TemplateError {
        let error = TemplateError::new(format!("{what} `{name}` in templates")).at(self.place(at));
        match crate::action::nearest(name, known.iter().copied()) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None if known.is_empty() => error.hint("take it out"),
            None => error.hint(format!("there are {}", known.join(", "))),
        }
    }

    /// Line and column of an offset in the source.
    pub(super) fn place(&self, at: usize) -> (u32, u32) {
        scan::place(&self.source, at)
    }

    fn explain(&self, error: &Error, missed: &Missed) -> TemplateError {
        let missed = missed.lock().unwrap_or_else(PoisonError::into_inner).take();
        let detail = error.detail().map(str::to_owned);
        let message = match error.kind() {
            ErrorKind::UndefinedError => missed.or(detail).unwrap_or_else(|| "a value is missing".into()),
            ErrorKind::WriteFailure => {
                format!(
                    "the text would be larger than {} MiB; pass paths instead of texts",
                    MAX_RENDERED >> 20
                )
            }
            ErrorKind::OutOfFuel => "the template takes too long or makes too much".to_owned(),
            ErrorKind::SyntaxError => format!("a template is not right: {}", detail.unwrap_or_default()),
            kind => detail.unwrap_or_else(|| kind.to_string()),
        };
        let place = match error.range() {
            Some(range) if range.end > 0 => Some(self.place(range.start)),
            _ => error.line().map(|line| (u32::try_from(line).unwrap_or(u32::MAX), 1)),
        };
        let hint = match error.kind() {
            ErrorKind::SyntaxError if !self.is_expression && is_template(&self.source) => Some(
                "to mean these marks word for word, put the text between {% raw %} and {% endraw %}"
                    .to_owned(),
            ),
            ErrorKind::SyntaxError if self.is_expression => {
                Some("a condition compares, as in `steps.build.outputs.risk != 'low'`".to_owned())
            }
            _ => None,
        };
        TemplateError { message, hint, at: place }
    }
}

/// Where the expression stands in a text that is one `{{ … }}`.
fn bare(source: &str) -> Option<(usize, usize)> {
    let inner = source.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    if is_template(inner) || inner.contains("}}") {
        return None;
    }
    let start = source.find("{{")? + 2;
    let trimmed = inner.strip_prefix('-').map_or(start, |_| start + 1);
    let end = start + inner.strip_suffix('-').unwrap_or(inner).len();
    Some((trimmed, end))
}

fn says_yes(text: &str) -> bool {
    !["", "false", "no", "off", "none", "0"].contains(&text.trim().to_ascii_lowercase().as_str())
}

fn fails(expression: &str, kind: ErrorKind) -> bool {
    let value = environment().compile_expression(expression).and_then(|e| e.eval(Value::UNDEFINED));
    value.is_err_and(|e| e.kind() == kind)
}

fn environment() -> &'static Environment<'static> {
    static ENVIRONMENT: OnceLock<Environment<'static>> = OnceLock::new();
    ENVIRONMENT.get_or_init(|| {
        let mut env = Environment::new();
        env.set_undefined_behavior(UndefinedBehavior::Strict);
        env.set_auto_escape_callback(|_| AutoEscape::None);
        env.set_fuel(Some(FUEL));
        env.set_formatter(print);
        env.set_debug(false);
        let syntax = SyntaxConfig::builder()
            .comment_delimiters(REMARK.0, REMARK.1)
            .keep_trailing_newline(true)
            .build();
        match syntax {
            Ok(syntax) => env.set_syntax(syntax),
            Err(error) => tracing::error!(%error, "the marks of templates are not taken"),
        }
        for global in ["debug", "dict", "namespace"] {
            env.remove_global(global);
        }
        env
    })
}

/// Values as a shell or a prompt takes them: `true`, `none`, and what is made of several as JSON.
fn print(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    let plain = match value.kind() {
        ValueKind::Bool => Value::from(if value.is_true() { "true" } else { "false" }),
        ValueKind::None => Value::from("none"),
        ValueKind::Map | ValueKind::Seq | ValueKind::Iterable if !prints_itself(value) => {
            let json = serde_json::to_string(value);
            Value::from(json.map_err(|e| Error::new(ErrorKind::BadSerialization, e.to_string()))?)
        }
        _ => return escape_formatter(out, state, value),
    };
    escape_formatter(out, state, &plain)
}

/// Takes no more than it may.
struct Limited(Vec<u8>);

impl io::Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_RENDERED {
            return Err(io::Error::other("too large"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

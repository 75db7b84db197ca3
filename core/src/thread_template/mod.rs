//! Thread templates: a pattern of steps with parameters, written as command lines of this program.
//!
//! A template is rendered into lines, the lines are parsed by the one grammar, and what comes out is a batch of
//! actions like any other: previewed, judged, all or nothing, undone as one. See `templates/*.yaml`.

mod builtin;
mod error;
mod parameter;
mod render;
mod statements;

pub use builtin::BUILTIN;
pub use error::TemplateError;
pub use parameter::{Kind, ParamValue, Parameter, Values};

/// A text of a template file, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Passage {
    /// The text.
    pub text: String,
    /// The line of the file its first line is on, from 1.
    pub line: u32,
}

/// A thread template.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ThreadTemplate {
    /// What it is called.
    pub name: String,
    /// What it makes, in a line.
    pub description: String,
    /// What the ids it makes begin with; its name where absent.
    pub id: Option<String>,
    /// What can be set.
    pub parameters: Vec<Parameter>,
    /// Command lines, with `{{ … }}` and `{% … %}`.
    pub lines: Passage,
    /// Texts that `{{ prompt("name") }}` puts into a line.
    pub prompts: Vec<(String, Passage)>,
    /// The file it stands in, as errors name it.
    pub file: String,
}

impl ThreadTemplate {
    /// What the ids it makes begin with unless it is told otherwise.
    pub fn default_id(&self) -> &str {
        self.id.as_deref().unwrap_or(&self.name)
    }
}

//! Why a template makes nothing.

/// Why a template makes nothing. Nothing has changed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TemplateError {
    /// No template of that name.
    #[error("there is no template `{name}`{}", did_you_mean(nearest.as_deref()))]
    NotFound {
        /// What was asked for.
        name: String,
        /// The nearest name there is.
        nearest: Option<String>,
    },
    /// A parameter it does not have.
    #[error("template `{template}` has no parameter `{name}`{}", did_you_mean(nearest.as_deref()))]
    UnknownParameter {
        /// The template.
        template: String,
        /// What was to be set.
        name: String,
        /// The nearest parameter there is.
        nearest: Option<String>,
        /// The parameters it has.
        known: Vec<String>,
    },
    /// A value that is none of the parameter's type.
    #[error("`{value}` is no value for parameter `{name}` of template `{template}`: it takes {expected}")]
    BadValue {
        /// The template.
        template: String,
        /// The parameter.
        name: String,
        /// What was given.
        value: String,
        /// What it takes: `a whole number from 2 to 20`.
        expected: String,
    },
    /// A parameter without a default was not set.
    #[error("template `{template}` needs a value for `{name}`: {description}")]
    Missing {
        /// The template.
        template: String,
        /// The parameter.
        name: String,
        /// What it is for.
        description: String,
    },
    /// The text cannot be filled in.
    #[error("{file}:{line}: {message}")]
    Render {
        /// The file.
        file: String,
        /// The line in it.
        line: u32,
        /// What is wrong.
        message: String,
    },
    /// A line that is no command.
    #[error("{file}:{line}: `{text}` is no command line: {message}")]
    Line {
        /// The file.
        file: String,
        /// The line in it.
        line: u32,
        /// The line as it was filled in.
        text: String,
        /// What is wrong.
        message: String,
    },
    /// A line that does more than add to the sequence.
    #[error("{file}:{line}: `{name}` has no place in a template: a template only adds to the sequence")]
    NotAdding {
        /// The file.
        file: String,
        /// The line in it.
        line: u32,
        /// The command: `policy.allow`.
        name: String,
    },
    /// It makes a step of an id that is taken, whatever it is told to begin its ids with.
    #[error("{file} makes `{id}`, which exists, and does not begin that id with its own")]
    FixedId {
        /// The file.
        file: String,
        /// The id.
        id: String,
    },
}

impl TemplateError {
    /// The code programs see.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "TEMPLATE_NOT_FOUND",
            Self::UnknownParameter { .. } => "UNKNOWN_PARAMETER",
            Self::BadValue { .. } => "BAD_PARAMETER",
            Self::Missing { .. } => "MISSING_PARAMETER",
            Self::Render { .. } | Self::Line { .. } | Self::NotAdding { .. } => "INVALID_TEMPLATE",
            Self::FixedId { .. } => "DUPLICATE_ID",
        }
    }

    /// What the person can do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::NotFound { .. } => "`seqctl template list` shows the templates".into(),
            Self::UnknownParameter { known, .. } if known.is_empty() => "it takes no parameters".into(),
            Self::UnknownParameter { known, .. } => format!("it takes: {}", known.join(", ")),
            Self::BadValue { template, .. } => {
                format!("`seqctl template show {template}` tells what each parameter takes")
            }
            Self::Missing { name, .. } => format!("add --set {name}=…"),
            Self::Render { .. } => {
                "mend the file; every name in {{ … }} must be a parameter, `id`, or set in the template"
                    .into()
            }
            Self::Line { .. } => {
                "mend the file; `seqctl step add --help` and its like tell the grammar".into()
            }
            Self::NotAdding { .. } => "remove the line, and type it yourself where you want it".into(),
            Self::FixedId { id, .. } => format!("write it as `{{{{ id }}}}-{id}` in the file"),
        }
    }
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |n| format!(" (did you mean `{n}`?)"))
}

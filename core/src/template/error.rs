//! Why a template cannot be filled in.

/// Why a template cannot be filled in, and where in its text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateError {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
    /// Line and column in the text, from 1; `None` where it is about the whole.
    pub at: Option<(u32, u32)>,
}

impl TemplateError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, at: None }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(super) fn at(mut self, at: (u32, u32)) -> Self {
        self.at = Some(at);
        self
    }
}

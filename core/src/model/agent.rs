//! How a coding agent is called, and what it spends.

use serde::{Deserialize, Serialize};

use super::ModelName;

/// How the prompt reaches a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PromptWay {
    /// By standard input, which ends with it.
    Stdin,
    /// As one argument: in the place of `{prompt}`, else as the last one.
    Arg,
    /// As the path of a file: in the place of `{prompt_file}`, else as the last argument.
    File,
}

impl PromptWay {
    /// Every way, as files write it.
    pub const WORDS: &[&str] = &["stdin", "arg", "file"];

    /// The way a word names.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "stdin" => Some(Self::Stdin),
            "arg" => Some(Self::Arg),
            "file" => Some(Self::File),
            _ => None,
        }
    }

    /// The word in files and on the screen.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stdin => "stdin",
            Self::Arg => "arg",
            Self::File => "file",
        }
    }
}

/// What a program prints, and so how its end is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResultForm {
    /// Text for people: the exit code is the result.
    #[default]
    Text,
    /// The events of `claude --output-format stream-json`.
    ClaudeJson,
    /// The events of `codex exec --json`.
    CodexJsonl,
    /// The events of `gemini -o stream-json`.
    GeminiJson,
    /// The events of `opencode run --format json`.
    OpencodeJson,
}

impl ResultForm {
    /// Every form, as files write it.
    pub const WORDS: &[&str] = &["text", "claude-json", "codex-jsonl", "gemini-json", "opencode-json"];

    /// The form a word names.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "text" => Some(Self::Text),
            "claude-json" => Some(Self::ClaudeJson),
            "codex-jsonl" => Some(Self::CodexJsonl),
            "gemini-json" => Some(Self::GeminiJson),
            "opencode-json" => Some(Self::OpencodeJson),
            _ => None,
        }
    }

    /// Whether a result of this form can name a price.
    pub fn names_price(self) -> bool {
        matches!(self, Self::ClaudeJson | Self::OpencodeJson)
    }

    /// Whether a result of this form names tokens.
    pub fn names_tokens(self) -> bool {
        self != Self::Text
    }

    /// The word in files and on the screen.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::ClaudeJson => "claude-json",
            Self::CodexJsonl => "codex-jsonl",
            Self::GeminiJson => "gemini-json",
            Self::OpencodeJson => "opencode-json",
        }
    }
}

/// A model as `models.yaml` writes it; what it leaves out is the built-in model's of that name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelEntry {
    /// Its name.
    pub name: ModelName,
    /// Its command line. `{cwd}`, `{prompt}` and `{prompt_file}` are filled in.
    pub command: Vec<String>,
    /// How the prompt reaches it.
    pub prompt: Option<PromptWay>,
    /// What it prints.
    pub result: Option<ResultForm>,
}

/// What a model spent.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens read, cached ones included.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// Price in US dollars; `None` where the model names none. Of a sum: of the parts that name one.
    #[serde(default)]
    pub cost_usd: Option<f64>,
}

impl Usage {
    /// Tokens read and written.
    pub fn tokens(&self) -> u64 {
        self.input_tokens.saturating_add(self.output_tokens)
    }

    /// Adds what was spent besides.
    pub fn add(&mut self, more: &Self) {
        self.input_tokens = self.input_tokens.saturating_add(more.input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(more.output_tokens);
        self.cost_usd = match (self.cost_usd, more.cost_usd) {
            (Some(own), Some(more)) => Some(own + more),
            (own, more) => own.or(more),
        };
    }

    /// What is left of it without what was spent before.
    #[must_use]
    pub fn without(&self, before: &Self) -> Self {
        Self {
            input_tokens: self.input_tokens.saturating_sub(before.input_tokens),
            output_tokens: self.output_tokens.saturating_sub(before.output_tokens),
            cost_usd: self.cost_usd.map(|all| (all - before.cost_usd.unwrap_or_default()).max(0.0)),
        }
    }

    /// Whether nothing was spent.
    pub fn is_nothing(&self) -> bool {
        self.tokens() == 0 && self.cost_usd.is_none_or(|usd| usd <= 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_that_is_not_known_is_no_price_of_nothing() {
        let of = |cost_usd| Usage { input_tokens: 1, output_tokens: 2, cost_usd };
        for (one, other, sum) in [
            (None, None, None),
            (None, Some(0.5), Some(0.5)),
            (Some(0.0), None, Some(0.0)),
            (Some(0.25), Some(0.5), Some(0.75)),
        ] {
            let mut all = of(one);
            all.add(&of(other));
            assert_eq!((all.cost_usd, all.tokens()), (sum, 6));
        }
        assert_eq!(of(None).without(&of(Some(1.0))).cost_usd, None);
        assert_eq!(of(Some(1.5)).without(&of(None)).cost_usd, Some(1.5));
        assert!(Usage::default().is_nothing());
        let text = serde_json::to_string(&of(None)).unwrap();
        assert!(text.ends_with(r#""cost_usd":null}"#), "{text}");
        // As files have it that were written before a price could be unknown.
        let older: Usage =
            serde_json::from_str(r#"{"input_tokens":1,"output_tokens":2,"cost_usd":0.0}"#).unwrap();
        assert_eq!(older, of(Some(0.0)));
    }
}

//! Who turns what a person says in the chat into lines, and where a model server is.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Policy;
use super::address::Address;
use crate::model::Problem;

/// Who turns text into lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChatProvider {
    /// The grammar of everyday sentences: offline, always the same.
    #[default]
    Builtin,
    /// Claude Code, called so that it only answers.
    Claude,
    /// Codex, called so that it only answers.
    Codex,
    /// The Gemini CLI, called so that it only answers.
    Gemini,
    /// A server that speaks OpenAI's chat completions, on this machine or elsewhere.
    OpenaiCompatible,
}

impl ChatProvider {
    /// Every provider.
    pub const ALL: &[Self] =
        &[Self::Builtin, Self::Claude, Self::Codex, Self::Gemini, Self::OpenaiCompatible];
    /// Their words.
    pub const WORDS: &[&str] = &["builtin", "claude", "codex", "gemini", "openai-compatible"];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Builtin => "builtin",
            Self::Claude => "claude",
            Self::Codex => "codex",
            Self::Gemini => "gemini",
            Self::OpenaiCompatible => "openai-compatible",
        }
    }

    /// Whether a model answers, and not a grammar.
    pub fn is_model(self) -> bool {
        self != Self::Builtin
    }
}

impl fmt::Display for ChatProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for ChatProvider {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().copied().find(|p| p.as_str() == word);
        found.ok_or_else(|| format!("`{word}` is no provider ({})", Self::WORDS.join(", ")))
    }
}

/// `chat:` of `policy.yaml`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ChatSettings {
    /// Who answers where nobody else is named.
    pub provider: ChatProvider,
    /// Of the openai-compatible provider: the address before `/chat/completions`.
    pub url: String,
    /// The model that the server is asked for.
    pub model: String,
    /// The variable of the environment that holds the server's key. Empty: none is sent.
    pub key_env: String,
}

impl Policy {
    /// What is wrong with the address of the model server.
    pub(super) fn chat_fault(&self) -> Option<Problem> {
        let address = Address {
            url: &self.chat.url,
            key: ("chat", "url"),
            list: ("chat_hosts", &self.chat_hosts),
            example: "http://127.0.0.1:11434/v1",
        };
        self.address_fault("BAD_CHAT_URL", &address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_server_is_here_or_on_a_host_that_is_listed() {
        let fault = |url: &str| {
            let chat = ChatSettings { url: url.into(), ..ChatSettings::default() };
            let policy = Policy { chat, chat_hosts: vec!["api.example".into()], ..Policy::default() };
            policy.chat_fault().map(|p| p.message)
        };
        for good in ["", "http://localhost:11434/v1", "https://api.example/v1"] {
            assert_eq!(fault(good), None, "{good}");
        }
        for bad in ["http://other.example/v1", "https://api.example.evil/v1", "file:///v1", "api.example"] {
            assert!(fault(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn every_word_is_read_back() {
        for (provider, word) in ChatProvider::ALL.iter().zip(ChatProvider::WORDS) {
            assert_eq!(word.parse(), Ok(*provider));
            assert_eq!(serde_json::to_value(provider).unwrap(), *word);
        }
        assert!("gpt".parse::<ChatProvider>().unwrap_err().contains("openai-compatible"));
    }
}

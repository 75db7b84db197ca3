//! Who is told when a run ends, a step fails, or a gate, a review or a budget waits.

use serde::{Deserialize, Serialize};

use super::Policy;
use super::address::Address;
use crate::model::Problem;

/// What somebody is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Moment {
    /// A run has ended.
    End,
    /// A step has failed, and is not tried again.
    Failure,
    /// A gate, a review or a reached budget waits for a person.
    Gate,
}

impl Moment {
    /// The word in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::End => "end",
            Self::Failure => "failure",
            Self::Gate => "gate",
        }
    }

    /// Reads the word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::End, Self::Failure, Self::Gate].into_iter().find(|m| m.as_str() == word)
    }
}

/// `notify:` of `policy.yaml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notify {
    /// What of.
    pub on: Vec<Moment>,
    /// A program and its arguments; it gets the message as JSON on standard input. Empty: none.
    pub command: Vec<String>,
    /// A note on the desktop, where `notify-send` is installed.
    pub desktop: bool,
    /// An http or https address that the message is sent to, here or on a host of `notify_hosts`. Empty: none.
    pub webhook: String,
}

impl Default for Notify {
    fn default() -> Self {
        let on = vec![Moment::End, Moment::Failure, Moment::Gate];
        Self { on, command: Vec::new(), desktop: false, webhook: String::new() }
    }
}

impl Notify {
    /// Whether somebody is to be told of this.
    pub fn tells(&self, moment: Moment) -> bool {
        self.has_channel() && self.on.contains(&moment)
    }

    /// Whether there is a way to tell anybody.
    pub fn has_channel(&self) -> bool {
        !self.command.is_empty() || self.desktop || !self.webhook.is_empty()
    }
}

impl Policy {
    /// What is wrong with the address of the webhook.
    pub(super) fn webhook_fault(&self) -> Option<Problem> {
        let address = Address {
            url: &self.notify.webhook,
            key: ("notify", "webhook"),
            list: ("notify_hosts", &self.notify_hosts),
            example: "http://127.0.0.1:8080/path",
        };
        self.address_fault("BAD_WEBHOOK", &address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(webhook: &str) -> Option<String> {
        let notify = Notify { webhook: webhook.into(), ..Notify::default() };
        let policy = Policy { notify, notify_hosts: vec!["ci.example".into()], ..Policy::default() };
        policy.webhook_fault().map(|p| p.message)
    }

    #[test]
    fn a_webhook_stays_here_or_goes_to_a_host_that_is_listed() {
        for good in [
            "",
            "http://127.0.0.1:8080/x",
            "http://localhost",
            "http://[::1]:9/",
            "https://CI.example/hook?x",
        ] {
            assert_eq!(fault(good), None, "{good}");
        }
        for (bad, says) in [
            ("http://example.org/", "`example.org` is not in notify_hosts"),
            ("http://ci.example.evil/", "is not in notify_hosts"),
            ("http://127.0.0.1@example.org/", "no http address"),
            ("http://ci.example\\@example.org/", "no http address"),
            ("https://example.org/", "`example.org` is not in notify_hosts"),
            ("file:///etc/passwd", "no http address"),
            ("http://", "no http address"),
        ] {
            assert!(fault(bad).is_some_and(|m| m.contains(says)), "{bad}: {:?}", fault(bad));
        }
    }
}

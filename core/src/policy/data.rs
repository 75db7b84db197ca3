//! `policy.yaml` as data.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ChatSettings, Notify};
use crate::model::{Mode, Network, SequencePolicy};

/// How hard the kernel must hold a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Sandbox {
    /// Rules only.
    Off,
    /// The strongest level this machine has.
    #[default]
    Auto,
    /// Nothing starts without a boundary.
    Required,
}

/// What confined steps may write beside their own: state of agents and caches of toolchains. What does not exist is
/// passed over, and what a variable of the person's own environment has moved is followed.
const WRITABLE: &[&str] = &[
    "~/.claude",
    "~/.claude.json",
    "~/.codex",
    "~/.gemini",
    "~/.qwen",
    "~/.local/share/opencode",
    "~/.local/state/opencode",
    "~/.cache/opencode",
    "~/.cargo/registry",
    "~/.cargo/git",
    "~/.npm",
    "~/.bun/install/cache",
    "~/.cache/pip",
    "~/.cache/uv",
    "~/.cache/go-build",
    "~/go/pkg",
    "~/.gradle/caches",
    "~/.m2/repository",
    "~/.nuget/packages",
];

/// The limits and permissions in force. What a file leaves out is at its safe default.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Policy {
    /// SAFE or POWER.
    pub mode: Mode,
    /// Most workers of one parallel group.
    pub max_fanout: u32,
    /// Most steps at once, over all runs of the project.
    pub max_concurrent: u32,
    /// Longest time of an attempt whose step names none, in milliseconds.
    pub timeout_default_ms: u64,
    /// Time between SIGTERM and SIGKILL, in milliseconds.
    pub stop_grace_ms: u64,
    /// Most bytes kept of each stream of a step.
    pub max_log_bytes: u64,
    /// Programs a step may start.
    pub allowed_commands: Vec<String>,
    /// Folders a step may work in: globs relative to the project root.
    pub allowed_cwd: Vec<String>,
    /// Regular expressions that no argument and no joined command line may match.
    pub forbidden_patterns: Vec<String>,
    /// Actions that need a yes even in POWER mode.
    pub confirmation_required: Vec<String>,
    /// Whether mprocs may open its own control port.
    pub mprocs_port: bool,
    /// How hard the kernel must hold a step.
    pub sandbox: Sandbox,
    /// Folders and files beside its own that a confined step may write: `~/…`, absolute or below the root.
    pub sandbox_writable: Vec<String>,
    /// Whether steps have a network.
    pub network: Network,
    /// Own secret patterns: regular expressions.
    pub redact: Vec<String>,
    /// Who is told when a run ends, a step fails or a gate, a review or a budget waits.
    pub notify: Notify,
    /// Hosts beside this one that a webhook may go to.
    pub notify_hosts: Vec<String>,
    /// Who answers in the chat.
    pub chat: ChatSettings,
    /// Hosts beside this one that the chat's model server may be on.
    pub chat_hosts: Vec<String>,
    /// The limits of sequences that are worked into this value already (see [`Policy::narrowed`]). A folder
    /// must be in `allowed_cwd` of each of them too, for globs cannot be intersected as text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub narrowed_by: Vec<SequencePolicy>,
    /// Line of each key, and of each list item as `key[i]`, in `policy.yaml`; empty for the defaults.
    #[serde(skip)]
    pub lines: BTreeMap<String, u32>,
}

impl Default for Policy {
    fn default() -> Self {
        let list = |items: &[&str]| items.iter().map(|s| (*s).to_owned()).collect();
        Self {
            mode: Mode::Safe,
            max_fanout: 10,
            max_concurrent: 20,
            timeout_default_ms: 1_800_000,
            stop_grace_ms: 5_000,
            max_log_bytes: 64 << 20,
            allowed_commands: list(&["claude", "codex", "gemini", "bun", "npm", "npx", "node", "git", "tsc"]),
            allowed_cwd: list(&["./**"]),
            forbidden_patterns: list(&[r"rm\s+-rf\s+/", "sudo", r"format\s+[A-Z]:"]),
            confirmation_required: list(&["step.rm", "gate.block"]),
            mprocs_port: false,
            sandbox: Sandbox::Auto,
            sandbox_writable: list(WRITABLE),
            network: Network::Allow,
            redact: Vec::new(),
            notify: Notify::default(),
            notify_hosts: Vec::new(),
            chat: ChatSettings::default(),
            chat_hosts: Vec::new(),
            narrowed_by: Vec::new(),
            lines: BTreeMap::new(),
        }
    }
}

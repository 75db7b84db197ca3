//! What no step may change or read, by name.

use std::ffi::OsStr;

/// In a git folder: what makes git run programs, or look for that elsewhere.
pub(super) const GIT: &[&str] = &["hooks", "config", "config.worktree", "commondir"];

/// In the project root and in the folder of a step: configuration that makes a coding agent run programs, connect to
/// servers or skip its questions. Their instructions (CLAUDE.md, AGENTS.md, …) are text that steps may write.
pub(super) const AGENTS: &[&str] = &[
    ".claude",
    ".mcp.json",
    ".codex",
    ".gemini",
    ".qwen",
    ".opencode",
    "opencode.json",
    "opencode.jsonc",
    ".cursor",
    ".aider.conf.yml",
    ".agents",
];

/// Whether a name in a project is one of those: no folder for a step that a step has added.
pub fn is_protected(name: &OsStr) -> bool {
    AGENTS.iter().chain(&[".git"]).any(|known| name.eq_ignore_ascii_case(known))
}

/// In the home folder: configuration of agents inside the state folders that they may write.
pub(super) const AGENTS_AT_HOME: &[&str] = &[
    ".claude/settings.json",
    ".claude/settings.local.json",
    ".claude/hooks",
    ".claude/commands",
    ".claude/agents",
    ".claude/skills",
    ".claude/plugins",
    ".codex/config.toml",
    ".codex/rules",
    ".codex/skills",
    ".gemini/settings.json",
    ".gemini/extensions",
    ".gemini/commands",
    ".qwen/settings.json",
];

/// In the home folder: keys and tokens.
pub(super) const KEYS: &[&str] = &[
    ".ssh",
    ".aws",
    ".gnupg",
    ".azure",
    ".kube",
    ".password-store",
    ".netrc",
    ".git-credentials",
    ".pypirc",
    ".config/gcloud",
    ".config/gh",
    ".config/op",
    ".config/git/credentials",
    ".docker/config.json",
    ".cargo/credentials",
    ".cargo/credentials.toml",
    ".npmrc",
    ".pgpass",
    ".vault-token",
    ".local/share/keyrings",
];

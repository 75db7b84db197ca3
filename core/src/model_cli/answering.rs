//! Agents that are only to answer: a text in, a text out, no tool that acts.

use super::{claude_code, codex, gemini};
use crate::model::ResultForm;

/// How an agent is called so that it only answers. The prompt goes in by standard input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answering {
    /// The model of the registry that names its program.
    pub model: &'static str,
    /// The arguments after the program.
    pub args: &'static [&'static str],
    /// What it prints.
    pub result: ResultForm,
    /// It can be told to use no tool at all; the others may still read files by themselves.
    pub reads_nothing: bool,
    /// The line that installs its program.
    pub install: &'static str,
}

/// Claude Code without tools, servers and skills.
pub const CLAUDE: Answering = Answering {
    model: claude_code::MODEL.name,
    args: &[
        "-p",
        "--output-format",
        "stream-json",
        "--verbose",
        "--tools",
        "",
        "--strict-mcp-config",
        "--disable-slash-commands",
        "--no-session-persistence",
    ],
    result: claude_code::MODEL.result,
    reads_nothing: true,
    install: claude_code::MODEL.install,
};

/// Codex read-only, without its shell.
pub const CODEX: Answering = Answering {
    model: codex::MODEL.name,
    args: &[
        "exec",
        "--json",
        "-s",
        "read-only",
        "-c",
        "features.shell_tool=false",
        "-c",
        "features.unified_exec=false",
        "--ephemeral",
        "--skip-git-repo-check",
        "-",
    ],
    result: codex::MODEL.result,
    reads_nothing: false,
    install: codex::MODEL.install,
};

/// Gemini without a terminal denies every tool that asks first.
pub const GEMINI: Answering = Answering {
    model: gemini::MODEL.name,
    args: &["-o", "stream-json", "--approval-mode", "default", "--skip-trust", "-e", "none"],
    result: gemini::MODEL.result,
    reads_nothing: false,
    install: gemini::MODEL.install,
};

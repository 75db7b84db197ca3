//! The `policy.yaml` that a new project starts with.

use std::fmt::Write as _;

/// A file that shows which tools a project uses, the tools, and what kind of project it is.
type Finding = (&'static [&'static str], &'static [&'static str], &'static str);

const FINDINGS: &[Finding] = &[
    (&["Cargo.toml"], &["cargo"], "a Rust project"),
    (&["pyproject.toml", "setup.py", "requirements.txt"], &["python3", "uv", "pytest"], "a Python project"),
    (&["go.mod"], &["go"], "a Go module"),
    (&["Makefile", "makefile", "GNUmakefile"], &["make"], "recipes run in a shell of make's own"),
    (&["justfile", "Justfile"], &["just"], "recipes run in a shell of just's own"),
    (&["yarn.lock"], &["yarn"], "a Node.js project locked by yarn"),
    (&["pnpm-lock.yaml"], &["pnpm"], "a Node.js project locked by pnpm"),
    (&["deno.json", "deno.jsonc"], &["deno"], "a Deno project"),
    (&["pom.xml"], &["mvn"], "a Maven project"),
    (&["mvnw"], &["./mvnw"], "the project's own Maven"),
    (&["build.gradle", "build.gradle.kts"], &["gradle"], "a Gradle project"),
    (&["gradlew"], &["./gradlew"], "the project's own Gradle"),
    (&["Gemfile"], &["bundle", "ruby"], "a Ruby project"),
    (&["composer.json"], &["composer", "php"], "a PHP project"),
    (&["mix.exs"], &["mix"], "an Elixir project"),
    (&["CMakeLists.txt"], &["cmake", "ctest"], "a CMake project"),
    (&["meson.build"], &["meson", "ninja"], "a Meson project"),
    (&["build.zig"], &["zig"], "a Zig project"),
    (&["Package.swift"], &["swift"], "a Swift package"),
    (&["global.json", "Directory.Build.props"], &["dotnet"], "a .NET project"),
];

const HEAD: &str = r#"# What the steps of this project may do. Every change of this file is audited.
# See what holds: seqctl policy show. Try a command: seqctl policy check -- cargo build

mode: SAFE                        # SAFE: destructive actions need a person's yes. POWER: only those listed below
max_fanout: 10                    # Most parallel workers of one group
max_concurrent: 20                # Most steps at once, over all runs of the project
timeout_default_ms: 1800000       # Longest time of an attempt whose step names none: 30 minutes
stop_grace_ms: 5000               # Time a stopped step has to end by itself
max_log_bytes: 67108864           # Most bytes kept of each output of a step; the middle is cut

# Programs a step may start, by name, or by path where the file is in the project (./scripts/build.sh).
# No shell (sh, bash, ...) is allowed unless it is listed. Add one: seqctl policy allow NAME
allowed_commands:
  - "claude"
  - "codex"
  - "gemini"
  - "bun"
  - "npm"
  - "npx"
  - "node"
  - "git"
  - "tsc"
"#;

const TAIL: &str = r#"
# Folders a step may work in: globs relative to the project root, or absolute.
allowed_cwd:
  - "./**"

# Regular expressions that no argument and no command line may match, in SAFE and in POWER mode.
forbidden_patterns:
  - "rm\\s+-rf\\s+/"
  - "sudo"
  - "format\\s+[A-Z]:"

# Actions that need a person's yes even in POWER mode.
confirmation_required:
  - "step.rm"
  - "gate.block"
  # - "run.all"

# How hard the kernel must hold a step: off, auto (the strongest this machine has), required (else nothing starts).
sandbox: auto
network: allow                    # deny: steps have no network

# What a confined step may write beside its own folder: agents' state, caches of toolchains. What is not there is
# passed over; what your environment keeps elsewhere (CARGO_HOME, XDG_CACHE_HOME, CODEX_HOME, …) is meant there, too.
# A path of a key here (~/.ssh) also lets steps read it.
sandbox_writable:
  - "~/.claude"
  - "~/.claude.json"
  - "~/.codex"
  - "~/.gemini"
  - "~/.qwen"
  - "~/.local/share/opencode"
  - "~/.local/state/opencode"
  - "~/.cache/opencode"
  - "~/.cargo/registry"
  - "~/.cargo/git"
  - "~/.npm"
  - "~/.bun/install/cache"
  - "~/.cache/pip"
  - "~/.cache/uv"
  - "~/.cache/go-build"
  - "~/go/pkg"
  - "~/.gradle/caches"
  - "~/.m2/repository"
  - "~/.nuget/packages"

mprocs_port: false                # Whether mprocs may open its own control port
redact: []                        # Own secret patterns: regular expressions, hidden in logs and audit

# Who is told when a run ends, a step fails for good, or a gate, a review or a budget waits for you. The message is one JSON object.
notify:
  on: [end, failure, gate]
  command: []                     # A listed program: it gets the message on standard input, and THREADOS_EVENT
  desktop: false                  # A note on the desktop, where notify-send is installed
  webhook: ""                     # An http or https address on this machine, or on a host listed below

notify_hosts: []                  # Hosts beside this machine that the webhook may be on

# Who turns sentences of the chat into commands: builtin (offline), claude, codex, gemini or openai-compatible.
chat:
  provider: builtin
  url: ""                         # openai-compatible: the address before /chat/completions
  model: ""                       # The model that server is asked for
  key_env: ""                     # The environment variable that holds its key

chat_hosts: []                    # Hosts beside this machine that the model server may be on
"#;

/// The text of the `policy.yaml` that `init` writes: the safe defaults with a comment on each key, plus the
/// tools of the project. `has_file` says whether the project root has a file of this name.
pub fn starter(has_file: impl Fn(&str) -> bool) -> String {
    let mut text = HEAD.to_owned();
    for (files, tools, why) in FINDINGS {
        let Some(file) = files.iter().find(|file| has_file(file)) else { continue };
        for tool in *tools {
            let entry = format!("  - \"{tool}\"");
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{entry:<33} # {file}: {why}");
        }
    }
    text + TAIL
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;

    fn parsed(text: &str) -> serde_json::Value {
        serde_yaml::from_str(text).unwrap()
    }

    #[test]
    fn an_empty_project_gets_exactly_the_defaults() {
        let written = parsed(&starter(|_| false));
        let mut defaults = serde_json::to_value(Policy::default()).unwrap();
        defaults["mode"] = "SAFE".into();
        assert_eq!(written, defaults);
    }

    #[test]
    fn the_tools_of_the_project_are_listed_with_the_reason() {
        let text = starter(|file| ["Cargo.toml", "setup.py", "package.json"].contains(&file));
        assert!(
            text.contains("  - \"cargo\"                       # Cargo.toml: a Rust project\n"),
            "{text}"
        );
        let written = parsed(&text);
        let commands: Vec<_> = written["allowed_commands"].as_array().unwrap().iter().skip(9).collect();
        assert_eq!(commands, ["cargo", "python3", "uv", "pytest"]);
    }

    #[test]
    fn whatever_is_found_no_tool_is_listed_twice_and_each_line_fits() {
        let text = starter(|_| true);
        let written = parsed(&text);
        let commands = written["allowed_commands"].as_array().unwrap();
        let unique: std::collections::BTreeSet<_> = commands.iter().map(|c| c.as_str().unwrap()).collect();
        assert_eq!(unique.len(), commands.len());
        assert!(text.lines().all(|line| line.len() <= 120));
    }

    #[test]
    fn each_key_has_a_comment() {
        let text = starter(|_| false);
        let lines: Vec<&str> = text.lines().collect();
        for (index, line) in
            lines.iter().enumerate().filter(|(_, l)| l.starts_with(|c: char| c.is_ascii_lowercase()))
        {
            assert!(line.contains('#') || lines[index - 1].starts_with('#'), "{line}");
        }
    }
}

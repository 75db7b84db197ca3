//! Which environment variables steer what programs load or execute.

use std::ffi::OsStr;

/// Why a name is on the list, for the person who meets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reason(pub(super) &'static str);

const LOADER: Reason = Reason("it makes other code load into the program");
const SHELL: Reason = Reason("shells execute or obey it before the command");
const GIT: Reason = Reason("it turns git to another repository, configuration or program");
const RUNTIME: Reason = Reason("it makes an interpreter or build tool run other code or other programs");
const REGISTRY: Reason = Reason("it turns a package manager to another registry or configuration");
const LOOKUP: Reason = Reason("it decides which program or configuration is found");
const HELPER: Reason = Reason("its value is itself executed");
const KEYS: Reason = Reason("it sends keys and prompts to another server");
const OURS: Reason = Reason("ThreadOS sets it");

/// Prefixes, upper case.
const PREFIXES: &[(&str, Reason)] = &[
    ("LD_", LOADER),
    ("DYLD_", LOADER),
    ("_RLD", LOADER),
    ("CORECLR_", LOADER),
    ("COR_PROFILER", LOADER),
    ("OPENSSL_", LOADER),
    ("GIT_", GIT),
    ("BASH_FUNC_", SHELL),
    ("NPM_CONFIG_", REGISTRY),
    ("PNPM_CONFIG_", REGISTRY),
    ("YARN_", REGISTRY),
    ("COREPACK_", REGISTRY),
    ("PIP_", REGISTRY),
    ("CARGO_ALIAS_", RUNTIME),
    ("CARGO_REGISTR", REGISTRY),
    ("CARGO_SOURCE_", REGISTRY),
    ("LUA_INIT", RUNTIME),
    ("THREADOS_", OURS),
];

/// Whole names, upper case, sorted.
const NAMES: &[(&str, Reason)] = &[
    ("ANTHROPIC_BASE_URL", KEYS),
    ("APPDATA", LOOKUP),
    ("BASHOPTS", SHELL),
    ("BASH_ENV", SHELL),
    ("BROWSER", HELPER),
    ("BUNDLE_GEMFILE", RUNTIME),
    ("BUN_OPTIONS", RUNTIME),
    ("CARGO", LOOKUP),
    ("CARGO_HOME", LOOKUP),
    ("CDPATH", SHELL),
    ("CLASSPATH", RUNTIME),
    ("CLAUDE_CONFIG_DIR", LOOKUP),
    ("CODEX_HOME", LOOKUP),
    ("COMSPEC", LOOKUP),
    ("DOTNET_STARTUP_HOOKS", LOADER),
    ("EDITOR", HELPER),
    ("ELIXIR_ERL_OPTIONS", RUNTIME),
    ("ENV", SHELL),
    ("ERL_AFLAGS", RUNTIME),
    ("ERL_FLAGS", RUNTIME),
    ("ERL_ZFLAGS", RUNTIME),
    ("FPATH", SHELL),
    ("GCONV_PATH", LOADER),
    ("GEMINI_BASE_URL", KEYS),
    ("GEM_HOME", RUNTIME),
    ("GEM_PATH", RUNTIME),
    ("GLIBC_TUNABLES", LOADER),
    ("GLOBIGNORE", SHELL),
    ("GNUMAKEFLAGS", RUNTIME),
    ("GOFLAGS", RUNTIME),
    ("GOOGLE_GEMINI_BASE_URL", KEYS),
    ("GRADLE_OPTS", RUNTIME),
    ("GTK_MODULES", LOADER),
    ("HOME", LOOKUP),
    ("HOSTALIASES", LOOKUP),
    ("IFS", SHELL),
    ("JAVA_OPTS", RUNTIME),
    ("JAVA_TOOL_OPTIONS", RUNTIME),
    ("JDK_JAVA_OPTIONS", RUNTIME),
    ("LESSCLOSE", HELPER),
    ("LESSOPEN", HELPER),
    ("LOCPATH", LOADER),
    ("LUA_CPATH", RUNTIME),
    ("LUA_PATH", RUNTIME),
    ("MAKEFILES", RUNTIME),
    ("MAKEFLAGS", RUNTIME),
    ("MANPAGER", HELPER),
    ("MAVEN_ARGS", RUNTIME),
    ("MAVEN_OPTS", RUNTIME),
    ("NLSPATH", LOADER),
    ("NODE_EXTRA_CA_CERTS", KEYS),
    ("NODE_OPTIONS", RUNTIME),
    ("NODE_PATH", RUNTIME),
    ("NODE_REPL_EXTERNAL_MODULE", RUNTIME),
    ("OPENAI_BASE_URL", KEYS),
    ("PAGER", HELPER),
    ("PATH", LOOKUP),
    ("PATHEXT", LOOKUP),
    ("PERL5DB", RUNTIME),
    ("PERL5LIB", RUNTIME),
    ("PERL5OPT", RUNTIME),
    ("PERL5SHELL", RUNTIME),
    ("PERLLIB", RUNTIME),
    ("PHPRC", RUNTIME),
    ("PHP_INI_SCAN_DIR", RUNTIME),
    ("PROMPT_COMMAND", SHELL),
    ("PS1", SHELL),
    ("PS4", SHELL),
    ("PYTEST_ADDOPTS", RUNTIME),
    ("PYTEST_PLUGINS", RUNTIME),
    ("PYTHONBREAKPOINT", RUNTIME),
    ("PYTHONEXECUTABLE", RUNTIME),
    ("PYTHONHOME", RUNTIME),
    ("PYTHONINSPECT", RUNTIME),
    ("PYTHONPATH", RUNTIME),
    ("PYTHONPLATLIBDIR", RUNTIME),
    ("PYTHONSTARTUP", RUNTIME),
    ("PYTHONUSERBASE", RUNTIME),
    ("PYTHONWARNINGS", RUNTIME),
    ("RES_OPTIONS", LOOKUP),
    ("RUBYLIB", RUNTIME),
    ("RUBYOPT", RUNTIME),
    ("RUSTC", RUNTIME),
    ("RUSTC_WORKSPACE_WRAPPER", RUNTIME),
    ("RUSTC_WRAPPER", RUNTIME),
    ("RUSTDOC", RUNTIME),
    ("RUSTUP_HOME", LOOKUP),
    ("RUSTUP_TOOLCHAIN", LOOKUP),
    ("R_ENVIRON", RUNTIME),
    ("R_ENVIRON_USER", RUNTIME),
    ("R_PROFILE", RUNTIME),
    ("R_PROFILE_USER", RUNTIME),
    ("SHELL", LOOKUP),
    ("SHELLOPTS", SHELL),
    ("SUDO_EDITOR", HELPER),
    ("SYSTEMROOT", LOOKUP),
    ("TCLLIBPATH", RUNTIME),
    ("TERMCAP", LOADER),
    ("TERMINFO", LOADER),
    ("TERMINFO_DIRS", LOADER),
    ("USERPROFILE", LOOKUP),
    ("VISUAL", HELPER),
    ("WINDIR", LOOKUP),
    ("XDG_CONFIG_DIRS", LOOKUP),
    ("XDG_CONFIG_HOME", LOOKUP),
    ("XDG_DATA_DIRS", LOOKUP),
    ("ZDOTDIR", SHELL),
    ("_JAVA_OPTIONS", RUNTIME),
];

/// Dropped even from our own environment: they are residue of the place ThreadOS was started from (a git
/// hook, another step, a debugger's preload), never a wish about the steps.
const RESIDUE: &[&str] = &[
    "BASHOPTS",
    "BASH_ENV",
    "DYLD_INSERT_LIBRARIES",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_WORK_TREE",
    "IFS",
    "LD_AUDIT",
    "LD_PRELOAD",
    "OLDPWD",
    "PROMPT_COMMAND",
    "PS4",
    "PWD",
    "SHELLOPTS",
];

/// Why a step may not set this variable; `None` where it may. Case does not count: npm reads its own in any.
pub(super) fn why_forbidden(name: &str) -> Option<Reason> {
    let name = name.to_ascii_uppercase();
    if let Ok(index) = NAMES.binary_search_by(|(known, _)| (*known).cmp(&name)) {
        return Some(NAMES[index].1);
    }
    let by_prefix = PREFIXES.iter().find(|(prefix, _)| name.starts_with(prefix));
    let by_suffix = || match &*name {
        n if n.ends_with("_ASKPASS") => Some(HELPER),
        n if n.starts_with("CARGO_") && (n.ends_with("_RUNNER") || n.ends_with("_LINKER")) => Some(RUNTIME),
        n if n.starts_with("CARGO_BUILD_RUSTC") || n.starts_with("CARGO_BUILD_RUSTDOC") => Some(RUNTIME),
        _ => None,
    };
    by_prefix.map(|(_, reason)| *reason).or_else(by_suffix)
}

/// Whether a variable of our own environment stays behind.
pub(super) fn is_residue(name: &OsStr) -> bool {
    // A name that is not UTF-8 cannot be judged, and no tool asks for one.
    let Some(name) = name.to_str() else { return true };
    let upper = name.to_ascii_uppercase();
    RESIDUE.binary_search(&upper.as_str()).is_ok()
        || upper.starts_with("THREADOS_")
        || upper.starts_with("BASH_FUNC_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted() {
        assert!(NAMES.is_sorted_by_key(|(name, _)| name));
        assert!(RESIDUE.is_sorted());
    }

    #[test]
    fn what_steers_programs_is_forbidden_in_any_case() {
        for name in [
            "LD_PRELOAD",
            "ld_preload",
            "DYLD_INSERT_LIBRARIES",
            "GIT_SSH_COMMAND",
            "GIT_CONFIG_COUNT",
            "NODE_OPTIONS",
            "BASH_ENV",
            "ENV",
            "PYTHONPATH",
            "PYTHONSTARTUP",
            "PERL5OPT",
            "RUBYOPT",
            "JAVA_TOOL_OPTIONS",
            "npm_config_registry",
            "NPM_CONFIG_SCRIPT_SHELL",
            "PATH",
            "Path",
            "THREADOS_TOKEN",
            "IFS",
            "PS4",
            "PROMPT_COMMAND",
            "SSH_ASKPASS",
            "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER",
            "CARGO_BUILD_RUSTC_WRAPPER",
            "BASH_FUNC_ls%%",
        ] {
            assert!(why_forbidden(name).is_some(), "{name}");
        }
        for name in [
            "RUST_LOG",
            "NODE_ENV",
            "CI",
            "RUSTFLAGS",
            "CC",
            "LANG",
            "TZ",
            "DATABASE_URL",
            "CARGO_TERM_COLOR",
        ] {
            assert!(why_forbidden(name).is_none(), "{name}");
        }
    }
}

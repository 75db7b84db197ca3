//! Which programs are shells: they execute text, so no list of arguments says what they will do.

const SHELLS: &[&str] = &[
    "ash",
    "bash",
    "busybox",
    "cmd",
    "command",
    "csh",
    "dash",
    "elvish",
    "fish",
    "hush",
    "ion",
    "ksh",
    "lksh",
    "mksh",
    "msh",
    "nu",
    "nushell",
    "oil",
    "osh",
    "pdksh",
    "posh",
    "powershell",
    "pwsh",
    "rbash",
    "rc",
    "rksh",
    "rzsh",
    "sash",
    "sh",
    "tcsh",
    "toybox",
    "xonsh",
    "yash",
    "ysh",
    "zsh",
];

/// Programs that become what they are called as.
const MULTI_CALL: &[&str] = &["busybox", "toybox"];

/// Whether a program's name is that of a shell, also with a version or `.exe`: `bash`, `zsh-5.9`, `ksh93`.
pub(super) fn is_shell(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let name = name.strip_suffix(".exe").unwrap_or(&name);
    let name = name.strip_suffix("-preview").or_else(|| name.strip_suffix("-static")).unwrap_or(name);
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '_'));
    SHELLS.binary_search(&stem).is_ok() || SHELLS.binary_search(&name).is_ok()
}

/// Whether a program does what its name says, not what its file says: `ls` may be a link to `busybox`.
pub(super) fn is_multi_call(name: &str) -> bool {
    MULTI_CALL.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted() {
        assert!(SHELLS.is_sorted());
    }

    #[test]
    fn versions_and_suffixes_do_not_hide_a_shell() {
        for shell in ["sh", "bash", "Bash", "zsh-5.9", "ksh93", "bash5", "cmd.exe", "pwsh-preview", "busybox"]
        {
            assert!(is_shell(shell), "{shell}");
        }
        for other in ["cargo", "git", "fishing", "rustc", "sha256sum", "shfmt", "python3", "node", ""] {
            assert!(!is_shell(other), "{other}");
        }
    }
}

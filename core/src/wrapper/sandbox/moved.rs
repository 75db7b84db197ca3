//! Where a person's own environment keeps what is in the home folder otherwise. Only ThreadOS' own environment counts:
//! what `env:` of a step says comes later, and moves nothing.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Folders and files of a home, and the variable that names each where it is elsewhere.
const MOVED: &[(&str, &str)] = &[
    (".azure", "AZURE_CONFIG_DIR"),
    (".bun", "BUN_INSTALL"),
    (".cache", "XDG_CACHE_HOME"),
    (".cache/go-build", "GOCACHE"),
    (".cache/pip", "PIP_CACHE_DIR"),
    (".cache/uv", "UV_CACHE_DIR"),
    (".cargo", "CARGO_HOME"),
    (".claude", "CLAUDE_CONFIG_DIR"),
    (".codex", "CODEX_HOME"),
    (".config", "XDG_CONFIG_HOME"),
    (".config/gcloud", "CLOUDSDK_CONFIG"),
    (".config/gh", "GH_CONFIG_DIR"),
    (".docker", "DOCKER_CONFIG"),
    (".gnupg", "GNUPGHOME"),
    (".gradle", "GRADLE_USER_HOME"),
    (".local/share", "XDG_DATA_HOME"),
    (".local/state", "XDG_STATE_HOME"),
    (".netrc", "NETRC"),
    (".npm", "NPM_CONFIG_CACHE"),
    (".npm", "npm_config_cache"),
    (".nuget/packages", "NUGET_PACKAGES"),
    (".password-store", "PASSWORD_STORE_DIR"),
    (".rustup", "RUSTUP_HOME"),
    ("go", "GOPATH"),
    ("go/pkg/mod", "GOMODCACHE"),
];

/// Where a name of the home folder is: there, and where a variable has it. `name` is relative to `home`.
pub(super) fn places(home: &Path, name: &Path) -> impl Iterator<Item = PathBuf> {
    std::iter::once(home.join(name)).chain(elsewhere(home, name, |name| std::env::var_os(name)))
}

/// Where variables have a name of the home folder.
pub(super) fn elsewhere(
    home: &Path,
    name: &Path,
    var: impl Fn(&str) -> Option<OsString>,
) -> impl Iterator<Item = PathBuf> {
    let found = MOVED.iter().filter_map(|(at_home, variable)| {
        let moved = PathBuf::from(var(variable)?);
        if let Ok(rest) = name.strip_prefix(at_home) {
            // Joined with nothing, it would end in a slash and be no file.
            return Some(if rest.as_os_str().is_empty() { moved } else { moved.join(rest) });
        }
        // A part of it is elsewhere; of the home folder as a whole, nothing follows.
        (!name.as_os_str().is_empty() && Path::new(at_home).starts_with(name)).then_some(moved)
    });
    // One that has the home folder in it says nothing of one thing in it.
    let found: Vec<PathBuf> = found.filter(|path| path.is_absolute() && !home.starts_with(path)).collect();
    found.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, vars: &[(&str, &str)]) -> Vec<String> {
        let var =
            |asked: &str| vars.iter().find(|(name, _)| *name == asked).map(|(_, value)| (*value).into());
        let found = elsewhere(Path::new("/home/me"), Path::new(name), var);
        found.map(|path| path.display().to_string()).collect()
    }

    #[test]
    fn what_a_variable_moves_is_there_and_so_is_what_lies_in_it() {
        assert_eq!(of(".cargo/registry", &[("CARGO_HOME", "/big/cargo")]), ["/big/cargo/registry"]);
        assert_eq!(of(".cache/uv", &[("XDG_CACHE_HOME", "/c"), ("UV_CACHE_DIR", "/u")]), ["/c/uv", "/u"]);
        assert_eq!(of("go/pkg", &[("GOMODCACHE", "/mod"), ("GOPATH", "/go")]), ["/go/pkg", "/mod"]);
        assert_eq!(of(".netrc", &[("NETRC", "/n")]), ["/n"]);
        assert!(of(".claude", &[("XDG_CACHE_HOME", "/c")]).is_empty());
    }

    #[test]
    fn a_variable_that_says_nothing_of_one_thing_moves_none() {
        for value in ["", "relative", "/", "/home", "/home/me"] {
            assert!(of(".cache/uv", &[("UV_CACHE_DIR", value)]).is_empty(), "{value}");
        }
        assert!(of("", &[("CARGO_HOME", "/big/cargo")]).is_empty());
    }
}

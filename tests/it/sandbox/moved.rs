//! Agents' state, caches and keys that a person's own environment keeps elsewhere.

use super::cage::{Cage, Level};

/// A cage whose user keeps these folders beside the home.
fn cage(level: Level) -> Cage {
    let mut cage = Cage::new(level);
    for (name, folder) in [
        ("CARGO_HOME", "away/cargo"),
        ("XDG_CACHE_HOME", "away/cache"),
        ("XDG_CONFIG_HOME", "away/config"),
        ("CODEX_HOME", "away/codex"),
        ("GOCACHE", "home/.ssh"),
        ("UV_CACHE_DIR", "p/.threados/prompts"),
        ("NUGET_PACKAGES", "p"),
    ] {
        let place = cage.base().join(folder).display().to_string();
        cage.p.export(name, &place);
    }
    for file in ["cargo/registry/x", "cargo/bin/x", "cache/uv/x", "cache/other/x", "codex/config.toml"] {
        cage.put(&format!("away/{file}"), "");
    }
    cage.put("away/cargo/credentials.toml", "precious\n");
    cage.put("away/config/gh/hosts.yml", "precious\n");
    cage.put("other/uv/x", "");
    cage
}

#[test]
fn state_and_caches_are_writable_where_a_persons_own_environment_has_them() {
    for level in Level::here() {
        let mut cage = cage(level);
        let base = cage.base().display().to_string();
        cage.step(
            "caches",
            "sub",
            "sh",
            &format!("echo x > {base}/away/cargo/registry/y && echo x > {base}/away/cache/uv/y"),
        );
        cage.step("agents", "sub", "sh", &format!("echo x > {base}/away/codex/state"));
        cage.step(
            "others",
            "sub",
            "sh",
            &format!("echo x > {base}/away/cargo/bin/y || echo x > {base}/away/cache/other/y"),
        );
        // What a step says of itself moves nothing, nor does a variable that names the project or a key.
        cage.step("own", "sub", "sh", &format!("echo x > {base}/other/uv/y"));
        cage.with("own", &format!("env: {{ XDG_CACHE_HOME: {base}/other }}"));
        cage.step("key", "sub", "sh", "cat ~/.ssh/id_ed25519 || echo x > ~/.ssh/authorized_keys");
        cage.step(
            "project",
            "sub",
            "sh",
            &format!("echo x > {base}/p/y || echo x > {base}/p/.threados/prompts/y"),
        );
        let ends = cage.run();
        for (step, end) in [
            ("caches", "DONE"),
            ("agents", "DONE"),
            ("others", "FAILED"),
            ("own", "FAILED"),
            ("key", "FAILED"),
            ("project", "FAILED"),
        ] {
            assert_eq!(ends[step].0, end, "{level:?}, {step}: {ends:#?}");
        }
    }
}

#[test]
fn keys_are_hidden_and_settings_held_where_a_persons_own_environment_has_them() {
    for level in Level::here() {
        let mut cage = cage(level);
        let base = cage.base().display().to_string();
        for (step, key) in [("cargo", "cargo/credentials.toml"), ("gh", "config/gh/hosts.yml")] {
            cage.step(step, "sub", "sh", &format!("cat {base}/away/{key}"));
        }
        cage.step("settings", "sub", "sh", &format!("echo x >> {base}/away/codex/config.toml"));
        let ends = cage.run();
        assert!(["cargo", "gh"].iter().all(|step| ends[*step].0 == "FAILED"), "{level:?}: {ends:#?}");
        assert_eq!(ends["settings"].0 == "DONE", level == Level::Landlock, "{level:?}: {ends:#?}");
    }
}

//! Programs, arguments, PATH and environment.

use std::collections::BTreeMap;
use std::path::Path;

use super::*;

#[test]
fn hostile_commands() {
    let world = World::new();
    let judge = world.judge("~/bin", LISTED);
    let listed = "ok";
    let denied = "allowed_commands";
    let pattern = "forbidden_patterns";
    let missing = "NO_SUCH_PROGRAM";
    for (argv, cwd, expected) in [
        // What is meant to work.
        (&["git", "status"][..], ".", listed),
        (&["tool"], "src", listed),
        (&["cargo", "build"], ".", listed),
        (&["ls"], ".", listed),
        (&["./scripts/build.sh"], ".", listed),
        (&["scripts/build.sh"], ".", listed),
        (&["../scripts/build.sh"], "src", listed),
        (&["./scripts/../scripts/./build.sh"], ".", listed),
        (&["scripts/alias.sh"], ".", listed),
        (&["~/p/scripts/build.sh"], "src", listed),
        (&["~/other/tool"], ".", listed),
        (&["seqctl", "status"], ".", listed),
        (&["~/bin/seqctl", "status"], ".", listed),
        // Shells, under whatever name or path.
        (&["sh", "-c", "ls"], ".", denied),
        (&["bash"], ".", denied),
        (&["dash"], ".", denied),
        (&["busybox", "sh"], ".", denied),
        (&["/bin/sh"], ".", denied),
        (&["/bin/../bin/sh"], ".", denied),
        (&["//bin//sh"], ".", denied),
        (&["~/bin/sh"], ".", denied),
        (&["~/bin/dash"], ".", denied),
        (&["../bin/sh"], ".", denied),
        (&["harmless", "-c", "ls"], ".", denied),
        (&["./scripts/shell", "-c", "ls"], ".", denied),
        (&["p/scripts/shell"], ".", missing),
        (&["SH"], ".", denied),
        (&["sh "], ".", denied),
        (&[" sh"], ".", denied),
        (&["sh\n"], ".", denied),
        (&["cmd.exe", "/c", "dir"], ".", denied),
        // A listed name does not list a path, nor a path another one.
        (&["~/bin/git"], ".", denied),
        (&["./git"], "../bin", "allowed_cwd"),
        (&["bin/tool"], ".", denied),
        (&["./bin/evil"], ".", denied),
        (&["./local"], "src", denied),
        (&["src/local"], ".", denied),
        (&["./scripts/other.sh"], ".", denied),
        (&["build.sh"], "scripts", denied),
        (&["~/p2/src/run"], ".", denied),
        (&["out/../p2/src/run"], ".", denied),
        (&["p/../../bin/git"], ".", missing),
        (&["GIT"], ".", denied),
        (&["git.exe"], ".", denied),
        (&["evil"], ".", denied),
        // Links that lead through or into what steps may write.
        (&["viaproject"], ".", denied),
        (&["hop"], ".", denied),
        // A link does not hide a forbidden name.
        (&["asroot", "ls"], ".", pattern),
        // Forbidden text, in one argument, over several, after blanks of any kind.
        (&["git", "rm -rf /"], ".", pattern),
        (&["git", "rm", "-rf", "/"], ".", pattern),
        (&["git", "rm\t-rf\n/"], ".", pattern),
        (&["rm", "-rf", "/home"], ".", pattern),
        (&["sudo", "git"], ".", pattern),
        (&["git", "x;sudo y"], ".", pattern),
        (&["./scripts/build.sh", "--as=sudo"], ".", pattern),
        (&["seqctl", "sudo"], ".", pattern),
        (&["tool", "format", "C:"], ".", pattern),
        // What cannot be executed at all.
        (&["nothere"], ".", missing),
        (&["data"], ".", missing),
        (&["loop"], ".", missing),
        (&["dangling"], ".", missing),
        (&["./scripts/plain.sh"], ".", missing),
        (&["./scripts/none.sh"], ".", missing),
        (&["./scripts"], ".", missing),
        (&["./"], ".", missing),
        (&["/"], ".", missing),
        (&[], ".", "EMPTY_COMMAND"),
        (&[""], ".", "EMPTY_COMMAND"),
        (&["git", "a\0b"], ".", "NUL_BYTE"),
        (&["git\0sh"], ".", "NUL_BYTE"),
    ] {
        let argv: Vec<String> = argv.iter().map(|arg| world.fill(arg)).collect();
        assert_eq!(verdict(judge.command(&argv, Path::new(cwd))), expected, "{argv:?} in {cwd}");
    }
}

#[test]
fn hostile_paths() {
    let world = World::new();
    // It does lead to the tool, from where this test happens to stand.
    let steps_up = std::env::current_dir().unwrap().components().count() - 1;
    let up_to_world =
        format!("{}{}", "../".repeat(steps_up), world.at("bin").strip_prefix("/").unwrap().display());
    assert!(Path::new(&up_to_world).join("tool").is_file());
    for (path, name, expected) in [
        ("~/bin", "tool", "ok"),
        ("~/more:~/bin", "tool", "ok"),
        ("~/p/bin:~/bin", "tool", "allowed_commands"),
        ("~/p/bin:~/bin", "cargo", "allowed_commands"),
        ("~/linkbin:~/bin", "tool", "allowed_commands"),
        ("~/bin/../p/bin:~/bin", "tool", "allowed_commands"),
        ("~/bin:~/p/bin", "tool", "ok"),
        ("bin:~/bin", "tool", "ok"),
        ("bin", "tool", "NO_SUCH_PROGRAM"),
        (".:./bin:../bin", "tool", "NO_SUCH_PROGRAM"),
        (":", "tool", "NO_SUCH_PROGRAM"),
        ("", "tool", "NO_SUCH_PROGRAM"),
        ("::~/bin", "tool", "ok"),
        (&up_to_world, "tool", "NO_SUCH_PROGRAM"),
        ("~/none:~/bin", "tool", "ok"),
    ] {
        let result = world.judge(path, LISTED).command(&[name.to_owned()], Path::new("."));
        assert_eq!(verdict(result), expected, "{name} through {path}");
    }
}

#[test]
fn a_folder_that_steps_may_write_beside_the_root_holds_no_program() {
    let world = World::new();
    world.program("shared/a/tool");
    let judge = world.judge("~/shared/a:~/bin", LISTED);
    assert_eq!(verdict(judge.command(&["tool".to_owned()], Path::new("."))), "allowed_commands");
}

#[test]
fn a_program_in_the_project_runs_by_name_where_its_path_is_listed_too() {
    let world = World::new();
    let judge = world.judge("~/p/bin:~/bin", &["tool", "./bin/tool"]);
    let cleared = judge.command(&["tool".to_owned()], Path::new(".")).unwrap();
    assert_eq!(cleared.program, world.at("p/bin/tool"));
}

#[test]
fn what_runs_is_the_canonical_file_under_the_given_name() {
    let world = World::new();
    let judge = world.judge("~/bin", LISTED);
    let cleared = judge.command(&["cargo".to_owned()], Path::new("self/src")).unwrap();
    assert_eq!(cleared.program, world.at("bin/rustup"));
    assert_eq!(cleared.argv0, "cargo");
    assert_eq!(cleared.cwd.path(), world.at("p/src"));
}

#[test]
fn a_shell_runs_where_it_is_listed_by_itself() {
    let world = World::new();
    for (listed, name, expected) in [
        (&["sh"][..], "sh", "ok"),
        (&["sh"], "harmless", "allowed_commands"),
        (&["harmless", "sh"], "harmless", "allowed_commands"),
        (&["harmless", "dash"], "harmless", "ok"),
        (&["busybox"], "busybox", "ok"),
        (&["~/bin/sh"], "~/bin/sh", "ok"),
        (&["~/bin/harmless"], "~/bin/harmless", "allowed_commands"),
        (&["~/bin/sh"], "sh", "allowed_commands"),
    ] {
        let result = world.judge("~/bin", listed).command(&[world.fill(name)], Path::new("."));
        assert_eq!(verdict(result), expected, "{name} with {listed:?}");
    }
}

#[test]
fn hostile_environments() {
    for name in [
        "LD_PRELOAD",
        "LD_LIBRARY_PATH",
        "LD_AUDIT",
        "DYLD_INSERT_LIBRARIES",
        "GIT_SSH_COMMAND",
        "GIT_DIR",
        "GIT_CONFIG_COUNT",
        "GIT_EXTERNAL_DIFF",
        "NODE_OPTIONS",
        "NODE_PATH",
        "BASH_ENV",
        "ENV",
        "PYTHONPATH",
        "PYTHONSTARTUP",
        "PYTHONWARNINGS",
        "PERL5OPT",
        "PERL5LIB",
        "RUBYOPT",
        "JAVA_TOOL_OPTIONS",
        "npm_config_prefix",
        "NPM_CONFIG_REGISTRY",
        "PATH",
        "path",
        "THREADOS_TOKEN",
        "THREADOS_ROOT",
        "threados_actor",
        "IFS",
        "PS4",
        "PROMPT_COMMAND",
        "RUSTC_WRAPPER",
        "CARGO_HOME",
        "HOME",
        "XDG_CONFIG_HOME",
        "MAKEFLAGS",
        "EDITOR",
        "PAGER",
        "SSH_ASKPASS",
        "ANTHROPIC_BASE_URL",
        "GLIBC_TUNABLES",
        "OPENSSL_CONF",
        "BASH_FUNC_git%%",
        "A=B",
        "",
    ] {
        let env = BTreeMap::from([(name.to_owned(), "x".to_owned())]);
        assert_eq!(check_env(&env).map_err(|denial| denial.rule), Err(Rule::Env), "{name:?}");
    }
}

#[test]
fn a_denial_reads_well_for_the_person_who_just_hit_it() {
    let world = World::new();
    let mut policy = Policy::default();
    policy.lines.insert("allowed_commands".into(), 6);
    policy.lines.insert("forbidden_patterns[1]".into(), 23);
    let judge = Judge::new(&policy, world.site("~/bin"));
    let says = |argv: &[&str]| {
        let argv: Vec<String> = argv.iter().map(|arg| (*arg).to_owned()).collect();
        judge.command(&argv, Path::new(".")).unwrap_err().to_string()
    };
    assert_eq!(
        says(&["cargo", "build"]),
        "the program `cargo` is not allowed (rule allowed_commands, .threados/policy.yaml:6); \
         to allow it, run: seqctl policy allow cargo"
    );
    assert_eq!(
        says(&["scripts/build.sh"]),
        "the program `scripts/build.sh` is not allowed (rule allowed_commands, .threados/policy.yaml:6); \
         to allow it, run: seqctl policy allow ./scripts/build.sh"
    );
    assert!(says(&["git", "sudo"]).contains(
        "matches the forbidden pattern `sudo` (rule forbidden_patterns, .threados/policy.yaml:23)"
    ));
}

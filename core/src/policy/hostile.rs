//! Hostile commands, folders and environments against real folders: what the rules must hold.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;
use crate::model::{Mode, SequencePolicy};

/// A project, a folder of programs outside of it, and a neighbour that nobody allowed.
struct World {
    _temp: tempfile::TempDir,
    top: PathBuf,
}

impl World {
    fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        let top = temp.path().canonicalize().unwrap();
        let world = Self { _temp: temp, top };
        for folder in [
            "p/src/deep",
            "p/bin",
            "p/.threados/state",
            "p/scripts",
            "p/nested/.threados",
            "bin",
            "more",
            "other/sub",
            "shared/a",
            "p2/src",
        ] {
            fs::create_dir_all(world.at(folder)).unwrap();
        }
        for program in [
            "bin/tool",
            "bin/git",
            "bin/dash",
            "bin/busybox",
            "bin/sudo",
            "bin/seqctl",
            "bin/rustup",
            "p/bin/tool",
            "p/bin/evil",
            "p/scripts/build.sh",
            "p/scripts/other.sh",
            "p/src/local",
            "other/tool",
            "p2/src/run",
        ] {
            world.program(program);
        }
        fs::write(world.at("bin/data"), "not executable").unwrap();
        fs::write(world.at("p/scripts/plain.sh"), "not executable").unwrap();
        for (link, target) in [
            ("bin/sh", "dash"),
            ("bin/harmless", "dash"),
            ("bin/asroot", "sudo"),
            ("bin/ls", "busybox"),
            ("bin/cargo", "rustup"),
            ("bin/loop", "loop"),
            ("bin/dangling", "nowhere"),
            ("bin/viaproject", "../p/bin/evil"),
            ("bin/hop", "../p/hop"),
            ("p/hop", "../bin/git"),
            ("p/bin/cargo", "../../bin/git"),
            ("p/scripts/shell", "../../bin/dash"),
            ("p/scripts/alias.sh", "build.sh"),
            ("p/out", "../other"),
            ("p/etc", "/etc"),
            ("p/self", "."),
            ("p/own", ".threados"),
            ("p/round", "round"),
            ("p/inner", "src/deep"),
            ("linkbin", "p/bin"),
        ] {
            symlink(target, world.at(link)).unwrap();
        }
        world
    }

    fn at(&self, path: &str) -> PathBuf {
        self.top.join(path)
    }

    fn program(&self, path: &str) {
        fs::write(self.at(path), "#!/bin/true\n").unwrap();
        fs::set_permissions(self.at(path), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A site whose PATH has these folders; `~` in an entry stands for the top of the world.
    fn site(&self, path: &str) -> Site {
        let path = path.replace('~', self.top.to_str().unwrap());
        let site = Site::new(&self.at("p"), path).unwrap();
        site.with_own_binary(&self.at("bin/seqctl")).unwrap().with_writable([self.at("shared").as_path()])
    }

    fn judge(&self, path: &str, commands: &[&str]) -> Judge {
        let allowed_commands = commands.iter().map(|entry| self.fill(entry)).collect();
        Judge::new(&Policy { allowed_commands, ..Policy::default() }, self.site(path))
    }

    fn fill(&self, text: &str) -> String {
        text.replace('~', self.top.to_str().unwrap())
    }
}

/// How a case came out, in one word.
fn verdict<T>(result: Result<T, PolicyError>) -> String {
    match result {
        Ok(_) => "ok".to_owned(),
        Err(fault) => fault.rule().map_or_else(|| fault.code().to_owned(), |rule| rule.to_string()),
    }
}

const LISTED: &[&str] = &[
    "tool",
    "git",
    "cargo",
    "harmless",
    "asroot",
    "ls",
    "loop",
    "dangling",
    "viaproject",
    "hop",
    "data",
    "nothere",
    "./scripts/build.sh",
    "./scripts/plain.sh",
    "./scripts/shell",
    "~/other/tool",
];

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
fn hostile_folders() {
    let world = World::new();
    let cwd = "allowed_cwd";
    for (globs, folder, expected) in [
        (&["./**"][..], ".", "ok"),
        (&["./**"], "", "ok"),
        (&["./**"], "src/deep", "ok"),
        (&["./**"], "./src/../src", "ok"),
        (&["./**"], "~/p/src", "ok"),
        (&["./**"], "self/self/src", "ok"),
        (&["./**"], "inner", "ok"),
        (&["**"], ".", "ok"),
        (&["."], ".", "ok"),
        (&["."], "src", cwd),
        (&["./*"], "src", "ok"),
        (&["./*"], "src/deep", cwd),
        (&["./*"], ".", cwd),
        (&["src/**"], "src", "ok"),
        (&["./src/**"], "src/deep", "ok"),
        (&["src/**"], "bin", cwd),
        (&["src/**"], ".", cwd),
        (&["src"], "src/deep", cwd),
        (&["src/*"], "inner", "ok"),
        (&[], ".", cwd),
        (&["./**"], "..", cwd),
        (&["./**"], "../p2", cwd),
        (&["./**"], "src/../../other", cwd),
        (&["./**"], "../p/src", "ok"),
        (&["./**"], "/", cwd),
        (&["./**"], "/tmp", cwd),
        (&["./**"], "out", cwd),
        (&["./**"], "out/sub", cwd),
        (&["./**"], "out/..", cwd),
        (&["./**"], "etc", cwd),
        (&["./**"], "self/out", cwd),
        (&["out/**"], "out", cwd),
        (&["../other/**"], "../other", "POLICY_INVALID"),
        (&["a["], ".", "POLICY_INVALID"),
        (&["~/other/**"], "out", "ok"),
        (&["~/other/**"], "../other/sub", "ok"),
        (&["~/other"], "out/sub", cwd),
        (&["~/other/**"], ".", cwd),
        (&["~/p/out/**"], "out", cwd),
        (&["/**"], ".threados", cwd),
        (&["./**"], ".threados", cwd),
        (&["./**"], ".threados/state", cwd),
        (&["./**"], "src/../.threados", cwd),
        (&["./**"], "own/state", cwd),
        (&["./**"], "nested/.threados", cwd),
        (&["./**"], "none", "NO_SUCH_FOLDER"),
        (&["./**"], "scripts/build.sh", "NO_SUCH_FOLDER"),
        (&["./**"], "scripts/build.sh/x", "NO_SUCH_FOLDER"),
        (&["./**"], "round", "UNREADABLE"),
        (&["./**"], "src\0", "UNREADABLE"),
    ] {
        let allowed_cwd = globs.iter().map(|glob| world.fill(glob)).collect();
        let judge = Judge::new(&Policy { allowed_cwd, ..Policy::default() }, world.site("~/bin"));
        let folder = world.fill(folder);
        assert_eq!(verdict(judge.cwd(Path::new(&folder))), expected, "{folder:?} with {globs:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_cleared_folder_is_held_open_so_that_a_rename_cannot_divert_it() {
    use rustix::fs::fstat;

    let world = World::new();
    let folder = world.judge("~/bin", LISTED).cwd(Path::new("src")).unwrap();
    let Some(handle) = folder.handle() else { return };
    let before = fstat(handle).unwrap().st_ino;
    fs::rename(world.at("p/src"), world.at("p/moved")).unwrap();
    symlink(world.at("other"), world.at("p/src")).unwrap();
    let moved = fs::metadata(world.at("p/moved")).unwrap();
    assert_eq!(before, std::os::unix::fs::MetadataExt::ino(&moved));
    assert_eq!(fstat(handle).unwrap().st_ino, before);
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

#[test]
fn a_denial_by_the_sequence_says_so() {
    let world = World::new();
    let own = SequencePolicy {
        allowed_commands: Some(vec!["tool".into()]),
        allowed_cwd: Some(vec!["src/**".into()]),
        forbidden_patterns: Some(vec!["force".into()]),
        ..SequencePolicy::default()
    };
    let mut policy = Policy { allowed_commands: vec!["git".into(), "tool".into()], ..Policy::default() };
    policy.lines.insert("allowed_commands".into(), 6);
    policy.lines.insert("forbidden_patterns".into(), 9);
    let judge = Judge::new(&policy.narrowed(Some(&own)), world.site("~/bin"));
    let place = |argv: &[&str], cwd: &str| {
        let argv: Vec<String> = argv.iter().map(|arg| (*arg).to_owned()).collect();
        judge.command(&argv, Path::new(cwd)).unwrap_err().denial().unwrap().place
    };
    assert_eq!(place(&["git"], "src"), Place::Sequence);
    assert_eq!(place(&["tool"], "bin"), Place::Sequence);
    assert_eq!(place(&["tool", "--force"], "src"), Place::Sequence);
    assert_eq!(place(&["tool", "sudo"], "src"), Place::PolicyLine(9));
    assert!(judge.command(&["tool".into()], Path::new("src")).is_ok());
}

fn some<T: std::fmt::Debug + Clone + 'static>(items: &'static [T]) -> impl Strategy<Value = Vec<T>> {
    prop::collection::vec(prop::sample::select(items), 0..4)
}

const COMMANDS: &[&str] = &["git", "tool", "cargo", "sh", "harmless", "./scripts/build.sh"];
const FOLDERS: &[&str] = &["./**", ".", "src/**", "*", "~/other/**", "/**"];
const PATTERNS: &[&str] = &["sudo", "x+", "^git$"];

#[test]
fn a_narrowed_policy_never_allows_what_the_wide_one_denies() {
    let world = World::new();
    proptest!(ProptestConfig::with_cases(64), |(
        wide in (some(COMMANDS), some(FOLDERS), some(PATTERNS), any::<bool>(), 0..5_u32, 0..5_u32),
        own in (
            prop::option::of(some(COMMANDS)), prop::option::of(some(FOLDERS)), prop::option::of(some(PATTERNS)),
            prop::option::of(any::<bool>()), prop::option::of(0..5_u32), prop::option::of(0..5_u32),
        ),
    )| {
        let texts = |list: Vec<&str>| list.into_iter().map(|text| world.fill(text)).collect::<Vec<_>>();
        let mode = |power: bool| if power { Mode::Power } else { Mode::Safe };
        let wide = Policy {
            allowed_commands: texts(wide.0), allowed_cwd: texts(wide.1), forbidden_patterns: texts(wide.2),
            mode: mode(wide.3), max_fanout: wide.4, max_concurrent: wide.5, ..Policy::default()
        };
        let own = SequencePolicy {
            allowed_commands: own.0.map(&texts), allowed_cwd: own.1.map(&texts), forbidden_patterns: own.2.map(&texts),
            mode: own.3.map(mode), max_fanout: own.4, max_concurrent: own.5,
        };
        let narrow = wide.narrowed(Some(&own));
        let judges = [&wide, &narrow].map(|policy| Judge::new(policy, world.site("~/bin")));
        for name in COMMANDS {
            for cwd in [".", "src", "out", "src/deep"] {
                for arg in ["status", "sudo", "xx"] {
                    let argv = [(*name).to_owned(), arg.to_owned()];
                    let [by_wide, by_narrow] = judges.each_ref().map(|judge| judge.command(&argv, Path::new(cwd)).is_ok());
                    prop_assert!(by_wide || !by_narrow, "{:?} in {}", argv, cwd);
                }
            }
        }
        for number in 0..6 {
            prop_assert!(wide.check_fanout(number).is_ok() || narrow.check_fanout(number).is_err());
            prop_assert!(wide.check_concurrency(number).is_ok() || narrow.check_concurrency(number).is_err());
        }
        for action in ["step.rm", "step.add", "undo"] {
            let asking = Asking::direct(crate::model::Actor::User);
            prop_assert!(narrow.needs_confirmation(action, asking) >= wide.needs_confirmation(action, asking));
        }
    });
}

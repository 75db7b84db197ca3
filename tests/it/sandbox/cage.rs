//! A project with something to lose, and the level its steps are held at.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use threados_tests::kernel::landlock_version;

use crate::support::{Project, Ran};

/// What holds the steps of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Off,
    Landlock,
    Bubblewrap,
}

impl Level {
    /// The levels that this machine has. The others are told by `doctor`, and no test can say anything about them.
    pub fn here() -> Vec<Self> {
        static HERE: OnceLock<Vec<Level>> = OnceLock::new();
        let look = || {
            let p = Project::empty();
            let has = |level: &Self| level.sandbox(&p) == level.word();
            let here: Vec<_> = [Self::Landlock, Self::Bubblewrap].into_iter().filter(has).collect();
            // One that is overlooked would be tried by no test.
            let has = landlock_version() >= 3;
            assert_eq!(here.contains(&Self::Landlock), has, "is there a Landlock in this kernel?");
            here
        };
        HERE.get_or_init(look).clone()
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Off => "none",
            Self::Landlock => "landlock",
            Self::Bubblewrap => "bubblewrap",
        }
    }

    /// Has `seqctl` use this level, and no better one.
    pub fn choose(self, command: &mut Command) {
        match self {
            Self::Bubblewrap => command.env_remove("THREADOS_BWRAP_PATH"),
            Self::Landlock | Self::Off => command.env("THREADOS_BWRAP_PATH", ""),
        };
    }

    /// The level that `doctor` says steps get.
    fn sandbox(self, p: &Project) -> String {
        let mut command = p.command(&["doctor", "--json"]);
        self.choose(&mut command);
        let said: serde_json::Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
        let checks = said["checks"].as_array().unwrap();
        let message = checks.iter().find(|c| c["check"] == "sandbox").unwrap()["message"].as_str().unwrap();
        message.split([' ', ':', ',']).nth(1).unwrap_or_default().to_owned()
    }
}

/// A project, a home with keys, a neighbour's folder, a git folder, a running process of somebody else.
pub struct Cage {
    pub p: Project,
    pub level: Level,
    /// The user that runs it all, where it is not us.
    user: Option<u32>,
    steps: String,
    victim: std::process::Child,
}

impl Cage {
    pub fn new(level: Level) -> Self {
        Self::of(level, None)
    }

    /// A cage of another user than root; only root can ask for it.
    pub fn of_user(level: Level, user: u32) -> Self {
        Self::of(level, Some(user))
    }

    fn of(level: Level, user: Option<u32>) -> Self {
        let mut p = Project::new();
        if user.is_some() {
            p.open_to_others();
        }
        // In the search path, so that a step finds it at every level: it may have been built below `/tmp`.
        fs::copy(env!("CARGO_BIN_EXE_escape"), p.root().with_file_name("ours/escape")).unwrap();
        for program in ["bash", "git"] {
            p.ok(&format!("policy allow {program}"));
        }
        let mut sleep = Command::new("sleep");
        by(&mut sleep, user);
        let victim = sleep.arg("600").env("VICTIM", "s3cret").spawn().unwrap();
        let cage = Self { p, level, user, steps: String::new(), victim };
        cage.policy("sandbox: auto", if level == Level::Off { "sandbox: off" } else { "sandbox: auto" });
        for file in PRECIOUS {
            cage.put(file, "precious\n");
        }
        cage.put("p/.git/HEAD", "ref: refs/heads/main\n");
        cage.put("p/.git/config", "[core]\n\tbare = false\n");
        cage
    }

    /// Replaces something in `policy.yaml`, as a hand would.
    pub fn policy(&self, old: &str, new: &str) {
        let text = self.p.read("policy.yaml");
        assert!(text.contains(old), "{text}");
        fs::write(self.p.path("policy.yaml"), text.replace(old, new)).unwrap();
    }

    /// The folder with the project, the home and the neighbour.
    pub fn base(&self) -> PathBuf {
        self.p.root().parent().unwrap().to_owned()
    }

    pub fn victim(&self) -> u32 {
        self.victim.id()
    }

    /// Writes a file below [`Self::base`].
    pub fn put(&self, file: &str, text: &str) -> PathBuf {
        let path = self.base().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// Adds a step that runs a script in a folder of the project.
    pub fn step(&mut self, id: &str, cwd: &str, program: &str, script: &str) {
        let command = serde_json::to_string(&[program, "-c", script]).unwrap();
        fs::create_dir_all(self.p.root().join(cwd)).unwrap();
        writeln!(self.steps, "  - {{ id: {id}, type: base, model: shell, cwd: {cwd}, command: {command} }}")
            .unwrap();
    }

    /// Gives an added step a further field.
    pub fn with(&mut self, step: &str, field: &str) {
        let old = format!("id: {step},");
        assert!(self.steps.contains(&old), "{}", self.steps);
        self.steps = self.steps.replace(&old, &format!("{old} {field},"));
    }

    /// Has an added step wait for another.
    pub fn after(&mut self, step: &str, other: &str) {
        self.with(step, &format!("depends_on: [{other}]"));
    }

    /// `seqctl`, at the level and by the user of the test.
    pub fn seqctl(&self, args: &[&str]) -> Ran {
        let mut command = self.p.command(args);
        self.level.choose(&mut command);
        by(&mut command, self.user);
        let out = command.output().unwrap();
        Ran {
            code: out.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&out.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&out.stderr).into_owned(),
        }
    }

    /// Runs all that was added; the status of each step, and its standard error and reason.
    pub fn run(&mut self) -> BTreeMap<String, (String, String)> {
        let text = self.p.read("sequence.yaml");
        let text = text.replace("steps: []", "steps:").replace("steps:", &format!("steps:\n{}", self.steps));
        fs::write(self.p.path("sequence.yaml"), text).unwrap();
        if let Some(user) = self.user {
            let mut chown = Command::new("chown");
            assert!(
                chown.arg("-R").arg(format!("{user}:{user}")).arg(self.base()).status().unwrap().success()
            );
        }
        let ran = self.seqctl(&["run", "all", "--json"]);
        let said: serde_json::Value =
            serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {ran:#?}"));
        assert_eq!(said["sandbox"], self.level.word(), "{said:#}");
        let run = said["run_id"].as_str().unwrap_or_else(|| panic!("{said:#}"));
        let steps = said["steps"].as_array().unwrap();
        let one = |s: &serde_json::Value| {
            let id = s["id"].as_str().unwrap().to_owned();
            let stderr = self.p.path(&format!("runs/{run}/{id}/stderr.log"));
            let stderr = String::from_utf8_lossy(&fs::read(stderr).unwrap_or_default()).into_owned();
            (id, (s["status"].as_str().unwrap().to_owned(), format!("{stderr}{}", s["reason"])))
        };
        steps.iter().map(one).collect()
    }

    /// Every file of worth, with its content and mode.
    pub fn worth(&self) -> Worth {
        let mut all = BTreeMap::new();
        for folder in WORTH {
            walk(&self.base().join(folder), &mut all);
        }
        all
    }
}

/// Whether the tests are run by root, who alone can try what other users get.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Files by path, with content and mode.
pub type Worth = BTreeMap<PathBuf, (Vec<u8>, u32)>;

/// Has a command run by another user.
fn by(command: &mut Command, user: Option<u32>) {
    use std::os::unix::process::CommandExt as _;
    if let Some(user) = user {
        command.uid(user).gid(user);
    }
}

impl Drop for Cage {
    fn drop(&mut self) {
        drop((self.victim.kill(), self.victim.wait()));
    }
}

fn walk(path: &Path, all: &mut Worth) {
    let Ok(meta) = path.symlink_metadata() else { return };
    if meta.is_dir() {
        fs::read_dir(path).unwrap().flatten().for_each(|e| walk(&e.path(), all));
    }
    let content = if meta.is_file() { fs::read(path).unwrap() } else { Vec::new() };
    all.insert(path.to_owned(), (content, meta.permissions().mode()));
}

/// Files that exist before, below [`Cage::base`].
const PRECIOUS: &[&str] = &[
    "home/.ssh/id_ed25519",
    "home/.aws/credentials",
    "home/.netrc",
    "home/.npmrc",
    "home/.gnupg/key",
    "p/.threados/state/token",
    "p/.threados/history/image",
    "p/.threados/runs/20260101T000000Z-0000/other/stdout.log",
    "p/.git/hooks/pre-commit.sample",
    "p/.git/objects/keep",
    "p/.git/refs/keep",
    "p/.claude/settings.json",
    "neighbour/file",
];

/// What no step may change.
const WORTH: &[&str] = &[
    "home/.ssh",
    "home/.aws",
    "home/.netrc",
    "home/.bashrc",
    "neighbour",
    "p/.threados/policy.yaml",
    "p/.threados/prompts",
    "p/.threados/templates",
    "p/.threados/history",
    "p/.threados/runs/20260101T000000Z-0000",
    "p/.git/hooks",
    "p/.git/config",
    "p/.claude",
];

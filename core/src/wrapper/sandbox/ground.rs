//! From a policy and a machine to the plan of each step.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::moved::{elsewhere, places};
use super::protected::{AGENTS, AGENTS_AT_HOME, GIT, KEYS};
use super::{Confinement, Level, Machine, Plan};
use crate::id::Digest;
use crate::model::Network;
use crate::policy::{Policy, Sandbox};
use crate::store::Paths;

/// What all steps of a project share: found once for each version of the policy.
#[derive(Debug, Clone)]
pub struct Ground {
    root: PathBuf,
    threados: PathBuf,
    unreadable: Vec<PathBuf>,
    sockets: PathBuf,
    home: Option<PathBuf>,
    machine: Machine,
    mode: Sandbox,
    network: Network,
    /// What the policy opens, where it exists.
    writable: Vec<PathBuf>,
    keys: Keys,
    agents_at_home: Vec<PathBuf>,
    helper: Vec<String>,
    seqctl: Option<PathBuf>,
}

impl Ground {
    /// The ground of a project under a policy, on this machine. `helper` is a command line that becomes the helper
    /// inside of bubblewrap.
    pub fn new(paths: &Paths, policy: &Policy, machine: &Machine, helper: Vec<String>) -> Self {
        let home = home();
        let listed = listed(policy, &paths.root);
        let writable = writable(policy, &paths.root);
        let at_home = |names: &[&str]| -> Vec<PathBuf> {
            let Some(home) = &home else { return Vec::new() };
            let places = names.iter().flat_map(|name| places(home, Path::new(name)));
            places.filter_map(|place| place.canonicalize().ok()).collect()
        };
        let agents_at_home =
            at_home(AGENTS_AT_HOME).into_iter().filter(|file| !listed.contains(file)).collect();
        Self {
            root: paths.root.clone(),
            threados: paths.threados.clone(),
            unreadable: [paths.state_dir.clone(), paths.history.clone()]
                .into_iter()
                .chain(runtime_dir())
                .collect(),
            sockets: paths.runtime_dir.clone(),
            keys: Keys::new(home.as_deref(), &listed),
            agents_at_home,
            home,
            machine: machine.clone(),
            mode: policy.sandbox,
            network: policy.network,
            writable,
            helper,
            seqctl: None,
        }
    }

    /// With the program that steps may always call, which they see wherever it lies.
    pub fn with_seqctl(self, file: Option<&Path>) -> Self {
        Self { seqctl: file.and_then(|file| file.canonicalize().ok()), ..self }
    }

    /// The level that steps get.
    pub fn level(&self) -> Level {
        if self.mode == Sandbox::Off { Level::None } else { self.machine.best() }
    }

    /// Whether nothing may start that is not held.
    pub fn is_required(&self) -> bool {
        self.mode == Sandbox::Required
    }

    /// The plan of a step that works in `cwd` and leaves its files in `step_dir`; `None` where nothing holds it.
    /// Both are canonical; `step_dir` may be absent still. `network` is what the step says, which only narrows.
    pub fn plan(&self, cwd: &Path, step_dir: &Path, network: Network) -> Option<Plan> {
        let level = self.level();
        if level == Level::None {
            return None;
        }
        let mut writable: Vec<PathBuf> = self.writable.clone();
        writable.extend([cwd.to_owned(), step_dir.to_owned()]);
        writable.sort();
        writable.dedup();
        let (read_only, absent) = self.protected(cwd);
        let hidden =
            self.unreadable.iter().filter(|p| p.exists()).cloned().chain(self.keys.there()).collect();
        Some(Plan {
            level,
            writable,
            read_only,
            hidden,
            absent,
            network: self.network.and(network).is_allowed(),
            tmp: tmp(step_dir),
            shown: self.shown(cwd),
            bubblewrap: self.machine.bubblewrap.as_ref().ok().cloned(),
            helper: self.helper.clone(),
        })
    }

    /// Protected names that exist, and those that do not.
    fn protected(&self, cwd: &Path) -> (Vec<PathBuf>, Vec<PathBuf>) {
        let mut all = BTreeSet::from([self.threados.clone()]);
        for folder in BTreeSet::from([self.root.as_path(), cwd]) {
            all.extend(AGENTS.iter().map(|name| folder.join(name)));
            // That of a linked worktree or a submodule is a file, which says where its repository is.
            all.extend(Some(folder.join(".git")).filter(|git| git.is_file()));
            all.extend(git_folders(&folder.join(".git")).iter().flat_map(|g| GIT.iter().map(|n| g.join(n))));
        }
        all.extend(self.agents_at_home.iter().cloned());
        let (there, absent): (Vec<_>, Vec<_>) = all.into_iter().partition(|p| p.symlink_metadata().is_ok());
        // What a link leads to is what is protected; a link that leads nowhere protects nothing.
        let real: BTreeSet<PathBuf> = there.iter().filter_map(|p| p.canonicalize().ok()).collect();
        (real.into_iter().filter(|p| !self.writable.contains(p)).collect(), absent)
    }

    /// What a step needs of folders that are replaced at the level of bubblewrap.
    fn shown(&self, cwd: &Path) -> Vec<PathBuf> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        // What lies in the step's own folder is there as the rest of it is, to be written, too.
        let programs = std::env::split_paths(&path).filter_map(|p| p.canonicalize().ok());
        let programs = programs.chain(self.seqctl.clone()).filter(|place| !place.starts_with(cwd));
        let helper = self.helper.first().and_then(|h| Path::new(h).canonicalize().ok());
        let mut shown: Vec<PathBuf> = programs.chain(helper).chain(self.home.clone()).collect();
        // The engine's socket is reached by its folder, so that a new engine's is found there too.
        shown.extend([self.root.clone(), cwd.to_owned()].into_iter().chain(self.sockets.canonicalize().ok()));
        shown.sort();
        shown.dedup();
        shown
    }

    /// What is said of a run: the level, and what it leaves open for a step that works in the project root.
    pub fn confinement(&self) -> Confinement {
        let open = match (self.mode, self.level()) {
            (Sandbox::Off, _) => Some("switched off in policy.yaml".to_owned()),
            (_, Level::None) => self.machine.why_none(),
            (_, Level::Landlock) => Some(OPEN_AT_LANDLOCK.to_owned()),
            (_, Level::Bubblewrap) => None,
        };
        Confinement { level: self.level(), open }
    }

    /// Why a step that works in `cwd` may not start where the policy requires a sandbox; `None` where it is held.
    pub fn refusal(&self, cwd: &Path, network: Network) -> Option<String> {
        if !self.is_required() {
            return None;
        }
        match self.plan(cwd, &self.threados.join("runs"), network) {
            None => Some(self.machine.why_none().unwrap_or_default()),
            Some(plan) => {
                let holes = plan.holes();
                (!holes.is_empty()).then(|| format!("{} does not hold it: {}", plan.level, holes.join("; ")))
            }
        }
    }
}

const OPEN_AT_LANDLOCK: &str =
    "holds what is outside a step's folder, not .threados inside it; bubblewrap would";

/// The folder of the session's sockets (D-Bus, agents of keys): whoever reaches them reaches out of any sandbox.
fn runtime_dir() -> Option<PathBuf> {
    let dir = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|d| d.is_absolute())?;
    dir.canonicalize().ok()
}

/// The folder for temporary files of a step that leaves its files in `step_dir`: outside of the project, so that its
/// path is short (sockets) and nothing of it can stay behind there; and in a folder that stays, so that the one above,
/// which is everybody's, does not change with every step.
pub fn tmp(step_dir: &Path) -> PathBuf {
    let base = crate::store::temporary_dir();
    let base = base.canonicalize().unwrap_or(base);
    base.join(all_tmp()).join(&Digest::of([step_dir.as_os_str().as_encoded_bytes()]).as_str()[..16])
}

/// The name of the folder that holds those of all steps of this user.
fn all_tmp() -> String {
    #[cfg(unix)]
    return format!("tos-{}", rustix::process::geteuid().as_raw());
    #[cfg(not(unix))]
    "tos".to_owned()
}

/// What the policy lets steps write beside their own: canonical, where it exists. What is listed below the home folder
/// is also where a person's own environment has moved it (`CARGO_HOME`, `XDG_CACHE_HOME`, …).
pub fn writable(policy: &Policy, root: &Path) -> Vec<PathBuf> {
    let mut writable = listed(policy, root);
    let Some(home) = home() else { return writable };
    let names = policy.sandbox_writable.iter().filter_map(|entry| entry.strip_prefix("~/"));
    let moved = names.flat_map(|name| elsewhere(&home, Path::new(name), |name| std::env::var_os(name)));
    let moved = moved.filter_map(|place| place.canonicalize().ok());
    // A variable opens neither the project nor a key, nor what they lie in: only a list does.
    let keys: Vec<PathBuf> = Keys::new(Some(&home), &[]).there().collect();
    let opens = |place: &PathBuf| {
        let at_home = keys.iter().filter(|key| key.starts_with(&home)).map(PathBuf::as_path);
        let within =
            keys.iter().any(|key| place.starts_with(key)) || place.starts_with(root.join(".threados"));
        within || at_home.chain([root, home.as_path()]).any(|shut| shut.starts_with(place))
    };
    writable.extend(moved.filter(|place| !opens(place)));
    writable
}

/// What the policy lists as writable, at that very place.
fn listed(policy: &Policy, root: &Path) -> Vec<PathBuf> {
    let home = home();
    policy.sandbox_writable.iter().filter_map(|entry| resolve(entry, root, home.as_deref())).collect()
}

/// The keys and tokens in the home folder.
#[derive(Debug, Clone, Default)]
pub(super) struct Keys {
    there: Vec<PathBuf>,
    /// Names without a file: looked for at each start, for a key may be made while an engine lives.
    absent: Vec<PathBuf>,
}

impl Keys {
    /// Whoever lists a key as writable has said that steps may use it.
    fn new(home: Option<&Path>, writable: &[PathBuf]) -> Self {
        let names =
            home.into_iter().flat_map(|home| KEYS.iter().flat_map(|name| places(home, Path::new(name))));
        let names = names.filter(|key| !writable.iter().any(|w| w.starts_with(key)));
        let (there, absent): (Vec<_>, Vec<_>) = names.partition(|key| key.symlink_metadata().is_ok());
        let there = there.iter().filter_map(|key| key.canonicalize().ok());
        Self { there: there.filter(|key| !writable.iter().any(|w| w.starts_with(key))).collect(), absent }
    }

    /// Those of this user.
    pub(super) fn here() -> Self {
        Self::new(home().as_deref(), &[])
    }

    /// Those that exist now.
    pub(super) fn there(&self) -> impl Iterator<Item = PathBuf> {
        let new = self.absent.iter().filter_map(|key| key.canonicalize().ok());
        self.there.iter().cloned().chain(new)
    }
}

fn home() -> Option<PathBuf> {
    std::env::home_dir().filter(|h| h.is_absolute())?.canonicalize().ok()
}

/// An entry of `sandbox_writable`: `~/…`, absolute, or relative to the project; `None` where it does not exist.
fn resolve(entry: &str, root: &Path, home: Option<&Path>) -> Option<PathBuf> {
    let path = match entry.strip_prefix("~") {
        Some("") => home?.to_owned(),
        Some(rest) => home?.join(rest.strip_prefix('/')?),
        None => root.join(entry),
    };
    path.canonicalize().ok()
}

/// The git folder itself, those of its submodules, and what its linked worktrees say of themselves.
fn git_folders(git: &Path) -> Vec<PathBuf> {
    if !git.symlink_metadata().is_ok_and(|m| m.is_dir()) {
        return Vec::new();
    }
    let mut found = vec![git.to_owned()];
    for inner in ["modules", "worktrees"] {
        let folders = fs::read_dir(git.join(inner)).into_iter().flatten().flatten();
        found.extend(folders.map(|f| f.path()).filter(|p| p.is_dir()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::paths::Outside;

    fn project() -> (tempfile::TempDir, Paths) {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["p/.threados/state", "p/.git/hooks", "p/sub", "p/.claude"] {
            fs::create_dir_all(dir.path().join(folder)).unwrap();
        }
        let paths = Paths::with_outside(&dir.path().join("p"), &Outside::below(dir.path())).unwrap();
        (dir, paths)
    }

    fn ground(paths: &Paths, mode: Sandbox, bubblewrap: bool, landlock: bool) -> Ground {
        let machine = Machine {
            bubblewrap: if bubblewrap {
                Ok("/usr/bin/bwrap".into())
            } else {
                Err("no bubblewrap".to_owned())
            },
            landlock: if landlock { Ok(7) } else { Err("no Landlock".to_owned()) },
        };
        let policy = Policy { sandbox: mode, ..Policy::default() };
        Ground::new(paths, &policy, &machine, Vec::new())
    }

    #[test]
    fn the_strongest_level_of_the_machine_is_taken_unless_it_is_off() {
        let (_dir, paths) = project();
        let level = |mode, b, l| ground(&paths, mode, b, l).level();
        assert_eq!(level(Sandbox::Auto, true, true), Level::Bubblewrap);
        assert_eq!(level(Sandbox::Auto, false, true), Level::Landlock);
        assert_eq!(level(Sandbox::Required, false, false), Level::None);
        assert_eq!(level(Sandbox::Off, true, true), Level::None);
    }

    #[test]
    fn steps_see_seqctl_wherever_it_lies_but_in_their_own_folder() {
        let (dir, paths) = project();
        let cwd = paths.root.join("sub");
        for (at, seen) in [(dir.path().join("seqctl"), true), (cwd.join("seqctl"), false)] {
            fs::write(&at, "").unwrap();
            let ground = ground(&paths, Sandbox::Auto, true, false).with_seqctl(Some(&at));
            let plan = ground.plan(&cwd, &paths.runs, Network::Allow).unwrap();
            assert_eq!(plan.shown.contains(&at.canonicalize().unwrap()), seen, "{at:?}");
        }
    }

    #[test]
    fn without_anything_that_holds_required_refuses_with_the_reason_and_auto_says_it() {
        let (_dir, paths) = project();
        let why =
            ground(&paths, Sandbox::Required, false, false).refusal(&paths.root, Network::Allow).unwrap();
        assert_eq!(why, "no bubblewrap; no Landlock");
        let auto = ground(&paths, Sandbox::Auto, false, false);
        assert_eq!(auto.refusal(&paths.root, Network::Allow), None);
        assert_eq!(auto.confinement().to_string(), "none (no bubblewrap; no Landlock)");
        assert_eq!(auto.plan(&paths.root, &paths.runs, Network::Allow), None);
    }

    #[test]
    fn on_other_systems_auto_says_that_nothing_holds_and_required_refuses() {
        let (_dir, paths) = project();
        for system in ["macos", "windows"] {
            let ground = |sandbox| {
                let policy = Policy { sandbox, ..Policy::default() };
                Ground::new(&paths, &policy, &Machine::elsewhere(system), Vec::new())
            };
            let why = format!("ThreadOS cannot confine a step on {system} yet");
            let required = ground(Sandbox::Required);
            for cwd in [paths.root.clone(), paths.root.join("sub")] {
                assert_eq!(required.refusal(&cwd, Network::Allow).as_deref(), Some(&*why));
            }
            let auto = ground(Sandbox::Auto);
            assert_eq!(auto.confinement().to_string(), format!("none ({why})"));
            assert_eq!(auto.refusal(&paths.root, Network::Allow), None);
        }
    }

    #[test]
    fn landlock_is_enough_for_required_in_a_folder_of_the_steps_own_only() {
        let (_dir, paths) = project();
        let landlock = ground(&paths, Sandbox::Required, false, true);
        assert_eq!(landlock.refusal(&paths.root.join("sub"), Network::Allow), None);
        assert!(landlock.refusal(&paths.root, Network::Allow).unwrap().contains(".threados lies in"));
        assert_eq!(ground(&paths, Sandbox::Required, true, true).refusal(&paths.root, Network::Allow), None);
    }

    #[test]
    fn a_plan_protects_what_is_there_and_watches_for_what_is_not() {
        let (_dir, paths) = project();
        let plan = ground(&paths, Sandbox::Auto, true, true)
            .plan(&paths.root, &paths.runs.join("r/s"), Network::Allow)
            .unwrap();
        for there in [".threados", ".git/hooks", ".claude"] {
            assert!(plan.read_only.contains(&paths.root.join(there)), "{there}: {plan:#?}");
        }
        for absent in [".git/config", ".git/commondir", ".mcp.json"] {
            assert!(plan.absent.contains(&paths.root.join(absent)), "{absent}: {plan:#?}");
        }
        assert!(plan.hidden.contains(&paths.state_dir));
        assert!(!plan.tmp.starts_with(&paths.root));
    }
}

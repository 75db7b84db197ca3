//! A program that is only to answer (a coding agent in the chat): it gets the network and its own state, and nothing of
//! the project, neither to read nor to write.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use super::{Ground, Level, Machine, Plan};
use crate::model::Network;
use crate::policy::Policy;
use crate::store::Paths;

/// A folder of its own for one such program, and what holds it there.
#[derive(Debug)]
pub struct Apart {
    folder: PathBuf,
    plan: Option<Plan>,
}

/// Why such a program is not started.
#[derive(Debug, thiserror::Error)]
pub enum ApartError {
    /// The policy requires a sandbox and there is none.
    #[error("nothing here can hold it: {0}")]
    Unheld(String),
    /// No folder can be had.
    #[error("cannot make a folder for it: {0}")]
    Io(#[from] io::Error),
}

impl Apart {
    /// Makes the folder. Where the policy switches the sandbox off, or this machine has none and the policy does not
    /// require one, nothing but its own arguments holds the program.
    ///
    /// # Errors
    /// [`ApartError`].
    pub fn new(paths: &Paths, policy: &Policy) -> Result<Self, ApartError> {
        let ground = Ground::new(paths, policy, Machine::here(), Vec::new());
        if ground.is_required() && ground.level() == Level::None {
            return Err(ApartError::Unheld(Machine::here().why_none().unwrap_or_default()));
        }
        let folder = make()?;
        let (cwd, tmp) = (folder.join("cwd"), folder.join("tmp"));
        std::fs::create_dir(&cwd)?;
        std::fs::create_dir(&tmp)?;
        let plan =
            ground.plan(&cwd, &folder.join("none"), Network::Allow).map(|plan| narrowed(plan, paths, tmp));
        Ok(Self { folder, plan })
    }

    /// What holds it.
    pub fn level(&self) -> Level {
        self.plan.as_ref().map_or(Level::None, |plan| plan.level)
    }

    /// Where its temporary files go, as it sees it.
    pub fn tmp(&self) -> PathBuf {
        match self.level() {
            Level::Bubblewrap => PathBuf::from("/tmp"),
            _ => self.folder.join("tmp"),
        }
    }

    /// A program with its arguments, to be dressed and then [started](Self::start).
    ///
    /// # Errors
    /// Where a folder is not what it was.
    pub fn command(&self, program: &Path, args: &[&str]) -> io::Result<Command> {
        let cwd = self.folder.join("cwd");
        let mut command = match &self.plan {
            Some(plan) => wrapped(plan, program, &cwd)?,
            None => Command::new(program),
        };
        command.args(args).current_dir(cwd);
        Ok(command)
    }

    /// Starts it, held.
    ///
    /// # Errors
    /// What the system says.
    pub fn start(&self, command: &mut Command) -> io::Result<Child> {
        match &self.plan {
            Some(plan) if plan.level == Level::Landlock => confined(plan, command),
            _ => command.spawn(),
        }
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        // What stays is in the folder for temporary files.
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

/// The plan of a step, without anything of the project. Agents keep their state in the home folder; where that is in the
/// project, only what is ours is hidden.
fn narrowed(mut plan: Plan, paths: &Paths, tmp: PathBuf) -> Plan {
    let own = tmp.parent().map(Path::to_owned).unwrap_or_default();
    plan.writable.retain(|path| !path.starts_with(&paths.root) && path.exists());
    let home_inside = std::env::home_dir().is_some_and(|home| home.starts_with(&paths.root));
    let project = if home_inside { paths.threados.clone() } else { paths.root.clone() };
    plan.hidden.extend([project.clone()].into_iter().chain(paths.runtime_dir.canonicalize().ok()));
    plan.hidden.retain(|path| !own.starts_with(path));
    plan.shown.retain(|path| !plan.hidden.iter().any(|hidden| path.starts_with(hidden)));
    plan.read_only.retain(|path| !path.starts_with(&project));
    plan.absent.clear();
    plan.network = true;
    plan.tmp = tmp;
    plan
}

fn make() -> io::Result<PathBuf> {
    let mut salt = [0; 8];
    getrandom::fill(&mut salt).map_err(io::Error::other)?;
    let folder = crate::store::temporary_dir()
        .canonicalize()?
        .join(format!("tos-apart-{:016x}", u64::from_ne_bytes(salt)));
    private(&folder)?;
    Ok(folder)
}

#[cfg(target_os = "linux")]
fn private(folder: &Path) -> io::Result<()> {
    super::tidy::make_private(folder)
}

#[cfg(not(target_os = "linux"))]
fn private(folder: &Path) -> io::Result<()> {
    std::fs::create_dir(folder)
}

#[cfg(target_os = "linux")]
fn wrapped(plan: &Plan, program: &Path, cwd: &Path) -> io::Result<Command> {
    let Some(bubblewrap) = plan.bubblewrap.as_ref().filter(|_| plan.level == Level::Bubblewrap) else {
        return Ok(Command::new(program));
    };
    // Nobody else is near the folders, which were made for this program alone.
    let by_path = |path: &Path| Ok(["--bind".to_owned(), path.to_string_lossy().into_owned()]);
    let options = super::bubblewrap::options(plan, cwd, by_path).map_err(io::Error::other)?;
    let mut command = Command::new(bubblewrap);
    command.args(options).args(["--die-with-parent", "--"]).arg(program);
    Ok(command)
}

#[cfg(not(target_os = "linux"))]
fn wrapped(_plan: &Plan, program: &Path, _cwd: &Path) -> io::Result<Command> {
    Ok(Command::new(program))
}

#[cfg(target_os = "linux")]
fn confined(plan: &Plan, command: &mut Command) -> io::Result<Child> {
    super::landlock::confined(plan, None, || Ok(command.spawn())).map_err(io::Error::other)?
}

#[cfg(not(target_os = "linux"))]
fn confined(_plan: &Plan, command: &mut Command) -> io::Result<Child> {
    command.spawn()
}

//! Whether a level really holds here: tried with real ways out, in a folder of its own.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::{Level, Machine, Plan, Trial, bubblewrap, landlock, tidy};

/// A way out: its name for a person, the script, and whether only bubblewrap is asked to hold it.
type Way = (&'static str, &'static str, bool);

/// Run in a folder beside `outside` and `keys`, with a `.threados` in it.
const WAYS: &[Way] = &[
    ("write outside its folder", "echo x > ../outside/file", false),
    ("write outside through a symlink", "ln -s ../outside/file link && echo x > link", false),
    ("read a key", "cat ../keys/key", false),
    ("signal a process outside", "kill -CONT $TRIAL_OUTSIDE", false),
    ("change the policy", ": >> .threados/policy.yaml", true),
    ("move .threados away", "mv .threados away", true),
    ("read the state", "cat .threados/state/token", true),
];

impl Machine {
    /// Tries ways out of a level, in a new folder below the one for temporary files, which is removed again.
    ///
    /// # Errors
    /// Why it could not be tried.
    pub fn trial(&self, level: Level) -> Result<Trial, String> {
        let ways: Vec<&Way> = WAYS.iter().filter(|w| level == Level::Bubblewrap || !w.2).collect();
        let mut script: String = ways.iter().map(|(name, try_it, _)| one(name, try_it)).collect();
        script.push_str("echo x > own && echo =own\n");
        let said = self.inside(level, |command| command.args(["-c", &script]))?;
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        if !said.lines().any(|line| line == "=own") {
            return Err("a step could not even write a file of its own".to_owned());
        }
        let escaped = |name: &&str| said.lines().any(|line| line.strip_prefix('=') == Some(name));
        let escaped = ways.iter().map(|w| w.0).filter(escaped).map(str::to_owned).collect();
        Ok(Trial { tried: ways.len(), escaped })
    }

    /// Whether a program that brings bubblewrap as its own sandbox starts inside of a level; if not, what it says.
    ///
    /// # Errors
    /// Why it does not start, or could not be tried.
    pub fn trial_of_nesting(&self, level: Level) -> Result<(), String> {
        let own = self.bubblewrap.as_ref().map_err(Clone::clone)?;
        let script =
            format!("exec {} --unshare-user --unshare-pid --ro-bind / / --dev /dev true", own.display());
        let said = self.inside(level, |command| command.args(["-c", &script]))?;
        let words = String::from_utf8_lossy(&said.stderr).trim().to_owned();
        if said.status.success() { Ok(()) } else { Err(words) }
    }

    /// Runs a shell at a level, in a folder with something to lose around it.
    fn inside(
        &self,
        level: Level,
        dress: impl FnOnce(&mut Command) -> &mut Command,
    ) -> Result<Output, String> {
        let bed = Bed::make().map_err(|e| format!("no folder to try it in: {e}"))?;
        let plan = bed.plan(level, self);
        tidy::prepare(&plan)?;
        let cwd = bed.0.join("cwd");
        let mut command = match (level, &self.bubblewrap) {
            (Level::Bubblewrap, Ok(program)) => {
                let mut command = Command::new(program);
                command.args(bubblewrap::options(&plan, &cwd, by_path)?).args(["--", "/bin/sh"]);
                command
            }
            _ => Command::new("/bin/sh"),
        };
        dress(&mut command).current_dir(&cwd).stdin(Stdio::null());
        command.env("TRIAL_OUTSIDE", std::process::id().to_string());
        let mut run = || command.output().map_err(|e| format!("a shell could not be started: {e}"));
        match level {
            Level::Landlock => landlock::confined(&plan, None, run),
            _ => run(),
        }
    }
}

/// Nobody else is near the folder of a trial.
fn by_path(path: &Path) -> Result<[String; 2], String> {
    Ok(["--bind".to_owned(), path.to_string_lossy().into_owned()])
}

/// A line that says the name of a way where it got out.
fn one(name: &str, script: &str) -> String {
    format!("( {script} ) >/dev/null 2>&1 && echo '={name}'\n")
}

/// A folder with something to lose; removed at the end.
struct Bed(PathBuf);

impl Bed {
    fn make() -> io::Result<Self> {
        let mut salt = [0; 8];
        getrandom::fill(&mut salt).map_err(io::Error::other)?;
        let name = format!("tos-trial-{:016x}", u64::from_ne_bytes(salt));
        let base = crate::store::temporary_dir().canonicalize()?.join(name);
        tidy::make_private(&base)?;
        let bed = Self(base);
        for file in ["outside/file", "keys/key", "cwd/.threados/policy.yaml", "cwd/.threados/state/token"] {
            let path = bed.0.join(file);
            fs::create_dir_all(path.parent().unwrap_or(Path::new("/")))?;
            fs::write(path, "precious\n")?;
        }
        Ok(bed)
    }

    fn plan(&self, level: Level, machine: &Machine) -> Plan {
        let at = |name: &str| self.0.join(name);
        let state = if level == Level::Bubblewrap { vec![at("cwd/.threados/state")] } else { Vec::new() };
        Plan {
            level,
            writable: vec![at("cwd")],
            read_only: vec![at("cwd/.threados")],
            hidden: [vec![at("keys")], state].concat(),
            absent: Vec::new(),
            network: true,
            tmp: at("tmp"),
            shown: vec![self.0.clone()],
            bubblewrap: machine.bubblewrap.as_ref().ok().cloned(),
            helper: Vec::new(),
        }
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        // What stays is in the folder for temporary files.
        drop(tidy::clear(&self.0));
    }
}

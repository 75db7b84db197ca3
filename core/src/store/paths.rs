//! Where everything of a project is.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use crate::id::{Digest, RunId, StepId};

/// The folder that makes a folder a project.
pub const THREADOS: &str = ".threados";

/// The file in it that says how models are called.
pub const MODELS_FILE: &str = "models.yaml";

/// Why a folder is no project.
#[derive(Debug, thiserror::Error)]
pub enum PathsError {
    /// No folder up to the root of the file system holds `.threados`.
    #[error("no .threados in {} or any folder above it; run `seqctl init`, or name the root with --root", from.display())]
    NotFound {
        /// Where the search began.
        from: PathBuf,
    },
    /// `.threados` is a symlink: what is written through it could land anywhere.
    #[error("{} is a symlink, which is refused; make it a real folder or use --root on the folder it leads to", path.display())]
    Symlink {
        /// The symlink.
        path: PathBuf,
    },
    /// `.threados` is there but is no folder.
    #[error("{} is not a folder", path.display())]
    NotAFolder {
        /// What stands there.
        path: PathBuf,
    },
    /// The runtime folder is somebody else's, or others may enter it.
    #[error("{} is not a folder of ours with mode 0700; remove it, or set XDG_RUNTIME_DIR", path.display())]
    Unsafe {
        /// The folder.
        path: PathBuf,
    },
    /// The system refused.
    #[error("cannot use {}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Folders outside every project, taken from the environment once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outside {
    /// Where programs keep their state: `$XDG_STATE_HOME`, else `~/.local/state`. `None` without a home.
    pub state_home: Option<PathBuf>,
    /// `$XDG_RUNTIME_DIR` where that is a folder; `None` means below the system's temporary folder.
    pub runtime_dir: Option<PathBuf>,
}

impl Outside {
    /// What the environment of this process says.
    pub fn from_env() -> Self {
        Self::from_vars(|name| std::env::var_os(name))
    }

    /// What the given variables say; relative paths are ignored, as the XDG specification asks.
    pub fn from_vars(var: impl Fn(&str) -> Option<OsString>) -> Self {
        let absolute = |name: &str| var(name).map(PathBuf::from).filter(|p| p.is_absolute());
        Self {
            state_home: absolute("XDG_STATE_HOME")
                .or_else(|| absolute("HOME").map(|h| h.join(".local/state"))),
            runtime_dir: absolute("XDG_RUNTIME_DIR").filter(|p| p.is_dir()),
        }
    }

    /// Everything below one folder: for tests, and for trying something out without a trace.
    pub fn below(folder: &Path) -> Self {
        Self { state_home: Some(folder.join("state-home")), runtime_dir: Some(folder.to_owned()) }
    }
}

/// The files of one project. All are absolute and below the canonical root, but those outside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// The project root, canonical.
    pub root: PathBuf,
    /// `.threados`.
    pub threados: PathBuf,
    /// The sequence.
    pub sequence: PathBuf,
    /// Limits and permissions.
    pub policy: PathBuf,
    /// How model command lines are built.
    pub models: PathBuf,
    /// Prompts, a file a step.
    pub prompts: PathBuf,
    /// Thread templates.
    pub templates: PathBuf,
    /// Runs, a folder each.
    pub runs: PathBuf,
    /// Before-images for undo.
    pub history: PathBuf,
    /// The one log.
    pub audit_log: PathBuf,
    /// Machine state.
    pub state_dir: PathBuf,
    /// The project lock.
    pub lock: PathBuf,
    /// Held by the engine for its life.
    pub engine_lock: PathBuf,
    /// `state/spawner.lock`: held while wrappers may be on their way to their own locks.
    pub spawner_lock: PathBuf,
    /// Lock files of living wrappers.
    pub wrappers: PathBuf,
    /// Proposals that wait for a person, a file each.
    pub proposals: PathBuf,
    /// The folded state and up to which entry.
    pub checkpoint: PathBuf,
    /// Heads of the log noted outside the project; `None` where there is no home to note them in.
    pub outside_heads: Option<PathBuf>,
    /// Worktrees of steps, a folder a run; `None` where there is no home to put them in. Outside the project, or tools
    /// that look upwards (`cargo`, `npm`) would take them for a part of it, and not in `state/`, which may be deleted.
    pub worktrees: Option<PathBuf>,
    /// Folder of the sockets, see [`Paths::ensure_runtime_dir`].
    pub runtime_dir: PathBuf,
}

impl Paths {
    /// The files of the project whose root is `root`. `.threados` may still be absent.
    ///
    /// # Errors
    /// [`PathsError`] where `root` is absent or `.threados` is a symlink or no folder.
    pub fn new(root: &Path) -> Result<Self, PathsError> {
        Self::with_outside(root, &Outside::from_env())
    }

    /// Like [`Paths::new`], with the folders outside the project given.
    ///
    /// # Errors
    /// As [`Paths::new`].
    pub fn with_outside(root: &Path, outside: &Outside) -> Result<Self, PathsError> {
        let root = root.canonicalize().map_err(|source| PathsError::Io { path: root.to_owned(), source })?;
        let threados = root.join(THREADOS);
        check_folder(&threados)?;
        let key = Digest::of([root.as_os_str().as_encoded_bytes()]).as_str()[..16].to_owned();
        let state_dir = threados.join("state");
        Ok(Self {
            sequence: threados.join("sequence.yaml"),
            policy: threados.join("policy.yaml"),
            models: threados.join(MODELS_FILE),
            prompts: threados.join("prompts"),
            templates: threados.join("templates"),
            runs: threados.join("runs"),
            history: threados.join("history"),
            audit_log: threados.join("audit.log"),
            lock: state_dir.join("lock"),
            engine_lock: state_dir.join("engine.lock"),
            spawner_lock: state_dir.join("spawner.lock"),
            wrappers: state_dir.join("wrappers"),
            proposals: state_dir.join("proposals"),
            checkpoint: state_dir.join("checkpoint"),
            outside_heads: outside.state_home.as_ref().map(|h| h.join("threados").join(&key).join("heads")),
            worktrees: outside.state_home.as_ref().map(|h| h.join("threados").join(&key).join("worktrees")),
            runtime_dir: runtime_base(outside).join(&key),
            state_dir,
            threados,
            root,
        })
    }

    /// The project that `from` is in: the nearest folder upwards that holds `.threados`.
    ///
    /// # Errors
    /// [`PathsError::NotFound`], or what is wrong with the `.threados` found.
    pub fn find(from: &Path) -> Result<Self, PathsError> {
        let start = from.canonicalize().map_err(|source| PathsError::Io { path: from.to_owned(), source })?;
        let root = start.ancestors().find(|dir| std::fs::symlink_metadata(dir.join(THREADOS)).is_ok());
        Self::new(root.ok_or_else(|| PathsError::NotFound { from: from.to_owned() })?)
    }

    /// Folder of a run.
    pub fn run(&self, run: &RunId) -> PathBuf {
        self.runs.join(run.as_str())
    }

    /// Folder of a step in a run.
    pub fn run_step(&self, run: &RunId, step: &StepId) -> PathBuf {
        self.runs.join(run.as_str()).join(step.as_str())
    }

    /// The worktree of a step in a run; `None` where there is no home to put it in.
    pub fn worktree(&self, run: &RunId, step: &StepId) -> Option<PathBuf> {
        Some(self.worktrees.as_ref()?.join(run.as_str()).join(step.as_str()))
    }

    /// The lock that the wrapper of a step in a run holds for its life.
    pub fn wrapper_lock(&self, run: &RunId, step: &StepId) -> PathBuf {
        self.wrappers.join(format!("{run}.{step}"))
    }

    /// Makes the folder of the sockets, 0700 and ours, and returns it. A path in the project can be too long for
    /// a socket, so it is outside.
    ///
    /// # Errors
    /// [`PathsError::Unsafe`] where somebody else has made it, [`PathsError::Io`].
    pub fn ensure_runtime_dir(&self) -> Result<&Path, PathsError> {
        let dir = self.runtime_dir.as_path();
        let failed = |source| PathsError::Io { path: dir.to_owned(), source };
        create_private_dir(dir).map_err(failed)?;
        for folder in [dir.parent().unwrap_or(dir), dir] {
            if !is_private(folder).map_err(failed)? {
                return Err(PathsError::Unsafe { path: folder.to_owned() });
            }
        }
        Ok(dir)
    }
}

/// Makes a folder of a project that only we may enter, but not the project around it: one that was moved away while
/// something of it ran does not come back as an empty shell.
pub(crate) fn create_inside(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

/// As [`create_inside`], together with as many folders above it as may be gone.
pub(crate) fn create_below(path: &Path, missing: u8) -> io::Result<()> {
    match (create_inside(path), path.parent()) {
        (Err(e), Some(parent)) if e.kind() == io::ErrorKind::NotFound && missing > 0 => {
            create_below(parent, missing - 1)?;
            create_inside(path)
        }
        (made, _) => made,
    }
}

/// Makes a folder that only we may enter, and those above it.
pub(crate) fn create_private_dir(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn check_folder(threados: &Path) -> Result<(), PathsError> {
    let path = threados.to_owned();
    match std::fs::symlink_metadata(threados) {
        Ok(m) if m.is_symlink() => Err(PathsError::Symlink { path }),
        Ok(m) if m.is_dir() => Ok(()),
        Ok(_) => Err(PathsError::NotAFolder { path }),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(PathsError::Io { path, source }),
    }
}

fn runtime_base(outside: &Outside) -> PathBuf {
    match &outside.runtime_dir {
        Some(dir) => dir.join("threados"),
        None => shared_base(),
    }
}

#[cfg(unix)]
fn shared_base() -> PathBuf {
    // Not TMPDIR: two terminals with different ones must find the same sockets.
    PathBuf::from(format!("/tmp/threados-{}", rustix::process::geteuid().as_raw()))
}

#[cfg(not(unix))]
fn shared_base() -> PathBuf {
    std::env::temp_dir().join("threados")
}

#[cfg(unix)]
fn is_private(folder: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let meta = std::fs::symlink_metadata(folder)?;
    let ours = meta.uid() == rustix::process::geteuid().as_raw();
    Ok(meta.is_dir() && ours && meta.mode() & 0o077 == 0)
}

#[cfg(not(unix))]
fn is_private(folder: &Path) -> io::Result<bool> {
    Ok(std::fs::symlink_metadata(folder)?.is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project() -> (tempfile::TempDir, Paths) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("p/.threados")).unwrap();
        let paths = Paths::with_outside(&dir.path().join("p"), &Outside::below(dir.path())).unwrap();
        (dir, paths)
    }

    #[test]
    fn the_root_is_found_by_walking_up() {
        let (_dir, paths) = project();
        let deep = paths.root.join("a/b");
        std::fs::create_dir_all(&deep).unwrap();
        assert_eq!(Paths::find(&deep).unwrap().threados, paths.threados);
        let lost = tempfile::tempdir().unwrap();
        assert!(matches!(Paths::find(lost.path()), Err(PathsError::NotFound { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn a_symlinked_threados_is_refused_by_name() {
        let (dir, paths) = project();
        let other = dir.path().join("other");
        std::fs::create_dir(&other).unwrap();
        std::os::unix::fs::symlink(&paths.threados, other.join(THREADOS)).unwrap();
        let error = Paths::new(&other).unwrap_err();
        assert!(
            matches!(&error, PathsError::Symlink { path } if path.ends_with("other/.threados")),
            "{error}"
        );
        assert!(matches!(Paths::find(&other), Err(PathsError::Symlink { .. })));
    }

    #[test]
    fn two_ways_to_one_root_have_one_place_outside() {
        let (dir, paths) = project();
        let again = Paths::with_outside(&dir.path().join("p/../p"), &Outside::below(dir.path())).unwrap();
        assert_eq!(again, paths);
        let heads = paths.outside_heads.unwrap();
        assert!(heads.starts_with(dir.path()) && heads.ends_with("heads"), "{heads:?}");
    }

    #[cfg(unix)]
    #[test]
    fn a_runtime_folder_that_others_may_enter_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let (_dir, paths) = project();
        let made = paths.ensure_runtime_dir().unwrap();
        assert_eq!(std::fs::metadata(made).unwrap().permissions().mode() & 0o777, 0o700);
        std::fs::set_permissions(made, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert!(matches!(paths.ensure_runtime_dir(), Err(PathsError::Unsafe { .. })));
    }

    #[test]
    fn the_environment_is_read_as_xdg_says() {
        let home = |name: &str| (name == "HOME").then(|| OsString::from("/home/me"));
        let outside = Outside::from_vars(home);
        assert_eq!(outside.state_home, Some(PathBuf::from("/home/me/.local/state")));
        let relative = |name: &str| (name == "XDG_STATE_HOME").then(|| OsString::from("here"));
        assert_eq!(Outside::from_vars(relative).state_home, None);
    }
}

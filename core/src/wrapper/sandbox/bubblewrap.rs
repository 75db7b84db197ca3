//! bubblewrap: a file system, a process space and, where wanted, no network, of the step's own.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Plan, open_exactly};
use crate::store::outer::find_program;
use crate::wrapper::Job;

/// Names where bubblewrap is; empty: it is not used.
const VARIABLE: &str = "THREADOS_BWRAP_PATH";

/// What a path is inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum View {
    /// As outside, read-only.
    Shown,
    /// As outside, with writes.
    Writable,
    /// As outside, read-only, whatever is around it.
    ReadOnly,
    /// Empty.
    Hidden,
}

/// Folders of the machine whose content steps get none of, but for what is [`Plan::shown`].
const REPLACED: &[&str] = &["/tmp", "/run"];

/// What programs need of `/run`, where it exists.
const OF_RUN: &[&str] = &[
    "/run/systemd/resolve",
    "/run/resolvconf",
    "/run/NetworkManager",
    "/run/nscd",
    "/run/current-system",
    "/run/wrappers",
    "/run/opengl-driver",
];

/// Files of the kernel that root could write although it has no capability.
const KERNEL: &[&str] =
    &["/proc/sys", "/proc/sysrq-trigger", "/proc/acpi", "/proc/scsi", "/proc/fs", "/proc/mtrr"];

/// Options of every call.
const ALWAYS: &[&str] = &[
    "--unshare-user",
    "--unshare-pid",
    "--unshare-ipc",
    "--cap-drop",
    "ALL",
    "--ro-bind",
    "/",
    "/",
    "--dev",
    "/dev",
    "--proc",
    "/proc",
];

/// Where bubblewrap is, tried to work; or why it cannot be used.
pub(super) fn find() -> Result<PathBuf, String> {
    let file = match std::env::var_os(VARIABLE) {
        Some(named) if named.is_empty() => return Err(format!("bubblewrap is switched off by {VARIABLE}")),
        Some(named) => PathBuf::from(named),
        None => find_program("bwrap").ok_or("bubblewrap is not installed")?,
    };
    works(&file).map(|()| file)
}

/// Starts it once: a kernel or a container may not allow what it needs.
fn works(file: &Path) -> Result<(), String> {
    let mut command = Command::new(file);
    command.args(ALWAYS).args(["--ro-bind-fd", "0", "/", "--", "/proc/self/exe", "--version"]);
    let root = File::open("/").map_err(|e| format!("cannot open /: {e}"))?;
    let tried = command.stdin(root).output();
    let out = tried.map_err(|e| format!("{} does not start: {e}", file.display()))?;
    if out.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&out.stderr);
    Err(format!("bubblewrap does not work here: {}", said.lines().next().unwrap_or("it says nothing").trim()))
}

/// The job as bubblewrap starts it. The folders it may write are added to the descriptors it inherits: by their path
/// another step could turn them to somewhere else.
///
/// # Errors
/// Where the plan names no bubblewrap, or a folder is not what it was.
pub(in crate::wrapper) fn wrapped(
    job: &Job,
    plan: &Plan,
    descriptors: &mut Vec<OwnedFd>,
) -> Result<Job, String> {
    let program = plan.bubblewrap.clone().ok_or("its plan names no bubblewrap")?;
    if plan.helper.is_empty() {
        return Err("its plan names no helper".to_owned());
    }
    let by_descriptor = |path: &Path| -> Result<[String; 2], String> {
        let fd = open_exactly(path).map_err(|e| format!("it cannot be given {}: {e}", path.display()))?;
        descriptors.push(fd);
        Ok(["--bind-fd".to_owned(), (descriptors.len() - 1).to_string()])
    };
    let mut wrapped = job.clone();
    wrapped.argv =
        [vec!["bwrap".to_owned()], options(plan, &job.cwd, by_descriptor)?, vec!["--".to_owned()]].concat();
    wrapped.argv.extend(plan.helper.iter().cloned());
    wrapped.argv.push(text(&job.program));
    wrapped.argv.extend(job.argv.iter().cloned());
    wrapped.program = program;
    wrapped.env.retain(|(name, _)| name != "TMPDIR");
    wrapped.env.push(("TMPDIR".to_owned(), "/tmp".to_owned()));
    Ok(wrapped)
}

/// The options that carry out a plan; `bind` says how a writable path is named.
///
/// # Errors
/// As of `bind`.
pub(super) fn options(
    plan: &Plan,
    cwd: &Path,
    mut bind: impl FnMut(&Path) -> Result<[String; 2], String>,
) -> Result<Vec<String>, String> {
    let mut options: Vec<String> = ALWAYS.iter().map(|o| (*o).to_owned()).collect();
    let mut add = |words: &[&str]| options.extend(words.iter().map(|w| (*w).to_owned()));
    // Only root could write them; where they are covered, no process inside can have a /proc of its own.
    if rustix::process::geteuid().is_root() {
        for file in KERNEL {
            add(&["--ro-bind-try", file, file]);
        }
    }
    if !plan.network {
        add(&["--unshare-net"]);
    }
    add(&["--bind", &text(&plan.tmp), "/tmp", "--tmpfs", "/run"]);
    for folder in OF_RUN {
        add(&["--ro-bind-try", folder, folder]);
    }
    let mut emptied = vec!["/run".to_owned()];
    for (path, view) in views(plan) {
        let path = text(&path);
        match view {
            View::Writable => {
                let [option, source] = bind(Path::new(&path))?;
                add(&[&option, &source, &path]);
            }
            View::Shown | View::ReadOnly => add(&["--ro-bind", &path, &path]),
            View::Hidden if Path::new(&path).is_dir() => {
                add(&["--tmpfs", &path]);
                emptied.push(path);
            }
            View::Hidden => add(&["--ro-bind", "/dev/null", &path]),
        }
    }
    // Only now: what is shown inside of them needed a place.
    for path in emptied {
        add(&["--remount-ro", &path]);
    }
    add(&["--chdir", &text(cwd)]);
    Ok(options)
}

/// What each path is, parents before children.
fn views(plan: &Plan) -> BTreeMap<PathBuf, View> {
    let mut views = BTreeMap::new();
    let replaced = |p: &&PathBuf| {
        let gone = REPLACED.iter().map(Path::new).chain(plan.hidden.iter().map(PathBuf::as_path));
        gone.into_iter().any(|r| p.starts_with(r) && p.as_path() != r)
    };
    let mut set = |path: &Path, view: View| {
        let before = views.entry(path.to_owned()).or_insert(view);
        *before = view.max(*before);
    };
    plan.shown.iter().filter(replaced).for_each(|p| set(p, View::Shown));
    plan.writable.iter().filter(|p| p.symlink_metadata().is_ok()).for_each(|p| set(p, View::Writable));
    plan.read_only.iter().for_each(|p| set(p, View::ReadOnly));
    plan.hidden.iter().for_each(|p| set(p, View::Hidden));
    // A folder between a writable one and what is protected in it could be renamed with it, and another put in its
    // place. A folder that is a mount cannot be.
    for protected in plan.read_only.iter().chain(&plan.hidden) {
        let Some(top) = plan.writable.iter().filter(|w| protected.starts_with(w)).min() else { continue };
        for between in protected.ancestors().skip(1).take_while(|a| a.starts_with(top)) {
            let covered = plan.read_only.iter().chain(&plan.hidden).any(|p| between.starts_with(p));
            if !covered {
                set(between, View::Writable);
            }
        }
    }
    views
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

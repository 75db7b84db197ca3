//! What is looked at. Nothing is written but probes in `.threados/state`, which are removed again.

use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::process::{Command, Stdio};

use threados_core::engine::is_served;
use threados_core::executor::mprocs::{MprocsError, VERSION, find};
use threados_core::id::{RunId, StepId};
use threados_core::log::verify;
use threados_core::model::{Sequence, Step};
use threados_core::model_cli::Models;
use threados_core::policy::{Policy, PolicyError};
use threados_core::store::outer::find_program;
use threados_core::store::{Paths, atomic, hint_of_io};
use threados_core::workspace::{Workspace, validate};
use threados_core::wrapper::{Liveness, StepRecord, liveness};

use super::{Finding, sandbox};
use crate::context::Context;
use crate::progress::style::count;

/// Every check that can be made; without a project only that there is none.
pub fn all(context: &Context) -> Vec<Finding> {
    let workspace = match context.workspace() {
        Ok(workspace) => workspace,
        Err(failure) => {
            let mend =
                failure.hint.unwrap_or_else(|| "run `seqctl init` in the folder of the project".to_owned());
            let project = vec![Finding::fail("project", failure.message, mend), git()];
            return [project, sandbox::all(None)].concat();
        }
    };
    let paths = &workspace.paths;
    let mut all = vec![Finding::ok("project", paths.root.display().to_string())];
    all.extend(files(paths));
    all.push(log(paths));
    all.push(engine(paths));
    all.extend(locks(paths));
    all.push(file_locks(paths));
    all.push(exchange(paths));
    all.push(sockets(paths));
    all.extend(programs(&workspace));
    all.push(git());
    all.push(mprocs());
    let policy = workspace.snapshot().ok().and_then(|s| s.policy().ok());
    all.extend(sandbox::all(policy.as_ref()));
    all
}

fn files(paths: &Paths) -> Vec<Finding> {
    let found = match validate(paths) {
        Ok(found) => found,
        Err(error) => {
            return vec![Finding::fail("files", error.to_string(), "restore the file, or `seqctl init`")];
        }
    };
    let file = |check: &'static str, name: &str| {
        let faults: Vec<_> = found.iter().filter(|f| f.file.ends_with(name)).collect();
        match faults.first() {
            None => Finding::ok(check, format!("{name} is valid")),
            Some(first) => Finding::fail(
                check,
                format!("{name} has {}; the first: {}", count(faults.len(), "problem"), first.problem),
                "`seqctl validate` shows each with its place",
            ),
        }
    };
    let models = paths.models.is_file().then(|| file("models", "models.yaml"));
    [file("sequence", "sequence.yaml"), file("policy", "policy.yaml")].into_iter().chain(models).collect()
}

fn log(paths: &Paths) -> Finding {
    let mend = "`seqctl audit verify` names the line; keep a copy of the log, and find out who changed it";
    match verify(paths) {
        Err(error) => Finding::fail("log", error.to_string(), "make .threados/audit.log readable"),
        Ok(report) => match report.broken {
            Some(broken) => Finding::fail("log", broken.to_string(), mend),
            None if !report.restarts.is_empty() => Finding::warn(
                "log",
                "it was deleted or cut at some time",
                "`seqctl audit verify` tells where",
            ),
            None if report.entries == 1 => Finding::ok("log", "1 entry, chain intact"),
            None => Finding::ok("log", format!("{} entries, chain intact", report.entries)),
        },
    }
}

fn engine(paths: &Paths) -> Finding {
    if is_served(paths) {
        Finding::ok("engine", "it serves this project")
    } else {
        Finding::ok("engine", "none is needed now; `run` starts one")
    }
}

/// Locks of wrappers that died before their end.
fn locks(paths: &Paths) -> Vec<Finding> {
    let items = fs::read_dir(&paths.wrappers).into_iter().flatten().flatten();
    let stale: Vec<String> = items.filter_map(|item| stale(paths, &item.path())).collect();
    if stale.is_empty() {
        return vec![Finding::ok("wrappers", "no stale locks")];
    }
    let message = format!("the wrapper is gone of: {}", stale.join(", "));
    vec![Finding::warn("wrappers", message, "`seqctl reconcile` looks after them")]
}

fn stale(paths: &Paths, lock: &Path) -> Option<String> {
    let name = lock.file_name()?.to_str()?;
    let (run, step) = name.split_once('.')?;
    let (run, step) = (RunId::new(run).ok()?, StepId::new(step).ok()?);
    let free = matches!(liveness(lock), Ok(Liveness::Free(_)));
    let ended = matches!(StepRecord::read(&paths.run_step(&run, &step)), Ok(Some(_)));
    (free && !ended).then(|| step.to_string())
}

/// Whether a lock that one descriptor holds keeps another one out.
fn file_locks(paths: &Paths) -> Finding {
    let probe = paths.state_dir.join(format!("doctor-{}", std::process::id()));
    let tried = (|| {
        fs::create_dir_all(&paths.state_dir)?;
        let first = File::create(&probe)?;
        first.lock()?;
        let second = File::open(&probe)?;
        Ok::<bool, std::io::Error>(matches!(second.try_lock(), Err(TryLockError::WouldBlock)))
    })();
    drop(fs::remove_file(&probe));
    let mend = "move the project to a local file system (ext4, xfs, btrfs, apfs)";
    match tried {
        Ok(true) => Finding::ok("locks", "the file system keeps locks"),
        Ok(false) => Finding::fail("locks", "the file system does not keep locks", mend),
        Err(error) => {
            Finding::fail("locks", format!("a lock could not be tried: {error}"), make_writable(&error))
        }
    }
}

/// Whether two files can change places in one step, which keeps hand edits that come between.
fn exchange(paths: &Paths) -> Finding {
    let (a, b) = (paths.state_dir.join("doctor-a"), paths.state_dir.join("doctor-b"));
    let written = fs::write(&a, "a").and_then(|()| fs::write(&b, "b"));
    let swapped =
        written.is_ok() && matches!(atomic::exchange_or_rename(&a, &b), Ok(atomic::Displaced::Kept));
    drop((fs::remove_file(&a), fs::remove_file(&b)));
    if swapped {
        return Finding::ok("exchange", "the file system can exchange two files in one step");
    }
    if let Err(error) = written {
        return Finding::fail("exchange", format!("nothing can be written: {error}"), make_writable(&error));
    }
    let mend = "move the project to ext4, xfs, btrfs or tmpfs, or do not edit sequence.yaml by hand while others change it";
    Finding::warn("exchange", "the file system cannot exchange two files in one step", mend)
}

/// What to do where nothing can be written into the folder of the probes.
fn make_writable(error: &std::io::Error) -> &'static str {
    let permission = error.kind() == std::io::ErrorKind::PermissionDenied;
    hint_of_io(error).filter(|_| !permission).unwrap_or("make .threados/state writable")
}

fn sockets(paths: &Paths) -> Finding {
    match paths.ensure_runtime_dir() {
        Ok(folder) => Finding::ok("sockets", folder.display().to_string()),
        Err(error) => {
            Finding::fail("sockets", error.to_string(), "remove the folder, or set XDG_RUNTIME_DIR")
        }
    }
}

/// The programs of the policy that are on PATH, and those steps need that are not.
fn programs(workspace: &Workspace) -> Vec<Finding> {
    let Ok(snapshot) = workspace.snapshot() else { return Vec::new() };
    let Ok(policy) = snapshot.policy() else { return Vec::new() };
    let Ok(judge) = workspace.judge(&policy) else { return Vec::new() };
    let missing = |name: &String| {
        let judged = judge.command(std::slice::from_ref(name), Path::new("."));
        matches!(judged, Err(PolicyError::NoSuchProgram { .. }))
    };
    let absent: Vec<&str> =
        policy.allowed_commands.iter().filter(|n| missing(n)).map(String::as_str).collect();
    let present = policy.allowed_commands.len() - absent.len();
    let mut all = vec![Finding::ok("programs", summary(&policy, present, &absent))];
    all.extend(needed(workspace, snapshot.sequence(), &missing));
    all
}

/// The first program of a step that is not here.
fn needed(workspace: &Workspace, sequence: &Sequence, missing: &dyn Fn(&String) -> bool) -> Option<Finding> {
    let models = Models::read(&workspace.paths.models).unwrap_or_default();
    let of = |step: &Step| {
        let model = models.get(step.model.as_str());
        let program = step.command.first().cloned().or(model.map(|m| m.program().to_owned()))?;
        missing(&program).then(|| (program, model.and_then(|m| m.install)))
    };
    let (program, install) = sequence.steps.iter().find_map(of)?;
    let mend = install.map_or_else(|| "install it".to_owned(), |line| format!("install it: {line}"));
    Some(Finding::warn("programs", format!("a step needs `{program}`, which is not on PATH"), mend))
}

fn summary(policy: &Policy, present: usize, absent: &[&str]) -> String {
    let all = policy.allowed_commands.len();
    if absent.is_empty() {
        return format!("all {all} that the policy allows are here");
    }
    format!("{present} of {all} that the policy allows are here; not: {}", absent.join(", "))
}

/// Only who wants to see steps in panes needs it.
fn mprocs() -> Finding {
    match find() {
        Ok(path) => Finding::ok("mprocs", format!("{VERSION}, {}", path.display())),
        Err(MprocsError::Missing { .. }) => {
            Finding::ok("mprocs", "not installed; only `seqctl mprocs open` needs it")
        }
        Err(error) => Finding::warn("mprocs", error.to_string(), error.hint()),
    }
}

fn git() -> Finding {
    let ask =
        |file| Command::new(file).arg("--version").stdin(Stdio::null()).stderr(Stdio::null()).output().ok();
    match find_program("git").and_then(ask) {
        Some(out) if out.status.success() => {
            Finding::ok("git", String::from_utf8_lossy(&out.stdout).trim().to_owned())
        }
        _ => Finding::warn("git", "it is not here", "install git to get diffs of what steps change"),
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;

    #[test]
    fn what_mends_a_folder_that_cannot_be_written_fits_the_reason() {
        let mend = |kind: ErrorKind| make_writable(&kind.into());
        assert!(mend(ErrorKind::ReadOnlyFilesystem).contains("mount it writable"));
        assert!(mend(ErrorKind::StorageFull).contains("make room"));
        assert_eq!(mend(ErrorKind::PermissionDenied), "make .threados/state writable");
    }
}

//! Around a confined step: its folder for temporary files, and what it must not leave behind.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use super::Plan;

/// Where protected names go that came to be during a step, below the folder of its files.
const SET_ASIDE: &str = "set-aside";

/// Makes the step's folder for temporary files, empty and for us only.
///
/// # Errors
/// Why it cannot be had: also where somebody else owns one of that name.
pub(in crate::wrapper) fn prepare(plan: &Plan) -> Result<(), String> {
    let made = of_all(&plan.tmp).and_then(|()| make_private(&plan.tmp)).or_else(|e| match e.kind() {
        // Left by a wrapper that was killed.
        io::ErrorKind::AlreadyExists if is_ours(&plan.tmp) => {
            clear(&plan.tmp)?;
            make_private(&plan.tmp)
        }
        _ => Err(e),
    });
    made.map_err(|e| format!("cannot make its folder for temporary files, {}: {e}", plan.tmp.display()))
}

/// The folder that holds those of all steps: made for the first of them, and ours alone.
fn of_all(tmp: &Path) -> io::Result<()> {
    let Some(folder) = tmp.parent() else { return Ok(()) };
    match make_private(folder) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e),
        _ if is_ours_alone(folder) => return Ok(()),
        _ => {}
    }
    let folder = folder.display();
    Err(io::Error::other(format!(
        "{folder} is not yours alone: remove it, or set TMPDIR to a folder of yours"
    )))
}

/// Removes that folder and sets aside protected names that did not exist before. Says what was found, for a person.
pub(in crate::wrapper) fn tidy(plan: &Plan, step_dir: &Path) -> Vec<String> {
    let mut said = Vec::new();
    if let Err(error) = clear(&plan.tmp)
        && error.kind() != io::ErrorKind::NotFound
    {
        said.push(format!("{} could not be removed: {error}", plan.tmp.display()));
    }
    for path in plan.absent.iter().filter(|p| p.symlink_metadata().is_ok()) {
        let to = step_dir.join(SET_ASIDE).join(path.strip_prefix("/").unwrap_or(path));
        let moved = to.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::rename(path, &to));
        said.push(match moved {
            Ok(()) => format!(
                "{} came to be, which makes other programs run code: it was moved to {}",
                path.display(),
                to.display()
            ),
            Err(e) => format!(
                "{} came to be, which makes other programs run code: look at it before you use it ({e})",
                path.display()
            ),
        });
    }
    said
}

/// Removes the folder for temporary files of a step whose wrapper was killed before it could.
pub fn forget_tmp(step_dir: &Path) {
    let tmp = super::tmp(step_dir);
    if tmp.parent().is_some_and(is_ours_alone)
        && is_ours(&tmp)
        && let Err(error) = clear(&tmp)
    {
        tracing::warn!(path = %tmp.display(), %error, "a folder for temporary files stays");
    }
}

pub(super) fn make_private(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

/// Opens what a canonical path names, following no symlink: where one has taken the place of a folder since the path was
/// judged, somebody wants to be let out.
///
/// # Errors
/// What the system says, also of the symlink.
pub(in crate::wrapper) fn open_exactly(path: &Path) -> io::Result<OwnedFd> {
    use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2};
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    Ok(openat2(CWD, path, flags, Mode::empty(), ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS)?)
}

fn is_ours(path: &Path) -> bool {
    let us = rustix::process::geteuid().as_raw();
    path.symlink_metadata().is_ok_and(|m| m.is_dir() && m.uid() == us)
}

/// Whether nobody else may put something in a folder of ours.
fn is_ours_alone(folder: &Path) -> bool {
    const OF_OTHERS: u32 = 0o022;
    is_ours(folder) && folder.symlink_metadata().is_ok_and(|m| m.mode() & OF_OTHERS == 0)
}

/// Removes a folder with all in it, folders included that may not be written.
pub(super) fn clear(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
            open_up(path)?;
            fs::remove_dir_all(path)
        }
        other => other,
    }
}

fn open_up(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(folder)?.flatten() {
        if entry.file_type()?.is_dir() {
            open_up(&entry.path())?;
        }
    }
    Ok(())
}

//! Landlock: rules that grant, for a thread and all that it starts.

use std::io;
use std::path::Path;
use std::thread;

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible as _, PathBeneath, Ruleset,
    RulesetAttr as _, RulesetCreated, RulesetCreatedAttr as _, RulesetStatus, Scope,
};
use rustix::fs::{FileType, fstat};
use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities};

use super::{Plan, reading, seccomp, tidy};

/// Everything about files that this version knows to deny: kernels before 6.10 have less of it.
const FILES: ABI = ABI::V5;
/// Signals and abstract sockets, denied where the kernel can (6.12).
const SCOPES: ABI = ABI::V6;
/// The first version that denies truncation. Below it, files outside could be emptied: that is no boundary.
const LEAST: u32 = 3;

/// Devices that are no files of anybody.
const DEVICES: &[&str] = &["null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts"];

/// The version of the kernel's interface, or why it cannot be used.
pub(super) fn version() -> Result<u32, String> {
    const ASK_VERSION: libc::c_uint = 1;
    // SAFETY: asks for a number with no attributes; the kernel touches no memory of ours.
    let version = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            std::ptr::null::<libc::c_void>(),
            0usize,
            ASK_VERSION,
        )
    };
    match u32::try_from(version) {
        Ok(version) if version >= LEAST => Ok(version),
        Ok(version) => {
            Err(format!("this kernel's Landlock is of version {version}, {LEAST} is needed (Linux 6.2)"))
        }
        Err(_) => Err(match io::Error::last_os_error().raw_os_error() {
            Some(libc::ENOSYS) => "this kernel has no Landlock (Linux 5.13 has, if built with it)".to_owned(),
            Some(libc::EOPNOTSUPP) => "Landlock is switched off at boot (add it to `lsm=`)".to_owned(),
            _ => "Landlock is not allowed here".to_owned(),
        }),
    }
}

/// Starts something in a thread that is confined by the plan: what it starts is confined, this process is not. It may
/// use this terminal, which is its own.
///
/// # Errors
/// What could not be confined, or what `start` says. Nothing was started then.
pub(in crate::wrapper) fn confined<T: Send>(
    plan: &Plan,
    terminal: Option<&Path>,
    start: impl FnOnce() -> Result<T, String> + Send,
) -> Result<T, String> {
    let refused = |e| format!("it could not be confined by Landlock: {e}");
    let reading = reading::layer(plan).map_err(refused)?;
    let restricted = || {
        restrict(plan, terminal, reading).map_err(refused)?;
        start()
    };
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(256 << 10).spawn_scoped(scope, restricted);
        let thread = thread.map_err(|e| format!("it could not be confined: no thread ({e})"))?;
        thread.join().unwrap_or_else(|_| Err("it could not be confined: the thread ended early".to_owned()))
    })
}

/// Confines this thread for good: by what may be written, and by a layer that says what may be read.
fn restrict(
    plan: &Plan,
    terminal: Option<&Path>,
    reading: RulesetCreated,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let write = AccessFs::from_write(FILES);
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(write)?
        .scope(Scope::from_all(SCOPES))?;
    if !plan.network {
        ruleset = ruleset.handle_access(AccessNet::from_all(ABI::V4))?;
    }
    let mut rules = ruleset.create()?.set_compatibility(CompatLevel::BestEffort);
    for name in DEVICES {
        rules = grant(rules, &Path::new("/dev").join(name), write)?;
    }
    if let Some(terminal) = terminal {
        rules = grant(rules, terminal, write)?;
    }
    for path in plan.writable.iter().chain([&plan.tmp]) {
        rules = grant(rules, path, write)?;
    }
    drop_capabilities()?;
    // The small one first: the kernel copies the layers below with each further one.
    for layer in [rules, reading] {
        let status = layer.restrict_self()?;
        if status.ruleset == RulesetStatus::NotEnforced || !status.no_new_privs {
            return Err("the kernel did not enforce it".into());
        }
    }
    if seccomp::HOLDS {
        seccomp::own_limits_only()?;
        if !plan.network {
            seccomp::only_unix_sockets()?;
        }
    }
    Ok(())
}

/// Denies signals and abstract sockets out of here, where the kernel can. Files are left alone, so that a sandbox can
/// be made inside.
pub(super) fn scope() {
    let ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .scope(Scope::from_all(SCOPES))
        .and_then(Ruleset::create);
    // The namespaces hold without it; this narrows what they leave open.
    drop(ruleset.and_then(RulesetCreated::restrict_self));
}

/// Grants access below a path, which is canonical. What is not there needs no grant.
fn grant(
    rules: RulesetCreated,
    path: &Path,
    access: BitFlags<AccessFs>,
) -> Result<RulesetCreated, Box<dyn std::error::Error + Send + Sync>> {
    let fd = match tidy::open_exactly(path) {
        Ok(fd) => fd,
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) => {
            return Ok(rules);
        }
        Err(e) => return Err(format!("{}: {e}", path.display()).into()),
    };
    let is_dir = FileType::from_raw_mode(fstat(&fd)?.st_mode) == FileType::Directory;
    let access = if is_dir { access } else { access & AccessFs::from_file(FILES) };
    Ok(rules.add_rule(PathBeneath::new(fd, access))?)
}

/// A capability could undo what Landlock does not cover (modules, devices, other processes' memory).
fn drop_capabilities() -> io::Result<()> {
    let none = CapabilitySet::empty();
    let sets = CapabilitySets { effective: none, permitted: none, inheritable: none };
    Ok(set_capabilities(None, sets)?)
}

//! What differs between systems in judging programs and folders.

use std::path::{Path, PathBuf};

pub(super) use imp::open_folder;
pub(super) use imp::{candidates, is_executable, same_name};

/// A working directory that was let through.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    #[cfg(unix)]
    handle: Option<std::os::fd::OwnedFd>,
}

impl Folder {
    /// Its canonical path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its canonical path, giving up the handle.
    pub fn into_path(self) -> PathBuf {
        self.path
    }

    /// The folder itself, opened beneath the root without following a link: `fchdir` to it cannot be
    /// diverted by a rename. `None` where the kernel has no `openat2` or the folder is outside the root.
    #[cfg(unix)]
    pub fn handle(&self) -> Option<&std::os::fd::OwnedFd> {
        self.handle.as_ref()
    }
}

/// A folder changed between being looked at and being opened.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Diverted;

#[cfg(unix)]
mod imp {
    use std::ffi::OsStr;
    use std::path::{Path, PathBuf};

    use super::{Diverted, Folder};

    /// The files a bare name may mean in a folder.
    pub(in crate::policy) fn candidates(
        folder: &Path,
        name: &OsStr,
    ) -> impl Iterator<Item = PathBuf> + use<> {
        std::iter::once(folder.join(name))
    }

    /// Whether a path leads to a file that we may execute.
    pub(in crate::policy) fn is_executable(file: &Path) -> bool {
        rustix::fs::access(file, rustix::fs::Access::EXEC_OK).is_ok() && file.is_file()
    }

    /// Whether two names mean the same program.
    pub(in crate::policy) fn same_name(a: &str, b: &str) -> bool {
        a == b
    }

    /// Opens a canonical folder below a canonical root; `None` as root for a folder outside.
    ///
    /// # Errors
    /// [`Diverted`] where the path no longer leads there without links.
    pub(in crate::policy) fn open_folder(root: Option<&Path>, path: PathBuf) -> Result<Folder, Diverted> {
        let handle = match root {
            Some(root) => beneath(root, &path)?,
            None => None,
        };
        Ok(Folder { path, handle })
    }

    #[cfg(target_os = "linux")]
    fn beneath(root: &Path, path: &Path) -> Result<Option<std::os::fd::OwnedFd>, Diverted> {
        use rustix::fs::{Mode, OFlags, ResolveFlags, open, openat2};
        use rustix::io::Errno;

        let relative = path.strip_prefix(root).map_err(|_| Diverted)?;
        let relative = if relative.as_os_str().is_empty() { Path::new(".") } else { relative };
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        let Ok(top) = open(root, flags, Mode::empty()) else { return Err(Diverted) };
        // EAGAIN means that a rename went on elsewhere during the walk; the kernel asks to try again.
        for _ in 0..16 {
            match openat2(&top, relative, flags, Mode::empty(), resolve) {
                Ok(folder) => return Ok(Some(folder)),
                Err(Errno::AGAIN) => {}
                Err(Errno::NOSYS | Errno::PERM | Errno::INVAL) => return Ok(None),
                Err(_) => return Err(Diverted),
            }
        }
        Err(Diverted)
    }

    #[cfg(not(target_os = "linux"))]
    #[expect(clippy::unnecessary_wraps, reason = "the signature of the Linux version")]
    fn beneath(_root: &Path, _path: &Path) -> Result<Option<std::os::fd::OwnedFd>, Diverted> {
        Ok(None)
    }
}

#[cfg(windows)]
mod imp {
    use std::ffi::OsStr;
    use std::path::{Path, PathBuf};

    use super::{Diverted, Folder};

    const EXTENSIONS: &[&str] = &["exe", "com", "cmd", "bat"];

    /// The files a bare name may mean in a folder: the name itself where it has an extension, else with each.
    pub(in crate::policy) fn candidates(
        folder: &Path,
        name: &OsStr,
    ) -> impl Iterator<Item = PathBuf> + use<> {
        let plain = folder.join(name);
        let known =
            plain.extension().is_some_and(|e| EXTENSIONS.iter().any(|known| e.eq_ignore_ascii_case(known)));
        let with: Vec<PathBuf> = if known {
            vec![plain]
        } else {
            EXTENSIONS.iter().map(|e| folder.join(format!("{}.{e}", name.to_string_lossy()))).collect()
        };
        with.into_iter()
    }

    /// Whether a path leads to a file that can be executed.
    pub(in crate::policy) fn is_executable(file: &Path) -> bool {
        file.is_file()
    }

    /// Whether two names mean the same program: case and `.exe` do not count.
    pub(in crate::policy) fn same_name(a: &str, b: &str) -> bool {
        fn stem(name: &str) -> &str {
            match name.rsplit_once('.') {
                Some((stem, e)) if EXTENSIONS.iter().any(|known| e.eq_ignore_ascii_case(known)) => stem,
                _ => name,
            }
        }
        stem(a).eq_ignore_ascii_case(stem(b))
    }

    /// Takes a canonical folder as it is.
    ///
    /// # Errors
    /// None on this system.
    pub(in crate::policy) fn open_folder(_root: Option<&Path>, path: PathBuf) -> Result<Folder, Diverted> {
        Ok(Folder { path })
    }
}

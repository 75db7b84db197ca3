//! The surroundings a command is judged in.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

/// The surroundings a command is judged in, all given as values: nothing is read from our own process.
#[derive(Debug, Clone)]
pub struct Site {
    root: PathBuf,
    path: OsString,
    own: Option<OwnBinary>,
    writable: Vec<PathBuf>,
}

/// Our own program, which every step may call.
#[derive(Debug, Clone)]
struct OwnBinary {
    file: PathBuf,
    name: OsString,
}

impl Site {
    /// The site of a project root and a PATH. Steps may write the root.
    ///
    /// # Errors
    /// Where the root cannot be resolved.
    pub fn new(root: &Path, path: impl Into<OsString>) -> io::Result<Self> {
        let root = root.canonicalize()?;
        Ok(Self { writable: vec![root.clone()], root, path: path.into(), own: None })
    }

    /// Adds our own program (`seqctl`): it is always allowed, under its file's name and as `seqctl`.
    ///
    /// # Errors
    /// Where the file cannot be resolved.
    pub fn with_own_binary(mut self, file: &Path) -> io::Result<Self> {
        let name = file.file_name().unwrap_or(file.as_os_str()).to_owned();
        self.own = Some(OwnBinary { file: file.canonicalize()?, name });
        Ok(self)
    }

    /// Adds folders that steps may write beside the root: no program is taken from there unless its path is
    /// listed. A folder that does not exist cannot hold a program and is left out.
    #[must_use]
    pub fn with_writable<'a>(mut self, folders: impl IntoIterator<Item = &'a Path>) -> Self {
        self.writable.extend(folders.into_iter().filter_map(|folder| folder.canonicalize().ok()));
        self
    }

    /// The canonical project root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The PATH that bare names resolve through.
    pub fn path(&self) -> &OsStr {
        &self.path
    }

    /// Whether a canonical path lies where steps may write.
    pub fn is_writable(&self, canonical: &Path) -> bool {
        self.writable.iter().any(|folder| canonical.starts_with(folder))
    }

    /// Our own program's canonical file, where `name` is a bare name of it.
    pub(super) fn own_by_name(&self, name: &OsStr) -> Option<&Path> {
        let own = self.own.as_ref()?;
        (name == "seqctl" || name == own.name).then_some(own.file.as_path())
    }

    /// Whether a canonical path is our own program.
    pub(super) fn is_own(&self, canonical: &Path) -> bool {
        self.own.as_ref().is_some_and(|own| own.file == canonical)
    }
}

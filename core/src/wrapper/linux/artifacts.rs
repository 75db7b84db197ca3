//! What a step made and wants kept: globs below its folder, copied into the run.

use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat, openat2};

use crate::wrapper::WrapperError;

/// Folders that are never searched: our own, or runs would keep copies of copies, and git's.
const PRIVATE: [&str; 2] = [".threados", ".git"];

/// Copies what matches any of `patterns` below `cwd` to `target`, with the same relative path, and lists it. A
/// symlink is followed only where it stays below `cwd`. A pattern without a match is no error.
///
/// # Errors
/// [`WrapperError::Pattern`], or [`WrapperError::File`] for what matches and cannot be copied.
pub(super) fn keep(patterns: &[String], cwd: &Path, target: &Path) -> Result<Vec<String>, WrapperError> {
    if patterns.is_empty() {
        return Ok(Vec::new());
    }
    let root = openat(CWD, cwd, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
        .map_err(WrapperError::system("cannot open the step's folder for its artifacts"))?;
    let mut found = Vec::new();
    for pattern in patterns {
        Search::new(pattern)?.run(cwd, &mut found);
    }
    found.sort();
    found.dedup();
    let mut kept = Vec::with_capacity(found.len());
    for relative in found {
        if copy(&root, &relative, target)? {
            kept.push(relative.to_string_lossy().into_owned());
        }
    }
    Ok(kept)
}

/// One pattern, split so that only the folders it can match are read.
struct Search {
    /// Its leading components without a wildcard.
    base: PathBuf,
    /// `None` where the whole pattern is literal: a file, or a folder with all that is in it.
    matcher: Option<GlobMatcher>,
    /// Folders below `base` it reaches.
    depth: usize,
}

impl Search {
    fn new(pattern: &str) -> Result<Self, WrapperError> {
        let bad = |message: String| WrapperError::Pattern { pattern: pattern.to_owned(), message };
        let mut clean = PathBuf::new();
        for part in Path::new(pattern).components() {
            match part {
                Component::CurDir => {}
                Component::Normal(name) => clean.push(name),
                _ => return Err(bad("it must stay below the step's folder".to_owned())),
            }
        }
        let text = clean.to_string_lossy();
        let wild = |part: &str| part.contains(['*', '?', '[', '{', '\\']);
        let base: PathBuf = text.split('/').take_while(|part| !wild(part)).collect();
        let rest = text.split('/').count() - base.components().count();
        let matcher = match rest {
            0 => None,
            _ => {
                let glob = GlobBuilder::new(&text).literal_separator(true).build();
                Some(glob.map_err(|e| bad(e.kind().to_string()))?.compile_matcher())
            }
        };
        // Alternatives may hide a separator, so their depth is unknown.
        let bounded = matcher.is_some() && !text.contains("**") && !text.contains('{');
        Ok(Self { base, matcher, depth: if bounded { rest } else { usize::MAX } })
    }

    fn run(&self, cwd: &Path, found: &mut Vec<PathBuf>) {
        let mut open = vec![(self.base.clone(), 0)];
        if self.matcher.is_none() && !cwd.join(&self.base).is_dir() {
            open.clear();
            if cwd.join(&self.base).symlink_metadata().is_ok() {
                found.push(self.base.clone());
            }
        }
        while let Some((folder, depth)) = open.pop() {
            // What cannot be read holds nothing that can be kept.
            let Ok(entries) = fs::read_dir(cwd.join(&folder)) else { continue };
            for entry in entries.flatten() {
                let path = folder.join(entry.file_name());
                if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    if self.matcher.as_ref().is_none_or(|m| m.is_match(&path)) {
                        found.push(path);
                    }
                } else if depth + 1 < self.depth && !PRIVATE.iter().any(|name| entry.file_name() == *name) {
                    open.push((path, depth + 1));
                }
            }
        }
    }
}

/// Copies one file; `false` for what is no regular file or leads out of the folder.
fn copy(root: &OwnedFd, relative: &Path, target: &Path) -> Result<bool, WrapperError> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let beneath = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    let mut source = match openat2(root, relative, flags, Mode::empty(), beneath) {
        Ok(fd) => File::from(fd),
        Err(rustix::io::Errno::XDEV | rustix::io::Errno::LOOP | rustix::io::Errno::NOENT) => {
            return Ok(false);
        }
        // A socket or a device without a driver.
        Err(rustix::io::Errno::NXIO | rustix::io::Errno::NODEV) => return Ok(false),
        Err(e) => return Err(WrapperError::file("read artifact", relative)(e.into())),
    };
    let copied = (|| {
        if !source.metadata()?.is_file() {
            return Ok(false);
        }
        let path = target.join(relative);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        io::copy(&mut source, &mut File::create(path)?).map(|_| true)
    })();
    copied.map_err(WrapperError::file("keep artifact", relative))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(patterns: &[&str], files: &[&str]) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        let cwd = dir.path().join("cwd");
        for file in files {
            let path = cwd.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        let patterns: Vec<String> = patterns.iter().map(|p| (*p).to_owned()).collect();
        let target = dir.path().join("kept");
        let kept = keep(&patterns, &cwd, &target).unwrap();
        for file in &kept {
            assert_eq!(fs::read_to_string(target.join(file)).unwrap(), *file);
        }
        kept
    }

    #[test]
    fn globs_match_below_the_folder_and_a_star_stops_at_a_slash() {
        let files = ["a.html", "out/b.html", "out/deep/c.html", "out/d.txt"];
        assert_eq!(kept(&["*.html"], &files), ["a.html"]);
        assert_eq!(kept(&["out/*.html", "./a.html"], &files), ["a.html", "out/b.html"]);
        assert_eq!(kept(&["**/*.html"], &files), ["a.html", "out/b.html", "out/deep/c.html"]);
        assert_eq!(kept(&["out/{deep/c,b}.html"], &files), ["out/b.html", "out/deep/c.html"]);
        assert_eq!(kept(&["out"], &files), ["out/b.html", "out/d.txt", "out/deep/c.html"]);
        assert_eq!(kept(&["none/*"], &files), Vec::<String>::new());
    }

    #[test]
    fn our_own_folder_and_gits_are_never_searched() {
        assert_eq!(kept(&["**"], &["x", ".threados/runs/r/x", ".git/config"]), ["x"]);
    }

    #[test]
    fn a_symlink_is_followed_only_where_it_stays_inside() {
        let dir = tempfile::tempdir().unwrap();
        let cwd = dir.path().join("cwd");
        fs::create_dir(&cwd).unwrap();
        fs::write(dir.path().join("secret"), "s").unwrap();
        fs::write(cwd.join("real"), "r").unwrap();
        std::os::unix::fs::symlink("real", cwd.join("inside")).unwrap();
        std::os::unix::fs::symlink("../secret", cwd.join("outside")).unwrap();
        std::os::unix::fs::symlink(dir.path(), cwd.join("folder")).unwrap();
        let patterns = ["*".to_owned(), "folder/secret".to_owned()];
        assert_eq!(keep(&patterns, &cwd, &dir.path().join("kept")).unwrap(), ["inside", "real"]);
    }

    #[test]
    fn patterns_that_leave_the_folder_or_do_not_parse_are_refused() {
        for bad in ["../x", "/etc/passwd", "a/../../b", "a[", "{a"] {
            let error = keep(&[bad.to_owned()], Path::new("/"), Path::new("/nowhere")).unwrap_err();
            assert!(matches!(error, WrapperError::Pattern { .. }), "{bad}: {error}");
        }
    }
}

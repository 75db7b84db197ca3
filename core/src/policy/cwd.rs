//! `allowed_cwd`: the folders a step may work in.

use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::denial::Place;
use super::platform::{Folder, open_folder};
use super::site::Site;
use super::{Denial, Policy, PolicyError, Rule};

/// Our own folder, in which no step works.
const OWN_FOLDER: &str = ".threados";

/// The lists of `policy.yaml` and of each sequence that narrowed it; a folder must be in every one.
#[derive(Debug)]
pub(super) struct FolderLists(Vec<(FolderRules, Place)>);

impl FolderLists {
    pub(super) fn compile(policy: &Policy, root: &Path) -> Result<Self, PolicyError> {
        let own = policy.narrowed_by.iter().filter_map(|own| own.allowed_cwd.as_deref());
        let lists = std::iter::once((policy.allowed_cwd.as_slice(), Place::of(policy, "allowed_cwd")))
            .chain(own.map(|list| (list, Place::Sequence)));
        let compiled: Result<_, _> =
            lists.map(|(list, place)| Ok((FolderRules::compile(list, root)?, place))).collect();
        compiled.map(Self)
    }

    /// Resolves a working directory, judges what it really is, and opens it.
    pub(super) fn judge(&self, cwd: &Path, site: &Site) -> Result<Folder, PolicyError> {
        let shown = cwd.to_string_lossy();
        let canonical = resolve(cwd, site, &shown)?;
        let inside = canonical.strip_prefix(site.root()).ok();
        let judged = inside.unwrap_or(&canonical);
        if judged.components().any(is_own_folder) {
            let message = format!("`{shown}` is in .threados, where no step may work");
            let hint = "choose a folder of the project itself";
            return Err(Denial::new(Rule::AllowedCwd, shown, Place::BuiltIn, message, hint).into());
        }
        if let Some((_, place)) = self.0.iter().find(|(rules, _)| !rules.allow(&canonical, inside)) {
            return Err(refusal(&shown, &canonical, inside, *place).into());
        }
        open_folder(inside.map(|_| site.root()), canonical.clone()).map_err(|_| {
            let message = format!("`{shown}` changed while it was looked at");
            Denial::new(Rule::AllowedCwd, shown, Place::BuiltIn, message, "try again").into()
        })
    }
}

fn resolve(cwd: &Path, site: &Site, shown: &str) -> Result<PathBuf, PolicyError> {
    let canonical = site.root().join(cwd).canonicalize().map_err(|fault| match fault.kind() {
        ErrorKind::NotFound => PolicyError::NoSuchFolder { cwd: shown.to_owned() },
        ErrorKind::NotADirectory => PolicyError::NotAFolder { cwd: shown.to_owned() },
        _ => PolicyError::Unreadable { path: shown.to_owned(), reason: fault.to_string() },
    })?;
    if canonical.is_dir() { Ok(canonical) } else { Err(PolicyError::NotAFolder { cwd: shown.to_owned() }) }
}

/// Case does not count: on some file systems `.ThreadOS` is the same folder.
fn is_own_folder(part: Component<'_>) -> bool {
    part.as_os_str().eq_ignore_ascii_case(OWN_FOLDER)
}

fn refusal(shown: &str, canonical: &Path, inside: Option<&Path>, place: Place) -> Denial {
    let file = if place == Place::Sequence { "sequence.yaml" } else { "policy.yaml" };
    let (message, entry) = match inside {
        Some(relative) => {
            let entry = format!("./{}", relative.display());
            (format!("the working directory `{shown}` is not allowed"), entry)
        }
        None => {
            let entry = canonical.display().to_string();
            (format!("the working directory `{shown}` leaves the project: it is `{entry}`"), entry)
        }
    };
    let hint = format!("to allow it, add `{entry}` to allowed_cwd in .threados/{file}");
    Denial::new(Rule::AllowedCwd, shown, place, message, hint)
}

/// One list of globs.
#[derive(Debug)]
pub(super) struct FolderRules {
    /// The project root itself is listed.
    root: bool,
    /// `./**` is listed: the most common rule costs no glob at all.
    everything: bool,
    /// Matched on the path relative to the root.
    relative: GlobSet,
    /// Matched on the whole path.
    absolute: GlobSet,
}

impl FolderRules {
    fn compile(list: &[String], root: &Path) -> Result<Self, PolicyError> {
        let (mut relative, mut absolute) = (GlobSetBuilder::new(), GlobSetBuilder::new());
        let (mut has_root, mut everything) = (false, false);
        for text in list {
            let fault = |reason| bad_glob(text, reason);
            match Listed::parse(text).map_err(fault)? {
                Listed::Root => has_root = true,
                Listed::Everything => (has_root, everything) = (true, true),
                Listed::Below(glob) => add(&mut relative, glob).map_err(fault)?,
                Listed::Absolute(glob) => add(&mut absolute, &resolve_prefix(glob, root)).map_err(fault)?,
            }
        }
        let build = |set: GlobSetBuilder| set.build().map_err(|e| bad_glob("", e.to_string()));
        Ok(Self { root: has_root, everything, relative: build(relative)?, absolute: build(absolute)? })
    }

    /// Says what is wrong with one glob.
    pub(super) fn check(text: &str) -> Result<(), String> {
        match Listed::parse(text)? {
            Listed::Root | Listed::Everything => Ok(()),
            Listed::Below(glob) | Listed::Absolute(glob) => add(&mut GlobSetBuilder::new(), glob),
        }
    }

    fn allow(&self, canonical: &Path, inside: Option<&Path>) -> bool {
        let below = inside.is_some_and(|relative| {
            self.everything
                || if relative.as_os_str().is_empty() { self.root } else { self.relative.is_match(relative) }
        });
        below || (!self.absolute.is_empty() && self.absolute.is_match(canonical))
    }
}

/// What one entry of the list means.
enum Listed<'a> {
    Root,
    Everything,
    Below(&'a str),
    Absolute(&'a str),
}

impl<'a> Listed<'a> {
    fn parse(text: &'a str) -> Result<Self, String> {
        if Path::new(text).is_absolute() {
            return Ok(Self::Absolute(text));
        }
        let mut glob = text;
        while let Some(rest) = glob.strip_prefix("./") {
            glob = rest;
        }
        if glob.split('/').any(|part| part == "..") {
            return Err("it leaves the project; write the folder's absolute path".to_owned());
        }
        Ok(match glob.trim_end_matches('/') {
            "" | "." => Self::Root,
            "**" => Self::Everything,
            glob => Self::Below(glob),
        })
    }
}

/// Adds a glob; `x/**` means `x` itself too.
fn add(set: &mut GlobSetBuilder, glob: &str) -> Result<(), String> {
    let mut add_one = |glob: &str| {
        let built = GlobBuilder::new(glob).literal_separator(true).backslash_escape(true).build();
        built.map(|built| set.add(built)).map(|_| ()).map_err(|e| e.kind().to_string())
    };
    add_one(glob)?;
    match glob.strip_suffix("/**") {
        Some(top) if !top.is_empty() => add_one(top),
        _ => Ok(()),
    }
}

/// The part of an absolute glob before its first wildcard may lead through a link (`/tmp` on some systems),
/// while what it is matched on does not. Links inside the project are not followed: a step could turn them.
fn resolve_prefix(glob: &str, root: &Path) -> String {
    let is_plain = |part: &&str| !part.contains(['*', '?', '[', '{', '\\']);
    let plain: Vec<&str> = glob.split('/').take_while(is_plain).collect();
    let prefix = plain.join("/");
    if prefix.is_empty() || Path::new(&prefix).starts_with(root) {
        return glob.to_owned();
    }
    match Path::new(&prefix).canonicalize() {
        Ok(real) => format!("{}{}", globset::escape(&real.to_string_lossy()), &glob[prefix.len()..]),
        Err(_) => glob.to_owned(),
    }
}

fn bad_glob(pattern: &str, reason: String) -> PolicyError {
    PolicyError::BadPattern { rule: "allowed_cwd".into(), pattern: pattern.into(), line: None, reason }
}

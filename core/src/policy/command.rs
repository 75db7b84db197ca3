//! `allowed_commands`: which program a command really starts.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use super::denial::Place;
use super::platform::{candidates, is_executable, same_name};
use super::shells::{is_multi_call, is_shell};
use super::site::Site;
use super::{Denial, Policy, PolicyError, Rule};

/// Longest chain of links that is followed, as in the kernel.
const MAX_LINKS: usize = 40;

/// Finds the canonical file of `name` and judges it. `cwd` is where a relative path starts.
pub(super) fn judge(policy: &Policy, site: &Site, name: &str, cwd: &Path) -> Result<PathBuf, PolicyError> {
    if has_separator(name) { judge_path(policy, site, name, cwd) } else { judge_name(policy, site, name) }
}

fn has_separator(name: &str) -> bool {
    name.contains(std::path::is_separator)
}

/// A bare name: listed, found through PATH, and found where no step could have put it.
fn judge_name(policy: &Policy, site: &Site, name: &str) -> Result<PathBuf, PolicyError> {
    if let Some(own) = site.own_by_name(OsStr::new(name)) {
        return Ok(own.to_owned());
    }
    if !lists_name(policy, name) {
        return Err(unlisted(policy, site, name, None).into());
    }
    let found = find(site, name).ok_or_else(|| no_such_name(site, name))?;
    let way = follow(site, &found).map_err(|fault| unreadable(&found, &fault))?;
    if way.is_writable && listed_as(policy, site, &way.canonical).is_none() {
        return Err(shadowed(policy, site, name, &found).into());
    }
    refuse_hidden_shell(policy, name, name, &way.canonical)?;
    Ok(way.canonical)
}

/// A path: that very file must be listed.
fn judge_path(policy: &Policy, site: &Site, name: &str, cwd: &Path) -> Result<PathBuf, PolicyError> {
    let places = [cwd.join(name), site.root().join(name)];
    let Some(found) = places.iter().find(|file| is_executable(file)) else {
        let there = places.iter().find(|file| file.is_file());
        return Err(no_such_path(name, there.is_some()));
    };
    let canonical = found.canonicalize().map_err(|fault| unreadable(found, &fault))?;
    if site.is_own(&canonical) {
        return Ok(canonical);
    }
    let Some(entry) = listed_as(policy, site, &canonical) else {
        return Err(unlisted(policy, site, name, Some(&canonical)).into());
    };
    refuse_hidden_shell(policy, name, entry, &canonical)?;
    Ok(canonical)
}

fn lists_name(policy: &Policy, name: &str) -> bool {
    policy.allowed_commands.iter().any(|entry| same_name(entry, name))
}

/// The entry with a path that leads to this very file.
fn listed_as<'a>(policy: &'a Policy, site: &Site, canonical: &Path) -> Option<&'a str> {
    let paths = policy.allowed_commands.iter().map(String::as_str).filter(|entry| has_separator(entry));
    paths.into_iter().find(|entry| site.root().join(entry).canonicalize().is_ok_and(|file| file == canonical))
}

/// Whether a program is there, listed or not.
pub(super) fn is_there(site: &Site, program: &str) -> bool {
    if has_separator(program) {
        return is_executable(&site.root().join(program));
    }
    site.own_by_name(OsStr::new(program)).is_some() || find(site, program).is_some()
}

/// The first executable of this name. Empty and relative entries of PATH mean folders that depend on where
/// one stands; they are passed over.
fn find(site: &Site, name: &str) -> Option<PathBuf> {
    std::env::split_paths(site.path())
        .filter(|folder| folder.is_absolute())
        .flat_map(|folder| candidates(&folder, OsStr::new(name)))
        .find(|file| is_executable(file))
}

/// Where links lead.
struct Way {
    canonical: PathBuf,
    /// The file, or any link on the way to it, lies where steps may write: who can turn the link chooses the
    /// program.
    is_writable: bool,
}

fn follow(site: &Site, file: &Path) -> io::Result<Way> {
    let mut hop = file.to_owned();
    let mut is_writable = false;
    for _ in 0..MAX_LINKS {
        let (Some(folder), Some(name)) = (hop.parent(), hop.file_name()) else {
            // A link to `..` or to the root: no program, and not worth a way of its own.
            return Ok(Way { canonical: hop.canonicalize()?, is_writable: true });
        };
        let folder = folder.canonicalize()?;
        is_writable |= site.is_writable(&folder);
        let canonical = folder.join(name);
        match canonical.read_link() {
            Ok(target) => hop = folder.join(target),
            Err(_) => return Ok(Way { canonical, is_writable }),
        }
    }
    Err(io::Error::other("too many links"))
}

/// A link may give a shell another name; it must be listed as the shell it is.
fn refuse_hidden_shell(policy: &Policy, name: &str, entry: &str, canonical: &Path) -> Result<(), Denial> {
    let real = file_name(canonical);
    let is_hidden = is_shell(&real) && !is_multi_call(&real) && !is_shell(&file_name(Path::new(entry)));
    if !is_hidden || lists_name(policy, &real) {
        return Ok(());
    }
    let message =
        format!("`{name}` is `{}`, a shell, which only its own name can allow", canonical.display());
    Err(refuse(policy, name, message, format!("to allow it, run: seqctl policy allow {real}")))
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn unreadable(file: &Path, fault: &io::Error) -> PolicyError {
    PolicyError::Unreadable { path: file.display().to_string(), reason: fault.to_string() }
}

fn refuse(policy: &Policy, value: &str, message: String, hint: String) -> Denial {
    let lists = |own: &Vec<String>| own.iter().any(|entry| same_name(entry, value));
    let by_sequence =
        policy.narrowed_by.iter().filter_map(|own| own.allowed_commands.as_ref()).any(|own| !lists(own));
    let place = if by_sequence { Place::Sequence } else { Place::of(policy, "allowed_commands") };
    let hint = if by_sequence {
        format!("{hint}, and list it under `policy:` in sequence.yaml, which narrows policy.yaml")
    } else {
        hint
    };
    Denial::new(Rule::AllowedCommands, value, place, message, hint)
}

fn unlisted(policy: &Policy, site: &Site, name: &str, canonical: Option<&Path>) -> Denial {
    let what = if is_shell(&file_name(Path::new(name))) { "shell" } else { "program" };
    let message = format!("the {what} `{name}` is not allowed");
    let entry = canonical.map_or_else(|| name.to_owned(), |file| entry_for(site, file));
    let bare = file_name(Path::new(name));
    let hint = if canonical.is_some() && lists_name(policy, &bare) {
        format!("write `{bare}`, which is allowed, or allow this file: seqctl policy allow {}", quote(&entry))
    } else {
        format!("to allow it, run: seqctl policy allow {}", quote(&entry))
    };
    refuse(policy, name, message, hint)
}

fn shadowed(policy: &Policy, site: &Site, name: &str, found: &Path) -> Denial {
    let message = format!("`{name}` resolves through PATH to `{}`, which steps may write", found.display());
    let entry = quote(&entry_for(site, found));
    refuse(policy, name, message, format!("if you mean that file, run: seqctl policy allow {entry}"))
}

/// How a file is listed: relative to the root where it is inside.
fn entry_for(site: &Site, file: &Path) -> String {
    match file.strip_prefix(site.root()) {
        Ok(relative) => format!("./{}", relative.display()),
        Err(_) => file.display().to_string(),
    }
}

/// Quotes a word for a shell where it needs it.
fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@+=,%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

fn no_such_name(site: &Site, name: &str) -> PolicyError {
    PolicyError::NoSuchProgram {
        name: name.to_owned(),
        searched: format!("no folder of PATH has it ({})", folders(site)),
        hint: "install it, or start ThreadOS from a terminal whose PATH has it".to_owned(),
    }
}

/// The first folders of PATH, and how many more there are: all of them would hide what the message is about.
fn folders(site: &Site) -> String {
    const NAMED: usize = 3;
    let mut all: Vec<PathBuf> = Vec::new();
    std::env::split_paths(site.path()).for_each(|folder| {
        if !all.contains(&folder) {
            all.push(folder);
        }
    });
    let first: Vec<String> = all.iter().take(NAMED).map(|folder| folder.display().to_string()).collect();
    match all.len().saturating_sub(NAMED) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

fn no_such_path(name: &str, is_file: bool) -> PolicyError {
    let (searched, hint) = if is_file {
        ("the file is there but cannot be executed", format!("run: chmod +x {}", quote(name)))
    } else {
        ("no such file below the step's cwd or the project root", "correct the path".to_owned())
    };
    PolicyError::NoSuchProgram { name: name.to_owned(), searched: searched.to_owned(), hint }
}

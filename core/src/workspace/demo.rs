//! The project of the demo: a small one with a step of every thread type, made as any user would make it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Consent, DoorError, InitOptions, Request, Workspace};
use crate::action::ActionError;
use crate::grammar::{Command, parse_line};
use crate::store::Paths;

/// Its lines, with comments, as one would type them.
pub const SEQUENCE: &str = include_str!("../../../assets/demo/sequence.seqctl");

const POLICY: &str = include_str!("../../../assets/demo/policy.yaml");

macro_rules! scripts {
    ($($name:literal),*) => { [$(($name, include_str!(concat!("../../../assets/demo/steps/", $name)))),*] };
}

/// What the steps run: short, so that a newcomer reads them.
const SCRIPTS: [(&str, &str); 8] = scripts!(
    "plan.sh",
    "build.sh",
    "collect.sh",
    "inspect.sh",
    "polish.sh",
    "guard.sh",
    "test.sh",
    "publish.sh"
);

/// What stands for a line with this word where its steps could call no `seqctl`.
const ALONE: &[(&str, &[&str])] = &[
    (
        "--orchestrator",
        &[
            "step add inspect --depends-on collect -- sh -c 'echo \"it can call nobody, so it adds no steps\"'",
        ],
    ),
    (
        "fusion create",
        &[
            "step add name -- sh -c 'cat \"$THREADOS_INPUTS\"'",
            "fusion create --candidates name-plain name-short name-proud --synth name",
        ],
    ),
];

/// Its lines without comments.
pub fn lines() -> impl Iterator<Item = &'static str> {
    SEQUENCE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// A fresh folder for it.
///
/// # Errors
/// Where the folder for temporary files cannot be written.
pub fn fresh_folder() -> io::Result<PathBuf> {
    let base = crate::store::temporary_dir();
    let mut number = std::process::id();
    loop {
        let dir = base.join(format!("threados-demo-{number}"));
        match fs::create_dir(&dir) {
            Ok(()) => return Ok(dir),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => number = number.wrapping_add(1),
            Err(e) => return Err(e),
        }
    }
}

/// Makes it in an empty folder: one batch of actions, all or nothing. `own` is the `seqctl` that its steps may call;
/// without one its orchestrator adds nothing, and its fusion shows what it was given.
///
/// # Errors
/// As [`Workspace::init`] and [`Workspace::submit`].
pub fn make(paths: Paths, own: Option<PathBuf>) -> Result<Workspace, DoorError> {
    write(&paths.policy, POLICY)?;
    for (name, text) in SCRIPTS {
        write(&paths.root.join("steps").join(name), text)?;
    }
    let mut workspace = Workspace::init_at(paths, &InitOptions { name: Some("demo".into()) })?;
    let is_alone = own.is_none();
    workspace.own_binary = own;
    let instead =
        |line: &str| ALONE.iter().find(|(word, _)| is_alone && line.contains(word)).map(|(_, l)| *l);
    let lines = lines().flat_map(|line| instead(line).map_or(vec![line], <[&str]>::to_vec));
    let mut actions = Vec::new();
    for line in lines {
        match parse_line(line) {
            Ok(Command::Change(action)) => actions.push(action),
            Ok(Command::Control(_)) => {}
            Err(error) => return Err(ActionError::Usage(error.to_string()).into()),
        }
    }
    workspace.submit(&Request::user(actions), &Consent::None)?;
    Ok(workspace)
}

fn write(file: &Path, text: &str) -> Result<(), DoorError> {
    let folder = file.parent().map_or(Ok(()), fs::create_dir_all);
    folder
        .and_then(|()| fs::write(file, text))
        .map_err(|source| DoorError::Read { path: file.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_made_with_and_without_a_seqctl_to_call() {
        for own in [Some(PathBuf::from("/bin/true")), None] {
            let dir = tempfile::tempdir().unwrap();
            let has_own = own.is_some();
            let workspace = make(Paths::new(dir.path()).unwrap(), own).unwrap();
            let snapshot = workspace.snapshot().unwrap();
            let inspect = snapshot.sequence().step("inspect").unwrap();
            assert_eq!(inspect.orchestrator, has_own);
            assert_eq!((snapshot.sequence().steps.len(), snapshot.sequence().gates.len()), (14, 1));
        }
    }
}

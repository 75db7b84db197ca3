//! A project to work on, for the tests of the door.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Ask, Committed, Consent, DoorError, InitOptions, Request, Session, Workspace};
use crate::grammar::{Command, parse_line};
use crate::log::{Entries, Entry, verify};
use crate::model::{Actor, Fact, Phase, Sequence, StepFact};
use crate::store::paths::{Outside, Paths};

pub(crate) struct Bed {
    pub workspace: Workspace,
    dir: tempfile::TempDir,
}

impl Bed {
    /// A fresh project in which everything may be executed that tests name.
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("p");
        fs::create_dir(&root).unwrap();
        let paths = Paths::with_outside(&root, &Outside::below(dir.path())).unwrap();
        let workspace = Workspace::init_at(paths, &InitOptions::default()).unwrap();
        let bed = Self { workspace, dir };
        for program in ["true", "false"] {
            bed.ok(&format!("policy allow {program}"));
        }
        bed
    }

    /// The same project as another process opens it.
    pub fn reopened(&self) -> Workspace {
        let root = self.dir.path().join("p");
        Workspace::new(Paths::with_outside(&root, &Outside::below(self.dir.path())).unwrap())
    }

    /// A file below `.threados`.
    pub fn path(&self, file: &str) -> PathBuf {
        self.workspace.paths.threados.join(file)
    }

    pub fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap()
    }

    /// Saves a file as an editor does.
    pub fn edit(&self, file: &str, change: impl FnOnce(String) -> String) {
        fs::write(self.path(file), change(self.read(file))).unwrap();
    }

    pub fn sequence(&self) -> Sequence {
        self.workspace.snapshot().unwrap().sequence().clone()
    }

    /// The ids of the steps, in the order of the file.
    pub fn ids(&self) -> Vec<String> {
        self.sequence().steps.iter().map(|s| s.id.to_string()).collect()
    }

    pub fn submit(&self, request: &Request) -> Result<Committed, DoorError> {
        self.workspace.submit(request, &Consent::Standing)
    }

    pub fn ok(&self, line: &str) -> Committed {
        self.submit(&request(&[line])).unwrap_or_else(|e| panic!("{line}: {e}"))
    }

    pub fn ask(&self, ask: Ask, actor: Actor) -> Result<Committed, DoorError> {
        self.submit(&Request { ask, actor, step: None, base: None, proposed: None, command: None })
    }

    /// Tells the log what happened to a step, as the engine does.
    pub fn tell(&self, step: &str, phase: Phase) {
        let fact = StepFact::new(step.parse().unwrap(), phase);
        let draft = crate::log::Draft::new(Actor::System, "step.end", step).facts(&[Fact::Step(fact)]);
        Session::begin(&self.workspace).unwrap().append_durable(&[draft]).unwrap();
    }

    pub fn log(&self) -> Vec<Entry> {
        Entries::all(&self.workspace.paths).map(Result::unwrap).collect()
    }

    pub fn actions(&self) -> Vec<String> {
        self.log().into_iter().map(|e| e.action).collect()
    }

    #[track_caller]
    pub fn last(&self) -> Entry {
        self.log().pop().unwrap()
    }

    /// Nothing is left of any writer, and the chain holds.
    #[track_caller]
    pub fn assert_clean(&self) {
        let paths = &self.workspace.paths;
        for folder in [&paths.threados, &paths.prompts, &paths.history, &paths.state_dir] {
            assert_eq!(left_behind(folder), Vec::<String>::new(), "in {}", folder.display());
        }
        assert_eq!(verify(paths).unwrap().broken, None);
    }

    /// Every file that a change may touch.
    pub fn picture(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let paths = &self.workspace.paths;
        let mut files = vec![paths.sequence.clone(), paths.policy.clone(), paths.audit_log.clone()];
        for folder in [&paths.prompts, &paths.history] {
            files.extend(fs::read_dir(folder).unwrap().map(|item| item.unwrap().path()));
        }
        files.sort();
        files.into_iter().map(|file| (file.clone(), fs::read(&file).unwrap_or_default())).collect()
    }
}

/// The names of temporary files in a folder.
fn left_behind(folder: &Path) -> Vec<String> {
    let names =
        fs::read_dir(folder).unwrap().map(|item| item.unwrap().file_name().to_string_lossy().into_owned());
    names.filter(|name| name.ends_with(".staged") || name.ends_with(".threados-tmp")).collect()
}

/// A request of the user, from its lines.
pub(crate) fn request(lines: &[&str]) -> Request {
    let parse = |line: &&str| match parse_line(&format!("seqctl {line}")) {
        Ok(Command::Change(action)) => action,
        other => panic!("{line}: {other:?}"),
    };
    Request::user(lines.iter().map(parse).collect())
}

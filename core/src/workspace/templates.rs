//! The templates of a project: its own files, and those that come with the program where it has none of that name.

use std::fs;
use std::io;

use super::{Ask, DoorError, Maker, Proposal, Request, Workspace};
use crate::action::{Action, ActionError, nearest};
use crate::id::{MAX_ID_LEN, StepId};
use crate::store::paths::Paths;
use crate::store::yaml::{MAX_BYTES, parse_template};
use crate::store::{atomic, bounded};
use crate::thread_template::{BUILTIN, TemplateError, ThreadTemplate, Values};

/// How many numbers are tried for ids that are taken.
const MAX_NUMBER: u32 = 1000;

/// A template of a project.
#[derive(Debug, Clone)]
pub struct TemplateFile {
    /// What it is called.
    pub name: String,
    /// Its file, relative to the root; `None` for one that comes with the program.
    pub file: Option<String>,
    /// Its text.
    pub text: String,
    /// What it says.
    ///
    /// The error holds every fault of the file.
    pub template: Result<ThreadTemplate, Vec<crate::model::Problem>>,
}

/// Templates of a project.
pub struct Templates {
    /// Sorted: those that come with the program in their order, then the others by name.
    pub all: Vec<TemplateFile>,
}

impl TemplateFile {
    fn read(name: &str, file: Option<String>, text: String) -> Self {
        let shown = file.clone().unwrap_or_else(|| format!("{name} (built in)"));
        let template = parse_template(text.as_bytes(), name, &shown);
        Self { name: name.to_owned(), file, text, template }
    }

    /// What it says.
    ///
    /// # Errors
    /// [`DoorError::InvalidFile`] with every fault.
    pub fn template(&self) -> Result<&ThreadTemplate, DoorError> {
        self.template.as_ref().map_err(|problems| DoorError::InvalidFile {
            file: self.file.clone().unwrap_or_else(|| self.name.clone()).into(),
            problems: problems.clone(),
        })
    }
}

impl Templates {
    /// The templates that come with the program.
    pub fn built_in() -> Self {
        let read = |(name, text): &(&str, &str)| TemplateFile::read(name, None, (*text).to_owned());
        Self { all: BUILTIN.iter().map(read).collect() }
    }

    /// Every template of a project.
    ///
    /// # Errors
    /// [`DoorError::Read`] where the folder or a file cannot be read.
    pub fn of(paths: &Paths) -> Result<Self, DoorError> {
        let mut own = files(paths)?;
        let mut all = Self::built_in().all;
        for template in &mut all {
            if let Some(at) = own.iter().position(|file| file.name == template.name) {
                *template = own.remove(at);
            }
        }
        all.append(&mut own);
        Ok(Self { all })
    }

    /// The template of a name.
    ///
    /// # Errors
    /// [`TemplateError::NotFound`] with the nearest name.
    pub fn find(&self, name: &str) -> Result<&TemplateFile, DoorError> {
        let missing = || TemplateError::NotFound {
            name: name.to_owned(),
            nearest: nearest(name, self.all.iter().map(|t| t.name.as_str())),
        };
        Ok(self.all.iter().find(|t| t.name == name).ok_or_else(missing)?)
    }
}

fn files(paths: &Paths) -> Result<Vec<TemplateFile>, DoorError> {
    let folder = &paths.templates;
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(DoorError::Read { path: folder.clone(), source }),
    };
    let mut found = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        let (Some(name), Some("yaml" | "yml")) =
            (path.file_stem().and_then(|s| s.to_str()), path.extension().and_then(|e| e.to_str()))
        else {
            continue;
        };
        if name.starts_with('.') || !path.is_file() {
            continue;
        }
        let bytes = bounded::read_regular(&path, MAX_BYTES)
            .map_err(|source| DoorError::Read { path: path.clone(), source })?;
        let shown = path.strip_prefix(&paths.root).unwrap_or(&path).display().to_string();
        found.push(TemplateFile::read(name, Some(shown), String::from_utf8_lossy(&bytes).into_owned()));
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// Writes the templates that come with the program, where there is no file of that name.
pub(super) fn write_built_in(paths: &Paths) -> Result<(), DoorError> {
    for (name, text) in BUILTIN {
        let path = paths.templates.join(format!("{name}.yaml"));
        if !path.exists() {
            atomic::write(&path, text.as_bytes(), atomic::PUBLIC)?;
        }
    }
    Ok(())
}

impl Workspace {
    /// The request, of whoever asks, that makes what a template stands for, with ids that nothing has yet: they begin with `id`, or
    /// with `id-2`, `id-3`, … where what it makes is there already. Also what they begin with.
    ///
    /// # Errors
    /// [`TemplateError`] as [`DoorError::Template`]; others as [`super::propose`].
    pub fn from_template(
        &self,
        template: &ThreadTemplate,
        values: &Values,
        id: &StepId,
        asker: &Request,
    ) -> Result<(Request, String), DoorError> {
        let snapshot = self.snapshot()?;
        let mut clashed = None;
        for number in 1..=MAX_NUMBER {
            let id = numbered(id.as_str(), number);
            let actions = template.actions(values, &id)?;
            let command = Some(Maker::Template);
            let request = Request { ask: Ask::Actions(actions), command, ..asker.clone() };
            let clash = match self.propose_on(&snapshot, &request) {
                Ok(proposal) => group_clash(&proposal, &snapshot),
                Err(DoorError::Action(ActionError::Duplicate { id, .. })) if snapshot.sequence().has(&id) => {
                    Some(id)
                }
                Err(error) => return Err(error),
            };
            match clash {
                None => return Ok((request, id)),
                Some(id) if clashed.as_ref() == Some(&id) => {
                    return Err(TemplateError::FixedId { file: template.file.clone(), id }.into());
                }
                Some(id) => clashed = Some(id),
            }
        }
        Err(ActionError::Duplicate { kind: "step", id: id.to_string() }.into())
    }
}

/// A group that was there before, and would get members.
fn group_clash(proposal: &Proposal, snapshot: &super::Snapshot) -> Option<String> {
    let before = snapshot.sequence();
    let new = proposal.after.steps.iter().filter(|step| before.step(step.id.as_str()).is_none());
    let mut groups = new.filter_map(|step| step.group_id.as_ref());
    groups.find(|group| before.members(group).next().is_some()).map(ToString::to_string)
}

fn numbered(id: &str, number: u32) -> String {
    if number == 1 {
        return id.to_owned();
    }
    let tail = format!("-{number}");
    let stem: String = id.chars().take(MAX_ID_LEN - tail.len()).collect();
    format!("{stem}{tail}")
}

/// What a template makes of actions where there is no project yet: whether it can be filled in.
///
/// # Errors
/// [`TemplateError`].
pub fn rehearse(template: &ThreadTemplate, values: &Values) -> Result<Vec<Action>, TemplateError> {
    template.actions(values, template.default_id())
}

//! Making a project.

use std::fs;
use std::path::Path;

use chrono::Utc;

use super::session::facts;
use super::{DoorError, Workspace, external, templates};
use crate::id::{Digest, slug};
use crate::log::{Draft, Log};
use crate::model::{Actor, Fact, Sequence};
use crate::policy::starter;
use crate::store::atomic::{self, WriteError};
use crate::store::paths::Paths;
use crate::store::yaml;

/// How a new project is made.
#[derive(Debug, Clone, Default)]
pub struct InitOptions {
    /// Its name; the folder's where absent.
    pub name: Option<String>,
}

/// What is machine state, or may hold secrets, and belongs in no commit.
const IGNORED: &str = "runs/\nstate/\nhistory/\naudit.log\naudit-*.log\n";

/// Tells editors where the schema of `sequence.yaml` stands.
pub const MODELINE: &str = "yaml-language-server: $schema=sequence.schema.json";

impl Workspace {
    /// Makes a project in a folder.
    ///
    /// # Errors
    /// [`DoorError::Exists`] where it is one already; others where files cannot be written.
    pub fn init(root: &Path, options: &InitOptions) -> Result<Self, DoorError> {
        Self::init_at(Paths::new(root)?, options)
    }

    /// As [`Workspace::init`], for paths that are known.
    ///
    /// # Errors
    /// As there.
    pub fn init_at(paths: Paths, options: &InitOptions) -> Result<Self, DoorError> {
        if paths.sequence.exists() {
            let error = DoorError::Exists(paths.root.clone());
            Self::new(paths).failed(Actor::User, "init", "", error.code(), &error.to_string());
            return Err(error);
        }
        let io = |path: &Path, source| WriteError::MakeFolder { path: path.to_owned(), source };
        for folder in [&paths.threados, &paths.prompts, &paths.templates, &paths.runs] {
            fs::create_dir_all(folder).map_err(|e| io(folder, e))?;
        }
        for folder in [&paths.history, &paths.state_dir] {
            private_folder(folder).map_err(|e| io(folder, e))?;
        }
        let workspace = Self::new(paths);
        workspace.found(options)?;
        Ok(workspace)
    }

    fn found(&self, options: &InitOptions) -> Result<(), DoorError> {
        let paths = &self.paths;
        let guard = self.lock()?;
        if paths.sequence.exists() {
            return Err(DoorError::Exists(paths.root.clone()));
        }
        let folder = paths.root.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let name = options
            .name
            .clone()
            .filter(|name| !name.trim().is_empty())
            .or_else(|| slug(&folder))
            .unwrap_or_else(|| "project".into());
        let mut sequence = Sequence::new(&name);
        sequence.metadata.created_at = Some(Utc::now());
        sequence.metadata.created_by = Some(Actor::User.to_string());
        let text = yaml::emit(&sequence, Some(MODELINE));
        if !paths.policy.exists() {
            let policy = starter(|file| paths.root.join(file).exists());
            atomic::write(&paths.policy, policy.as_bytes(), atomic::PUBLIC)?;
        }
        let schema = serde_json::to_vec_pretty(&yaml::schema()).unwrap_or_default();
        atomic::write(&paths.threados.join("sequence.schema.json"), &schema, atomic::PUBLIC)?;
        templates::write_built_in(paths)?;
        let ignore = paths.threados.join(".gitignore");
        if !ignore.exists() {
            atomic::write(&ignore, IGNORED.as_bytes(), atomic::PUBLIC)?;
        }
        let policy = fs::read(&paths.policy).unwrap_or_default();
        atomic::write(&paths.sequence, text.as_bytes(), atomic::PUBLIC)?;
        let revision = super::read_document(paths)?.revision();
        let draft = Draft::new(Actor::User, "init", &name)
            .with("after", revision.as_str())
            .with("facts", facts(&[Fact::Revision(revision), Fact::Policy(Digest::of([policy.as_slice()]))]));
        Log::begin_project(paths);
        Log::open(paths, self.log_redactor())?.append_durable(&guard, &[draft])?;
        external::remember(paths, Some(&text), Some(&String::from_utf8_lossy(&policy)));
        Ok(())
    }
}

fn private_folder(path: &Path) -> std::io::Result<()> {
    fs::create_dir_all(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

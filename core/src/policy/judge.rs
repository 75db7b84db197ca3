//! The judge: a policy and a site, compiled as far as they are needed.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::command;
use super::cwd::FolderLists;
use super::forbidden::Forbidden;
use super::platform::Folder;
use super::site::Site;
use super::{Policy, PolicyError};
use crate::template::is_template;

/// A command that was let through, as it has to be executed.
#[derive(Debug)]
pub struct Cleared {
    /// The canonical file to execute.
    pub program: PathBuf,
    /// What the process is to see as its own name, as the command gave it: programs such as `rustup` and
    /// `busybox` act by it.
    pub argv0: String,
    /// The working directory, canonical and opened.
    pub cwd: Folder,
}

/// Judges what will be executed, by the rules of one policy at one site. Nothing is compiled before the first
/// question that needs it.
///
/// These rules guide and record; they are no boundary. A listed interpreter or build tool (`node`, `python3`,
/// `make`, `npm`, `git` with aliases or hooks, `env`, `xargs`, `find -exec`) executes whatever its arguments
/// or the project's files say, a listed script is as harmless as its content is, and a copy of a shell under
/// another name is not recognised. What holds a hostile step is the sandbox.
#[derive(Debug)]
pub struct Judge {
    policy: Policy,
    site: Site,
    forbidden: OnceLock<Result<Forbidden, PolicyError>>,
    folders: OnceLock<Result<FolderLists, PolicyError>>,
}

impl Judge {
    /// A judge over a policy, narrowed already where the sequence has limits of its own.
    pub fn new(policy: &Policy, site: Site) -> Self {
        Self { policy: policy.clone(), site, forbidden: OnceLock::new(), folders: OnceLock::new() }
    }

    /// The policy that is judged by.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The site that is judged at.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// Judges a command: its working directory (relative to the root, or absolute), its arguments, and the
    /// program it starts. `argv` is what will be executed, after templates.
    ///
    /// # Errors
    /// [`PolicyError::Denied`] where a rule refuses; the others where it cannot be executed at all or the
    /// policy is broken.
    pub fn command(&self, argv: &[String], cwd: &Path) -> Result<Cleared, PolicyError> {
        let cwd = self.cwd(cwd)?;
        self.arguments(argv)?;
        let program = self.program(argv, cwd.path())?;
        Ok(Cleared { program, argv0: argv[0].clone(), cwd })
    }

    /// Judges a command before its templates are filled in: of a program that only a template names nothing is known
    /// yet, and it is judged when it starts.
    ///
    /// # Errors
    /// As [`Judge::command`].
    pub fn proposed(&self, argv: &[String], cwd: &Path) -> Result<(), PolicyError> {
        if !argv.first().is_some_and(|program| is_template(program)) {
            return self.command(argv, cwd).map(drop);
        }
        self.cwd(cwd)?;
        self.arguments(argv)
    }

    /// Whether a program of this name, or at this path from the root, is there now.
    pub fn is_there(&self, program: &str) -> bool {
        command::is_there(&self.site, program)
    }

    /// Judges a working directory, relative to the root or absolute, and opens it.
    ///
    /// # Errors
    /// As [`Judge::command`].
    pub fn cwd(&self, cwd: &Path) -> Result<Folder, PolicyError> {
        let lists = self.folders.get_or_init(|| FolderLists::compile(&self.policy, self.site.root()));
        lists.as_ref().map_err(Clone::clone)?.judge(cwd, &self.site)
    }

    /// Judges each argument and the joined line by the forbidden patterns, without looking at the disk.
    ///
    /// # Errors
    /// As [`Judge::command`].
    pub fn arguments(&self, argv: &[String]) -> Result<(), PolicyError> {
        if argv.first().is_none_or(String::is_empty) {
            return Err(PolicyError::EmptyCommand);
        }
        if let Some(index) = argv.iter().position(|arg| arg.contains('\0')) {
            return Err(PolicyError::NulByte { index });
        }
        let forbidden = self.forbidden()?;
        forbidden.check(&self.policy, &argv.join(" "), "the command")?;
        for arg in argv {
            forbidden.check(&self.policy, arg, "an argument")?;
        }
        Ok(())
    }

    /// Judges text that an allowed shell will execute, line by line, by the forbidden patterns.
    ///
    /// # Errors
    /// As [`Judge::command`].
    pub fn script(&self, text: &str) -> Result<(), PolicyError> {
        let forbidden = self.forbidden()?;
        Ok(text.lines().try_for_each(|line| forbidden.check(&self.policy, line, "a line of the script"))?)
    }

    pub(super) fn program(&self, argv: &[String], cwd: &Path) -> Result<PathBuf, PolicyError> {
        let program = command::judge(&self.policy, &self.site, &argv[0], cwd)?;
        // A link may hide a forbidden name as well as a shell.
        if let Some(real) = program.file_name().and_then(|name| name.to_str())
            && !argv[0].ends_with(real)
        {
            self.forbidden()?.check(&self.policy, real, "the program's real name")?;
        }
        Ok(program)
    }

    fn forbidden(&self) -> Result<&Forbidden, PolicyError> {
        self.forbidden.get_or_init(|| Forbidden::compile(&self.policy)).as_ref().map_err(Clone::clone)
    }
}

//! Judging many commands at one moment: each program and each folder is looked up once.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::platform::Folder;

use super::{Judge, PolicyError};
use crate::template::is_template;

/// What was looked up so far, of programs and folders. It is of one moment: a plan may keep it, a start may not.
#[derive(Debug, Default)]
pub struct Looked {
    folders: HashMap<PathBuf, Result<PathBuf, PolicyError>>,
    programs: HashMap<(String, PathBuf), Result<(), PolicyError>>,
}

impl Judge {
    /// As [`Judge::proposed`], for a plan: what was looked up for one command is not looked up for the next.
    ///
    /// # Errors
    /// As [`Judge::command`].
    pub fn verdict(&self, argv: &[String], cwd: &Path, looked: &mut Looked) -> Result<(), PolicyError> {
        if !looked.folders.contains_key(cwd) {
            looked.folders.insert(cwd.to_owned(), self.cwd(cwd).map(Folder::into_path));
        }
        let folder = looked.folders[cwd].clone()?;
        self.arguments(argv)?;
        if is_template(&argv[0]) {
            return Ok(());
        }
        let key = (argv[0].clone(), folder);
        if let Some(known) = looked.programs.get(&key) {
            return known.clone();
        }
        let found = self.program(argv, &key.1).map(drop);
        looked.programs.insert(key, found.clone());
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Policy, Site};

    #[test]
    fn a_plan_judges_as_a_start_does_and_looks_only_once() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("sub")).unwrap();
        let policy = Policy { allowed_commands: vec!["sh".into()], ..Policy::default() };
        let judge = Judge::new(&policy, Site::new(root.path(), "/usr/bin:/bin").unwrap());
        let mut looked = Looked::default();
        for (argv, cwd) in [("sh -c x", "."), ("sh", "sub"), ("curl x", "."), ("sh", "none"), ("sh", "..")] {
            let argv: Vec<String> = argv.split(' ').map(str::to_owned).collect();
            let words = |r: Result<(), PolicyError>| r.map_err(|e| e.to_string());
            let at_start = words(judge.command(&argv, Path::new(cwd)).map(drop));
            for _ in 0..2 {
                assert_eq!(words(judge.verdict(&argv, Path::new(cwd), &mut looked)), at_start);
            }
        }
        std::fs::remove_dir(root.path().join("sub")).unwrap();
        assert!(judge.verdict(&["sh".into()], Path::new("sub"), &mut looked).is_ok());
    }
}

//! Which models there are, and what command line a step of each becomes.

use std::io;
use std::path::{Path, PathBuf};

use super::{BUILT_IN, BuiltIn, Resume};
use crate::model::{ModelEntry, ModelName, Problem, PromptWay, ResultForm, Step};
use crate::store::replaced;
use crate::store::yaml::{MAX_BYTES, parse_models};

/// Longest single argument the system takes, in bytes, less the final NUL.
const MAX_ARGUMENT: usize = 128 * 1024 - 1;

/// Where a model's definition comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It is known without a file.
    BuiltIn,
    /// `models.yaml` adds it.
    File,
    /// `models.yaml` changes the built-in one.
    Changed,
}

/// A model: how a step of it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// Its name.
    pub name: String,
    /// Its command line, with `{cwd}`, `{prompt}` and `{prompt_file}` to be filled in.
    pub command: Vec<String>,
    /// How the prompt reaches it.
    pub prompt: PromptWay,
    /// What it prints.
    pub result: ResultForm,
    /// Whether its result names what it cost.
    pub priced: bool,
    /// Where this comes from.
    pub origin: Origin,
    /// The line that installs its program, where that is known.
    pub install: Option<&'static str>,
    resume: Resume,
}

/// Why `models.yaml` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelsError {
    /// It is there and cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It has faults.
    #[error("models.yaml is invalid")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Its faults.
        problems: Vec<Problem>,
    },
}

/// Why no command line can be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Nobody knows the model.
    #[error("no model `{0}` is known")]
    Unknown(ModelName),
    /// The prompt is too long for an argument.
    #[error(
        "its prompt of {0} bytes is too long for an argument (at most {MAX_ARGUMENT}): use `prompt: stdin` or `prompt: file` in models.yaml"
    )]
    TooLong(usize),
    /// The prompt cannot be an argument.
    #[error("its prompt holds a NUL byte, which no argument can: remove it")]
    Nul,
}

/// A command line, ready to be judged and run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The argument vector.
    pub argv: Vec<String>,
    /// Whether the prompt goes in by standard input.
    pub prompt_on_stdin: bool,
    /// What it prints.
    pub result: ResultForm,
}

/// What a command line is built from.
#[derive(Clone, Copy)]
pub struct Given<'a> {
    /// Where the prompt stands.
    pub prompt_file: &'a str,
    /// Its text: only asked for where it becomes an argument.
    pub prompt: &'a dyn Fn() -> String,
    /// Where the step runs.
    pub cwd: &'a str,
    /// The session to go on with.
    pub session: Option<&'a str>,
}

/// Every model that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Models(Vec<Model>);

impl Default for Models {
    fn default() -> Self {
        Self(BUILT_IN.iter().map(Model::built_in).collect())
    }
}

impl Models {
    /// The built-in models with what `models.yaml` says; without that file the built-in ones.
    ///
    /// # Errors
    /// [`ModelsError`].
    pub fn read(path: &Path) -> Result<Self, ModelsError> {
        let bytes = match replaced::read(path, MAX_BYTES) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            read => read.map_err(|source| ModelsError::Read { path: path.to_owned(), source })?,
        };
        let (entries, problems) = parse_models(&bytes);
        if !problems.is_empty() {
            return Err(ModelsError::Invalid { path: path.to_owned(), problems });
        }
        Ok(Self::with(entries))
    }

    /// The built-in models with these.
    pub fn with(entries: Vec<ModelEntry>) -> Self {
        let mut models = Self::default();
        for entry in entries {
            match models.0.iter_mut().find(|m| m.name == entry.name.as_str()) {
                Some(model) => model.change(entry),
                None => models.0.push(Model::added(entry)),
            }
        }
        models
    }

    /// The model of this name.
    pub fn get(&self, name: &str) -> Option<&Model> {
        self.0.iter().find(|m| m.name == name)
    }

    /// Every model: the built-in ones, then those of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Model> {
        self.0.iter()
    }

    /// What a step may name as its model: `shell` and every model.
    pub fn names(&self) -> String {
        let names = std::iter::once(ModelName::SHELL).chain(self.0.iter().map(|m| m.name.as_str()));
        names.collect::<Vec<_>>().join(", ")
    }

    /// How a step is called.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn call(&self, step: &Step, given: &Given<'_>) -> Result<Call, CallError> {
        if step.model.is_shell() {
            return Ok(shell_call(step, given.prompt_file));
        }
        let model = self.get(step.model.as_str()).ok_or_else(|| CallError::Unknown(step.model.clone()))?;
        model.call(given)
    }
}

/// How a step of the shell is called: its command, or `sh` with its prompt file as the script.
pub fn shell_call(step: &Step, prompt_file: &str) -> Call {
    let argv = if step.command.is_empty() {
        vec!["sh".into(), prompt_file.to_owned()]
    } else {
        step.command.clone()
    };
    Call { argv, prompt_on_stdin: false, result: ResultForm::Text }
}

impl Model {
    fn built_in(of: &BuiltIn) -> Self {
        Self {
            name: of.name.to_owned(),
            command: of.command.iter().map(|s| (*s).to_owned()).collect(),
            prompt: of.prompt,
            result: of.result,
            priced: of.priced,
            origin: Origin::BuiltIn,
            install: Some(of.install),
            resume: of.resume,
        }
    }

    fn added(entry: ModelEntry) -> Self {
        let result = entry.result.unwrap_or_default();
        Self {
            name: entry.name.to_string(),
            command: entry.command,
            prompt: entry.prompt.unwrap_or(PromptWay::Stdin),
            result,
            priced: result.names_price(),
            origin: Origin::File,
            install: None,
            resume: Resume::No,
        }
    }

    /// What an entry leaves out stays; another program is installed and resumed in another way.
    fn change(&mut self, entry: ModelEntry) {
        if entry.command.first() != self.command.first() {
            (self.install, self.resume) = (None, Resume::No);
            self.priced = entry.result.unwrap_or(self.result).names_price();
        }
        self.command = entry.command;
        self.prompt = entry.prompt.unwrap_or(self.prompt);
        self.result = entry.result.unwrap_or(self.result);
        self.origin = Origin::Changed;
    }

    /// The program it needs.
    pub fn program(&self) -> &str {
        self.command.first().map_or("", String::as_str)
    }

    /// Whether a later attempt can go on with the session of an earlier one.
    pub fn resumes(&self) -> bool {
        self.resume != Resume::No
    }

    fn call(&self, given: &Given<'_>) -> Result<Call, CallError> {
        let has = |mark: &str| self.command.iter().any(|arg| arg.contains(mark));
        let text = if self.prompt == PromptWay::Arg { (given.prompt)() } else { String::new() };
        if text.contains('\0') {
            return Err(CallError::Nul);
        }
        let fill = |arg: &String| {
            // The prompt comes last: what it holds is not filled in.
            let arg = arg.replace("{cwd}", given.cwd).replace("{prompt_file}", given.prompt_file);
            if self.prompt == PromptWay::Arg { arg.replace("{prompt}", &text) } else { arg }
        };
        let mut argv: Vec<String> = self.command.iter().map(fill).collect();
        if let Some(session) = given.session {
            self.resume(&mut argv, session);
        }
        match self.prompt {
            PromptWay::Arg if !has("{prompt}") && !text.is_empty() => argv.push(text),
            PromptWay::File if !has("{prompt_file}") && !given.prompt_file.is_empty() => {
                argv.push(given.prompt_file.to_owned());
            }
            _ => {}
        }
        if let Some(long) = argv.iter().find(|arg| arg.len() > MAX_ARGUMENT) {
            return Err(CallError::TooLong(long.len()));
        }
        let prompt_on_stdin = self.prompt == PromptWay::Stdin;
        Ok(Call { argv, prompt_on_stdin, result: self.result })
    }

    fn resume(&self, argv: &mut Vec<String>, session: &str) {
        let (words, at) = match self.resume {
            Resume::No => return,
            Resume::Append(words) => (words, argv.len()),
            Resume::BeforeLast(words) => (words, argv.len().saturating_sub(1)),
        };
        let words = words.iter().copied().chain([session]).map(str::to_owned);
        argv.splice(at..at, words);
    }
}

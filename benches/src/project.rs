//! Projects and peers to measure with.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A project in a temporary folder, with `seqctl` to work on it.
pub struct Project {
    dir: TempDir,
    seqctl: PathBuf,
    /// Whether bubblewrap is used where it is installed.
    bubblewrap: bool,
    /// The mprocs that is used.
    pub mprocs: Option<PathBuf>,
}

impl Project {
    /// A project of `n` steps that each run `/bin/true`; `chain` makes each wait for the one before.
    pub fn of_steps(seqctl: &Path, n: usize, chain: bool, max_concurrent: usize) -> Self {
        let dir = tempfile::Builder::new().prefix("tos").tempdir().expect("a temporary folder");
        for folder in ["home", "run", "p"] {
            fs::create_dir(dir.path().join(folder)).expect("a folder in it");
        }
        let project = Self { dir, seqctl: seqctl.to_owned(), bubblewrap: false, mprocs: None };
        project.seqctl(&["init", "bench"]);
        let mut text = String::from("version: \"1.0\"\nname: bench\nsteps:\n");
        for i in 0..n {
            text += &format!("  - id: s{i}\n    command: [\"true\"]\n");
            if chain && i > 0 {
                text += &format!("    depends_on: [s{}]\n", i - 1);
            }
        }
        text += "gates: []\n";
        let policy = format!(
            "mode: POWER\nsandbox: off\nmax_concurrent: {max_concurrent}\nallowed_commands: [\"true\"]\nconfirmation_required: []\n"
        );
        fs::write(project.root().join(".threados/sequence.yaml"), text).expect("the sequence");
        fs::write(project.root().join(".threados/policy.yaml"), policy).expect("the policy");
        // One change, so that the file is in our own style and the hand edit is noted.
        project.seqctl(&["step", "add", "last", "--", "true"]);
        project
    }

    /// The same with steps that run this.
    #[must_use]
    pub fn running(self, command: &[&str]) -> Self {
        let changes: [(&str, &str, String); 2] = [
            ("sequence.yaml", "command: [\"true\"]", format!("command: {command:?}")),
            ("policy.yaml", "[\"true\"]", format!("[\"true\", {:?}]", command[0])),
        ];
        for (file, from, to) in changes {
            let path = self.root().join(".threados").join(file);
            let text = fs::read_to_string(&path).expect("a file of the project");
            assert!(text.contains(from), "{text}");
            fs::write(path, text.replace(from, &to)).expect("a file of the project");
        }
        // One change, so that the file is in our own style and the hand edit is noted.
        self.seqctl(&["step", "edit", "last", "--name", "Last"]);
        self
    }

    /// The same with its steps confined: by bubblewrap, else by Landlock.
    #[must_use]
    pub fn held(mut self, bubblewrap: bool) -> Self {
        self.bubblewrap = bubblewrap;
        let path = self.root().join(".threados/policy.yaml");
        let policy = fs::read_to_string(&path).expect("the policy");
        fs::write(path, policy.replace("sandbox: off", "sandbox: auto")).expect("the policy");
        self
    }

    /// The same with keys, and with so many folders beside HOME and the project.
    #[must_use]
    pub fn crowded(self, entries: usize) -> Self {
        for n in 0..entries {
            fs::create_dir(self.dir.path().join(format!("beside-{n}"))).expect("a folder beside");
        }
        fs::create_dir(self.dir.path().join("home/.ssh")).expect("a folder of keys");
        self
    }

    /// The project root.
    pub fn root(&self) -> PathBuf {
        self.dir.path().join("p")
    }

    /// Runs `seqctl` to its end; it has to succeed.
    pub fn seqctl(&self, args: &[&str]) {
        run(&mut self.command(args));
    }

    /// Runs `seqctl` to its end, whatever it comes to.
    ///
    /// # Panics
    /// Where it cannot be started, or panics itself.
    pub fn attempt(&self, args: &[&str]) {
        let output = self.command(args).stdin(Stdio::null()).output().expect("seqctl starts");
        assert_ne!(output.status.code(), Some(101), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// `seqctl` with these words, not yet started.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.seqctl);
        command
            .args(args)
            .current_dir(self.root())
            .env("HOME", self.dir.path().join("home"))
            .env_remove("VISUAL")
            .env("EDITOR", "true")
            .env("XDG_RUNTIME_DIR", self.dir.path().join("run"))
            .env("XDG_STATE_HOME", self.dir.path().join("home/state"));
        if let Some(mprocs) = &self.mprocs {
            command.env("THREADOS_MPROCS_PATH", mprocs);
        }
        if !self.bubblewrap {
            command.env("THREADOS_BWRAP_PATH", "");
        }
        command
    }
}

/// Runs a command to its end without its output; it has to succeed.
pub fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Whether a program can be started.
pub fn have(program: &str) -> bool {
    Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// A `build.ninja` of the same steps: each makes a stamp that nobody writes, so that every run does all.
pub fn ninja_file(folder: &Path, n: usize, chain: bool) {
    let mut text = String::from("rule t\n  command = /bin/true\n");
    for i in 0..n {
        let after = if chain && i > 0 { format!(" s{}", i - 1) } else { String::new() };
        text += &format!("build s{i}: t{after}\n");
    }
    fs::write(folder.join("build.ninja"), text).expect("build.ninja");
}

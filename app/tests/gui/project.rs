//! A project in a temporary folder, with a window on it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use tempfile::TempDir;
use threados::backend::Backend;
use threados_core::grammar::{Command as Line, parse_line};
use threados_core::store::Paths;
use threados_core::store::paths::Outside;
use threados_core::workspace::{Consent, InitOptions, Request, Workspace, demo};

use crate::kit::{Screen, screen};

/// A project of its own; gone with the test, its processes too.
pub struct Project {
    dir: TempDir,
    pub workspace: Workspace,
}

impl Project {
    /// A project whose policy lists `sh`, changed by these lines.
    pub fn new(lines: &[&str]) -> Self {
        let dir = tempfile::Builder::new().prefix("tos").tempdir().unwrap();
        let root = dir.path().join("p");
        std::fs::create_dir(&root).unwrap();
        Workspace::init(&root, &InitOptions { name: Some("demo".into()) }).unwrap();
        let paths = Paths::with_outside(&root, &Outside::below(dir.path())).unwrap();
        let project = Self { dir, workspace: Workspace::new(paths) };
        project.does("policy allow sh");
        lines.iter().for_each(|line| project.does(line));
        project
    }

    /// The same with `seqctl` and the real mprocs.
    pub fn with_mprocs(mut self) -> Self {
        let outside = self.dir.path().display();
        let text = format!(
            "#!/bin/sh\nexport HOME={outside} XDG_RUNTIME_DIR={outside} XDG_STATE_HOME={outside}/state-home\n\
             export THREADOS_MPROCS_PATH={}\nexec {} \"$@\"\n",
            built("mprocs").display(),
            built("seqctl-under-test").display()
        );
        let script = self.dir.path().join("seqctl");
        std::fs::write(&script, text).unwrap();
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
        self.workspace.own_binary = Some(script);
        self
    }

    /// The project of the demo, before it runs.
    pub fn demo() -> Self {
        let dir = tempfile::Builder::new().prefix("tos").tempdir().unwrap();
        let root = dir.path().join("p");
        std::fs::create_dir(&root).unwrap();
        let paths = Paths::with_outside(&root, &Outside::below(dir.path())).unwrap();
        let workspace = demo::make(paths, None).unwrap();
        Self { dir, workspace }
    }

    /// Has a change done, as another process would.
    pub fn does(&self, line: &str) {
        let Ok(Line::Change(action)) = parse_line(line) else { panic!("{line} is no change") };
        self.workspace.submit(&Request::user(vec![action]), &Consent::Standing).unwrap();
    }

    /// A file below the root.
    pub fn path(&self, file: &str) -> PathBuf {
        self.workspace.root().join(file)
    }

    /// A window on it; dropping the backend closes it.
    pub fn open(&self) -> (Screen, Backend) {
        open(&self.workspace, self.engine())
    }

    /// The folder of everything outside of it.
    pub fn outside(&self) -> &Path {
        self.dir.path()
    }

    /// The engine that is the window's own, with this project's folders outside.
    pub fn engine(&self) -> Vec<String> {
        engine(&self.workspace, self.dir.path())
    }
}

/// A program of the end-to-end tests. Who tests all of the workspace has it built already.
fn built(name: &str) -> PathBuf {
    let file = Path::new(env!("CARGO_BIN_EXE_threados")).with_file_name(name);
    if !file.exists() {
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--package", "threados-tests", "--bin", name]);
        if !cfg!(debug_assertions) {
            build.arg("--release");
        }
        assert!(build.status().unwrap().success(), "{name} cannot be built");
    }
    file
}

impl Drop for Project {
    fn drop(&mut self) {
        end_all(self.dir.path());
    }
}

/// A window on a project.
pub fn open(workspace: &Workspace, engine: Vec<String>) -> (Screen, Backend) {
    let (backend, link) = Backend::start(workspace.clone(), engine, Arc::new(|| {}));
    (screen(link, [1400.0, 900.0], egui::Theme::Dark), backend)
}

/// The engine that is the window's own, with this folder for what stands outside of the project.
pub fn engine(workspace: &Workspace, outside: &Path) -> Vec<String> {
    let outside = outside.display();
    let words = [
        "env".to_owned(),
        format!("HOME={outside}"),
        format!("XDG_RUNTIME_DIR={outside}"),
        format!("XDG_STATE_HOME={outside}/state-home"),
        env!("CARGO_BIN_EXE_threados").to_owned(),
        "engine".to_owned(),
        "--root".to_owned(),
        workspace.root().display().to_string(),
    ];
    words.into()
}

/// Ends every process that was started for something below a folder.
pub fn end_all(folder: &Path) {
    for _ in 0..50 {
        let pids = processes(folder);
        if pids.is_empty() {
            return;
        }
        for pid in pids {
            drop(Command::new("kill").args(["-KILL", &pid]).stderr(Stdio::null()).status());
        }
    }
}

fn processes(folder: &Path) -> Vec<String> {
    let mark = folder.to_string_lossy().into_owned();
    let own = std::process::id().to_string();
    let pids = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = pids.filter_map(|e| e.file_name().into_string().ok());
    let pids = pids.filter(|pid| pid.bytes().all(|b| b.is_ascii_digit()) && *pid != own);
    pids.filter(|pid| {
        let has = |file: &str| {
            let bytes = std::fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
            bytes.windows(mark.len()).any(|w| w == mark.as_bytes())
        };
        has("environ") || has("cmdline")
    })
    .collect()
}

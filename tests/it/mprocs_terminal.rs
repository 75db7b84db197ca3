//! `mprocs open` on a real terminal, by tmux.

use std::path::PathBuf;
use std::process::Command;

use crate::support::{Project, finish, lives, wait};

/// A terminal of tmux's.
struct Tmux {
    socket: PathBuf,
}

impl Tmux {
    /// Opens one that runs a shell in the project; `None` where there is no tmux.
    fn open(p: &Project) -> Option<Self> {
        let tmux = Self { socket: p.root().parent().unwrap().join("tmux.sock") };
        let seqctl = env!("CARGO_BIN_EXE_seqctl-under-test");
        let command = p.command(&[]);
        let vars: Vec<(String, String)> = command
            .get_envs()
            .filter_map(|(k, v)| Some((k.to_str()?.to_owned(), v?.to_str()?.to_owned())))
            .collect();
        let mut start = Command::new("tmux");
        start.env_clear().envs(vars).env("LANG", "C.UTF-8").current_dir(p.root());
        start.arg("-S").arg(&tmux.socket).args([
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-x",
            "120",
            "-y",
            "30",
        ]);
        let line = format!("sh -c '{seqctl} mprocs open; echo the end: $?; sleep 600'");
        start.arg(line).status().ok().filter(std::process::ExitStatus::success).map(|_| tmux)
    }

    fn tmux(&self, args: &[&str]) -> String {
        let out = Command::new("tmux").arg("-S").arg(&self.socket).args(args).output().unwrap();
        String::from_utf8_lossy(&out.stdout).into_owned()
    }

    fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    #[track_caller]
    fn wait_for(&self, text: &str) {
        wait(&format!("`{text}` on the terminal"), || self.screen().contains(text));
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

#[test]
fn a_person_sees_steps_by_name_and_types_into_one() {
    let p = Project::new();
    p.ok("step add build --name 'Build it' -- sh -c 'echo building; sleep 0.5'");
    p.ok("step add ask --name 'Ask me' --interactive -- sh -c 'printf \"ship it? \"; read -r word; echo \"you said $word\"; sleep 600'");
    let Some(tmux) = Tmux::open(&p) else { return println!("skipped: there is no tmux here") };
    tmux.wait_for("Build it");
    tmux.wait_for("Ask me");
    tmux.wait_for("nothing runs here yet");
    let run = p.start("run all");
    tmux.wait_for("build · DONE");
    p.ok("mprocs select ask");
    tmux.wait_for("ship it?");
    tmux.tmux(&["send-keys", "yes", "Enter"]);
    tmux.wait_for("you said yes");
    if let Some(file) = std::env::var_os("SHOW_TERMINAL") {
        std::fs::write(file, tmux.screen()).unwrap();
    }
    let pid = p.json("mprocs status")["session"]["pid"].as_u64().unwrap();
    tmux.tmux(&["send-keys", "C-]"]);
    tmux.wait_for("goes on in the background");
    assert_eq!(p.status("ask"), "RUNNING", "leaving ends nothing");
    assert!(lives(u32::try_from(pid).unwrap()));
    p.ok("stop ask --yes");
    drop(finish(run));
}

#[test]
fn a_terminal_that_is_closed_closes_no_session() {
    let p = Project::new();
    p.ok("step add hold -- sh -c 'echo begun; while [ ! -e go ]; do sleep 0.02; done'");
    let Some(tmux) = Tmux::open(&p) else { return println!("skipped: there is no tmux here") };
    tmux.wait_for("hold");
    let run = p.start("run all --executor mprocs");
    tmux.wait_for("begun");
    drop(tmux);
    assert_eq!(p.json("mprocs status")["state"], "up");
    p.write("go", "");
    assert_eq!(finish(run).code, 0);
    assert_eq!(p.step_record("hold")["executor"], "mprocs");
}

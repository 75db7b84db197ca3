//! `mprocs open` on a real terminal: what a person sees there, types there, and leaves behind.

use crate::engine_kit::{HOLD, go};
use crate::support::{Project, finish, lives, wait};
use crate::terminal_kit::{Kind, Terminal};

/// A terminal of this sort on which somebody opens mprocs.
fn open(kind: Kind, p: &Project) -> Option<Terminal> {
    let seqctl = env!("CARGO_BIN_EXE_seqctl-under-test");
    let terminal =
        Terminal::open(kind, p, &format!("echo before; {seqctl} mprocs open; echo the end: $?; exec cat"));
    if terminal.is_none() {
        println!("skipped: there is no tmux here");
    }
    terminal
}

fn session(p: &Project) -> u32 {
    let status = p.json("mprocs status");
    assert_eq!(status["state"], "up", "{status:#}");
    u32::try_from(status["session"]["pid"].as_u64().unwrap()).unwrap()
}

/// Whether the list of panes has this name with this status.
fn in_list(screen: &str, name: &str, status: &str) -> bool {
    let list = screen.lines().filter_map(|line| line.split(['│', '┃']).nth(1));
    list.map(str::trim_end).any(|row| row.contains(name) && row.ends_with(status))
}

/// Whether the list shows this one as the selected one.
pub fn is_selected(screen: &str, name: &str) -> bool {
    screen.lines().any(|line| line.contains(&format!("•{name}")))
}

fn a_person_sees_steps_by_name_and_types_into_one(kind: Kind) {
    let p = Project::new();
    p.ok(&format!("step add build --name 'Build it' -- sh -c 'echo building; {HOLD}; echo built'"));
    p.ok("step add ask --name 'Ask me' --interactive -- sh -c 'printf \"ship it? \"; read -r word; echo \"you said $word\"; sleep 600'");
    let Some(terminal) = open(kind, &p) else { return };
    terminal.wait_until("both names and how they stand", |screen| {
        in_list(screen, "Build it", "READY") && in_list(screen, "Ask me", "READY")
    });
    terminal.wait_for("nothing runs here yet");
    let run = p.start("run all");
    terminal.wait_until("it running", |screen| screen.contains("RUNNING") && screen.contains("building"));
    terminal.wait_until("both running", |screen| {
        in_list(screen, "Build it", "RUNNING") && in_list(screen, "Ask me", "RUNNING")
    });
    go(&p);
    terminal.wait_until("its end", |screen| screen.contains("built") && screen.contains("build · DONE"));
    terminal.wait_until("its end in the list", |screen| in_list(screen, "Build it", "DONE"));
    assert!(is_selected(&terminal.screen(), "Build it"), "{}", terminal.screen());
    p.ok("mprocs select ask");
    terminal.wait_for("ship it?");
    terminal.wait_until("the selection", |screen| {
        is_selected(screen, "Ask me")
            && in_list(screen, "Ask me", "RUNNING")
            && in_list(screen, "Build it", "DONE")
    });
    terminal.write("yes\r");
    terminal.wait_for("you said yes");
    if let (Kind::Tmux, Some(file)) = (kind, std::env::var_os("SHOW_TERMINAL")) {
        std::fs::write(file, terminal.screen()).unwrap();
    }
    let pid = session(&p);
    terminal.write("\x1d");
    terminal
        .wait_until("the shell again", |screen| screen.contains("before") && screen.contains("the end: 0"));
    assert!(terminal.screen().contains("goes on in the background"), "{}", terminal.screen());
    assert_eq!(p.status("ask"), "RUNNING", "leaving ends nothing");
    assert!(lives(pid));
    terminal.write("typed\r");
    terminal.wait_until("what is typed, as ever", |screen| screen.matches("typed").count() == 2);
    p.ok("stop ask --yes");
    drop(finish(run));
    let again = open(kind, &p).unwrap();
    again.wait_until("how it ended, for who comes later", |screen| in_list(screen, "Ask me", "FAILED"));
}

#[test]
fn a_person_sees_steps_by_name_and_types_into_one_in_tmux() {
    a_person_sees_steps_by_name_and_types_into_one(Kind::Tmux);
}

#[test]
fn a_person_sees_steps_by_name_and_types_into_one_on_a_terminal_that_answers_nothing() {
    a_person_sees_steps_by_name_and_types_into_one(Kind::Own);
}

#[test]
fn a_terminal_that_is_closed_closes_no_session_and_ends_no_step() {
    for kind in [Kind::Own, Kind::Tmux] {
        let p = Project::new();
        p.ok(&format!("step add hold -- sh -c 'echo begun; {HOLD}'"));
        p.ok("step add ask --interactive -- sh -c 'printf \"well? \"; read -r word; echo \"heard $word\"'");
        let Some(terminal) = open(kind, &p) else { continue };
        terminal.wait_for("nothing runs here yet");
        let run = p.start("run all --executor mprocs");
        terminal.wait_for("begun");
        wait("the question", || p.run("logs ask").stdout.contains("well?"));
        let pid = session(&p);
        drop(terminal);
        wait("whoever looked on to be gone", || !p.processes().iter().any(|pid| is_view(*pid)));
        assert_eq!(session(&p), pid);
        for key in ["o", "k", "<Enter>"] {
            p.ok(&format!("mprocs send-key ask '{key}'"));
        }
        p.wait_for("ask", "DONE");
        go(&p);
        assert_eq!(finish(run).code, 0);
        assert_eq!(p.step_record("hold")["executor"], "mprocs");
        assert!(p.ok("logs ask").contains("heard ok"));
        // Who comes later sees all of it.
        let again = open(kind, &p).unwrap();
        again.wait_for("heard ok");
    }
}

/// Whether a process is `seqctl mprocs open`.
fn is_view(pid: u32) -> bool {
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words: Vec<&[u8]> = line.split(|b| *b == 0).skip(1).take(2).collect();
    lives(pid) && words == [b"mprocs".as_slice(), b"open"]
}

#[test]
fn mprocs_that_is_quit_by_hand_while_a_step_ignores_sigterm_ends_and_the_step_goes_on() {
    for kind in [Kind::Own, Kind::Tmux] {
        let p = Project::new();
        p.ok(&format!("step add deaf -- sh -c 'trap \"\" TERM HUP; echo begun; {HOLD}; echo ended'"));
        let Some(terminal) = open(kind, &p) else { continue };
        terminal.wait_for("nothing runs here yet");
        let run = p.start("run all --executor mprocs");
        terminal.wait_for("begun");
        let pid = session(&p);
        terminal.write("q");
        terminal.wait_until("the end", |screen| screen.contains("the end: 0"));
        assert!(
            terminal.screen().contains("mprocs has ended; steps that run go on"),
            "{}",
            terminal.screen()
        );
        wait("mprocs to be gone", || !lives(pid));
        assert_eq!(p.json("mprocs status")["state"], "absent");
        assert_eq!(p.status("deaf"), "RUNNING");
        go(&p);
        assert_eq!(finish(run).code, 0);
        assert_eq!(p.ok("logs deaf"), "begun\nended\n");
    }
}

#[test]
fn the_panes_follow_the_size_of_the_terminal() {
    for kind in [Kind::Own, Kind::Tmux] {
        let p = Project::new();
        p.write("size.sh", "while read -r word; do stty size; done\n");
        p.ok("step add ask --interactive -- sh size.sh");
        let Some(terminal) = open(kind, &p) else { continue };
        terminal.wait_for("nothing runs here yet");
        let run = p.start("run all");
        p.wait_for("ask", "RUNNING");
        p.ok("mprocs select ask");
        // Of the columns the list takes 28 with its frames, of the rows the help and the frames take 5.
        for (columns, rows, told) in [(80, 20, "15 52"), (140, 40, "35 112")] {
            terminal.resize(columns, rows);
            wait(&format!("the size {told} in the pane"), || {
                terminal.write("\r");
                terminal.screen().contains(told)
            });
        }
        p.ok("stop ask --yes");
        drop(finish(run));
    }
}

#[test]
fn without_a_terminal_it_says_what_works() {
    let p = Project::new();
    let ran = p.exits(8, "mprocs open");
    assert!(ran.stderr.contains("no terminal") && ran.stderr.contains("--headless"), "{ran:#?}");
    assert_eq!(p.json("mprocs status")["state"], "absent");
}

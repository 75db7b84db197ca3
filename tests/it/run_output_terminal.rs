//! What `run` draws on a terminal.

use std::fs::File;
use std::io::Read as _;
use std::process::{Child, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::engine_kit::go;
use crate::support::{Project, kill};

/// A command on a terminal of its own.
struct Screen {
    master: File,
    child: Child,
}

impl Screen {
    fn start(p: &Project, columns: u16, args: &[&str]) -> Self {
        Self::with(p, columns, args, "xterm-256color")
    }

    fn with(p: &Project, columns: u16, args: &[&str], term: &str) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let size = Winsize { ws_row: 20, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&master, size).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        let slave = File::options().read(true).write(true).open(name).unwrap();
        let mut command = p.command(args);
        command.env("TERM", term).env("LANG", "C.UTF-8").env("NO_COLOR", "1");
        command.stdin(Stdio::null()).stdout(slave.try_clone().unwrap()).stderr(slave);
        Self { master: File::from(master), child: command.spawn().unwrap() }
    }

    /// Everything drawn up to the end, and the exit code.
    fn end(mut self) -> (String, i32) {
        let mut bytes = Vec::new();
        let mut part = [0; 4096];
        // The master of a terminal whose other side is closed says EIO.
        while let Ok(n @ 1..) = self.master.read(&mut part) {
            bytes.extend_from_slice(&part[..n]);
        }
        (String::from_utf8_lossy(&bytes).into_owned(), self.child.wait().unwrap().code().unwrap_or(-1))
    }

    /// Reads until this text was drawn.
    fn until(&mut self, text: &str) -> String {
        let mut seen = Vec::new();
        let mut byte = [0; 256];
        while !String::from_utf8_lossy(&seen).contains(text) {
            let n = self.master.read(&mut byte).unwrap();
            seen.extend_from_slice(&byte[..n]);
        }
        String::from_utf8_lossy(&seen).into_owned()
    }
}

/// The lines of a frame, without the sequences that place it.
fn lines(frame: &str) -> Vec<String> {
    let mut text = frame.to_owned();
    for rows in 1..20 {
        text = text.replace(&format!("\u{1b}[{rows}A"), "");
    }
    for own in ["\u{1b}[J", "\u{1b}[?25l", "\u{1b}[?25h", "\u{1b}[?2026l", "\r"] {
        text = text.replace(own, "");
    }
    text.lines().map(str::to_owned).collect()
}

/// Prints line after line, and waits for the file `go`.
const NOISY: &str = "step add noisy -- sh -c 'for n in 1 2 3 4 5 6; do \
     printf \"\\033]0;owned\\007\\033[2J\\033[31mline %s of a long text that does not fit in a narrow window\\033[0m\\n\" $n; \
     sleep 0.1; done; while [ ! -e go ]; do sleep 0.02; done'";

/// Runs all steps on a terminal of this width, of which the noisy one ends when this has been drawn.
fn until_seen(p: &Project, columns: u16, text: &str) -> (String, i32) {
    drop(std::fs::remove_file(p.root().join("go")));
    let mut screen = Screen::start(p, columns, &["run", "all"]);
    let before = screen.until(text);
    go(p);
    let (after, code) = screen.end();
    (before + &after, code)
}

#[test]
fn what_runs_is_drawn_in_place_with_its_last_line_and_what_ended_scrolls_by() {
    let p = Project::new();
    p.ok(NOISY);
    p.ok("step add after --depends-on noisy -- true");
    let (drawn, code) = until_seen(&p, 100, "of a long text");
    assert_eq!(code, 0, "{drawn}");
    assert!(drawn.contains("● noisy"), "{drawn:?}");
    assert!(drawn.contains("0/2 done, 1 running, 1 waiting"), "{drawn:?}");
    assert!(drawn.contains("✓ noisy") && drawn.contains("✓ after"), "{drawn:?}");
    assert!(drawn.contains(" done after"), "{drawn:?}");
}

#[test]
fn escape_sequences_of_a_step_never_reach_the_terminal() {
    let p = Project::new();
    p.ok(NOISY);
    let (drawn, _) = until_seen(&p, 100, "of a long text");
    assert!((1..=6).any(|n| drawn.contains(&format!("line {n}"))), "{drawn:?}");
    for theirs in ["\u{1b}]", "\u{1b}[2J", "\u{1b}[31m", "\u{7}"] {
        assert!(!drawn.contains(theirs), "{theirs:?} in {drawn:?}");
    }
    let ours = ["\u{1b}[?25l", "\u{1b}[?25h", "\u{1b}[?2026h", "\u{1b}[?2026l", "\u{1b}[J"];
    let mut rest = drawn.clone();
    for own in ours {
        rest = rest.replace(own, "");
    }
    for (i, _) in rest.match_indices('\u{1b}') {
        let tail: String = rest[i + 2..].chars().take_while(char::is_ascii_digit).collect();
        assert!(rest[i + 2 + tail.len()..].starts_with('A'), "{:?}", &rest[i..]);
    }
}

#[test]
fn a_narrow_terminal_cuts_lines_and_never_wraps_the_live_part() {
    let p = Project::new();
    p.ok(NOISY);
    for columns in [1, 7, 24, 50] {
        p.run("reset --all --yes");
        let (drawn, code) = until_seen(&p, columns, "\u{1b}[?2026l");
        assert_eq!(code, 0, "{drawn}");
        for frame in drawn.split("\u{1b}[?2026h").skip(1) {
            let live = frame.split("\u{1b}[?2026l").next().unwrap();
            for line in lines(live).iter().filter(|l| !l.contains("sandbox") && !l.starts_with('✓')) {
                assert!(line.chars().count() < usize::from(columns).max(2), "{columns}: {line:?}");
            }
        }
    }
}

#[test]
fn the_cursor_comes_back_however_the_run_ends() {
    let p = Project::new();
    p.ok("step add a -- sleep 600");
    let mut screen = Screen::start(&p, 80, &["run", "all"]);
    let mut drawn = screen.until("● a");
    kill(screen.child.id(), "INT");
    let (rest, code) = screen.end();
    drawn += &rest;
    assert_eq!(code, 1, "{drawn:?}");
    assert!(drawn.contains("ending a") && drawn.contains("✗ a: stopped by user"), "{drawn:?}");
    let shown = drawn.rfind("\u{1b}[?25h").unwrap();
    assert!(drawn.rfind("\u{1b}[?25l").unwrap() < shown, "{drawn:?}");
}

#[test]
fn it_is_drawn_at_most_ten_times_a_second_and_not_at_all_where_nothing_changes() {
    let p = Project::new();
    p.ok("step add busy -- sh -c 'end=$(($(date +%s) + 2)); while test $(date +%s) -lt $end; do echo x$((n+=1)); done'");
    let start = std::time::Instant::now();
    let (drawn, _) = Screen::start(&p, 80, &["run", "all"]).end();
    let tenths = start.elapsed().as_millis() / 100;
    let frames = drawn.matches("\u{1b}[?2026h").count();
    assert!(frames as u128 <= tenths + 2, "{frames} frames in {tenths} tenths of a second");

    p.ok("step add idle -- sleep 2");
    let start = std::time::Instant::now();
    let (drawn, _) = Screen::start(&p, 80, &["run", "all"]).end();
    let seconds = start.elapsed().as_secs();
    let frames = drawn.matches("\u{1b}[?2026h").count();
    assert!(frames as u64 <= 2 * seconds + 4, "{frames} frames in {seconds} s of silence");
}

#[test]
fn a_terminal_that_cannot_be_drawn_on_gets_plain_lines() {
    let p = Project::new();
    p.ok("step add a -- true");
    let (drawn, code) = Screen::with(&p, 80, &["run", "all"], "dumb").end();
    assert_eq!(code, 0, "{drawn}");
    assert!(drawn.contains("a DONE") && !drawn.contains('\u{1b}'), "{drawn:?}");
}

#[test]
fn what_is_wrong_is_told_with_every_character_of_it_seen() {
    let p = Project::new();
    p.write(".threados/sequence.yaml", "version: 1\nsteps:\n  - id: a\n    \"b\\e[8mc\\rd\": 1\n");
    for words in
        [&["status"][..], &["validate"], &["--a\u{1b}[8mb\rc", "status"], &["step", "show", "a\u{1b}[8m\r"]]
    {
        let (shown, code) = Screen::start(&p, 80, words).end();
        assert_ne!(code, 0, "{words:?}: {shown}");
        let lines = shown.replace("\r\n", "\n");
        assert!(!lines.contains(['\u{1b}', '\r']) && lines.contains('\u{fffd}'), "{words:?}: {shown:?}");
    }
}

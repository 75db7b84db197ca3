//! What the adapter builds on: facts about the real mprocs, each asked of it, and nothing of ours in between.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::process::{Command, Stdio};

use crate::engine_kit::{HOLD, go};
use crate::support::{Project, lives, wait};
use crate::terminal_kit::{Kind, Terminal};

const MPROCS: &str = env!("CARGO_BIN_EXE_mprocs");

/// A running mprocs of its own.
struct Real {
    p: Project,
    port: u16,
    terminal: Terminal,
    pid: u32,
}

impl Real {
    /// One with these processes: names and lines for a shell.
    fn start(procs: &[(&str, &str)]) -> Self {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let real = Self::at(port, procs);
        real.terminal.wait_for("Processes");
        real
    }

    fn at(port: u16, procs: &[(&str, &str)]) -> Self {
        let p = Project::new();
        let procs: String =
            procs.iter().map(|(name, line)| format!("  {name}: {{ cmd: [sh, -c, {line:?}] }}\n")).collect();
        p.write("m.yaml", &format!("server: 127.0.0.1:{port}\nprocs:\n{procs}"));
        let line = format!(
            "echo $$ > pid; export MPROCS_LOG=error MPROCS_LOG_FILE=log; exec {MPROCS} --config m.yaml 2> said"
        );
        let terminal = Terminal::open(Kind::Own, &p, &line).unwrap();
        let read = || fs::read_to_string(p.root().join("pid")).ok()?.trim().parse().ok();
        wait("its pid", || read().is_some());
        let pid = read().unwrap();
        Self { port, terminal, pid, p }
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.p.root().join(name)).unwrap_or_default()
    }

    fn connect(&self) -> TcpStream {
        TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).unwrap()
    }

    /// Sends a document whole; what is answered.
    fn send(&self, document: &str) -> String {
        finish(self.connect(), document)
    }

    /// The row of the list that has this name.
    fn row(&self, name: &str) -> String {
        let screen = self.terminal.screen();
        let list = screen.lines().filter_map(|line| line.split(['│', '┃']).nth(1));
        list.map(str::trim_end).find(|row| row.contains(name)).unwrap_or_default().to_owned()
    }

    #[track_caller]
    fn wait_for_row(&self, name: &str, end: &str) {
        self.terminal.wait_until(&format!("{name} {end}"), |_| self.row(name).ends_with(end));
    }

    #[track_caller]
    fn wait_for_selected(&self, name: &str) {
        wait(&format!("{name} to be selected"), || self.row(name).starts_with('•'));
    }
}

impl Drop for Real {
    fn drop(&mut self) {
        crate::support::kill(self.pid, "KILL");
    }
}

fn finish(mut stream: TcpStream, document: &str) -> String {
    stream.write_all(document.as_bytes()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

const CAT: &str = "exec cat";

#[test]
fn a_connection_is_one_document_that_counts_at_its_end_and_is_not_answered() {
    let real = Real::start(&[("one", CAT), ("two", CAT), ("three", CAT)]);
    let mut first = real.connect();
    first.write_all(b"c: select-proc\n").unwrap();
    // One that was begun later and is whole sooner has overtaken it.
    assert_eq!(real.send("c: select-proc\nindex: 2\n"), "");
    real.wait_for_selected("three");
    assert_eq!(finish(first, "index: 1\n"), "");
    real.wait_for_selected("two");
}

#[test]
fn a_document_that_it_does_not_understand_is_a_panic() {
    let real = Real::start(&[("one", CAT)]);
    // The last one is as its manual has it. One that was built to abort on a panic is gone then, with all in it.
    for (count, document) in ["", "c: [", "c: remove-proc\nid: one\n"].iter().enumerate() {
        assert_eq!(real.send(document), "");
        wait("a panic", || real.file("said").matches("panicked at").count() == count + 1);
    }
}

#[test]
fn its_exit_codes_and_those_that_it_shows_say_nothing() {
    let held = |end: &str| format!("{HOLD}; {end}");
    let real = Real::start(&[("killed", &held("kill -KILL $$")), ("seven", &held("exit 7")), ("up", CAT)]);
    go(&real.p);
    real.wait_for_row("seven", "DOWN (7)");
    wait("the killed one", || real.row("killed").contains("DOWN ("));
    assert!(
        !["(137)", "(9)", "(-9)"].iter().any(|code| real.row("killed").contains(code)),
        "{}",
        real.row("killed")
    );
    let run = |args: &[&str]| {
        let mut mprocs = Command::new(MPROCS);
        mprocs.args(args).current_dir(real.p.root()).env("MPROCS_LOG", "off").stdin(Stdio::null());
        mprocs.output().unwrap()
    };
    let without_terminal = run(&["--config", "m.yaml"]);
    assert!(String::from_utf8_lossy(&without_terminal.stderr).contains("not a tty"), "{without_terminal:?}");
    assert_eq!(without_terminal.status.code(), Some(0));
    let nobody = run(&["--server", "127.0.0.1:1", "--ctl", "{c: quit}"]);
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("refused"), "{nobody:?}");
    assert_eq!(nobody.status.code(), Some(0));
}

#[test]
fn a_process_that_is_added_gets_a_line_and_a_name_alone_and_stands_last() {
    let real = Real::start(&[("one", CAT), ("two", CAT)]);
    let line = "echo at $PWD, $GIVEN.; exec cat";
    real.send(&format!("c: add-proc\nname: three\ncmd: '{line}'\ncwd: /\nenv: {{ GIVEN: something }}\n"));
    real.wait_for_row("three", "UP");
    real.send("c: select-proc\nindex: 2\n");
    real.wait_for_selected("three");
    let at = fs::canonicalize(real.p.root()).unwrap();
    real.terminal.wait_for(&format!("at {}, .", at.display()));
}

#[test]
fn what_is_selected_is_what_is_typed_into_and_stopped_and_a_place_beyond_the_last_is_the_last() {
    let real = Real::start(&[("one", CAT), ("two", CAT)]);
    real.send("c: select-proc\nindex: 99\n");
    real.wait_for_selected("two");
    real.send("c: send-key\nkey: <Z>\n");
    real.terminal.wait_for("Z");
    real.send("c: term-proc\n");
    wait("it to be stopped", || real.row("two").contains("DOWN"));
    assert!(real.row("one").ends_with("UP"), "{}", real.row("one"));
    real.send("c: start-proc\n");
    real.wait_for_row("two", "UP");
}

#[test]
fn to_stop_is_a_signal_to_the_child_alone_and_to_quit_waits_for_who_ignores_it() {
    let parent = "(trap '' HUP; exec sleep 600 > child.log 2>&1 < /dev/null) & echo $! > child; wait";
    let deaf = &format!("trap '' TERM; {HOLD}");
    let real = Real::start(&[("parent", parent), ("deaf", deaf)]);
    wait("its child", || real.file("child").ends_with('\n'));
    let child: u32 = real.file("child").trim().parse().unwrap();
    real.send("c: quit\n");
    real.terminal.wait_for("QUITTING");
    wait("the parent to be stopped", || real.row("parent").contains("DOWN"));
    assert!(lives(child), "nobody has told it");
    crate::support::kill(child, "KILL");
    assert!(lives(real.pid) && real.row("deaf").ends_with("UP"), "{}", real.terminal.screen());
    go(&real.p);
    wait("it to end", || !lives(real.pid));
}

#[test]
fn with_its_port_taken_it_goes_on_and_draws_nothing() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let real = Real::at(taken.local_addr().unwrap().port(), &[("one", CAT)]);
    wait("its word in its log", || real.file("log").contains("in use"));
    assert!(lives(real.pid));
    assert_eq!(real.terminal.screen().trim(), "");
}

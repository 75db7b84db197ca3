//! What the adapter builds on: facts about the real mprocs, each asked of it, and nothing of ours in between.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::process::{Command, Stdio};

use crate::engine_kit::{HOLD, go};
use crate::support::{Project, kill, lives, wait};
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
        let mut real = Self { port, terminal, pid: 0, p };
        real.pid = real.number("pid");
        real
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.p.root().join(name)).unwrap_or_default()
    }

    /// A number that one of its processes has written into a file.
    fn number(&self, name: &str) -> u32 {
        wait(&format!("the number in {name}"), || self.file(name).ends_with('\n'));
        self.file(name).trim().parse().unwrap()
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
        if self.pid > 0 {
            kill(self.pid, "KILL");
        }
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
    // Several, for it may miss the end of one and say that it is up for ever.
    let line = format!("{HOLD}; kill -KILL $$");
    let names: Vec<String> = (1..=8).map(|n| format!("killed-{n}")).collect();
    let killed = names.iter().map(|name| (name.as_str(), line.as_str()));
    let real = Real::start(&killed.chain([("up", CAT)]).collect::<Vec<_>>());
    go(&real.p);
    let shown = || names.iter().map(|name| real.row(name)).collect::<Vec<_>>();
    real.terminal.wait_until("one that is down", |_| shown().iter().any(|row| row.contains("DOWN (")));
    assert!(!shown().iter().any(|row| row.contains("(137)") || row.contains("(9)")), "{:#?}", shown());
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
    let real = Real::start(&[("one", "echo $$ > one; exec cat"), ("two", "echo $$ > two; exec cat")]);
    let (one, two) = (real.number("one"), real.number("two"));
    real.send("c: select-proc\nindex: 99\n");
    real.wait_for_selected("two");
    real.send("c: send-key\nkey: <%>\n");
    real.terminal.wait_for("%");
    real.send("c: term-proc\n");
    wait("the selected one to be gone", || !lives(two));
    assert!(lives(one));
}

#[test]
fn to_stop_is_a_signal_to_the_child_alone_and_to_quit_waits_for_who_ignores_it() {
    let parent = "(trap '' HUP; exec sleep 600 > child.log 2>&1 < /dev/null) & echo $! > child; echo $$ > parent; wait";
    let deaf = format!("trap '' TERM; echo $$ > deaf; {HOLD}");
    let real = Real::start(&[("parent", parent), ("deaf", &deaf)]);
    let (parent, child, deaf) = (real.number("parent"), real.number("child"), real.number("deaf"));
    real.send("c: quit\n");
    real.terminal.wait_for("QUITTING");
    wait("the parent to be gone", || !lives(parent));
    assert!(lives(child), "nobody has told it");
    kill(child, "KILL");
    assert!(lives(real.pid) && lives(deaf), "{}", real.terminal.screen());
    real.send("c: force-quit\n");
    wait("all to be gone", || !lives(real.pid) && !lives(deaf));
}

#[test]
fn with_its_port_taken_it_goes_on_and_draws_nothing() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let real = Real::at(taken.local_addr().unwrap().port(), &[("one", CAT)]);
    wait("its word in its log", || real.file("log").contains("in use"));
    assert!(lives(real.pid));
    assert_eq!(real.terminal.screen().trim(), "");
}

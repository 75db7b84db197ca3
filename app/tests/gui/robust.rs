//! What the window takes without breaking: files that go, grow or are flooded, and its own sudden end.

use std::io::{BufRead as _, BufReader, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use egui_kittest::kittest::Queryable as _;
use threados_core::id::NodeId;
use threados_core::log::{Draft, Filter, tail};
use threados_core::model::{Actor, Phase};
use threados_core::store::Paths;
use threados_core::store::paths::Outside;
use threados_core::workspace::{Session, Workspace};

use crate::chat::say;
use crate::kit::{click, click_by_name, line, until};
use crate::project::{self, Project};

const ONE: &[&str] = &["step add fetch --name Fetch -- sh -c 'echo one'"];

#[test]
fn a_project_that_is_deleted_leaves_its_picture_and_a_sentence() {
    let p = Project::new(ONE);
    let (mut screen, _backend) = p.open();
    until(&mut screen, "the scene", |s| line(s, "Fetch") == "ready");
    std::fs::remove_dir_all(p.workspace.root()).unwrap();
    until(&mut screen, "the loss", |s| s.state().state().trouble.is_some());
    assert_eq!(line(&screen, "Fetch"), "ready");
    click_by_name(&mut screen, "Run all");
    until(&mut screen, "the refusal", |s| s.state().state().toasts.iter().any(|t| t.bad));
    say(&mut screen, "add a step check after fetch");
    until(&mut screen, "an answer", |s| !s.state().state().talk.is_thinking());
    let turn = screen.state().state().talk.turns.last();
    assert!(turn.is_some_and(|t| matches!(t.answer, Some(Err(_)))), "the chat says so, too: {turn:?}");
}

#[test]
fn an_edit_by_hand_is_on_record_without_another_command() {
    let p = Project::new(ONE);
    let (mut screen, _backend) = p.open();
    until(&mut screen, "the scene", |s| line(s, "Fetch") == "ready");
    let file = p.path(".threados/sequence.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("name: Fetch", "name: Get")).unwrap();
    until(&mut screen, "the edit", |s| line(s, "Get") == "ready");
    let told = || tail(&p.workspace.paths, &Filter::default()).unwrap();
    until(&mut screen, "its entry", |_| told().iter().any(|entry| entry.action == "external.edit"));
}

/// Bytes of memory that are really held.
fn held() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

#[test]
fn of_a_log_of_five_gigabytes_the_end_is_shown_and_no_more_is_read() {
    let p = Project::new(ONE);
    let (mut screen, _backend) = p.open();
    until(&mut screen, "the scene", |s| line(s, "Fetch") == "ready");
    click_by_name(&mut screen, "Run all");
    until(&mut screen, "the end", |s| line(s, "Fetch").starts_with("done"));
    let run = p.workspace.snapshot().unwrap().state.steps["fetch"].run_id.clone().unwrap();
    let log = p.workspace.paths.run_step(&run, &"fetch".parse().unwrap()).join("stdout.log");
    let mut file = std::fs::OpenOptions::new().write(true).open(log).unwrap();
    file.set_len(5 << 30).unwrap();
    file.seek(SeekFrom::End(0)).unwrap();
    file.write_all(b"\nthe last words\n").unwrap();
    let before = held();
    screen.state_mut().state_mut().selected = Some("fetch".parse::<NodeId>().unwrap());
    click(&mut screen, "Logs");
    until(&mut screen, "its end", |s| s.query_all_by_label("the last words").next().is_some());
    assert!(screen.query_all_by_label_contains("`seqctl logs` shows all").next().is_some());
    // Other tests of this process want memory meanwhile: this is far from five gigabytes all the same.
    assert!(held().saturating_sub(before) < 1 << 30);
}

#[test]
fn ten_thousand_lines_of_audit_a_minute_are_shown_as_they_come() {
    const BATCH: usize = 1000;
    let p = Project::new(ONE);
    let (mut screen, _backend) = p.open();
    until(&mut screen, "the scene", |s| line(s, "Fetch") == "ready");
    click(&mut screen, "Audit");
    let workspace = p.workspace.clone();
    let begun = std::time::Instant::now();
    let writer = std::thread::spawn(move || {
        for batch in 0..10_000 / BATCH {
            let draft = |i| Draft::new(Actor::User, "test.flood", &format!("{batch}-{i}"));
            let drafts: Vec<Draft> = (0..BATCH).map(draft).collect();
            Session::begin(&workspace).unwrap().append_durable(&drafts).unwrap();
        }
    });
    until(&mut screen, "the writer", |_| writer.is_finished());
    writer.join().unwrap();
    let took = begun.elapsed();
    assert!(took.as_secs() < 60, "it wrote for {took:?}: too slow to be a flood");
    let last = threados_core::log::tail(&p.workspace.paths, &Default::default()).unwrap().last().unwrap().seq;
    until(&mut screen, "the last line", |s| {
        s.state().state().audit.last().is_some_and(|row| row.seq >= last)
    });
}

/// The window of another process, that this test kills: says what was acknowledged.
#[test]
#[ignore = "the other tests of this file start it"]
fn child() {
    let Some(outside) = std::env::var_os("GUI_TEST_OUTSIDE") else { return };
    let outside = Path::new(&outside);
    let paths = Paths::with_outside(&outside.join("p"), &Outside::below(outside)).unwrap();
    let workspace = Workspace::new(paths);
    let (mut screen, _backend) = project::open(&workspace, project::engine(&workspace, outside));
    until(&mut screen, "the scene", |s| !line(s, "Fetch").is_empty());
    let say_out = |word: &str| {
        let mut out = std::io::stderr().lock();
        out.write_all(format!("ack {word}\n").as_bytes()).and_then(|()| out.flush()).unwrap();
    };
    if std::env::var_os("GUI_TEST_RUNS").is_some() {
        click_by_name(&mut screen, "Run all");
        until(&mut screen, "the run", |s| line(s, "Fetch").starts_with("running"));
        say_out("running");
        std::thread::sleep(Duration::from_secs(600));
    }
    let round = std::env::var("GUI_TEST_ROUND").unwrap_or_default();
    for i in 0.. {
        say(&mut screen, &format!("add a step r{round}-s{i} after fetch"));
        until(&mut screen, "the answer", |s| !s.state().state().talk.is_thinking());
        let turn = screen.state().state().talk.turns.last().unwrap();
        assert!(turn.answer.as_ref().unwrap().as_ref().unwrap().applied.is_some(), "{turn:?}");
        say_out(&format!("r{round}-s{i}"));
    }
}

/// Starts the window of another process, hears so many words from it, and kills it a while later; all that it said.
fn killed_after(p: &Project, words: usize, while_later: Duration, more: (&str, &str)) -> Vec<String> {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "robust::child", "--ignored", "--nocapture"]);
    command.env("GUI_TEST_OUTSIDE", p.outside()).env(more.0, more.1);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let mut said = lines.filter_map(|l| Some(l.strip_prefix("ack ")?.to_owned()));
    let mut heard: Vec<String> = said.by_ref().take(words).collect();
    std::thread::sleep(while_later);
    child.kill().unwrap();
    child.wait().unwrap();
    heard.extend(said);
    heard
}

#[test]
fn a_window_that_is_killed_while_it_edits_loses_nothing_acknowledged() {
    let p = Project::new(ONE);
    p.does("policy mode POWER");
    let mut heard = Vec::new();
    // At any moment of an edit: when it is asked for, written, told.
    for (round, ms) in [0, 15, 40, 80, 130].into_iter().enumerate() {
        let said = killed_after(&p, 2, Duration::from_millis(ms), ("GUI_TEST_ROUND", &round.to_string()));
        assert!(said.len() >= 2, "{said:?}");
        heard.extend(said);
        let snapshot = p.workspace.snapshot().unwrap();
        for step in &heard {
            assert!(snapshot.sequence().step(step).is_some(), "{step} is lost after {ms} ms");
        }
        assert!(threados_core::workspace::validate(&p.workspace.paths).unwrap().is_empty());
    }
    let (mut screen, _backend) = p.open();
    until(&mut screen, "all of them", |s| heard.iter().all(|step| !line(s, step).is_empty()));
}

#[test]
fn a_window_that_is_killed_while_steps_run_leaves_them_running_and_finds_them_again() {
    let p = Project::new(&[
        "step add fetch --name Fetch -- sh -c 'until [ -e go ]; do sleep 0.05; done; echo one'",
    ]);
    assert_eq!(killed_after(&p, 1, Duration::ZERO, ("GUI_TEST_RUNS", "1")), ["running"]);
    assert_eq!(p.workspace.snapshot().unwrap().state.phase("fetch"), Phase::Running);
    let (mut screen, _backend) = p.open();
    until(&mut screen, "the run", |s| line(s, "Fetch").starts_with("running"));
    std::fs::write(p.path("go"), "").unwrap();
    until(&mut screen, "its end", |s| line(s, "Fetch").starts_with("done"));
}

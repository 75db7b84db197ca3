//! Who is no pane gets no work: by the process tree, and by the ticket.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::mprocs_kit::{Session, paths};
use crate::support::{Project, wait};

/// Where the engine of a project listens.
fn socket(p: &Project) -> PathBuf {
    paths(p).runtime_dir.join("engine.sock")
}

fn project() -> Project {
    let p = Project::new();
    let policy = p.read("policy.yaml").replace("mprocs_port: false", "mprocs_port: true");
    p.write(".threados/policy.yaml", &policy);
    p.ok("policy mode POWER --yes");
    p.ok("step add a -- true");
    p
}

#[test]
fn a_process_that_is_not_below_mprocs_gets_no_work() {
    let p = project();
    let _s = Session::open(&p);
    p.ok("run all --executor mprocs");
    let mut stream = UnixStream::connect(socket(&p)).unwrap();
    writeln!(stream, r#"{{"pane":{{"waiting":{{"pane":{{"step":"a"}}}}}}}}"#).unwrap();
    let mut line = String::new();
    BufReader::new(&stream).read_line(&mut line).unwrap();
    let answer: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(answer["refused"]["fault"]["code"], "NOT_A_PANE", "{line}");
    let told = p.entries("mprocs.pane");
    assert_eq!((told.len(), &told[0]["result"]), (1, &"denied".into()), "{told:#?}");
    p.ok("run all --from a --executor mprocs");
}

/// Starts a program below mprocs that poses as the pane of step `late`, and waits until the engine takes it for that.
fn poses(p: &Project, how: &str) {
    let line = format!("exec {} {how} {}", env!("CARGO_BIN_EXE_escape"), socket(p).display());
    let up = threados_core::executor::mprocs::health(&paths(p)).up().unwrap();
    threados_core::executor::mprocs::Control::of(&up).unwrap().add_proc(&line, "poser").unwrap();
    wait("it to be there", || p.entries("mprocs.pane").len() == 1);
    assert!(p.entries("mprocs.pane")[0]["error"].as_str().unwrap().contains("no such ticket"));
}

#[test]
fn a_ticket_is_good_once_and_a_forged_one_never() {
    let p = project();
    let _s = Session::open_with(&p, "--control-port");
    p.ok("run all --executor mprocs");
    // Below mprocs, but not one of ours: it takes the work of `late` and tries to take more.
    poses(&p, "pane");
    p.ok("step add late -- true");
    p.exits(1, "run step late --executor mprocs");
    assert!(p.reason("late").starts_with("MPROCS_NO_START"), "{}", p.reason("late"));
    assert!(p.reason("late").contains("took its ticket and did not start it"), "{}", p.reason("late"));
    let told = p.entries("mprocs.pane");
    assert_eq!(told.len(), 2, "the forged one, and the one that was used: {told:#?}");
    assert!(told.iter().all(|e| e["result"] == "denied" && e["target"] == "ticket"), "{told:#?}");
}

#[test]
fn a_pane_that_is_at_work_and_comes_too_late_fails_no_step_which_another_pane_starts() {
    let p = project();
    let _s = Session::open_with(&p, "--control-port");
    p.ok("run all --executor mprocs");
    poses(&p, "late");
    p.ok("step add late -- echo after all");
    p.ok("run step late --executor mprocs");
    assert_eq!(p.ok("logs late"), "after all\n");
    let record = p.step_record("late");
    assert_eq!((&record["attempt"], &record["executor"]), (&1.into(), &"mprocs".into()));
    let at = |time: &Value| time.as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    let asked = at(&p.entries("step.start").last().unwrap()["timestamp"]);
    assert!(
        (at(&record["started_at"]) - asked).num_milliseconds() > 3500,
        "after it came too late: {record:#?}"
    );
    assert_eq!(p.entries("mprocs.pane").len(), 1, "the forged ticket, and no refusal since");
}

#[test]
fn another_users_connection_is_refused_and_on_record() {
    let p = project();
    p.ok("step add w -- sleep 600");
    p.ok("run step w --detach");
    let _s = Session::open(&p);
    let root = p.root().parent().unwrap().to_owned();
    let open = |path: &std::path::Path| fs_mode(path, 0o777);
    let socket = socket(&p);
    // As if somebody had opened all doors: what is left is who knocks.
    for folder in socket.ancestors().take_while(|a| a.starts_with(&root)) {
        open(folder);
    }
    let escape = root.join("escape");
    std::fs::copy(env!("CARGO_BIN_EXE_escape"), &escape).unwrap();
    let by_another = |words: [&str; 2]| {
        let mut other = Command::new("setpriv");
        other.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&escape).args(words);
        other.stderr(Stdio::piped()).output()
    };
    match by_another(["socket", socket.to_str().unwrap()]) {
        Ok(ran) if ran.status.success() => {}
        other => return println!("skipped: no other user can be had here: {other:?}"),
    }
    let keeper = socket.with_file_name("mprocs.sock");
    open(&keeper);
    let keeper = keeper.to_str().unwrap();
    let own = Command::new(&escape).args(["keeper", keeper]).status().unwrap();
    assert!(own.success(), "we see the screen");
    let ran = by_another(["keeper", keeper]).unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(!ran.status.success() && said.contains("it hung up"), "{said}");
    wait("that one on record, too", || !p.entries("mprocs.connect").is_empty());
    assert!(p.entries("mprocs.connect")[0]["error"].as_str().unwrap().contains("uid 65534"));
    wait("the refusal", || !p.entries("engine.connect").is_empty());
    let told = &p.entries("engine.connect")[0];
    assert_eq!((&told["result"], &told["payload"]["uid"]), (&"denied".into(), &65534.into()), "{told:#}");
    p.ok("stop --all --yes");
}

#[test]
fn no_process_of_a_step_uses_the_session_not_even_by_its_socket() {
    let mut p = project();
    let folder = p.add_to_path("bin");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_escape"), folder.join("escape")).unwrap();
    p.ok("policy allow escape");
    let keeper = paths(&p).runtime_dir.join("mprocs.sock");
    p.ok(&format!("step add spy -- escape keeper {}", keeper.display()));
    let _s = Session::open(&p);
    for executor in ["direct", "mprocs"] {
        p.exits(1, &format!("run all --from spy --executor {executor}"));
        assert!(p.ok("logs spy --stderr").contains("it hung up"), "{}", p.ok("logs spy --stderr"));
    }
    wait("both on record", || p.entries("mprocs.connect").len() == 2);
    let told = &p.entries("mprocs.connect")[0];
    assert_eq!((&told["result"], &told["target"]), (&"denied".into(), &"spy".into()), "{told:#}");
}

fn fs_mode(path: &std::path::Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn what_is_done_with_the_session_is_on_record_and_no_step_may_do_it() {
    let p = project();
    p.ok("step add inside -- sh -c 'seqctl mprocs open --headless; seqctl mprocs close; seqctl mprocs send-key a x; true'");
    p.ok("policy allow seqctl");
    let _s = Session::open(&p);
    p.ok("run step inside --executor mprocs");
    for action in ["mprocs.open", "mprocs.close", "mprocs.send-key"] {
        let denied = p.entries(action).into_iter().filter(|e| e["result"] == "denied").count();
        assert_eq!(denied, 1, "{action}: {:#?}", p.entries(action));
    }
    p.ok("mprocs send-key a x");
    let typo = p.exits(4, "mprocs select insid").stderr;
    assert!(typo.contains("there is no step `insid`") && typo.contains("did you mean `inside`"), "{typo}");
    p.exits(2, "mprocs send-key a '<Bogus>'");
    p.ok("mprocs close");
    let results =
        |action: &str| p.entries(action).iter().map(|e| e["result"].to_string()).collect::<Vec<_>>();
    assert_eq!(results("mprocs.close"), ["\"denied\"", "\"success\""]);
    assert_eq!(results("mprocs.send-key"), ["\"denied\"", "\"success\"", "\"error\""]);
}

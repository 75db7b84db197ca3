//! A log that cannot be written, as on a full disk.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::engine_kit::{HOLD, go, project, step};
use crate::stop::limit_files;
use crate::support::{Project, finish, wait};

/// `seqctl` whose files may not grow beyond so many blocks of 512 bytes, as on a full disk.
pub fn limited(p: &Project, blocks: u32, line: &str) -> std::process::Output {
    let program = p.command(&[]).get_program().to_owned();
    let mut sh = p.command(&["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\""), "sh"]);
    let mut limited = Command::new("sh");
    limited.args(sh.get_args()).arg(program).args(line.split(' ')).current_dir(p.root()).env_clear();
    limited.envs(sh.get_envs().filter_map(|(k, v)| Some((k, v?))));
    sh.stdin(Stdio::null());
    limited.stdin(Stdio::null()).output().unwrap()
}

#[test]
fn a_run_asked_for_while_the_log_cannot_be_written_is_refused() {
    let p = Project::new();
    p.ok("step add long -- sleep 600");
    p.ok("step add short -- true");
    // The engine's own files may grow a little further, ours as we like.
    let blocks = u32::try_from(p.read("audit.log").len() / 512 + 16).unwrap();
    let out = limited(&p, blocks, "run step long --detach");
    assert!(out.status.success(), "{out:?}");
    p.wait_for("long", "RUNNING");
    while p.read("audit.log").len() < blocks as usize * 512 {
        p.ok(&format!("step edit short --lane {}", "x".repeat(200)));
        p.ok("undo --yes");
    }
    let runs = fs::read_dir(p.path("runs")).unwrap().count();
    let refused = p.exits(8, "run step short --json").json();
    assert_eq!(refused["error"]["code"], "LOG", "{refused}");
    assert_eq!(fs::read_dir(p.path("runs")).unwrap().count(), runs);
}

#[test]
fn while_the_log_cannot_be_written_the_engine_rests_between_its_tries() {
    let p = project(&[step("a", &[], HOLD), step("b", &["a"], "true")]);
    let run = p.start("run all");
    p.wait_for("a", "RUNNING");
    let engine = p.engine().unwrap();
    limit_files(engine, &format!("{}:", fs::metadata(p.path("audit.log")).unwrap().len()));
    go(&p);
    let tries = || p.read("state/engine.log").matches("the log cannot be written").count();
    wait("the first try", || tries() > 0);
    let (begun, worked, before) = (Instant::now(), processor_time(engine), tries());
    // Each after half a second, however many there were before this test looked.
    wait("some more tries", || tries() >= before + 4);
    let share = (processor_time(engine) - worked).as_secs_f64() / begun.elapsed().as_secs_f64();
    assert!(share < 0.1, "{share:.2} of a processor");
    limit_files(engine, "unlimited:");
    let ran = finish(run);
    assert_eq!(ran.code, 0);
    let told = |text: &str| ran.stdout.matches(text).count();
    assert_eq!(
        told("nothing starts until the log can be written: cannot append to .threados/audit.log"),
        1,
        "{ran:#?}"
    );
    assert_eq!(told("the log can be written again"), 1, "{ran:#?}");
}

/// What a process has used of the processors; the kernel counts hundredths of a second.
fn processor_time(pid: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    let ticks: u64 = fields[11..13].iter().map(|ticks| ticks.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}

//! Stops: once, twice, by signal, and of steps that do not want to.

use std::fs;
use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::model::StepStatus;
use crate::wrapper::testing::{Bed, left_of, until};
use crate::wrapper::{Holder, Liveness, StepRecord, StopOutcome, StopRequest, liveness, stop};

fn signal(holder: &Holder, signal: Signal) {
    kill_process(Pid::from_raw(holder.pid.cast_signed()).unwrap(), signal).unwrap();
}

/// Starts a step whose script makes the file `up` once it is ready.
fn up(bed: &mut Bed, job: &crate::wrapper::Job) -> Holder {
    let holder = bed.start(job);
    until("the step is up", || bed.path("up").exists().then_some(()));
    holder
}

fn assert_stopped(record: &StepRecord, reason: &str) {
    assert_eq!(record.status, StepStatus::Failed);
    assert_eq!(record.reason.as_deref(), Some(reason));
}

#[test]
fn a_stop_is_told_and_the_step_may_clean_up() {
    let mut bed = Bed::new();
    let job = bed.sh("trap 'echo bye > bye; exit 0' TERM; : > up; while :; do sleep 0.01; done");
    up(&mut bed, &job);
    assert_eq!(stop(&job.lock_file, &StopRequest::new("stopped by user")).unwrap(), StopOutcome::Told);
    assert_stopped(&bed.end(), "stopped by user");
    assert!(bed.path("bye").exists());
    assert_eq!(left_of(&job), [0; 0]);
    assert_eq!(liveness(&job.lock_file).unwrap(), Liveness::Absent);
    assert_eq!(stop(&job.lock_file, &StopRequest::new("again")).unwrap(), StopOutcome::NotRunning);
    assert_eq!(fs::read_dir(bed.path("state/wrappers")).unwrap().count(), 0, "nothing stays behind");
}

#[test]
fn a_second_stop_kills_at_once() {
    let mut bed = Bed::new();
    let mut job = bed.sh("trap 'echo heard > heard' TERM; : > up; while :; do sleep 0.01; done");
    job.stop_grace_ms = 600_000;
    up(&mut bed, &job);
    stop(&job.lock_file, &StopRequest::new("stopped by user")).unwrap();
    until("the first stop was heard", || bed.path("heard").exists().then_some(()));
    let kill = StopRequest { kill_now: true, ..StopRequest::new("killed by user") };
    assert_eq!(stop(&job.lock_file, &kill).unwrap(), StopOutcome::Told);
    let record = bed.end();
    assert_stopped(&record, "stopped by user");
    assert_eq!(record.signal.as_deref(), Some("SIGKILL"));
    assert_eq!(left_of(&job), [0; 0]);
}

#[test]
fn a_bare_signal_to_the_wrapper_stops_nothing_for_it_may_be_meant_for_the_step_before() {
    let mut bed = Bed::new();
    let job = bed.sh(": > up; while [ ! -e go ]; do sleep 0.01; done; echo through");
    let holder = up(&mut bed, &job);
    signal(&holder, Signal::INT);
    signal(&holder, Signal::TERM);
    fs::write(bed.path("go"), "").unwrap();
    assert_eq!(bed.end().status, StepStatus::Done);
}

/// A folder in the way stands for the full disk: the request cannot be laid down.
fn leave_no_room(job: &crate::wrapper::Job) {
    fs::create_dir_all(crate::wrapper::platform::lease::stop_file(&job.lock_file).join("full")).unwrap();
}

#[test]
fn a_stop_that_finds_no_room_on_the_disk_stops_and_kills_all_the_same() {
    for kill_now in [false, true] {
        let mut bed = Bed::new();
        let mut job = bed.sh("trap '' TERM; : > up; while :; do sleep 0.01; done");
        job.stop_grace_ms = if kill_now { 600_000 } else { 100 };
        up(&mut bed, &job);
        leave_no_room(&job);
        let request = StopRequest { kill_now, ..StopRequest::new("stopped by user") };
        assert_eq!(stop(&job.lock_file, &request).unwrap(), StopOutcome::Told);
        assert_stopped(&bed.end(), "stopped: its request could not be written");
        assert_eq!(left_of(&job), [0; 0]);
    }
}

#[test]
fn a_word_that_is_meant_for_another_attempt_stops_nothing() {
    let mut bed = Bed::new();
    let job = bed.sh(": > up; while [ ! -e go ]; do sleep 0.01; done; echo through");
    let holder = up(&mut bed, &job);
    let pid = Pid::from_raw(holder.pid.cast_signed()).unwrap();
    let fd = rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()).unwrap();
    let earlier = crate::wrapper::AttemptKey { attempt: 7, ..job.key() };
    let word = crate::wrapper::platform::lease::stop_word(&earlier, true);
    crate::wrapper::platform::signals::send_word(fd.as_fd(), word).unwrap();
    fs::write(bed.path("go"), "").unwrap();
    assert_eq!(bed.end().status, StepStatus::Done);
}

#[test]
fn a_hang_up_stops_nothing() {
    let mut bed = Bed::new();
    let job = bed.sh(": > up; while [ ! -e go ]; do sleep 0.01; done; echo through");
    let holder = up(&mut bed, &job);
    signal(&holder, Signal::HUP);
    signal(&holder, Signal::QUIT);
    fs::write(bed.path("go"), "").unwrap();
    assert_eq!(bed.end().status, StepStatus::Done);
}

#[test]
fn a_stopped_process_is_ended_too() {
    let mut bed = Bed::new();
    let job = bed.sh(": > up; kill -STOP $$; sleep 600");
    up(&mut bed, &job);
    stop(&job.lock_file, &StopRequest::new("stopped by user")).unwrap();
    let record = bed.end();
    assert!(record.duration_ms < 5000, "{record:?}");
}

/// Eight helpers that double-fork, leave group and session, and ignore SIGTERM.
const STUBBORN: &str = "trap '' TERM HUP
for i in 1 2 3 4 5 6 7 8; do
  setsid sh -c 'setsid sh -c \"echo x >> count; while :; do sleep 600; done\" > /dev/null 2>&1 &' &
done
while [ \"$(cat count 2>/dev/null | wc -l)\" -lt 8 ]; do sleep 0.01; done
: > up";

/// Stops such a step, of which nothing is left then; how long that took.
fn stop_daemons() -> Duration {
    let mut bed = Bed::new();
    let mut job = bed.sh(&format!("{STUBBORN}; while :; do sleep 600; done"));
    job.stop_grace_ms = 300;
    up(&mut bed, &job);
    assert!(left_of(&job).len() >= 9);
    let start = Instant::now();
    stop(&job.lock_file, &StopRequest::new("stopped by user")).unwrap();
    assert_stopped(&bed.end(), "stopped by user");
    let took = start.elapsed();
    assert_eq!(left_of(&job), [0; 0]);
    took
}

#[test]
fn nothing_is_left_of_daemons_that_ignore_sigterm() {
    // A busy machine may hold up one or another.
    let limit = Duration::from_millis(300 + 1000);
    let slow: Vec<Duration> = (0..5).map(|_| stop_daemons()).take_while(|took| *took >= limit).collect();
    assert!(slow.len() < 5, "{slow:?}");
}

#[test]
fn daemons_do_not_survive_a_success_either() {
    let mut bed = Bed::new();
    let record = bed.run(&bed.sh(STUBBORN));
    assert_eq!(record.status, StepStatus::Done);
}

//! What happens when a wrapper, the spawner or the engine is killed.

use std::fs;

use rustix::process::{Pid, Signal, kill_process};

use crate::model::StepStatus;
use crate::wrapper::testing::{Bed, left_of, until};
use crate::wrapper::{Liveness, Respawn, SpawnEvent, StepRecord, liveness, sweep_orphan, wait_free};

const WAITS: &str = ": > up; while [ ! -e go ]; do sleep 0.01; done; echo through";

fn kill(pid: u32) {
    kill_process(Pid::from_raw(pid.cast_signed()).unwrap(), Signal::KILL).unwrap();
}

#[test]
fn a_killed_wrapper_is_lost_and_its_step_with_all_daemons_is_ended() {
    let mut bed = Bed::new();
    let job = bed.sh("setsid sh -c 'trap \"\" TERM; : > up; sleep 600' & sleep 600");
    let wrapper = bed.start(&job);
    until("the step is up", || bed.path("up").exists().then_some(()));
    kill(wrapper.pid);
    assert_eq!(bed.next(), SpawnEvent::Lost { key: job.key() });
    assert_eq!(left_of(&job), [0; 0]);
    assert_eq!(liveness(&job.lock_file).unwrap(), Liveness::Absent);
    assert_eq!(StepRecord::read(&job.step_dir).unwrap(), None);
    let next = crate::wrapper::Job { attempt: 2, ..bed.sh("exit 0") };
    assert_eq!(bed.run(&next).status, StepStatus::Done);
}

#[test]
fn others_are_not_hurt_when_one_wrapper_is_killed() {
    let mut bed = Bed::new();
    let mut other = bed.sh(WAITS);
    other.step_id = crate::id::StepId::new("other").unwrap();
    other.step_dir.set_file_name("other");
    other.lock_file.set_extension("other");
    bed.start(&other);
    let job = bed.sh("sleep 600");
    let wrapper = bed.start(&job);
    kill(wrapper.pid);
    assert_eq!(bed.next(), SpawnEvent::Lost { key: job.key() });
    fs::write(bed.path("go"), "").unwrap();
    assert_eq!(bed.end().status, StepStatus::Done);
}

#[test]
fn without_an_engine_the_wrapper_finishes_and_records() {
    let mut bed = Bed::new();
    let job = bed.sh(WAITS);
    bed.start(&job);
    bed.spawner = None;
    fs::write(bed.path("go"), "").unwrap();
    wait_free(&job.lock_file).unwrap();
    assert_eq!(StepRecord::read(&job.step_dir).unwrap().unwrap().status, StepStatus::Done);
}

#[test]
fn without_a_spawner_the_engine_is_told_and_still_hears_the_end() {
    let mut bed = Bed::new();
    let job = bed.sh(WAITS);
    bed.start(&job);
    kill(bed.spawner.as_ref().unwrap().pid());
    assert_eq!(bed.next(), SpawnEvent::SpawnerGone);
    assert!(bed.spawner.as_mut().unwrap().launch(&job).unwrap_err().to_string().contains("start another"));
    fs::write(bed.path("go"), "").unwrap();
    assert_eq!(bed.end().status, StepStatus::Done);
}

#[test]
fn an_orphan_is_swept_when_wrapper_and_spawner_are_gone() {
    let mut bed = Bed::new();
    let job = bed.sh("setsid sleep 600 & : > up; sleep 600");
    let wrapper = bed.start(&job);
    until("the step is up", || bed.path("up").exists().then_some(()));
    assert_eq!(sweep_orphan(&job.lock_file).unwrap(), 0, "a live one is left alone");
    kill(bed.spawner.as_ref().unwrap().pid());
    kill(wrapper.pid);
    wait_free(&job.lock_file).unwrap();
    assert!(matches!(liveness(&job.lock_file).unwrap(), Liveness::Free(Some(holder)) if holder == wrapper));
    assert!(sweep_orphan(&job.lock_file).unwrap() >= 2);
    assert_eq!(left_of(&job), [0; 0]);
    assert_eq!(liveness(&job.lock_file).unwrap(), Liveness::Absent);
}

#[test]
fn an_orphan_is_found_by_its_environment_where_the_lock_names_nobody() {
    let mut bed = Bed::new();
    let job = bed.sh("setsid sleep 600 & : > up; sleep 600");
    let wrapper = bed.start(&job);
    until("the step is up", || bed.path("up").exists().then_some(()));
    kill(bed.spawner.as_ref().unwrap().pid());
    kill(wrapper.pid);
    wait_free(&job.lock_file).unwrap();
    fs::write(&job.lock_file, "").unwrap();
    assert!(sweep_orphan(&job.lock_file).unwrap() >= 2);
    assert_eq!(left_of(&job), [0; 0]);
}

#[test]
fn the_last_wrapper_of_a_detached_run_brings_the_engine_back() {
    let mut bed = Bed::new();
    let mut job = bed.sh(WAITS);
    let back = bed.path("back").to_str().unwrap().to_owned();
    let argv = vec!["/usr/bin/touch".to_owned(), back.clone()];
    job.respawn = Some(Respawn { argv, engine_lock: bed.path("engine.lock"), bells: None, detached: true });
    bed.start(&job);
    bed.spawner = None;
    fs::write(bed.path("go"), "").unwrap();
    until("the engine is back", || fs::metadata(&back).ok());
}

#[test]
fn an_attempt_that_runs_is_not_started_twice() {
    let mut bed = Bed::new();
    let job = bed.sh(WAITS);
    bed.start(&job);
    bed.launch(&job);
    match bed.next() {
        SpawnEvent::Refused { key, reason } => {
            assert_eq!(key, job.key());
            assert!(reason.contains("this attempt runs already"), "{reason}");
        }
        other => panic!("{other:?}"),
    }
    fs::write(bed.path("go"), "").unwrap();
    assert_eq!(bed.end().status, StepStatus::Done);
}

#[test]
fn an_attempt_without_a_folder_is_refused_with_the_reason() {
    let mut bed = Bed::new();
    fs::write(bed.path("file"), "").unwrap();
    let mut job = bed.sh("exit 0");
    job.step_dir = bed.path("file/run/build");
    bed.launch(&job);
    match bed.next() {
        SpawnEvent::Refused { reason, .. } => assert!(reason.contains("cannot create"), "{reason}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(liveness(&job.lock_file).unwrap(), Liveness::Absent);
}

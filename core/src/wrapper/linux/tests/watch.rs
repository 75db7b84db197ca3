//! How watchdogs look at a step, as its wrapper sees it.

use crate::id::StepId;
use crate::model::StepStatus;
use crate::wrapper::testing::Bed;
use crate::wrapper::{Job, StepRecord, Watchdog};

fn watched(bed: &Bed, script: &str, check: &str) -> Job {
    let mut job = bed.sh(script);
    let mut look = bed.sh(check);
    look.step_id = StepId::new("w").unwrap();
    look.step_dir = job.step_dir.with_file_name("w");
    look.timeout_ms = Some(10_000);
    job.watchdogs = vec![Watchdog { check: look, interval_ms: 20 }];
    job
}

#[test]
fn an_objection_is_the_reason_and_the_record_of_the_watchdog_says_why() {
    let mut bed = Bed::new();
    let job = watched(&bed, "sleep 600", "kill -KILL $$");
    let record = bed.run(&job);
    assert_eq!((record.status, record.reason.as_deref()), (StepStatus::Failed, Some("watchdog w")));
    let watchdog = StepRecord::read(&job.watchdogs[0].check.step_dir).unwrap().unwrap();
    assert_eq!(watchdog.status, StepStatus::Done);
    assert_eq!(watchdog.reason.as_deref(), Some("stopped build: check 1: killed by signal SIGKILL"));
}

#[test]
fn an_objection_in_words_keeps_no_secret() {
    let mut bed = Bed::new();
    let mut job = watched(
        &bed,
        "sleep 600",
        "echo \"stop=it printed password=hunter22hunter and $DEPLOY_TOKEN\" > said",
    );
    let check = &mut job.watchdogs[0].check;
    check.output_file = Some(bed.path("said"));
    check.env.push(("DEPLOY_TOKEN".into(), "t-0123456789abcdef".into()));
    bed.run(&job);
    let watchdog = StepRecord::read(&job.watchdogs[0].check.step_dir).unwrap().unwrap();
    let said = "stopped build: check 1: stop: it printed password=[redacted] and [redacted]";
    assert_eq!(watchdog.reason.as_deref(), Some(said));
    let log = std::fs::read_to_string(job.watchdogs[0].check.step_dir.join("stdout.log")).unwrap();
    assert!(log.contains(said.split_once(": ").unwrap().1.split_once(": ").unwrap().1), "{log}");
}

#[test]
fn a_check_under_way_does_not_delay_the_end_of_its_step() {
    let mut bed = Bed::new();
    let job = watched(&bed, "while [ ! -e looked ]; do sleep 0.01; done", "touch looked; sleep 600");
    let record = bed.run(&job);
    assert_eq!(record.status, StepStatus::Done, "{record:?}");
    assert!(record.duration_ms < 10_000, "{record:?}");
}

#[test]
fn a_step_that_cannot_be_started_leaves_its_watchdogs_with_nothing_to_look_at() {
    let mut bed = Bed::new();
    let mut job = watched(&bed, "true", "true");
    job.program = bed.path("none");
    assert_eq!(bed.run(&job).status, StepStatus::Failed);
    let watchdog = StepRecord::read(&job.watchdogs[0].check.step_dir).unwrap().unwrap();
    assert_eq!(watchdog.reason.as_deref(), Some("watched build: 0 checks"));
}

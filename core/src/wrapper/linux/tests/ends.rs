//! How a step ends by itself, or cannot begin.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::model::StepStatus;
use crate::wrapper::Stream;
use crate::wrapper::testing::{Bed, log};

fn outcome(script: &str) -> (StepStatus, Option<String>, Option<i32>) {
    let mut bed = Bed::new();
    let record = bed.run(&bed.sh(script));
    (record.status, record.reason, record.exit_code)
}

#[test]
fn the_exit_code_is_the_status() {
    assert_eq!(outcome("exit 0"), (StepStatus::Done, None, Some(0)));
    assert_eq!(outcome("exit 42"), (StepStatus::NeedsReview, Some("exit code 42".into()), Some(42)));
    assert_eq!(outcome("exit 7"), (StepStatus::Failed, Some("exit code 7".into()), Some(7)));
}

#[test]
fn a_step_under_review_waits_for_a_person() {
    let mut bed = Bed::new();
    let mut job = bed.sh("exit 0");
    job.review = true;
    assert_eq!(bed.run(&job).status, StepStatus::NeedsReview);
}

#[test]
fn a_signal_is_named() {
    let mut bed = Bed::new();
    let record = bed.run(&bed.sh("kill -SEGV $$"));
    assert_eq!(record.status, StepStatus::Failed);
    assert_eq!(record.reason.as_deref(), Some("killed by signal SIGSEGV"));
    assert_eq!((record.exit_code, record.signal.as_deref()), (None, Some("SIGSEGV")));
}

#[test]
fn a_timeout_ends_the_step_even_if_it_ignores_sigterm() {
    for script in ["sleep 600", "trap '' TERM; while :; do sleep 600; done"] {
        let mut bed = Bed::new();
        let mut job = bed.sh(script);
        (job.timeout_ms, job.stop_grace_ms) = (Some(200), 200);
        let record = bed.run(&job);
        assert_eq!(record.status, StepStatus::Failed);
        assert_eq!(record.reason.as_deref(), Some("timeout after 200 ms"));
        assert!(record.duration_ms >= 200, "{record:?}");
    }
}

#[test]
fn what_cannot_be_started_fails_with_what_to_do() {
    let mut bed = Bed::new();
    let plain = bed.path("plain");
    fs::write(&plain, "echo hi\n").unwrap();
    let script = bed.path("script");
    fs::write(&script, "#!/no/such/interpreter -x\n").unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let elsewhere = |bed: &Bed, cwd: &str| {
        let mut job = bed.sh("exit 0");
        job.cwd = bed.path(cwd);
        job
    };
    let program = |bed: &Bed, path: &str| bed.job(path, &["x"]);
    let cases = [
        (program(&bed, "/no/such/program"), "/no/such/program does not exist: install it"),
        (program(&bed, plain.to_str().unwrap()), "permission denied (chmod +x?)"),
        (program(&bed, script.to_str().unwrap()), "asks for the interpreter /no/such/interpreter"),
        (elsewhere(&bed, "nowhere"), "nowhere does not exist: create it or correct the step's cwd"),
        (elsewhere(&bed, "plain"), "plain is not a folder"),
    ];
    for (attempt, (mut job, expected)) in (1..).zip(cases) {
        job.attempt = attempt;
        let record = bed.run(&job);
        assert_eq!((record.status, record.pid, record.exit_code), (StepStatus::Failed, None, None));
        let reason = record.reason.unwrap();
        assert!(reason.contains(expected), "{reason}");
    }
}

#[test]
fn a_helper_that_keeps_stdout_open_does_not_delay_the_end() {
    let mut bed = Bed::new();
    let job = bed.sh("sleep 600 & echo done");
    let record = bed.run(&job);
    assert_eq!(record.status, StepStatus::Done);
    assert_eq!(log(&job, Stream::Stdout), "done\n");
    assert!(record.duration_ms < 5000, "{record:?}");
}

#[test]
fn a_helper_that_finishes_soon_may() {
    let finishes = || {
        let mut bed = Bed::new();
        let job = bed.sh("(sleep 0.05; echo late; echo x > late) > /dev/null & echo early");
        assert_eq!(bed.run(&job).status, StepStatus::Done);
        bed.path("late").exists()
    };
    // On a busy machine one or another is not soon enough.
    assert!((0..5).any(|_| finishes()));
}

#[test]
fn outputs_and_artifacts_are_in_the_record() {
    let mut bed = Bed::new();
    let mut job = bed.sh("echo risk=low > out; mkdir d; echo hi > d/report.txt");
    job.output_file = Some(bed.path("out"));
    job.artifacts = vec!["d/*.txt".to_owned()];
    let record = bed.run(&job);
    assert_eq!(record.outputs["risk"], "low");
    assert_eq!(record.artifacts, ["d/report.txt"]);
    assert_eq!(fs::read_to_string(job.step_dir.join("artifacts/d/report.txt")).unwrap(), "hi\n");
}

#[test]
fn outputs_that_are_none_fail_the_step() {
    let mut bed = Bed::new();
    let mut job = bed.sh("echo nonsense > out");
    job.output_file = Some(bed.path("out"));
    let record = bed.run(&job);
    assert_eq!((record.status, record.exit_code), (StepStatus::Failed, Some(0)));
    assert!(record.reason.unwrap().contains("line 1 of $THREADOS_OUTPUT"));
}

#[test]
fn a_record_too_large_for_a_packet_arrives_all_the_same() {
    let mut bed = Bed::new();
    let mut job = bed.sh("head -c 900000 /dev/zero | tr '\\0' x > out; sed -i s/^/big=/ out");
    job.output_file = Some(bed.path("out"));
    assert_eq!(bed.run(&job).outputs["big"].as_str().unwrap().len(), 900_000);
}

//! What a step finds around it: descriptors, signals, session, input, files, earlier attempts.

use std::fs;
use std::os::fd::AsRawFd;
use std::process::Command;

use crate::model::StepStatus;
use crate::wrapper::testing::{Bed, log, pane_argv, spawner_argv};
use crate::wrapper::{SpawnEvent, StepRecord, Stream};

#[test]
fn a_step_inherits_three_descriptors_even_from_a_leaky_parent() {
    let leak = fs::File::open("/dev/null").unwrap();
    // SAFETY: a copy without close-on-exec, left open on purpose.
    assert!(unsafe { libc::dup(leak.as_raw_fd()) } > 2);
    let mut bed = Bed::new();
    let job = bed.job("/bin/ls", &["ls", "/proc/self/fd"]);
    bed.run(&job);
    assert_eq!(log(&job, Stream::Stdout), "0\n1\n2\n3\n", "3 is the folder that ls reads");
}

#[test]
fn signals_are_as_new_even_under_a_parent_that_ignores_some() {
    let ignoring = ["/bin/sh", "-c", "trap '' HUP INT TERM PIPE USR1; exec \"$@\"", "sh"];
    let argv: Vec<_> = ignoring.map(Into::into).into_iter().chain(spawner_argv()).collect();
    let mut bed = Bed::with(&argv);
    let job = bed.job("/bin/cat", &["cat", "/proc/self/status"]);
    bed.run(&job);
    let status = log(&job, Stream::Stdout);
    // The C library keeps 32 and 33 for its threads and leaves them ignored; no program can use them.
    for (field, reserved) in [("SigBlk:", 0), ("SigIgn:", 0b11 << 31), ("SigCgt:", 0)] {
        let mask = status.lines().find_map(|line| line.strip_prefix(field)).unwrap().trim();
        assert_eq!(u64::from_str_radix(mask, 16).unwrap() & !reserved, 0, "{field} {mask}");
    }
}

#[test]
fn it_has_its_own_group_in_the_wrappers_session() {
    let mut bed = Bed::new();
    let job = bed.sh("sleep 600");
    let wrapper = bed.start(&job);
    let step = super::super::procs::look(wrapper.child.unwrap().pgid).unwrap();
    assert_eq!((step.group, step.session), (step.pid, wrapper.pid));
    crate::wrapper::stop(&job.lock_file, &crate::wrapper::StopRequest::new("enough")).unwrap();
    bed.end();
}

#[test]
fn its_environment_is_the_jobs_and_argv0_is_as_written() {
    let mut bed = Bed::new();
    let mut job =
        bed.job("/bin/sh", &["my-shell", "-c", "echo $0; env | grep -v -E '^(PWD|SHLVL|_|OLDPWD)='"]);
    job.env = vec![("PATH".into(), "/usr/bin:/bin".into()), ("ONLY".into(), "this".into())];
    bed.run(&job);
    assert_eq!(log(&job, Stream::Stdout), "my-shell\nPATH=/usr/bin:/bin\nONLY=this\n");
}

#[test]
fn its_input_is_a_file_or_nothing() {
    let mut bed = Bed::new();
    let mut job = bed.sh("cat");
    bed.run(&job);
    assert_eq!(log(&job, Stream::Stdout), "");
    job.attempt = 2;
    job.files.insert("prompt.md".to_owned(), "do it\n".to_owned());
    job.stdin = Some(job.step_dir.join("prompt.md"));
    bed.run(&job);
    assert_eq!(log(&job, Stream::Stdout), "do it\n");
}

#[test]
fn a_retry_finds_an_empty_folder_and_the_earlier_attempt_is_whole() {
    let mut bed = Bed::new();
    let mut job = bed.sh("echo one; exit 3");
    bed.run(&job);
    job = bed.sh("echo two");
    job.attempt = 2;
    assert_eq!(bed.run(&job).attempt, 2);
    let earlier = job.step_dir.join("attempts/1");
    assert_eq!(StepRecord::read(&earlier).unwrap().unwrap().exit_code, Some(3));
    assert_eq!(fs::read_to_string(earlier.join("stdout.log")).unwrap(), "one\n");
    assert_eq!(log(&job, Stream::Stdout), "two\n");
}

#[test]
fn two_hundred_launches_at_once_all_end() {
    let mut bed = Bed::new();
    for number in 0..200 {
        let mut job = bed.job("/bin/true", &["true"]);
        // Together far more than a socket holds.
        job.env.push(("PADDING".into(), "x".repeat(20_000)));
        job.step_id = crate::id::StepId::new(&format!("s{number}")).unwrap();
        job.step_dir.set_file_name(format!("s{number}"));
        job.lock_file.set_extension(format!("s{number}"));
        bed.launch(&job);
    }
    let mut ended = 0;
    while ended < 200 {
        if let SpawnEvent::Ended { record, .. } = bed.next() {
            assert_eq!(record.status, StepStatus::Done);
            ended += 1;
        }
    }
}

#[test]
fn a_pane_starts_it_and_shows_what_it_prints() {
    let bed = Bed::new();
    let job = bed.sh("echo shown; echo too >&2; sleep 600 & exit 5");
    let file = bed.path("job.json");
    fs::write(&file, serde_json::to_vec(&job).unwrap()).unwrap();
    let argv = pane_argv(&file);
    let shown = Command::new(&argv[0]).args(&argv[1..]).output().unwrap();
    assert_eq!(shown.status.code(), Some(5));
    let mut lines: Vec<&str> = std::str::from_utf8(&shown.stdout).unwrap().lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["shown", "too"]);
    assert_eq!(log(&job, Stream::Stdout), "shown\n");
    assert_eq!(StepRecord::read(&job.step_dir).unwrap().unwrap().reason.as_deref(), Some("exit code 5"));
}

//! What a step prints, byte for byte and within bounds.

use std::fs;

use crate::wrapper::testing::{Bed, log, until};
use crate::wrapper::{StopRequest, Stream, stop};

#[test]
fn both_streams_are_kept_apart_and_exact() {
    let mut bed = Bed::new();
    let job = bed.sh(r"printf 'a\0\377\376\033[31m'; printf 'err' >&2; printf 'no newline'");
    let record = bed.run(&job);
    let out = fs::read(job.step_dir.join("stdout.log")).unwrap();
    assert_eq!(out, b"a\0\xff\xfe\x1b[31mno newline");
    assert_eq!(log(&job, Stream::Stderr), "err");
    assert_eq!((record.stdout_bytes, record.stderr_bytes, record.truncated_bytes), (19, 3, 0));
}

#[test]
fn the_middle_of_a_long_stream_is_cut_and_marked() {
    let mut bed = Bed::new();
    let mut job = bed.sh("seq 1 200000; seq 1 200000 >&2");
    job.max_log_bytes = 100_000;
    let record = bed.run(&job);
    let all: String = (1..=200_000).map(|n| format!("{n}\n")).collect();
    let cut = all.len() - 100_000;
    let expected = format!("{}\n[… {cut} bytes cut …]\n{}", &all[..50_000], &all[all.len() - 50_000..]);
    assert_eq!(log(&job, Stream::Stdout), expected);
    assert_eq!(log(&job, Stream::Stderr), expected);
    assert_eq!((record.stdout_bytes, record.truncated_bytes), (all.len() as u64, 2 * cut as u64));
}

#[test]
fn the_default_limit_keeps_sixty_and_four() {
    let mut bed = Bed::new();
    let job = bed.sh("head -c 73400320 /dev/zero; printf end");
    bed.run(&job);
    let kept = fs::read(job.step_dir.join("stdout.log")).unwrap();
    let mark = format!("\n[… {} bytes cut …]\n", (6 << 20) + 3);
    assert_eq!(kept.len(), (64 << 20) + mark.len());
    assert_eq!(&kept[60 << 20..][..mark.len()], mark.as_bytes());
    assert!(kept.ends_with(b"\0end"));
}

#[test]
fn memory_is_bounded_whatever_is_printed() {
    let mut bed = Bed::new();
    let job = bed.sh("yes | head -c 300000000; yes | head -c 100000000 >&2; : > printed; sleep 600");
    let wrapper = bed.start(&job);
    until("all is printed", || bed.path("printed").exists().then_some(()));
    let status = fs::read_to_string(format!("/proc/{}/status", wrapper.pid)).unwrap();
    let kib = |key: &str| -> u64 {
        let value = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
        value.trim().trim_end_matches(" kB").parse().unwrap()
    };
    // The pages of this unoptimised test program itself are not the wrapper's doing.
    let own_kib = kib("VmHWM:") - kib("RssFile:");
    assert!(own_kib <= 6 << 10, "{own_kib} KiB");
    stop(&job.lock_file, &StopRequest::new("enough")).unwrap();
    let record = bed.end();
    assert_eq!((record.stdout_bytes, record.stderr_bytes), (300_000_000, 100_000_000));
}

#[test]
fn the_log_can_be_followed_while_it_grows() {
    let mut bed = Bed::new();
    let job = bed.sh("echo first; while [ ! -e go ]; do sleep 0.01; done; echo second");
    bed.start(&job);
    until("the first line", || (log(&job, Stream::Stdout) == "first\n").then_some(()));
    fs::write(bed.path("go"), "").unwrap();
    bed.end();
    assert_eq!(log(&job, Stream::Stdout), "first\nsecond\n");
}

//! A policy that an editor is in the middle of saving: it empties the file first, and an empty one is the defaults.

use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::engine_kit::{HOLD, go, project, starts, traced, wait_for_starts};
use crate::support::{PATIENCE, finish};

/// Lets `b` become ready while the policy is saved again and again, each time emptied first as editors do. How long
/// `b` was kept from starting, and a bound on the longest time in which the file was left alone until then.
fn saved_again_and_again() -> (Duration, Duration) {
    let p = project(&[traced("a", &[], HOLD), traced("b", &["a"], "true")]);
    let run = p.start("run all");
    wait_for_starts(&p, 1);
    let mut policy = p.read("policy.yaml");
    let mut saved = vec![Instant::now()];
    while starts(&p, "b") == 0 {
        policy += "#\n";
        p.write(".threados/policy.yaml", &policy);
        saved.push(Instant::now());
        go(&p);
        assert!(saved[0].elapsed() < PATIENCE, "waited in vain for b, although a second is the most");
        sleep(Duration::from_millis(5));
    }
    let kept = saved[0].elapsed();
    // The time after the last one counts too. A file may have been written long before its time was taken here, so
    // that it stood still for up to two of the times between.
    saved.push(Instant::now());
    let longest = saved.windows(3).map(|of| of[2] - of[0]).max().unwrap();
    // The defaults list no shell: whoever took them for what is meant has denied `b`.
    let ran = finish(run);
    assert_eq!(ran.code, 0, "{ran:#?}");
    (kept, longest)
}

#[test]
fn nothing_starts_while_a_hand_is_at_it() {
    // Where the machine was so busy that the file stood still, nothing was shown.
    let tries = (0..8).map(|_| saved_again_and_again());
    let shown = tries.into_iter().find(|(_, longest)| *longest < Duration::from_millis(90));
    if let Some((kept, _)) = shown {
        assert!(kept >= Duration::from_millis(400), "b was kept for {kept:?} only");
    }
}

//! Two computations at once.

use std::panic::resume_unwind;
use std::sync::OnceLock;
use std::thread;

use rayon_core::{ThreadPool, ThreadPoolBuilder};

/// Who first has two long things to do, and a helper that is kept for the process: to start one costs more than many a
/// half takes, most of it for the memory that it is the first to touch. `None` where none can be had.
static PAIR: OnceLock<Option<ThreadPool>> = OnceLock::new();

/// Runs both, where it is `long` the other one in another thread: below a millisecond that costs more than it saves. What
/// no other thread has got to is done by this one.
pub fn join<A: Send, B: Send>(
    long: bool,
    other: impl Fn() -> A + Send + Sync,
    own: impl FnOnce() -> B + Send,
) -> (A, B) {
    if !long {
        return (other(), own());
    }
    PAIR.get_or_init(|| {
        let away = away_from_here();
        let pair = ThreadPoolBuilder::new().num_threads(2).use_current_thread();
        pair.start_handler(move |_| away()).build().ok()
    });
    if rayon_core::current_thread_index().is_none() {
        return in_a_new_thread(other, own);
    }
    let (own, other) = rayon_core::join(own, other);
    (other, own)
}

/// What takes another thread off the processor that this one is on: where a machine has two, the kernel often starts a
/// thread beside the one that made it, and sees only milliseconds later that the other processor is idle. After that
/// the thread may be anywhere again.
#[cfg(target_os = "linux")]
fn away_from_here() -> impl Fn() {
    use rustix::thread::{sched_getaffinity, sched_getcpu, sched_setaffinity};
    let here = sched_getcpu();
    move || {
        let Ok(all) = sched_getaffinity(None) else { return };
        let mut others = all;
        others.unset(here);
        if sched_getcpu() == here && sched_setaffinity(None, &others).is_ok() {
            // Where even this fails, all but one of them are left, and it works there.
            sched_setaffinity(None, &all).ok();
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn away_from_here() -> impl Fn() {
    || {}
}

/// Whether a helper is at hand, so that many small parts may be left to it: for other threads one is started each time.
pub fn is_at_hand() -> bool {
    rayon_core::current_thread_index().is_some()
}

/// For the threads that are not of the pair.
fn in_a_new_thread<A: Send, B>(other: impl Fn() -> A + Sync, own: impl FnOnce() -> B) -> (A, B) {
    thread::scope(|scope| match thread::Builder::new().spawn_scoped(scope, &other) {
        Ok(running) => {
            let done = own();
            (running.join().unwrap_or_else(|panic| resume_unwind(panic)), done)
        }
        Err(_) => (other(), own()),
    })
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_helper_leaves_the_processor_it_was_born_on_and_may_come_back() {
        use rustix::thread::{sched_getaffinity, sched_getcpu};
        let before = sched_getaffinity(None).unwrap();
        // It may come back at once, but not each time.
        let left = (0..100).any(|_| {
            let (here, away) = (sched_getcpu(), away_from_here());
            away();
            sched_getcpu() != here
        });
        assert!(left || before.count() == 1);
        assert_eq!(sched_getaffinity(None).unwrap(), before);
    }

    #[test]
    fn both_are_done_and_a_panic_of_either_is_the_callers() {
        let try_it = || {
            for long in [false, true] {
                assert_eq!(join(long, || 1, || 2), (1, 2));
                assert_eq!(join(long, || join(long, || 1, || 2), || 3), ((1, 2), 3));
                assert!(catch_unwind(|| join(long, || assert_eq!(1, 2), || 3)).is_err());
                assert!(catch_unwind(|| join(long, || 1, || assert_eq!(1, 2))).is_err());
            }
        };
        // Of the pair there is but one of them.
        try_it();
        thread::spawn(try_it).join().unwrap();
    }
}

//! Two computations at once.

use std::panic::resume_unwind;
use std::thread;

/// Runs both, where it is `long` the other one in a thread of its own: below a millisecond a thread costs more than it
/// saves. Where none can be had, one after the other.
pub fn join<A: Send, B>(long: bool, other: impl Fn() -> A + Sync, own: impl FnOnce() -> B) -> (A, B) {
    if !long {
        return (other(), own());
    }
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
    use super::*;

    #[test]
    fn both_are_done_and_a_panic_of_either_is_the_callers() {
        for long in [false, true] {
            assert_eq!(join(long, || 1, || 2), (1, 2));
            let panics = std::panic::catch_unwind(|| join(long, || assert_eq!(1, 2), || 3));
            assert!(panics.is_err());
        }
        let who = || thread::current().id();
        let (other, own) = join(true, who, who);
        assert!(other != own && own == thread::current().id());
    }
}

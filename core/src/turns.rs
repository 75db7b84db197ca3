//! How long the kernel lets a thread go on while others wait for the processor.

use std::time::Duration;

/// The shortest turn that Linux grants.
const SHORTEST: Duration = Duration::from_micros(100);

/// Has this thread go on for a short time only when others want its processor, and come to it the sooner: for one that
/// works for a moment and is waited for. A thread that then gives way ([`std::thread::yield_now`]) loses no more than such
/// a turn. Its own threads and processes begin as others do. Whether the kernel took it: Linux does since 6.12
/// (`sched_setattr(2)`, the slice of EEVDF), older ones take it and change nothing, other platforms have no such thing.
pub fn short() -> bool {
    #[cfg(target_os = "linux")]
    return linux::set(SHORTEST);
    #[cfg(not(target_os = "linux"))]
    false
}

#[cfg(target_os = "linux")]
mod linux {
    use std::time::Duration;

    const SIZE: u32 = size_of::<libc::sched_attr>() as u32;

    /// How this thread is scheduled now.
    pub fn get() -> Option<libc::sched_attr> {
        let mut attr = std::mem::MaybeUninit::<libc::sched_attr>::zeroed();
        // SAFETY: the kernel writes at most `SIZE` bytes, which are there; zeros are a value of every field.
        unsafe {
            let got = libc::syscall(libc::SYS_sched_getattr, 0, attr.as_mut_ptr(), SIZE, 0);
            (got == 0).then(|| attr.assume_init())
        }
    }

    pub fn set(turn: Duration) -> bool {
        let Some(mut attr) = get() else { return false };
        attr.size = SIZE;
        attr.sched_flags |= libc::SCHED_FLAG_RESET_ON_FORK as u64;
        attr.sched_runtime = turn.as_nanos() as u64;
        // SAFETY: it reads a whole structure of the size it tells.
        unsafe { libc::syscall(libc::SYS_sched_setattr, 0, &raw const attr, 0) == 0 }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_thread_has_short_turns_with_its_nice_value_kept_and_those_it_begins_do_not() {
        let own = std::thread::spawn(|| {
            let before = linux::get().unwrap();
            assert!(short());
            let after = linux::get().unwrap();
            let below = std::thread::spawn(|| linux::get().unwrap()).join().unwrap();
            (before, after, below)
        });
        let (before, after, below) = own.join().unwrap();
        assert_eq!((after.sched_policy, after.sched_nice), (before.sched_policy, before.sched_nice));
        assert_eq!(
            (below.sched_nice, below.sched_runtime, below.sched_flags),
            (before.sched_nice, before.sched_runtime, before.sched_flags)
        );
        // A kernel that knows no turns tells none.
        let told = [before.sched_runtime, u64::try_from(SHORTEST.as_nanos()).unwrap()];
        assert!(told.contains(&after.sched_runtime), "{}", after.sched_runtime);
    }
}

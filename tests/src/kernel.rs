//! A kernel with Landlock and one without: what an older one is like, for this process and all that it starts.

use std::io;

/// Where the tests are started with this variable, nothing can confine a step: every `seqctl` of theirs runs so.
pub const WITHOUT_LANDLOCK: &str = "THREADOS_WITHOUT_LANDLOCK";

/// Has the kernel answer every call for Landlock as one does that never heard of it.
///
/// # Errors
/// Where the kernel refuses.
pub fn forget_landlock() -> io::Result<()> {
    let load = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
    let equal = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
    let answer = libc::BPF_RET | libc::BPF_K;
    let landlock = u32::try_from(libc::SYS_landlock_create_ruleset).map_err(io::Error::other)?;
    // The number of the call is the first word of what a filter is given.
    let mut program = [
        instruction(load, 0, 0, 0),
        instruction(equal, landlock, 0, 1),
        instruction(answer, libc::SECCOMP_RET_ERRNO | libc::ENOSYS.cast_unsigned(), 0, 0),
        instruction(answer, libc::SECCOMP_RET_ALLOW, 0, 0),
    ];
    let program = libc::sock_fprog { len: program.len() as libc::c_ushort, filter: program.as_mut_ptr() };
    // SAFETY: it takes numbers only.
    let may_filter = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    if may_filter != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the program and its instructions are valid for the call, which copies them.
    let code = unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program) };
    if code == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// The version of this kernel's Landlock; 0 where it has none, or where [`WITHOUT_LANDLOCK`] takes it away.
pub fn landlock_version() -> libc::c_long {
    if std::env::var_os(WITHOUT_LANDLOCK).is_some() {
        return 0;
    }
    // SAFETY: it asks for a number with no attributes; the kernel touches no memory of ours.
    unsafe {
        libc::syscall(libc::SYS_landlock_create_ruleset, std::ptr::null::<libc::c_void>(), 0_usize, 1_u32)
    }
    .max(0)
}

fn instruction(code: u32, k: u32, jt: u8, jf: u8) -> libc::sock_filter {
    // All codes are below 256.
    libc::sock_filter { code: code as u16, jt, jf, k }
}

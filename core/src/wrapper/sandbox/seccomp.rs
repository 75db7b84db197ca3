//! What Landlock leaves open and a filter of system calls closes: of the network all but TCP, and the limits of other
//! processes.

use std::io;

/// Whether this is known for this machine's processor.
pub(super) const HOLDS: bool = ARCHITECTURE.is_some();

/// `AUDIT_ARCH_*` of `linux/audit.h`: system calls have other numbers for programs of another word size.
const ARCHITECTURE: Option<u32> = if cfg!(target_arch = "x86_64") {
    Some(0xC000_003E)
} else if cfg!(target_arch = "aarch64") {
    Some(0xC000_00B7)
} else {
    None
};

/// The same of programs of 32 bits on it, and their number of `prlimit64`.
const NARROW: (u32, u32) =
    if cfg!(target_arch = "aarch64") { (0x4000_0028, 369) } else { (0x4000_0003, 340) };

/// Offsets in `struct seccomp_data`.
const NUMBER: u32 = 0;
const ARCH: u32 = 4;
const FIRST_ARGUMENT: u32 = 16;
const THIRD_ARGUMENT: u32 = 32;

/// Numbers from here on are x32's on `x86_64`.
const X32: u32 = 0x4000_0000;

/// Loads a word of `struct seccomp_data`.
const LOAD: u32 = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
const EQUAL: u32 = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
const AT_LEAST: u32 = libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K;
const MASK: u32 = libc::BPF_ALU | libc::BPF_AND | libc::BPF_K;
const RETURN: u32 = libc::BPF_RET | libc::BPF_K;

/// Denies this thread, and all that it starts, sockets other than Unix ones, and `io_uring`, which can make them
/// without a system call of that name. Needs `no_new_privs`.
///
/// # Errors
/// Where the kernel refuses, or the processor is not known.
pub(super) fn only_unix_sockets() -> io::Result<()> {
    let architecture = ARCHITECTURE.ok_or(io::ErrorKind::Unsupported)?;
    // A jump says how many instructions are skipped where it holds, and where not. The last two are allow and deny.
    install(&mut [
        instruction(LOAD, ARCH, 0, 0),
        instruction(EQUAL, architecture, 0, 7),
        instruction(LOAD, NUMBER, 0, 0),
        instruction(AT_LEAST, X32, 5, 0),
        instruction(EQUAL, number(libc::SYS_io_uring_setup), 4, 0),
        instruction(EQUAL, number(libc::SYS_socket), 0, 2),
        instruction(LOAD, FIRST_ARGUMENT, 0, 0),
        instruction(EQUAL, libc::AF_UNIX.cast_unsigned(), 0, 1),
        instruction(RETURN, libc::SECCOMP_RET_ALLOW, 0, 0),
        instruction(RETURN, denied(libc::EACCES), 0, 0),
    ])
}

/// Denies this thread, and all that it starts, to set the limits of another process by `prlimit64`: one of the same
/// user, whose files could then grow no more. Needs `no_new_privs`.
///
/// # Errors
/// Where the kernel refuses, or the processor is not known.
pub(super) fn own_limits_only() -> io::Result<()> {
    let architecture = ARCHITECTURE.ok_or(io::ErrorKind::Unsupported)?;
    let (narrow, narrow_prlimit) = NARROW;
    install(&mut [
        instruction(LOAD, ARCH, 0, 0),
        instruction(EQUAL, architecture, 0, 4),
        instruction(LOAD, NUMBER, 0, 0),
        instruction(MASK, !X32, 0, 0),
        instruction(EQUAL, number(libc::SYS_prlimit64), 4, 0),
        instruction(RETURN, libc::SECCOMP_RET_ALLOW, 0, 0),
        instruction(EQUAL, narrow, 0, 8),
        instruction(LOAD, NUMBER, 0, 0),
        instruction(EQUAL, narrow_prlimit, 0, 6),
        // Process 0 is the caller itself; without new limits it only asks.
        instruction(LOAD, FIRST_ARGUMENT, 0, 0),
        instruction(EQUAL, 0, 4, 0),
        instruction(LOAD, THIRD_ARGUMENT, 0, 0),
        instruction(EQUAL, 0, 0, 3),
        instruction(LOAD, THIRD_ARGUMENT + 4, 0, 0),
        instruction(EQUAL, 0, 0, 1),
        instruction(RETURN, libc::SECCOMP_RET_ALLOW, 0, 0),
        instruction(RETURN, denied(libc::EPERM), 0, 0),
    ])
}

fn number(call: libc::c_long) -> u32 {
    u32::try_from(call).unwrap_or(u32::MAX)
}

fn denied(error: i32) -> u32 {
    libc::SECCOMP_RET_ERRNO | error.cast_unsigned()
}

fn install(program: &mut [libc::sock_filter]) -> io::Result<()> {
    let program = libc::sock_fprog { len: program.len() as libc::c_ushort, filter: program.as_mut_ptr() };
    // SAFETY: the program and its instructions are valid for the call, which copies them.
    let code = unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program) };
    if code == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn instruction(code: u32, k: u32, jt: u8, jf: u8) -> libc::sock_filter {
    // All codes are below 256.
    libc::sock_filter { code: code as u16, jt, jf, k }
}

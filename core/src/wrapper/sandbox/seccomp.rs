//! No sockets but those of the machine itself: what Landlock leaves open of the network (it knows TCP only).

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

/// Offsets in `struct seccomp_data`.
const NUMBER: u32 = 0;
const ARCH: u32 = 4;
const FIRST_ARGUMENT: u32 = 16;

/// Numbers from here on are x32's on `x86_64`.
const X32: u32 = 0x4000_0000;

/// Denies this thread, and all that it starts, sockets other than Unix ones, and `io_uring`, which can make them
/// without a system call of that name. Needs `no_new_privs`.
///
/// # Errors
/// Where the kernel refuses, or the processor is not known.
pub(super) fn only_unix_sockets() -> io::Result<()> {
    let architecture = ARCHITECTURE.ok_or(io::ErrorKind::Unsupported)?;
    let number = |call: libc::c_long| u32::try_from(call).unwrap_or(u32::MAX);
    let (load, equal, at_least) = (
        libc::BPF_LD | libc::BPF_W | libc::BPF_ABS,
        libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K,
        libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K,
    );
    // A jump says how many instructions are skipped where it holds, and where not. The last two are allow and deny.
    let mut program = [
        instruction(load, ARCH, 0, 0),
        instruction(equal, architecture, 0, 7),
        instruction(load, NUMBER, 0, 0),
        instruction(at_least, X32, 5, 0),
        instruction(equal, number(libc::SYS_io_uring_setup), 4, 0),
        instruction(equal, number(libc::SYS_socket), 0, 2),
        instruction(load, FIRST_ARGUMENT, 0, 0),
        instruction(equal, libc::AF_UNIX.cast_unsigned(), 0, 1),
        instruction(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ALLOW, 0, 0),
        instruction(
            libc::BPF_RET | libc::BPF_K,
            libc::SECCOMP_RET_ERRNO | libc::EACCES.cast_unsigned(),
            0,
            0,
        ),
    ];
    let program = libc::sock_fprog { len: program.len() as libc::c_ushort, filter: program.as_mut_ptr() };
    // SAFETY: the program and its instructions are valid for the call, which copies them.
    let code = unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program) };
    if code == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn instruction(code: u32, k: u32, jt: u8, jf: u8) -> libc::sock_filter {
    // All codes are below 256.
    libc::sock_filter { code: code as u16, jt, jf, k }
}

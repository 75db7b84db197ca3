//! What a person can do where the system lets us not read or write.

use std::io;

/// What to do about an error of the system, where that is known.
pub fn hint_of_io(error: &io::Error) -> Option<&'static str> {
    Some(match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "let your user read it and enter the folders it lies in: `ls -ld` shows whose they are, and `chmod u+rwX` \
             gives back what is yours"
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            "that file system is read-only: mount it writable, or copy the project to one that is"
        }
        // The system has one error for both.
        io::ErrorKind::StorageFull => {
            "make room on that disk, then repeat the command: `df -h` shows its space, and where some is left, `df -i` \
             whether it holds too many files"
        }
        io::ErrorKind::QuotaExceeded => {
            "remove files of yours on that disk, then repeat the command: `quota` shows how much you may have"
        }
        io::ErrorKind::FileTooLarge => {
            "`ulimit -f` shows how large a file may become: raise it, then repeat the command"
        }
        _ => return too_many(error),
    })
}

#[cfg(unix)]
fn too_many(error: &io::Error) -> Option<&'static str> {
    use rustix::io::Errno;
    match Errno::from_io_error(error)? {
        Errno::MFILE | Errno::NFILE => Some(
            "too many files are open: `ulimit -n` shows how many may be; raise it, then repeat the command",
        ),
        _ => None,
    }
}

#[cfg(not(unix))]
fn too_many(_: &io::Error) -> Option<&'static str> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use rustix::io::Errno;

    use super::*;

    #[test]
    fn what_the_system_refuses_for_a_reason_a_person_can_mend_says_how() {
        for (errno, told) in [
            (Errno::ACCESS, "chmod"),
            (Errno::PERM, "chmod"),
            (Errno::ROFS, "read-only"),
            (Errno::NOSPC, "df -i"),
            (Errno::DQUOT, "quota"),
            (Errno::FBIG, "ulimit -f"),
            (Errno::MFILE, "ulimit -n"),
        ] {
            let hint = hint_of_io(&errno.into()).unwrap_or_default();
            assert!(hint.contains(told), "{errno}: {hint}");
        }
        assert_eq!(hint_of_io(&Errno::IO.into()), None);
    }
}

//! Running a test of this binary again in a process of its own.

use std::path::Path;
use std::process::{Command, Output};

/// The command that runs one test, by its full name, in this test binary; the test sees by `THREADOS_TEST_FILE`
/// that it is a child.
pub(crate) fn child(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]);
    command
}

/// Runs a test in a process whose files may not grow beyond 64 KiB, as on a full disk: a write comes back short,
/// the next one fails. The shell ignores SIGXFSZ, and its child inherits that.
#[cfg(unix)]
pub(crate) fn limited(test: &str, file: &Path) -> Output {
    let child = child(test);
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' XFSZ; ulimit -f 128; exec \"$@\"", "sh"]);
    shell.arg(child.get_program()).args(child.get_args());
    // A coverage profile cut by the limit could not be read.
    shell.env("LLVM_PROFILE_FILE", "/dev/null");
    shell.env("THREADOS_TEST_FILE", file).output().unwrap()
}

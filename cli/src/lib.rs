//! The ThreadOS command line.

use std::ffi::OsString;
use std::process::ExitCode;

/// Runs one `seqctl` command line.
pub fn run(_args: impl IntoIterator<Item = OsString>) -> ExitCode {
    ExitCode::SUCCESS
}

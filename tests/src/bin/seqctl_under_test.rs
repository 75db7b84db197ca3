//! `seqctl`; on a machine with nothing to confine a step, where the tests want one.

use std::process::ExitCode;

use threados_tests::kernel::{WITHOUT_LANDLOCK, forget_landlock};

fn main() -> ExitCode {
    if std::env::var_os(WITHOUT_LANDLOCK).is_some_and(|value| !value.is_empty())
        && let Err(error) = forget_landlock()
    {
        use std::io::Write as _;
        drop(writeln!(std::io::stderr(), "the kernel does not forget Landlock: {error}"));
        return ExitCode::from(8);
    }
    seqctl::run(std::env::args_os())
}

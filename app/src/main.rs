//! `threados`: the window, and with it the command line, so that steps which call `seqctl` need nothing else installed.

fn main() -> std::process::ExitCode {
    // It brings the allocator of both.
    threados::run(std::env::args_os(), seqctl::run)
}

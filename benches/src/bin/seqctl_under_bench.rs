//! `seqctl`.

fn main() -> std::process::ExitCode {
    seqctl::run(std::env::args_os())
}

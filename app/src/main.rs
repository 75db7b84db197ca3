//! `threados`.

fn main() -> std::process::ExitCode {
    threados::run(std::env::args_os())
}

//! `threados`.

/// Drawing asks for memory and gives it back in large pieces; the system's allocator answers with page faults.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    threados::run(std::env::args_os())
}

//! The real mprocs, pinned.

#[tokio::main]
async fn main() -> std::process::ExitCode {
    match mprocs_lib::mprocs::mprocs::mprocs_main().await {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(_) => std::process::ExitCode::FAILURE,
    }
}

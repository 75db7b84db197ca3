//! The real mprocs, pinned, so that the tests need no install and a release build puts one beside `seqctl`.

#[tokio::main]
async fn main() -> std::process::ExitCode {
    match mprocs_lib::mprocs::mprocs::mprocs_main().await {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(_) => std::process::ExitCode::FAILURE,
    }
}

//! The program: runs, prints the error, exits.

use std::process::ExitCode;

/// musl's own is made to be small: it maps memory and unmaps it again several times for each text.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

fn main() -> ExitCode {
    iim::edge::core_files::forbid();
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    // A mail that is not ours must cost no more than reading it: no argument parser, no runtime.
    if let Some(code) = iim::commands::hook::entry(&arguments) {
        return ExitCode::from(code);
    }
    iim::commands::run(std::env::args_os().collect())
}

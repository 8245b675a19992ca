//! The program: runs, prints the error, exits.

use std::process::ExitCode;

fn main() -> ExitCode {
    iim::edge::core_files::forbid();
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    // A mail that is not ours must cost no more than reading it: no argument parser, no runtime.
    if let Some(code) = iim::commands::hook::entry(&arguments) {
        return ExitCode::from(code);
    }
    iim::commands::run(std::env::args_os().collect())
}

//! The benchmark program: see the README.

use std::process::ExitCode;

fn main() -> ExitCode {
    state_bench::cli::main()
}

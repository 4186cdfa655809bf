//! `tracker-operator`: parse the arguments and hand over to `operator::cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    operator::cli::main()
}

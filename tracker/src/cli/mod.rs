//! The composition root: reads the settings, builds every object, starts and stops them.

mod doctor;
pub mod generate;
mod migrate;
mod reindex;
mod serve;
mod setup;
mod signals;
mod start;

use std::{ffi::OsString, io::Write, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::config::{
    Common, Serve,
    layers::{self, Surroundings},
};

/// The program did what it was asked to do.
const DONE: u8 = 0;
/// It tried and failed.
const FAILED: u8 = 1;

/// A self-hosted issue tracker that runs as a cluster
///
/// Each flag may also be given as environment variable TRACKER_<FLAG> (a dash becomes an underscore), or in the TOML file
/// of --config under the flag's name. A flag beats the environment, the environment beats the file.
#[derive(Debug, Parser)]
#[command(
    name = "tracker",
    version,
    propagate_version = true,
    arg_required_else_help = true,
    max_term_width = 120
)]
struct Program {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a node
    Serve(Box<Serve>),
    /// Bring the database's tables to this version
    Migrate(Box<Common>),
    /// Make this node's search index anew, while the node is stopped
    Reindex(Box<Common>),
    /// Check what a node needs, and say what is wrong
    Doctor(Box<Common>),
    /// Fill the database with made-up issues
    Generate(Box<generate::Generate>),
}

/// Runs the program with these arguments, the program's own name first.
pub fn run(arguments: &[OsString]) -> ExitCode {
    let surroundings = Surroundings {
        variable: &|name| std::env::var_os(name),
        read: &|path| std::fs::read_to_string(path),
    };
    let program = match layers::parse::<Program>(arguments, &surroundings) {
        Ok(program) => program,
        Err(layers::Error::Usage(error)) => {
            // Help goes to stdout with code 0, mistakes to stderr with code 2; nobody is left to tell if that fails.
            let _: Result<(), _> = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(FAILED));
        }
        Err(error @ layers::Error::Setting { .. }) => {
            let _: Result<(), _> = write!(std::io::stderr(), "{error}");
            return ExitCode::from(2);
        }
    };
    match execute(program.command) {
        Ok(()) => ExitCode::from(DONE),
        Err(error) => {
            let _: Result<(), _> = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::from(FAILED)
        }
    }
}

fn execute(command: Command) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(async {
        match command {
            Command::Serve(settings) => serve::run(*settings).await,
            Command::Migrate(settings) => migrate::run(*settings).await,
            Command::Reindex(settings) => reindex::run(*settings).await,
            Command::Doctor(settings) => doctor::run(*settings).await,
            Command::Generate(settings) => generate::run(*settings).await,
        }
    });
    // What still runs in the background is not waited for: all that matters was finished in order.
    runtime.shutdown_background();
    result
}

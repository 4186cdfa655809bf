//! Arguments of `tracker-operator`, and its exit codes: 0 done, 1 failed, 2 wrong usage.

use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::crd::definition;
use crate::run;

/// The Kubernetes operator that runs tracker clusters.
#[derive(Debug, Parser)]
#[command(name = "tracker-operator", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the operator.
    Run(Box<RunArgs>),
    /// Print the custom resource definition as YAML.
    Crd,
}

/// Settings of a running operator.
#[derive(Clone, Debug, Args)]
pub struct RunArgs {
    /// Namespaces to look after, separated by commas. All if not given.
    #[arg(long, env = "TRACKER_OPERATOR_WATCH_NAMESPACES", value_delimiter = ',')]
    pub watch_namespaces: Vec<String>,
    /// Repository of the tracker's image; a cluster's version is the tag.
    #[arg(long, env = "TRACKER_OPERATOR_IMAGE_REPOSITORY", default_value = "localhost/tracker")]
    pub image_repository: String,
    /// Address of /livez, /readyz and /metrics.
    #[arg(long, env = "TRACKER_OPERATOR_LISTEN", default_value = "0.0.0.0:8080")]
    pub listen: SocketAddr,
    /// The operator's own namespace. If not given: that of its service account, or "default".
    #[arg(long, env = "TRACKER_OPERATOR_NAMESPACE")]
    pub namespace: Option<String>,
    /// Name of the Lease that decides which operator leads.
    #[arg(long, env = "TRACKER_OPERATOR_LEASE_NAME", default_value = "tracker-operator")]
    pub lease_name: String,
    /// Namespace of that Lease. If not given: the operator's own.
    #[arg(long, env = "TRACKER_OPERATOR_LEASE_NAMESPACE")]
    pub lease_namespace: Option<String>,
    /// Who this operator is in the Lease. If not given: the host name and a random part.
    #[arg(long, env = "TRACKER_OPERATOR_IDENTITY")]
    pub identity: Option<String>,
    /// How many clusters are looked at in parallel.
    #[arg(long, env = "TRACKER_OPERATOR_CONCURRENCY", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..))]
    pub concurrency: u16,
    /// Form of the log.
    #[arg(long, env = "TRACKER_OPERATOR_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// What is logged, such as info or operator=debug.
    #[arg(long, env = "TRACKER_OPERATOR_LOG", default_value = "info")]
    pub log: String,
}

/// Form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

/// Parse the arguments and do what they say.
pub fn main() -> ExitCode {
    // clap itself leaves with 2 on wrong usage and with 0 on --help.
    let cli = Cli::parse();
    match dispatch(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "tracker-operator: {error:#}");
            ExitCode::from(1)
        }
    }
}

fn dispatch(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Crd => {
            std::io::stdout().write_all(definition::yaml()?.as_bytes()).context("can't write the definition")
        }
        Command::Run(args) => run::run(*args),
    }
}

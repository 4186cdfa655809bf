//! The port for operations, and how this process stops.

use std::{net::SocketAddr, path::PathBuf};

use clap::Args;

use super::values::Span;

/// The operations section.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Operations")]
pub struct Ops {
    /// Address for probes, metrics and operations; never route it to people
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9090")]
    pub ops_listen: SocketAddr,
    /// File with the bearer token of /ops calls; one per line, two while one replaces the other [default: /ops is closed]
    #[arg(long, value_name = "FILE")]
    pub ops_token_file: Option<PathBuf>,
    /// How long requests may take to finish after SIGTERM
    #[arg(long, value_name = "TIME", default_value = "30s")]
    pub drain_timeout: Span,
}

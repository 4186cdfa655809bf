//! What an operator may set. A value comes from the flag, else the environment (`TRACKER_<FLAG>`), else the file given by
//! `--config`, else the default; the sections below are handed to the modules they belong to.

pub mod database;
pub mod homes;
pub mod http;
pub mod layers;
pub mod log;
pub mod node;
pub mod ops;
pub mod values;

use std::path::PathBuf;

use clap::Args;

/// What every command needs: where the data is, and how to log.
#[derive(Args, Clone, Debug)]
pub struct Common {
    /// TOML file with the same names as the flags
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where the rows are.
    #[command(flatten)]
    pub database: database::Database,
    /// Where the files are.
    #[command(flatten)]
    pub homes: homes::Homes,
    /// Who this process is.
    #[command(flatten)]
    pub node: node::Node,
    /// How to log.
    #[command(flatten)]
    pub log: log::Log,
}

/// What only `serve` needs.
#[derive(Args, Clone, Debug)]
pub struct Serve {
    /// What every command needs.
    #[command(flatten)]
    pub common: Common,
    /// Which nodes serve.
    #[command(flatten)]
    pub cluster: node::Cluster,
    /// The port for people and clients.
    #[command(flatten)]
    pub http: http::Http,
    /// The port for operations.
    #[command(flatten)]
    pub ops: ops::Ops,
    /// File with the password of the user `admin`, made at the first start [default: made and printed once]
    ///
    /// The environment variable `TRACKER_ADMIN_PASSWORD` may hold the password itself instead.
    #[arg(long, value_name = "FILE")]
    pub admin_password_file: Option<PathBuf>,
}

//! Which database, and how to reach it.

use std::path::PathBuf;

use clap::Args;

use super::values::DatabaseUrl;

/// The database section.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Database")]
pub struct Database {
    /// sqlite://PATH, or postgres://USER:PASSWORD@HOST/NAME [default: SQLite in the local home]
    #[arg(long, value_name = "URL", conflicts_with = "database_file")]
    pub database: Option<DatabaseUrl>,
    /// File that holds the URL; read again at every reconnect, so that a rotated secret needs no restart
    #[arg(long, value_name = "FILE")]
    pub database_file: Option<PathBuf>,
    /// Certificates (PEM) that the database's own must be signed by
    #[arg(long, value_name = "FILE")]
    pub database_ca_file: Option<PathBuf>,
    /// Most connections that this node keeps to PostgreSQL
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u32).range(2..=1000))]
    pub database_connections: u32,
}

//! How this process logs.

use clap::{Args, ValueEnum};

/// The log section.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Logging")]
pub struct Log {
    /// Form of the log lines on stderr
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub log_format: Format,
    /// What to log: a level, or a list like "info,tracker::http=debug"
    #[arg(long, value_name = "FILTER", default_value = "info")]
    pub log_filter: String,
}

/// Form of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON object per line, for machines.
    Json,
}

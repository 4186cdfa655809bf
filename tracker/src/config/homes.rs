//! The two file trees of a node.

use std::path::PathBuf;

use clap::Args;

/// The homes section.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Files")]
pub struct Homes {
    /// This node's own directory: search index, and SQLite if used [default: the platform's data directory]
    #[arg(long, value_name = "DIR")]
    pub local_home: Option<PathBuf>,
    /// Directory that all nodes see: attachments [default: <local-home>/shared]
    #[arg(long, value_name = "DIR")]
    pub shared_home: Option<PathBuf>,
}

/// The homes, with defaults filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// See [`Homes::local_home`].
    pub local: PathBuf,
    /// See [`Homes::shared_home`].
    pub shared: PathBuf,
}

impl Homes {
    /// Fills in the defaults; `data_dir` is the platform's directory for the data of this program. `None` when neither
    /// that nor `--local-home` is known.
    pub fn resolve(&self, data_dir: Option<PathBuf>) -> Option<Paths> {
        let local = self.local_home.clone().or(data_dir)?;
        let shared = self.shared_home.clone().unwrap_or_else(|| local.join("shared"));
        Some(Paths { local, shared })
    }
}

impl Paths {
    /// Directory of the search index.
    pub fn index(&self) -> PathBuf {
        self.local.join("index")
    }

    /// File of the embedded database.
    pub fn sqlite(&self) -> PathBuf {
        self.local.join("tracker.db")
    }
}

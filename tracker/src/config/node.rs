//! Who this process is, and its part in the cluster.

use clap::{Args, ValueEnum};

/// The node section.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Node")]
pub struct Node {
    /// Stable name of this node, unique in its cluster [default: the host's name]
    #[arg(long, value_name = "ID", value_parser = parse_id)]
    pub node_id: Option<String>,
}

/// The cluster section.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Node")]
pub struct Cluster {
    /// Which of the cluster's nodes serve
    #[arg(long, value_enum, default_value_t = Topology::ActiveActive)]
    pub topology: Topology,
}

/// Which nodes of a cluster serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Topology {
    /// All that are ready.
    ActiveActive,
}

impl Topology {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ActiveActive => "active-active",
        }
    }
}

/// Longest node id: that of a Kubernetes pod's name.
const ID_MAX: usize = 253;

fn parse_id(text: &str) -> Result<String, String> {
    let is_id = (1..=ID_MAX).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if is_id {
        Ok(text.to_owned())
    } else {
        Err(format!("a node id has 1 to {ID_MAX} letters, digits, '-', '_' or '.'"))
    }
}

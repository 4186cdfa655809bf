//! A self-hosted issue tracker that runs as a cluster: one SQL database as truth, a search index per node.

pub mod domain;

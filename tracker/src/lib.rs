//! A self-hosted issue tracker that runs as a cluster: one SQL database as truth, a search index per node.

pub mod app;
pub mod cli;
pub mod cluster;
pub mod config;
pub mod domain;
pub mod http;
pub mod index;
pub mod storage;
#[cfg(test)]
mod suite;
pub mod telemetry;

//! The port for people and clients.

use std::net::SocketAddr;

use clap::Args;

use super::values::{BaseUrl, Cidr, ContextPath};

/// The HTTP section.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "HTTP")]
pub struct Http {
    /// Address for people and clients
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// How people reach this tracker; links in answers begin with it [default: taken from each request]
    #[arg(long, value_name = "URL")]
    pub base_url: Option<BaseUrl>,
    /// Path in front of all pages and endpoints, for example /tracker
    #[arg(long, value_name = "PATH", default_value = "")]
    pub context_path: ContextPath,
    /// Networks whose X-Forwarded-* headers are believed, separated by commas
    #[arg(long, value_name = "CIDR", value_delimiter = ',')]
    pub trusted_proxies: Vec<Cidr>,
    /// Version of Jira that clients are told
    #[arg(long, value_name = "VERSION", default_value = "8.20.30", value_parser = parse_version)]
    pub reported_version: String,
    /// Most requests answered at the same time; more get 503
    #[arg(long, value_name = "N", default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub max_requests: u32,
    /// Largest attachment, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=10_240))]
    pub max_attachment: u64,
}

fn parse_version(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.split('.').collect();
    let is_version = (2..=4).contains(&parts.len()) && parts.iter().all(|part| part.parse::<u32>().is_ok());
    if is_version { Ok(text.to_owned()) } else { Err("a version looks like 8.20.30".to_owned()) }
}

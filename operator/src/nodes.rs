//! Client of the nodes' operations endpoints: what a node says of itself, and asking it to drain.

use std::net::IpAddr;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde::Deserialize;

/// How long one node may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_millis(1500);

/// What `GET /ops/v1/node` says. What a node doesn't know yet is absent, or null.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Report {
    /// Version of the tracker that runs.
    pub version: String,
    /// RUNNING, STARTING, RECOVERING, PASSIVE, DRAINING, MAINTENANCE or ERROR.
    pub state: String,
    /// active or passive.
    pub role: String,
    /// The node's search index; `None` while it has none.
    pub index: Option<IndexReport>,
    /// Requests that are being answered.
    pub in_flight: u64,
}

/// A node's search index, as it says.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IndexReport {
    /// Position in the change log, `era/tx/seq`.
    pub position: Option<String>,
    /// Lag behind the change log in seconds.
    pub lag_seconds: Option<f64>,
    /// Documents in the index.
    pub documents: Option<u64>,
    /// How it was made at the last start.
    pub started_from: Option<String>,
}

/// Why a node couldn't be asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No connection, no answer in time, or no JSON.
    #[error("the node gives no answer")]
    Http(#[from] reqwest::Error),
    /// The node answered, but not with what was asked for.
    #[error("the node answers with {0}")]
    Refused(StatusCode),
}

/// Asks nodes, one short request each.
#[derive(Clone, Debug)]
pub struct Nodes {
    http: reqwest::Client,
    port: u16,
}

impl Nodes {
    /// A client that finds the operations endpoint of a node on `port`.
    pub fn new(port: u16) -> Result<Self, Error> {
        // A pod's address is never reached through a proxy, and may be another pod's in a minute.
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(ANSWER_WITHIN)
            .connect_timeout(ANSWER_WITHIN)
            .pool_max_idle_per_host(1)
            .pool_idle_timeout(Duration::from_secs(40))
            .build()?;
        Ok(Self { http, port })
    }

    /// What the node at `address` says of itself.
    pub async fn report(&self, address: IpAddr, token: &str) -> Result<Report, Error> {
        Ok(self.call(Method::GET, address, "node", token).await?.json().await?)
    }

    /// Ask the node at `address` to finish what it has and to take no more. Asking twice changes nothing.
    pub async fn drain(&self, address: IpAddr, token: &str) -> Result<(), Error> {
        self.call(Method::POST, address, "drain", token).await.map(drop)
    }

    async fn call(
        &self,
        method: Method,
        address: IpAddr,
        what: &str,
        token: &str,
    ) -> Result<reqwest::Response, Error> {
        let host = match address {
            IpAddr::V4(v4) => v4.to_string(),
            IpAddr::V6(v6) => format!("[{v6}]"),
        };
        let url = format!("http://{host}:{}/ops/v1/{what}", self.port);
        let answer = self.http.request(method, url).bearer_auth(token.trim()).send().await?;
        if answer.status().is_success() { Ok(answer) } else { Err(Error::Refused(answer.status())) }
    }
}

#[cfg(test)]
mod tests;

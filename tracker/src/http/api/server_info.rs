//! `/serverInfo`: what this server is; the one thing that clients may ask without a password.

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::time;
use crate::http::{Edge, links::Links};

/// The build number that goes with a reported version: Jira's own numbers only ever grow with the version, and so do these.
fn build_number(version: &str) -> u64 {
    let mut parts = version.split('.').map(|part| part.parse::<u64>().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    next() * 100_000 + next() * 1_000 + next()
}

/// What this server is.
pub async fn get(State(edge): State<Edge>, links: Links) -> Json<Value> {
    Json(view(&edge.settings().reported_version, links.base(), edge.app().clock().now_ms()))
}

fn view(version: &str, base: &str, now_ms: i64) -> Value {
    let numbers: Vec<u64> = version.split('.').filter_map(|part| part.parse().ok()).collect();
    json!({
        "baseUrl": base,
        "version": version,
        "versionNumbers": numbers,
        "deploymentType": "Server",
        "buildNumber": build_number(version),
        "serverTime": time::render(now_ms),
        "scmInfo": env!("CARGO_PKG_VERSION"),
        "serverTitle": "TrackerCluster",
    })
}

#[cfg(test)]
mod tests {
    use super::view;

    #[test]
    fn looks_like_a_server_of_the_reported_version() {
        insta::assert_json_snapshot!(view("8.20.30", "https://t.example/x", 1_769_860_800_000));
    }
}

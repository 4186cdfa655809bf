//! PostgreSQL in a namespace, from the manifest that people get too.

use std::time::Duration;

use crate::namespace::Namespace;
use crate::tidy::top;
use crate::wait::until;

/// Name of the StatefulSet, the Service and the Secret in `deploy/postgres.yaml`.
pub const NAME: &str = "demo-db";
/// Its one pod.
pub const POD: &str = "demo-db-0";

/// The database as psql in the pod sees it.
const URL: &str = "postgres://tracker:change-me@127.0.0.1:5432/tracker";

/// Applies `deploy/postgres.yaml` with the cluster's image and waits until the server answers.
pub async fn deploy(namespace: &Namespace) {
    let manifest = std::fs::read_to_string(top().join("deploy/postgres.yaml")).expect("the manifest");
    assert!(manifest.contains("image: postgres:17"), "the manifest's image is not where it was");
    let manifest =
        manifest.replace("image: postgres:17", &format!("image: {}", namespace.cluster().postgres_image()));
    namespace.cluster().apply(namespace.name(), &manifest).await.expect("apply deploy/postgres.yaml");
    ready(namespace).await;
}

/// Waits until the server takes connections.
pub async fn ready(namespace: &Namespace) {
    until("PostgreSQL answers", Duration::from_mins(2), async || query(namespace, "SELECT 1").await).await;
}

/// Runs one statement with psql in the pod and returns what it printed, bare.
pub async fn query(namespace: &Namespace, sql: &str) -> anyhow::Result<String> {
    let arguments = ["exec", "--namespace", namespace.name(), POD, "--", "psql", URL, "-XAtc", sql];
    Ok(namespace.cluster().kubectl(&arguments).await?.trim().to_owned())
}

//! The operator, installed with its chart the way people install it.

use std::time::Duration;

use anyhow::Context;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::ListParams;

use crate::cluster::{Cluster, Origin};
use crate::tidy::top;
use crate::wait::{ensure, until};

/// The operator's namespace.
pub const NAMESPACE: &str = "tracker-system";
/// Name of the release, of the Deployment and of the Lease.
pub const RELEASE: &str = "tracker-operator";
/// Name of its container.
const CONTAINER: &str = "operator";
/// Its pods.
pub const SELECTOR: &str = "app.kubernetes.io/name=tracker-operator";

/// Installs or upgrades the operator and waits until its pods are ready. Every suite calls it; later calls change nothing.
pub async fn install(cluster: &Cluster) {
    let chart = top().join("charts/tracker-operator");
    let values = [
        format!("image.repository={}", cluster.repository("tracker-operator")),
        format!("trackerImage.repository={}", cluster.repository("tracker")),
        // On a cluster that was kept, a new build has the same tag.
        format!("podAnnotations.build={}", std::env::var("TRACKER_IMAGES_STAMP").unwrap_or_default()),
    ];
    let arguments = [
        "upgrade",
        "--install",
        RELEASE,
        &chart.to_string_lossy(),
        "--namespace",
        NAMESPACE,
        "--create-namespace",
        "--set-string",
        &values.join(","),
        "--wait",
        "--timeout",
        "3m",
    ];
    cluster.helm(&arguments).await.expect("install the operator");
    let explained = until("the API server knows the resource", Duration::from_secs(30), async || {
        cluster.kubectl(&["get", "tkc", "--all-namespaces"]).await
    });
    explained.await;
}

/// The operator's pods that aren't leaving.
pub async fn pods(cluster: &Cluster) -> anyhow::Result<Vec<Pod>> {
    let pods: Api<Pod> = Api::namespaced(cluster.client(), NAMESPACE);
    let found = pods.list(&ListParams::default().labels(SELECTOR)).await?.items;
    Ok(found.into_iter().filter(|pod| pod.metadata.deletion_timestamp.is_none()).collect())
}

/// Who leads, as the Lease says: the name of its pod and a part of its own.
pub async fn leader(cluster: &Cluster) -> anyhow::Result<String> {
    let leases: Api<Lease> = Api::namespaced(cluster.client(), NAMESPACE);
    let holder = leases.get(RELEASE).await?.spec.and_then(|spec| spec.holder_identity);
    holder.filter(|holder| !holder.is_empty()).context("nobody leads")
}

/// Kills the process that leads, so that it can't give the lead back; where that can't be done, its pod. Returns who led.
pub async fn kill_leader(cluster: &Cluster) -> anyhow::Result<String> {
    let leader = leader(cluster).await?;
    let pods = pods(cluster).await?;
    let mut names = pods.iter().filter_map(|pod| pod.metadata.name.clone());
    let pod = names
        .find(|name| leader.starts_with(name.as_str()))
        .with_context(|| format!("{leader} is no pod"))?;
    if let Origin::Local(_) = cluster.origin() {
        cluster.local_kubernetes(&["kill-pod-process", NAMESPACE, &pod, CONTAINER]).await?;
    } else {
        cluster
            .kubectl(&["delete", "pod", &pod, "--namespace", NAMESPACE, "--grace-period=0", "--force"])
            .await?;
    }
    Ok(leader)
}

/// Waits until both pods are ready again and one of them leads.
pub async fn settled(cluster: &Cluster) {
    until("the operator's pods are ready", Duration::from_mins(2), async || {
        let ready = pods(cluster).await?.iter().filter(|pod| crate::observers::is_ready(pod)).count();
        ensure(ready >= 2, format!("{ready} of 2 are ready"))?;
        leader(cluster).await
    })
    .await;
}

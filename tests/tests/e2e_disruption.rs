//! Nodes die while a writer goes on: what was acknowledged stays, once, on every node.

use tests::cluster::Cluster;
use tests::namespace::Namespace;
use tests::rest::Rest;
use tests::trackers::{CONTAINER, Trackers};
use tests::wait::{ensure, until};
use tests::writer::{IMPATIENT, Log, Writer};
use tests::{operator, postgres};

const PROJECT: &str = "FAULT";

/// A guard against hanging for what the cluster itself has to notice.
const NOTICED: std::time::Duration = std::time::Duration::from_mins(3);

/// Checks on every node that all that was promised is there, and that all nodes count the same.
async fn verify(trackers: &Trackers<'_>, count: usize, log: &Log) {
    let mut totals = Vec::new();
    for node in trackers.nodes(count).await {
        let found =
            log.verify(&node.rest, PROJECT).await.unwrap_or_else(|error| panic!("{}: {error:#}", node.name));
        totals.push(found);
    }
    println!(
        "{} acknowledged, {} attempts failed, slowest {:?}; found by node: {totals:?}",
        log.acknowledged.len(),
        log.failures.len(),
        log.slowest
    );
    assert!(
        totals.iter().all(|total| *total == log.acknowledged.len()),
        "the project has issues nobody was promised"
    );
}

/// The ordinal of a node whose machine doesn't carry the database.
async fn victim(trackers: &Trackers<'_>) -> usize {
    let database = trackers.machine_of(postgres::POD).await;
    for ordinal in (0..3).rev() {
        if trackers.machine_of(&trackers.node_name(ordinal)).await != database {
            return ordinal;
        }
    }
    panic!("all nodes are on one machine")
}

async fn start(namespace: &Namespace) -> (Trackers<'_>, tests::forward::Forward, Rest) {
    let trackers = Trackers::with_postgres(namespace, 3).await;
    let service = trackers.service().await;
    let rest = Rest::new(&service.url(), &trackers.password().await);
    rest.create_project(PROJECT).await.expect("a project");
    (trackers, service, rest)
}

#[tokio::test]
async fn a_process_killed_and_a_pod_deleted() {
    let Some(cluster) = Cluster::given().await else { return };
    operator::install(&cluster).await;
    let namespace = Namespace::new(&cluster, "killed").await;
    let (trackers, _service, rest) = start(&namespace).await;
    let writer = Writer::start(&rest, PROJECT, 3, IMPATIENT);
    writer.goes_on(20).await;

    if cluster.local().is_some() {
        let victim = trackers.node_name(1);
        cluster
            .local_kubernetes(&["kill-pod-process", namespace.name(), &victim, CONTAINER])
            .await
            .expect("kill -9");
        writer.goes_on(50).await;
        trackers.ready(3).await;
    }

    let victim = trackers.node_name(2);
    let before = trackers.pods().get(&victim).await.expect("the pod").metadata.uid;
    cluster
        .kubectl(&["delete", "pod", &victim, "--namespace", namespace.name(), "--wait=false"])
        .await
        .expect("delete");
    writer.goes_on(50).await;
    until("the pod is replaced", NOTICED, async || {
        let now = trackers.pods().get(&victim).await?.metadata.uid;
        ensure(now != before, "it is the same pod")
    })
    .await;
    trackers.ready(3).await;

    verify(&trackers, 3, &writer.stop().await).await;
}

#[tokio::test]
async fn a_network_cut_and_healed() {
    let Some(cluster) = Cluster::given().await else { return };
    if cluster.local().is_none() {
        return;
    }
    operator::install(&cluster).await;
    let namespace = Namespace::new(&cluster, "cut").await;
    let (trackers, _service, rest) = start(&namespace).await;
    let victim = trackers.node_name(victim(&trackers).await);
    let machine = trackers.machine_of(&victim).await;
    let writer = Writer::start(&rest, PROJECT, 3, IMPATIENT);
    writer.goes_on(20).await;

    cluster.local_kubernetes(&["node", "cut", &machine]).await.expect("cut the cable");
    writer.goes_on(20).await;
    until("Kubernetes notices the lost machine", NOTICED, async || {
        let arguments =
            ["get", "node", &machine, "-o", "jsonpath={.status.conditions[?(@.type=='Ready')].status}"];
        let ready = cluster.kubectl(&arguments).await?;
        ensure(ready.trim() != "True", ready)
    })
    .await;
    writer.goes_on(50).await;
    cluster.local_kubernetes(&["node", "heal", &machine]).await.expect("heal the cable");
    trackers.ready(3).await;
    writer.goes_on(50).await;
    operator::settled(&cluster).await;

    verify(&trackers, 3, &writer.stop().await).await;
}

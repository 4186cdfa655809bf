//! PostgreSQL dies and comes back under load.

use tests::cluster::Cluster;
use tests::namespace::Namespace;
use tests::rest::Rest;
use tests::trackers::Trackers;
use tests::writer::{IMPATIENT, Writer};
use tests::{operator, postgres};

const PROJECT: &str = "BASE";

#[tokio::test]
async fn postgres_killed_and_restarted_loses_nothing() {
    let Some(cluster) = Cluster::given().await else { return };
    operator::install(&cluster).await;
    let namespace = Namespace::new(&cluster, "database").await;
    let trackers = Trackers::with_postgres(&namespace, 2).await;
    let service = trackers.service().await;
    let rest = Rest::new(&service.url(), &trackers.password().await);
    rest.create_project(PROJECT).await.expect("a project");
    let restarts = restarts(&trackers).await;
    let writer = Writer::start(&rest, PROJECT, 3, IMPATIENT);
    writer.goes_on(50).await;

    if cluster.local().is_some() {
        let arguments = ["kill-pod-process", namespace.name(), postgres::POD, "postgres"];
        cluster.local_kubernetes(&arguments).await.expect("kill -9 the server");
        writer.goes_on(50).await;
    }
    cluster
        .kubectl(&["delete", "pod", postgres::POD, "--namespace", namespace.name()])
        .await
        .expect("restart the server");
    postgres::ready(&namespace).await;
    writer.goes_on(50).await;

    let log = writer.stop().await;
    println!(
        "{} acknowledged, {} attempts failed, slowest {:?}",
        log.acknowledged.len(),
        log.failures.len(),
        log.slowest
    );
    assert!(!log.failures.is_empty(), "the writer never noticed that the database was away");
    trackers.ready(2).await;
    for node in trackers.nodes(2).await {
        let found =
            log.verify(&node.rest, PROJECT).await.unwrap_or_else(|error| panic!("{}: {error:#}", node.name));
        assert_eq!(found, log.acknowledged.len(), "{}", node.name);
    }
    assert_eq!(
        self::restarts(&trackers).await,
        restarts,
        "a tracker was restarted: it must recover by itself"
    );
}

/// How often the trackers' containers were restarted.
async fn restarts(trackers: &Trackers<'_>) -> i32 {
    let pods = trackers.node_pods().await.expect("the pods");
    let statuses = pods.into_iter().filter_map(|pod| pod.status?.container_statuses).flatten();
    statuses.map(|status| status.restart_count).sum()
}

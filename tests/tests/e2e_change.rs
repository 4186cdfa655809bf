//! Planned changes while a writer goes on: scaling, and a new pod template rolled one pod at a time.

use serde_json::json;
use tests::cluster::Cluster;
use tests::namespace::Namespace;
use tests::observers::ReadinessBudget;
use tests::operator;
use tests::rest::Rest;
use tests::trackers::Trackers;
use tests::wait::{ensure, until};
use tests::writer::{IMPATIENT, PATIENT, Writer};

const PROJECT: &str = "CHANGE";

#[tokio::test]
async fn three_nodes_become_five_and_then_two() {
    let Some(cluster) = Cluster::given().await else { return };
    operator::install(&cluster).await;
    let namespace = Namespace::new(&cluster, "scale").await;
    let trackers = Trackers::with_postgres(&namespace, 3).await;
    let service = trackers.service().await;
    let rest = Rest::new(&service.url(), &trackers.password().await);
    rest.create_project(PROJECT).await.expect("a project");
    let writer = Writer::start(&rest, PROJECT, 3, IMPATIENT);
    writer.goes_on(20).await;

    trackers.scale(5).await;
    trackers.ready(5).await;
    writer.goes_on(20).await;
    trackers.scale(2).await;
    trackers.ready(2).await;
    writer.goes_on(20).await;

    let log = writer.stop().await;
    println!(
        "{} acknowledged, {} attempts failed: {:?}",
        log.acknowledged.len(),
        log.failures.len(),
        log.failures.first()
    );
    for node in trackers.nodes(2).await {
        let found =
            log.verify(&node.rest, PROJECT).await.unwrap_or_else(|error| panic!("{}: {error:#}", node.name));
        assert_eq!(found, log.acknowledged.len(), "{}", node.name);
    }
    // A node that left keeps no volume: it comes back with a new index some day.
    let claims = cluster
        .kubectl(&["get", "pvc", "--namespace", namespace.name(), "-o", "name"])
        .await
        .expect("claims");
    println!("claims after scale-in:\n{claims}");
}

#[tokio::test]
async fn a_new_template_is_rolled_without_a_failed_request() {
    let Some(cluster) = Cluster::given().await else { return };
    operator::install(&cluster).await;
    let namespace = Namespace::new(&cluster, "roll").await;
    let trackers = Trackers::with_postgres(&namespace, 3).await;
    let service = trackers.service().await;
    let password = trackers.password().await;
    let rest = Rest::new(&service.url(), &password);
    rest.create_project(PROJECT).await.expect("a project");
    let before = uids(&trackers).await;

    let budget = ReadinessBudget::watch(trackers.pods(), &trackers.selector(), 3, 1);
    let single = Writer::start(&rest, PROJECT, 2, PATIENT);
    let keeping = Writer::start(&Rest::keeping(&service.url(), &password), PROJECT, 1, PATIENT);
    single.goes_on(20).await;
    trackers.patch(&json!({"spec": {"pod": {"annotations": {"example.org/rolled": "once"}}}})).await;
    until("every pod is a new one with the new template", tests::trackers::READY_LIMIT, async || {
        let pods = trackers.node_pods().await?;
        let rolled = |pod: &k8s_openapi::api::core::v1::Pod| {
            pod.metadata.annotations.as_ref().is_some_and(|all| all.contains_key("example.org/rolled"))
        };
        let count = pods.iter().filter(|pod| rolled(pod)).count();
        ensure(count == 3, format!("{count} of 3; plan {}", trackers.get().await?["status"]["plan"]))
    })
    .await;
    trackers.ready(3).await;
    single.goes_on(20).await;

    let (single, keeping) = (single.stop().await, keeping.stop().await);
    let fewest = budget.kept();
    println!(
        "fewest ready {fewest}; {} + {} acknowledged",
        single.acknowledged.len(),
        keeping.acknowledged.len()
    );
    assert_eq!(fewest, 2, "the watch must have seen each pod leave");
    assert_eq!(single.failures, Vec::<String>::new(), "requests with a connection each failed");
    assert_eq!(keeping.failures, Vec::<String>::new(), "requests on kept connections failed");
    assert!(uids(&trackers).await.iter().all(|uid| !before.contains(uid)), "a pod wasn't replaced");

    let mut all = single;
    all.acknowledged.extend(keeping.acknowledged);
    for node in trackers.nodes(3).await {
        all.verify(&node.rest, PROJECT).await.unwrap_or_else(|error| panic!("{}: {error:#}", node.name));
    }
}

async fn uids(trackers: &Trackers<'_>) -> Vec<String> {
    let pods = trackers.node_pods().await.expect("the pods");
    pods.into_iter().filter_map(|pod| pod.metadata.uid).collect()
}

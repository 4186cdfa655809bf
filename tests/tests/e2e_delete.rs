//! A deleted cluster leaves behind what `deletion` says, and the same resource brings everything back.

use serde_json::json;
use tests::cluster::{Cluster, version};
use tests::namespace::Namespace;
use tests::operator;
use tests::trackers::{NAME, Trackers, resource};

async fn names(cluster: &Cluster, namespace: &Namespace, kinds: &str) -> Vec<String> {
    let selector = format!("--selector=app.kubernetes.io/instance={NAME}");
    let printed = cluster
        .kubectl(&[
            "get",
            kinds,
            &selector,
            "--namespace",
            namespace.name(),
            "-o",
            "name",
            "--ignore-not-found",
        ])
        .await
        .expect("kubectl get");
    printed.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn issues_and_attachments_outlive_the_resource() {
    let Some(cluster) = Cluster::given().await else { return };
    operator::install(&cluster).await;
    let namespace = Namespace::new(&cluster, "delete").await;
    let trackers = Trackers::with_postgres(&namespace, 2).await;
    let password = trackers.password().await;
    let nodes = trackers.nodes(2).await;
    nodes[0].rest.create_project("KEEP").await.expect("a project");
    for number in 0..20 {
        nodes[number % 2].rest.create_issue("KEEP", &format!("kept {number}"), None).await.expect("an issue");
    }
    let bytes: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
    let attachment = nodes[1].rest.attach("KEEP-1", "kept.bin", bytes.clone()).await.expect("an attachment");
    drop(nodes);

    trackers.delete().await;
    tests::wait::until("everything but what is kept is gone", tests::trackers::READY_LIMIT, async || {
        let left = names(
            &cluster,
            &namespace,
            "statefulset,service,poddisruptionbudget,networkpolicy,serviceaccount,pod",
        )
        .await;
        tests::wait::ensure(left.is_empty(), format!("{left:?}"))?;
        let claims = names(&cluster, &namespace, "pvc").await;
        tests::wait::ensure(claims == ["persistentvolumeclaim/demo-shared"], format!("{claims:?}"))
    })
    .await;

    let trackers = Trackers::apply(&namespace, &resource(&namespace, 2)).await;
    trackers.ready(2).await;
    assert_eq!(trackers.password().await, password, "the Secret with the password is kept");
    for node in trackers.nodes(2).await {
        let found = node.rest.search("project = KEEP AND summary ~ kept", 0, 100).await.expect("search");
        assert_eq!(found.total, 20, "{}", node.name);
        assert!(node.rest.attachment(&attachment).await.expect("download") == bytes, "{}", node.name);
    }

    // With the other policy nothing is left.
    trackers.patch(&json!({"spec": {"deletion": {"sharedHome": "Delete"}}})).await;
    trackers.ready(2).await;
    trackers.delete().await;
    tests::wait::until("the shared home is gone too", tests::trackers::READY_LIMIT, async || {
        let claims = names(&cluster, &namespace, "pvc").await;
        tests::wait::ensure(claims.is_empty(), format!("{claims:?}"))
    })
    .await;
}

#[tokio::test]
async fn one_node_on_sqlite_keeps_its_only_volume() {
    let Some(cluster) = Cluster::given().await else { return };
    operator::install(&cluster).await;
    let namespace = Namespace::new(&cluster, "single").await;
    let single = json!({
        "apiVersion": "tracker.dev/v1alpha1",
        "kind": "TrackerCluster",
        "metadata": {"name": NAME},
        "spec": {"version": version(), "database": {"sqlite": {}}, "localHome": {"size": "1Gi"}},
    });
    let trackers = Trackers::apply(&namespace, &single).await;
    trackers.ready(1).await;
    {
        let node = &trackers.nodes(1).await[0];
        node.rest.create_project("ONE").await.expect("a project");
        node.rest.create_issue("ONE", "all there is", None).await.expect("an issue");
    }
    trackers.delete().await;
    let trackers = Trackers::apply(&namespace, &single).await;
    trackers.ready(1).await;
    let node = &trackers.nodes(1).await[0];
    assert_eq!(node.rest.search("project = ONE", 0, 10).await.expect("search").keys, ["ONE-1"]);
}

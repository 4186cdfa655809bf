//! From nothing to a tracker of three nodes, by helm and kubectl alone.

use std::time::Instant;

use tests::cluster::Cluster;
use tests::namespace::Namespace;
use tests::trackers::{NAME, Trackers, resource};
use tests::{operator, postgres};

#[tokio::test]
async fn three_nodes_come_up_and_kubectl_knows_them() {
    let Some(cluster) = Cluster::given().await else { return };
    operator::install(&cluster).await;
    let namespace = Namespace::new(&cluster, "bootstrap").await;
    postgres::deploy(&namespace).await;

    let begin = Instant::now();
    let trackers = Trackers::apply(&namespace, &resource(&namespace, 3)).await;
    trackers.ready(3).await;
    println!("three nodes Ready in {:.1} s (aim 60 s)", begin.elapsed().as_secs_f64());

    let table = cluster.kubectl(&["get", "tkc", "--namespace", namespace.name()]).await.expect("kubectl get");
    println!("{table}");
    let header: Vec<_> = table.lines().next().unwrap_or_default().split_whitespace().collect();
    assert_eq!(header, ["NAME", "VERSION", "TOPOLOGY", "READY", "ACTIVE", "PHASE", "AGE"]);
    let row: Vec<_> = table.lines().nth(1).unwrap_or_default().split_whitespace().collect();
    assert_eq!(row[..4], [NAME, tests::cluster::version(), "ActiveActive", "3/3"]);
    assert_eq!(row[5], "Ready");

    let explained = cluster.kubectl(&["explain", "tkc.spec"]).await.expect("kubectl explain");
    for field in ["version", "nodes", "database", "localHome", "sharedHome", "deletion", "paused"] {
        assert!(explained.contains(field), "kubectl explain tkc.spec doesn't know {field}:\n{explained}");
    }
    assert!(!explained.contains("<no description>"), "a field has no description:\n{explained}");

    let available = trackers.condition("Available").await.expect("a condition");
    assert!(available.holds, "{available:?}");
    let members = trackers.get().await.expect("the resource")["status"]["members"].clone();
    let names: Vec<_> =
        members.as_array().expect("members").iter().map(|m| m["name"].as_str().unwrap_or("")).collect();
    assert_eq!(names, ["demo-0", "demo-1", "demo-2"]);

    for node in trackers.nodes(3).await {
        assert_eq!(node.rest.state().await.expect("an answer"), "RUNNING", "{}", node.name);
        let me = node.rest.get("/myself").await.expect("the password that the operator made works");
        assert_eq!(me["name"], "admin");
    }

    trackers.scale(2).await;
    trackers.ready(2).await;
    let table = cluster.kubectl(&["get", "tkc", "--namespace", namespace.name()]).await.expect("kubectl get");
    assert!(table.contains("2/2"), "{table}");
}

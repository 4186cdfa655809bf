//! The operator beside its clusters: quiet when settled, unmoved by what it can't read or doesn't own, replaced when it dies.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::cluster::{Cluster, version};
use tests::namespace::Namespace;
use tests::operator;
use tests::rest::Rest;
use tests::trackers::{NAME, READY_LIMIT, Trackers};
use tests::wait::{ensure, until};
use tests::writer::{PATIENT, Writer};

/// Name of the definition.
const CRD: &str = "trackerclusters.tracker.dev";
/// How long figures in the status may lag, and a little more.
const FIGURES: Duration = Duration::from_secs(35);
/// How long a settled operator is watched.
const QUIET: Duration = Duration::from_mins(1);

/// One node on SQLite.
fn single() -> Value {
    json!({
        "apiVersion": "tracker.dev/v1alpha1",
        "kind": "TrackerCluster",
        "metadata": {"name": NAME},
        "spec": {"version": version(), "database": {"sqlite": {}}, "localHome": {"size": "1Gi"}},
    })
}

/// Writes that the API server has counted, by resource and verb, of those only the operator makes: all server-side applies,
/// and every write to its own resource, to StatefulSets, Services, claims, Secrets, accounts, budgets and events.
async fn writes(cluster: &Cluster) -> BTreeMap<String, u64> {
    const RESOURCES: &[&str] = &[
        "trackerclusters",
        "services",
        "secrets",
        "serviceaccounts",
        "roles",
        "rolebindings",
        "networkpolicies",
        "poddisruptionbudgets",
        "persistentvolumeclaims",
        "statefulsets",
        "events",
        "configmaps",
        "podmonitors",
        "pods",
    ];
    let text = cluster.kubectl(&["get", "--raw", "/metrics"]).await.expect("the API server's metrics");
    let mut counted = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("apiserver_request_total{")) {
        let label = |name: &str| {
            let rest = line.split_once(&format!("{name}=\""))?.1;
            rest.split_once('"').map(|(value, _)| value.to_owned())
        };
        let (Some(verb), Some(resource)) = (label("verb"), label("resource")) else { continue };
        let write = match verb.as_str() {
            "APPLY" => true,
            "POST" | "PUT" | "PATCH" | "DELETE" | "DELETECOLLECTION" => {
                RESOURCES.contains(&resource.as_str())
            }
            _ => false,
        };
        if write {
            let count = line.rsplit_once(' ').and_then(|(_, value)| value.parse::<f64>().ok()).unwrap_or(0.0);
            *counted
                .entry(format!("{verb} {resource}/{}", label("subresource").unwrap_or_default()))
                .or_default() += count as u64;
        }
    }
    counted
}

#[tokio::test]
async fn a_settled_operator_writes_nothing() {
    let Some(cluster) = Cluster::given().await else { return };
    if cluster.local().is_none() {
        return;
    }
    operator::install(&cluster).await;
    let namespace = Namespace::new(&cluster, "settled").await;
    let trackers = Trackers::with_postgres(&namespace, 3).await;
    let rest = &trackers.nodes(1).await[0].rest;
    rest.create_project("QUIET").await.expect("a project");
    // What Kubernetes itself still has to do after a start, what the last namespace's removal still does, and the figures in
    // the status, which follow a change within 30 s.
    until("the API server's writes come to rest", READY_LIMIT, async || {
        let before = writes(&cluster).await;
        tokio::time::sleep(FIGURES).await;
        let after = writes(&cluster).await;
        ensure(before == after, format!("{:?}", difference(&before, &after)))
    })
    .await;

    let before = writes(&cluster).await;
    assert!(
        before.keys().any(|key| key.starts_with("APPLY")),
        "the API server counted no apply at all: {before:?}"
    );
    tokio::time::sleep(QUIET).await;
    let after = writes(&cluster).await;
    assert_eq!(difference(&before, &after), BTreeMap::new(), "writes in {QUIET:?}");
}

fn difference(before: &BTreeMap<String, u64>, after: &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    let more = after.iter().map(|(key, count)| (key.clone(), count - before.get(key).unwrap_or(&0)));
    more.filter(|(_, count)| *count > 0).collect()
}

#[tokio::test]
async fn a_resource_that_cannot_be_read_stops_no_other() {
    let Some(cluster) = Cluster::given().await else { return };
    operator::install(&cluster).await;
    let broken = Namespace::new(&cluster, "unreadable").await;
    let namespace = Namespace::new(&cluster, "readable").await;

    // An object that an older schema let in: the schema is opened for a moment.
    let definition = definition(&cluster).await;
    let mut opened = definition.clone();
    opened["spec"]["versions"][0]["schema"] =
        json!({"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}});
    apply_as_helm(&cluster, &opened).await;
    let unreadable = json!({
        "apiVersion": "tracker.dev/v1alpha1",
        "kind": "TrackerCluster",
        "metadata": {"name": "broken"},
        "spec": {"version": 7, "nodes": 3, "database": "none"},
    });
    let mut applied = cluster.apply(broken.name(), &unreadable.to_string()).await;
    for _ in 0..100 {
        if applied.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        applied = cluster.apply(broken.name(), &unreadable.to_string()).await;
    }
    // Closed again before anything can fail: the other tests need it.
    apply_as_helm(&cluster, &definition).await;
    applied.expect("the opened schema takes what the operator can't read");

    // A new process has to list it too.
    cluster
        .kubectl(&["rollout", "restart", "deployment", operator::RELEASE, "--namespace", operator::NAMESPACE])
        .await
        .expect("restart");
    let arguments = [
        "rollout",
        "status",
        "deployment",
        operator::RELEASE,
        "--namespace",
        operator::NAMESPACE,
        "--timeout=2m",
    ];
    cluster.kubectl(&arguments).await.expect("the operator comes up beside a resource it can't read");
    let trackers = Trackers::apply(&namespace, &single()).await;
    trackers.ready(1).await;
    let there = cluster.kubectl(&["get", "tkc", "broken", "--namespace", broken.name(), "-o", "name"]).await;
    assert!(there.is_ok(), "the unreadable resource must still be there: {there:?}");
}

/// The definition as it is, without what the API server adds.
async fn definition(cluster: &Cluster) -> Value {
    let text = cluster.kubectl(&["get", "crd", CRD, "-o", "json"]).await.expect("the definition");
    let mut found: Value = serde_json::from_str(&text).expect("JSON");
    for added in ["creationTimestamp", "generation", "resourceVersion", "uid", "managedFields"] {
        found["metadata"].as_object_mut().expect("metadata").remove(added);
    }
    found.as_object_mut().expect("an object").remove("status");
    found
}

/// Applies a definition in helm's name, so that helm's next upgrade finds no stranger's fields.
async fn apply_as_helm(cluster: &Cluster, definition: &Value) {
    let arguments = ["apply", "--server-side", "--field-manager=helm", "--force-conflicts", "-f", "-"];
    cluster.kubectl_with_input(&arguments, &definition.to_string()).await.expect("apply the definition");
}

#[tokio::test]
async fn a_strangers_object_is_left_alone_and_reported() {
    let Some(cluster) = Cluster::given().await else { return };
    operator::install(&cluster).await;
    let namespace = Namespace::new(&cluster, "conflict").await;
    let stranger = json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": NAME, "labels": {"owner": "someone-else"}},
        "spec": {"selector": {"app": "other"}, "ports": [{"port": 1234}]},
    });
    cluster.apply(namespace.name(), &stranger.to_string()).await.expect("a stranger's Service");
    let service = async || {
        cluster.kubectl(&["get", "service", NAME, "--namespace", namespace.name(), "-o", "json"]).await
    };
    let before: Value = serde_json::from_str(&service().await.expect("the Service")).expect("JSON");

    let trackers = Trackers::apply(&namespace, &single()).await;
    until("the conflict is reported", READY_LIMIT, async || {
        let degraded = trackers.condition("Degraded").await?;
        ensure(degraded.holds && degraded.reason == "NameConflict", format!("{degraded:?}"))?;
        ensure(degraded.message.contains(NAME), format!("the message names no object: {degraded:?}"))
    })
    .await;
    let after: Value = serde_json::from_str(&service().await.expect("the Service")).expect("JSON");
    assert_eq!(before["spec"], after["spec"]);
    assert_eq!(before["metadata"], after["metadata"]);

    cluster
        .kubectl(&["delete", "service", NAME, "--namespace", namespace.name()])
        .await
        .expect("the stranger leaves");
    trackers.ready(1).await;
}

#[tokio::test]
async fn a_follower_takes_over_and_the_tracker_does_not_notice() {
    let Some(cluster) = Cluster::given().await else { return };
    operator::install(&cluster).await;
    operator::settled(&cluster).await;
    let namespace = Namespace::new(&cluster, "leader").await;
    let trackers = Trackers::with_postgres(&namespace, 2).await;
    let service = trackers.service().await;
    let rest = Rest::new(&service.url(), &trackers.password().await);
    rest.create_project("LEAD").await.expect("a project");
    let writer = Writer::start(&rest, "LEAD", 1, PATIENT);
    writer.goes_on(10).await;

    let begin = Instant::now();
    let leader = operator::kill_leader(&cluster).await.expect("kill the leader");
    until("a follower leads", Duration::from_mins(2), async || {
        let now = operator::leader(&cluster).await?;
        ensure(now != leader, "the old one still leads")
    })
    .await;
    println!("a follower leads after {:.1} s (aim 15 s)", begin.elapsed().as_secs_f64());

    // The new one works.
    trackers.scale(3).await;
    trackers.ready(3).await;
    let log = writer.stop().await;
    assert_eq!(log.failures, Vec::<String>::new(), "the tracker's clients noticed");
    operator::settled(&cluster).await;
}

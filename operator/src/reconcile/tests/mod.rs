//! Whole passes against an API server in memory: what is written, in which order, and what is left alone.

mod fake;

use std::sync::{Arc, Mutex};

use futures::channel::mpsc;
use kube::runtime::events::{Recorder, Reporter};
use serde_json::{Value, json};

use self::fake::Fake;
use super::*;
use crate::cache::Cache;
use crate::crd::examples::{merged, three_nodes};
use crate::metrics::Metrics;
use crate::nodes::Nodes;
use crate::rim::Rim;

const CLUSTER: &str = "/apis/tracker.dev/v1alpha1/namespaces/issues/trackerclusters/demo";
const SET: &str = "/apis/apps/v1/namespaces/issues/statefulsets/demo";
const SERVICE: &str = "/api/v1/namespaces/issues/services/demo";
const ADMIN: &str = "/api/v1/namespaces/issues/secrets/demo-admin";
const SHARED: &str = "/api/v1/namespaces/issues/persistentvolumeclaims/demo-shared";
const MONITOR: &str = "/apis/monitoring.coreos.com/v1/namespaces/issues/podmonitors/demo";
const BUDGET: &str = "/apis/policy/v1/namespaces/issues/poddisruptionbudgets/demo";

/// A server with a three-node cluster that nobody has looked at yet, and its database's Secret.
fn server(patch: Value) -> Fake {
    let fake = Fake::default();
    let metadata = json!({"metadata": {"namespace": "issues", "uid": "cluster-uid", "generation": 1}});
    fake.put(CLUSTER, merged(merged(three_nodes(), metadata), patch));
    fake.put(
        "/api/v1/namespaces/issues/secrets/demo-db",
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "demo-db", "namespace": "issues"},
            "data": {"url": "eA=="}}),
    );
    fake
}

/// One pass of a new operator over the cluster, and the writes it caused, events left out.
async fn pass(fake: &Fake) -> Vec<String> {
    let context = context(fake).await;
    one_pass(fake, &context).await
}

async fn one_pass(fake: &Fake, context: &Arc<Context>) -> Vec<String> {
    fake.writes();
    let object: DynamicObject = serde_json::from_value(fake.get(CLUSTER).unwrap()).unwrap();
    reconcile(Arc::new(object), context.clone()).await.unwrap();
    let writes = fake.writes();
    writes.into_iter().filter(|write| !write.contains("/events")).map(|write| short(&write)).collect()
}

async fn context(fake: &Fake) -> Arc<Context> {
    let client = fake.client();
    let (touched, _) = mpsc::unbounded();
    let cache = Cache::start(&client, None, &touched);
    tokio::time::timeout(Duration::from_mins(1), cache.ready()).await.unwrap().unwrap();
    let reporter = Reporter { controller: "test".into(), instance: None };
    Arc::new(Context {
        recorder: Recorder::new(client.clone(), reporter),
        client,
        cache,
        nodes: Nodes::new(9).unwrap(),
        settings: Settings { image_repository: "localhost/tracker".into(), namespace: "operators".into() },
        metrics: Arc::new(Metrics::default()),
        rim: Rim { now: || "2026-11-22T12:00:00Z".parse().unwrap(), random: || Ok("random".into()) },
        written: Mutex::default(),
    })
}

/// `apply …/services/demo` as `apply services/demo`.
fn short(write: &str) -> String {
    let (verb, path) = write.split_once(' ').unwrap();
    let parts: Vec<&str> = path.split('/').collect();
    let at = parts.iter().position(|part| *part == "issues").unwrap();
    format!("{verb} {}", parts[at + 1..].join("/"))
}

fn condition(fake: &Fake, kind: &str) -> (String, String, String) {
    let status = fake.get(CLUSTER).unwrap()["status"].clone();
    let all = status["conditions"].as_array().cloned().unwrap_or_default();
    let found = all.into_iter().find(|condition| condition["type"] == kind).unwrap_or_default();
    let text = |key: &str| found[key].as_str().unwrap_or_default().to_owned();
    (text("status"), text("reason"), text("message"))
}

#[tokio::test]
async fn everything_is_applied_once_and_the_pods_last() {
    let fake = server(json!({}));
    assert_eq!(
        pass(&fake).await,
        [
            "apply trackerclusters/demo",
            "apply serviceaccounts/demo",
            "apply roles/demo",
            "apply rolebindings/demo",
            "POST secrets",
            "POST secrets",
            "apply persistentvolumeclaims/demo-shared",
            "apply services/demo",
            "apply services/demo-nodes",
            "apply services/demo-ops",
            "apply networkpolicies/demo",
            "apply poddisruptionbudgets/demo",
            "apply statefulsets/demo",
            "apply trackerclusters/demo/status",
        ]
    );
    assert_eq!(fake.get(ADMIN).unwrap()["data"]["password"], "cmFuZG9t");
}

#[tokio::test]
async fn a_settled_cluster_is_not_written() {
    let fake = server(json!({}));
    pass(&fake).await;
    // The second pass still says that the step goes on; from then on there is nothing to say.
    pass(&fake).await;
    assert_eq!(pass(&fake).await, Vec::<String>::new());
}

#[tokio::test]
async fn what_someone_changed_is_put_right_and_nothing_else_written() {
    let fake = server(json!({}));
    pass(&fake).await;
    pass(&fake).await;
    fake.change(SERVICE, json!({"spec": {"selector": {"tracker.dev/role": "passive"}}}));
    assert_eq!(pass(&fake).await, ["apply services/demo"]);
    assert_eq!(fake.get(SERVICE).unwrap()["spec"]["selector"]["tracker.dev/role"], "active");
}

#[tokio::test]
async fn what_is_no_longer_wanted_is_applied_away() {
    let fake = server(json!({"spec": {"pod": {"labels": {"team": "core"}}}}));
    pass(&fake).await;
    pass(&fake).await;
    fake.change(CLUSTER, json!({"spec": {"pod": {"labels": {"team": null}}}, "metadata": {"generation": 2}}));
    let writes = pass(&fake).await;
    assert!(writes.contains(&"apply statefulsets/demo".to_owned()), "{writes:?}");
    assert!(fake.get(SET).unwrap()["spec"]["template"]["metadata"]["labels"]["team"].is_null());
}

#[test]
fn a_field_that_is_no_longer_said_is_noticed() {
    let service = |labels: Value| -> k8s_openapi::api::core::v1::Service {
        serde_json::from_value(json!({"metadata": {"name": "demo", "labels": labels}})).unwrap()
    };
    let before = apply::needed(&service(json!({"a": "1", "b": "2"})), None).unwrap();
    assert!(apply::needed(&service(json!({"a": "1", "b": "2"})), Some(&before)).is_none());
    assert!(apply::needed(&service(json!({"a": "1"})), Some(&before)).is_some(), "b is still there");
}

#[tokio::test]
async fn a_strangers_object_is_left_alone_and_said() {
    let fake = server(json!({}));
    let theirs = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "demo", "namespace": "issues",
        "uid": "x"}, "spec": {"selector": {"app": "theirs"}}});
    fake.put(SERVICE, theirs.clone());
    let writes = pass(&fake).await;
    assert!(!writes.contains(&"apply services/demo".to_owned()), "{writes:?}");
    assert_eq!(fake.get(SERVICE).unwrap(), theirs);
    let (status, reason, message) = condition(&fake, "Degraded");
    assert_eq!((status.as_str(), reason.as_str()), ("True", "NameConflict"));
    assert!(message.contains("Service demo"), "{message}");
    assert!(writes.contains(&"apply services/demo-ops".to_owned()), "the rest goes on: {writes:?}");
}

#[tokio::test]
async fn an_object_of_another_cluster_of_ours_is_a_strangers() {
    let fake = server(json!({}));
    pass(&fake).await;
    fake.change(BUDGET, json!({"metadata": {"ownerReferences": [
        {"apiVersion": "apps/v1", "kind": "Deployment", "name": "other", "uid": "other", "controller": true}]}}));
    fake.change(BUDGET, json!({"spec": {"maxUnavailable": 7}}));
    let writes = pass(&fake).await;
    assert!(!writes.iter().any(|write| write.contains("poddisruptionbudgets")), "{writes:?}");
    assert_eq!(condition(&fake, "Degraded").1, "NameConflict");
}

#[tokio::test]
async fn no_pod_ever_runs_on_a_strangers_secret() {
    for (path, kind) in [(ADMIN, "Secret"), (SHARED, "PersistentVolumeClaim")] {
        let fake = server(json!({}));
        let name = path.rsplit('/').next().unwrap();
        fake.put(
            path,
            json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": "issues", "uid": "x"}}),
        );
        let writes = pass(&fake).await;
        assert!(!writes.contains(&"apply statefulsets/demo".to_owned()), "{kind}: {writes:?}");
        assert_eq!(condition(&fake, "Degraded").1, "NameConflict", "{kind}");
    }
}

#[tokio::test]
async fn what_a_deleted_predecessor_kept_is_taken_over() {
    let fake = server(json!({}));
    pass(&fake).await;
    let (admin, shared) = (fake.get(ADMIN).unwrap(), fake.get(SHARED).unwrap());
    let again = server(json!({"metadata": {"uid": "another-uid"}}));
    again.put(ADMIN, admin.clone());
    again.put(SHARED, shared.clone());
    let writes = pass(&again).await;
    assert_eq!(condition(&again, "Degraded").0, "False");
    assert!(!writes.contains(&"apply persistentvolumeclaims/demo-shared".to_owned()), "{writes:?}");
    assert_eq!(again.get(ADMIN).unwrap(), admin, "the password stays");
}

#[tokio::test]
async fn what_kubernetes_is_about_to_remove_is_waited_for() {
    let fake = server(json!({}));
    pass(&fake).await;
    let mut service = fake.get(SERVICE).unwrap();
    service["metadata"]["ownerReferences"][0]["uid"] = json!("former-uid");
    fake.put(SERVICE, service.clone());
    let writes = pass(&fake).await;
    assert!(!writes.contains(&"apply services/demo".to_owned()), "{writes:?}");
    assert_eq!(fake.get(SERVICE).unwrap(), service);
    assert_eq!(condition(&fake, "Degraded").0, "False", "no person is needed");
}

#[tokio::test]
async fn orphans_go_but_never_volumes_or_secrets() {
    let fake = server(json!({}));
    pass(&fake).await;
    fake.change(
        CLUSTER,
        json!({"spec": {"networkPolicy": false,
        "admin": {"passwordSecretRef": {"name": "demo-db", "key": "url"}}}}),
    );
    let writes = pass(&fake).await;
    let deleted: Vec<&String> = writes.iter().filter(|write| write.starts_with("DELETE")).collect();
    assert_eq!(deleted, ["DELETE networkpolicies/demo"]);
    assert!(fake.get(ADMIN).is_some(), "a made Secret is nobody's orphan");
}

#[tokio::test]
async fn a_refused_object_is_said_and_the_rest_applied() {
    let fake = server(json!({}));
    fake.refuse(BUDGET, 422);
    let writes = pass(&fake).await;
    assert!(writes.contains(&"apply statefulsets/demo".to_owned()), "{writes:?}");
    assert_eq!(condition(&fake, "Degraded").1, "ApplyFailed");
}

#[tokio::test]
async fn a_missing_secret_is_said() {
    let fake = server(
        json!({"spec": {"database": {"postgres": {"urlSecretRef": {"name": "demo-db", "key": "dsn"}}}}}),
    );
    pass(&fake).await;
    let (_, reason, message) = condition(&fake, "Degraded");
    assert_eq!(reason, "ReferenceMissing");
    assert!(message.contains("Secret demo-db has no key dsn"), "{message}");
}

#[tokio::test]
async fn a_paused_cluster_is_only_looked_at() {
    let fake = server(json!({"spec": {"paused": true}}));
    assert_eq!(pass(&fake).await, ["apply trackerclusters/demo/status"]);
    assert_eq!(fake.get(CLUSTER).unwrap()["status"]["phase"], "Paused");
    assert_eq!(pass(&fake).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_resource_that_cannot_be_read_is_said_once() {
    // A whole number for the API server, but beyond what the field holds.
    let constraint =
        json!({"maxSkew": 3_000_000_000_i64, "topologyKey": "a", "whenUnsatisfiable": "DoNotSchedule"});
    let fake = server(json!({"spec": {"pod": {"topologySpreadConstraints": [constraint]}}}));
    assert_eq!(pass(&fake).await, ["apply trackerclusters/demo/status"]);
    let (status, reason, message) = condition(&fake, "Degraded");
    assert_eq!((status.as_str(), reason.as_str()), ("True", "InvalidSpec"));
    assert!(message.contains("spec.pod.topologySpreadConstraints[0].maxSkew"), "{message}");
    assert_eq!(pass(&fake).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_spec_that_breaks_a_rule_is_not_followed() {
    let fake = server(json!({"spec": {"nodes": 3, "sharedHome": null}}));
    assert_eq!(pass(&fake).await, ["apply trackerclusters/demo/status"]);
    assert!(condition(&fake, "Degraded").2.contains("more than one node needs spec.sharedHome"));
}

#[tokio::test]
async fn the_pods_go_before_their_volumes_and_data_stays() {
    let fake = server(json!({}));
    pass(&fake).await;
    pass(&fake).await;
    let local = "/api/v1/namespaces/issues/persistentvolumeclaims/local-home-demo-0";
    let mut claim = fake.get(SHARED).unwrap();
    claim["metadata"]["name"] = json!("local-home-demo-0");
    // As Kubernetes does it: the selector's labels win.
    claim["metadata"]["labels"]["app.kubernetes.io/component"] = json!("node");
    fake.put(local, claim);
    fake.change(CLUSTER, json!({"metadata": {"deletionTimestamp": "2026-11-22T12:00:00Z"}}));
    assert_eq!(pass(&fake).await, ["DELETE statefulsets/demo", "apply trackerclusters/demo/status"]);
    assert_eq!(fake.get(CLUSTER).unwrap()["status"]["phase"], "Deleting");
    assert_eq!(
        pass(&fake).await,
        ["DELETE persistentvolumeclaims/local-home-demo-0", "apply trackerclusters/demo"]
    );
    assert!(fake.get(SHARED).is_some() && fake.get(ADMIN).is_some(), "deletion.sharedHome is Retain");
    assert_eq!(fake.get(CLUSTER).unwrap()["metadata"]["finalizers"], json!([]));
}

#[tokio::test]
async fn all_goes_where_the_spec_says_so() {
    let fake = server(json!({"spec": {"deletion": {"localHome": "Delete", "sharedHome": "Delete"}}}));
    pass(&fake).await;
    fake.change(CLUSTER, json!({"metadata": {"deletionTimestamp": "2026-11-22T12:00:00Z"}}));
    pass(&fake).await;
    pass(&fake).await;
    assert!(fake.get(SHARED).is_none() && fake.get(ADMIN).is_none());
    assert!(fake.get("/api/v1/namespaces/issues/secrets/demo-db").is_some(), "the user's own Secret stays");
}

#[tokio::test]
async fn nothing_to_remove_needs_no_finalizer() {
    let keep = json!({"spec": {"deletion": {"localHome": "Retain"}}});
    let writes = pass(&server(keep)).await;
    assert!(!writes.contains(&"apply trackerclusters/demo".to_owned()), "{writes:?}");
}

#[tokio::test]
async fn a_pod_monitor_without_its_kind_is_a_condition() {
    let fake = server(json!({"spec": {"monitoring": {"podMonitor": true}}}));
    fake.without_kind("podmonitors");
    let writes = pass(&fake).await;
    assert!(!writes.iter().any(|write| write.contains("podmonitors")), "{writes:?}");
    assert_eq!(condition(&fake, "Monitored").1, "PodMonitorKindMissing");
    assert_eq!(condition(&fake, "Degraded").0, "False");
}

#[tokio::test]
async fn a_pod_monitor_comes_and_goes() {
    let fake = server(json!({"spec": {"monitoring": {"podMonitor": true}}}));
    assert!(pass(&fake).await.contains(&"apply podmonitors/demo".to_owned()));
    assert!(fake.get(MONITOR).is_some());
    pass(&fake).await;
    assert_eq!(pass(&fake).await, Vec::<String>::new());
    fake.change(CLUSTER, json!({"spec": {"monitoring": {"podMonitor": false}}}));
    assert!(pass(&fake).await.contains(&"DELETE podmonitors/demo".to_owned()));
    assert!(fake.get(MONITOR).is_none());
    pass(&fake).await;
    assert_eq!(pass(&fake).await, Vec::<String>::new());
}

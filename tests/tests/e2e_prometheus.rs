//! A real Prometheus finds every node by the headless Service's DNS name, and keeps up with scaling.

use std::collections::BTreeSet;

use anyhow::Context;
use serde_json::{Value, json};
use tests::cluster::Cluster;
use tests::forward::Forward;
use tests::namespace::Namespace;
use tests::operator;
use tests::trackers::{READY_LIMIT, Trackers};
use tests::wait::{ensure, until};

fn manifests(image: &str, namespace: &str) -> String {
    // Prometheus doesn't try the search domains of a pod's resolver as libraries do: it needs the whole name.
    let configuration = format!(
        "
global: {{scrape_interval: 2s, scrape_timeout: 2s}}
scrape_configs:
  - job_name: tracker
    dns_sd_configs: [{{names: [demo-nodes.{namespace}.svc.cluster.local], type: A, port: 9090, refresh_interval: 2s}}]
"
    );
    let labels = json!({"app": "prometheus"});
    let items = json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "prometheus"}, "data": {"prometheus.yml": configuration}},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "prometheus"},
         "spec": {"selector": labels, "ports": [{"port": 9090}]}},
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "prometheus", "labels": labels}, "spec": {
            "securityContext": {"runAsNonRoot": true, "runAsUser": 65534, "runAsGroup": 65534, "fsGroup": 65534},
            "containers": [{
                "name": "prometheus",
                "image": image,
                "args": ["--config.file=/etc/prometheus-test/prometheus.yml", "--storage.tsdb.path=/data", "--web.listen-address=:9090"],
                "ports": [{"containerPort": 9090}],
                "readinessProbe": {"httpGet": {"path": "/-/ready", "port": 9090}, "periodSeconds": 1},
                "volumeMounts": [
                    {"name": "configuration", "mountPath": "/etc/prometheus-test"},
                    {"name": "data", "mountPath": "/data"},
                ],
            }],
            "volumes": [{"name": "configuration", "configMap": {"name": "prometheus"}}, {"name": "data", "emptyDir": {}}],
        }},
    ]});
    items.to_string()
}

/// The instances that a query answers with, each with its value.
async fn query(base: &str, expression: &str) -> anyhow::Result<Vec<(String, f64)>> {
    let url = format!("{base}/api/v1/query");
    let answer: Value =
        reqwest::Client::new().get(url).query(&[("query", expression)]).send().await?.json().await?;
    let series = answer["data"]["result"].as_array().with_context(|| format!("no result in {answer}"))?;
    let value = |one: &Value| one["value"][1].as_str().and_then(|text| text.parse().ok()).unwrap_or(f64::NAN);
    Ok(series
        .iter()
        .map(|one| (one["metric"]["instance"].as_str().unwrap_or("").to_owned(), value(one)))
        .collect())
}

/// Waits until exactly the nodes' addresses are up, and each gives its own figures.
async fn sees(base: &str, trackers: &Trackers<'_>, nodes: usize) {
    until(&format!("Prometheus sees {nodes} nodes"), READY_LIMIT, async || {
        let pods = trackers.node_pods().await?;
        let addresses = pods.iter().filter_map(|pod| pod.status.as_ref()?.pod_ip.clone());
        let expected: BTreeSet<String> = addresses.map(|address| format!("{address}:9090")).collect();
        ensure(expected.len() == nodes, format!("{} pods have an address", expected.len()))?;
        for expression in ["up{job=\"tracker\"} == 1", "tracker_index_documents"] {
            let found: BTreeSet<String> =
                query(base, expression).await?.into_iter().map(|(instance, _)| instance).collect();
            ensure(found == expected, format!("{expression}: {found:?}, not {expected:?}"))?;
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn every_node_is_found_and_scaling_is_followed() {
    let Some(cluster) = Cluster::given().await else { return };
    operator::install(&cluster).await;
    let namespace = Namespace::new(&cluster, "metrics").await;
    // The NetworkPolicy lets labelled namespaces read the figures.
    let arguments = ["label", "namespace", namespace.name(), "tracker.dev/monitoring=true"];
    cluster.kubectl(&arguments).await.expect("label the namespace");
    cluster
        .apply(namespace.name(), &manifests(&cluster.prometheus_image(), namespace.name()))
        .await
        .expect("start Prometheus");
    let trackers = Trackers::with_postgres(&namespace, 3).await;
    let arguments =
        ["wait", "pod/prometheus", "--for=condition=Ready", "--timeout=2m", "--namespace", namespace.name()];
    cluster.kubectl(&arguments).await.expect("Prometheus is ready");
    let forward = Forward::to_service(&cluster, namespace.name(), "prometheus", 9090)
        .await
        .expect("a way to Prometheus");
    sees(&forward.url(), &trackers, 3).await;

    let rest = &trackers.nodes(1).await[0].rest;
    rest.create_project("SEEN").await.expect("a project");
    for number in 0..5 {
        rest.create_issue("SEEN", &format!("seen {number}"), None).await.expect("an issue");
    }
    until("each node's figure follows", READY_LIMIT, async || {
        let documents = query(&forward.url(), "tracker_index_documents").await?;
        ensure(
            documents.len() == 3 && documents.iter().all(|(_, count)| (*count - 5.0).abs() < 0.5),
            format!("{documents:?}"),
        )
    })
    .await;

    trackers.scale(4).await;
    trackers.ready(4).await;
    sees(&forward.url(), &trackers, 4).await;
    trackers.scale(2).await;
    trackers.ready(2).await;
    sees(&forward.url(), &trackers, 2).await;
}

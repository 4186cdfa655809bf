//! A `TrackerCluster` in a namespace: its resource, its nodes' addresses, and what the operator says about it.

use std::time::Duration;

use anyhow::Context;
use k8s_openapi::api::core::v1::{Pod, Secret};
use kube::Api;
use kube::api::{ApiResource, DeleteParams, DynamicObject, GroupVersionKind, ListParams};
use serde_json::{Value, json};

use crate::cluster::version;
use crate::forward::Forward;
use crate::namespace::Namespace;
use crate::postgres;
use crate::rest::Rest;
use crate::wait::{ensure, until};

/// Name of the cluster in these tests.
pub const NAME: &str = "demo";
/// Name of the nodes' container.
pub const CONTAINER: &str = "tracker";
/// A guard against hanging, several times the aim of 60 s.
pub const READY_LIMIT: Duration = Duration::from_mins(4);

/// A tracker cluster that exists.
#[derive(Debug)]
pub struct Trackers<'a> {
    namespace: &'a Namespace,
    name: String,
}

/// A condition as the operator last wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Whether it speaks of the resource's current generation.
    pub current: bool,
    /// Whether its status is True.
    pub holds: bool,
    /// Its reason.
    pub reason: String,
    /// Its message.
    pub message: String,
}

/// One node with a port of this machine that leads to it.
#[derive(Debug)]
pub struct Node {
    /// Name of its pod.
    pub name: String,
    /// A client of this node alone.
    pub rest: Rest,
    _forward: Forward,
}

/// The resource of a cluster with PostgreSQL from `deploy/postgres.yaml`.
pub fn resource(namespace: &Namespace, nodes: usize) -> Value {
    json!({
        "apiVersion": "tracker.dev/v1alpha1",
        "kind": "TrackerCluster",
        "metadata": {"name": NAME},
        "spec": {
            "version": version(),
            "nodes": nodes,
            "database": {"postgres": {"urlSecretRef": {"name": postgres::NAME, "key": "url"}}},
            "localHome": {"size": "1Gi"},
            "sharedHome": {"size": "1Gi", "storageClassName": namespace.cluster().shared_class()},
        },
    })
}

impl<'a> Trackers<'a> {
    /// PostgreSQL and a cluster of so many nodes, all ready.
    pub async fn with_postgres(namespace: &'a Namespace, nodes: usize) -> Self {
        postgres::deploy(namespace).await;
        let trackers = Self::apply(namespace, &resource(namespace, nodes)).await;
        trackers.ready(nodes).await;
        trackers
    }

    /// Applies a resource and returns without waiting.
    pub async fn apply(namespace: &'a Namespace, resource: &Value) -> Self {
        let name = resource["metadata"]["name"].as_str().expect("a name").to_owned();
        namespace
            .cluster()
            .apply(namespace.name(), &resource.to_string())
            .await
            .expect("apply the TrackerCluster");
        Self { namespace, name }
    }

    /// Name of the resource and of its main Service.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Name of a node by its ordinal.
    pub fn node_name(&self, ordinal: usize) -> String {
        format!("{}-{ordinal}", self.name)
    }

    fn api(&self) -> Api<DynamicObject> {
        let kind = GroupVersionKind::gvk("tracker.dev", "v1alpha1", "TrackerCluster");
        let resource = ApiResource::from_gvk(&kind);
        Api::namespaced_with(self.namespace.cluster().client(), self.namespace.name(), &resource)
    }

    /// The pods' API of the namespace.
    pub fn pods(&self) -> Api<Pod> {
        Api::namespaced(self.namespace.cluster().client(), self.namespace.name())
    }

    /// The resource as it is now.
    pub async fn get(&self) -> anyhow::Result<Value> {
        let found = self.api().get(&self.name).await.context("get the TrackerCluster")?;
        Ok(serde_json::to_value(found)?)
    }

    /// Changes the resource by a JSON merge patch, as `kubectl patch` does.
    pub async fn patch(&self, patch: &Value) {
        let arguments = [
            "patch",
            "tkc",
            &self.name,
            "--namespace",
            self.namespace.name(),
            "--type=merge",
            "-p",
            &patch.to_string(),
        ];
        self.namespace.cluster().kubectl(&arguments).await.expect("patch the TrackerCluster");
    }

    /// Scales by the scale subresource.
    pub async fn scale(&self, nodes: usize) {
        let arguments = [
            "scale",
            "tkc",
            &self.name,
            "--namespace",
            self.namespace.name(),
            &format!("--replicas={nodes}"),
        ];
        self.namespace.cluster().kubectl(&arguments).await.expect("scale the TrackerCluster");
    }

    /// Deletes the resource and waits until it and its pods are gone.
    pub async fn delete(self) {
        self.api().delete(&self.name, &DeleteParams::default()).await.expect("delete the TrackerCluster");
        until("the TrackerCluster and its pods are gone", READY_LIMIT, async || {
            ensure(self.api().get_opt(&self.name).await?.is_none(), "the resource is still there")?;
            ensure(self.node_pods().await?.is_empty(), "pods are there")
        })
        .await;
    }

    /// One condition of the status; an error if it isn't there.
    pub async fn condition(&self, kind: &str) -> anyhow::Result<Condition> {
        let found = self.get().await?;
        let all = found["status"]["conditions"].as_array().context("no conditions")?;
        let condition =
            all.iter().find(|one| one["type"] == kind).with_context(|| format!("no condition {kind}"))?;
        let text = |name: &str| condition[name].as_str().unwrap_or_default().to_owned();
        Ok(Condition {
            current: condition["observedGeneration"] == found["metadata"]["generation"],
            holds: condition["status"] == "True",
            reason: text("reason"),
            message: text("message"),
        })
    }

    /// Waits until the cluster is Ready at its current generation with exactly so many nodes.
    pub async fn ready(&self, nodes: usize) {
        until(&format!("{nodes} nodes Ready"), READY_LIMIT, async || {
            let ready = self.condition("Ready").await?;
            let status = &self.get().await?["status"];
            let plan = &status["plan"];
            ensure(ready.current && ready.holds, format!("Ready: {ready:?}; plan {plan}"))?;
            ensure(status["nodes"]["ready"] == nodes, format!("nodes {}", status["nodes"]))?;
            ensure(self.node_pods().await?.len() == nodes, "pods are still leaving")
        })
        .await;
    }

    /// The nodes' pods, by name.
    pub async fn node_pods(&self) -> anyhow::Result<Vec<Pod>> {
        let mut pods = self.pods().list(&ListParams::default().labels(&self.selector())).await?.items;
        pods.sort_by(|a, b| a.metadata.name.cmp(&b.metadata.name));
        Ok(pods)
    }

    /// The label selector of the nodes' pods.
    pub fn selector(&self) -> String {
        format!(
            "app.kubernetes.io/name=tracker,app.kubernetes.io/instance={},app.kubernetes.io/component=node",
            self.name
        )
    }

    /// The password of the first administrator, from the Secret that the operator made.
    pub async fn password(&self) -> String {
        self.secret(&format!("{}-admin", self.name), "password").await
    }

    /// The bearer token of the operations port.
    pub async fn ops_token(&self) -> String {
        self.secret(&format!("{}-ops", self.name), "token").await
    }

    async fn secret(&self, name: &str, key: &str) -> String {
        let secrets: Api<Secret> = Api::namespaced(self.namespace.cluster().client(), self.namespace.name());
        let data = secrets.get(name).await.expect("a Secret that the operator made").data.unwrap_or_default();
        String::from_utf8(data.get(key).expect("its key").0.clone()).expect("text")
    }

    /// A port of this machine that leads to the main Service, once that leads to a node: a new endpoint takes about a
    /// second to reach each proxy, and until then connections are reset.
    pub async fn service(&self) -> Forward {
        let (cluster, namespace) = (self.namespace.cluster(), self.namespace.name());
        let forward =
            Forward::to_service(cluster, namespace, &self.name, 80).await.expect("a way to the Service");
        let anyone = Rest::new(&forward.url(), "");
        until("the Service leads to a node that serves", READY_LIMIT, async || {
            let state = anyone.state().await?;
            ensure(state == "RUNNING", state)
        })
        .await;
        forward
    }

    /// Each node with a client of its own, in order.
    pub async fn nodes(&self, count: usize) -> Vec<Node> {
        let password = self.password().await;
        let mut nodes = Vec::new();
        for ordinal in 0..count {
            let name = self.node_name(ordinal);
            let forward = Forward::to_pod(self.namespace.cluster(), self.namespace.name(), &name, 8080)
                .await
                .expect("a way to the pod");
            nodes.push(Node { rest: Rest::keeping(&forward.url(), &password), name, _forward: forward });
        }
        nodes
    }

    /// The name of the machine that a node's pod runs on.
    pub async fn machine_of(&self, pod: &str) -> String {
        let pod = self.pods().get(pod).await.expect("the pod");
        pod.spec.and_then(|spec| spec.node_name).expect("a scheduled pod")
    }
}

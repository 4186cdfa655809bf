//! What the operator says about a cluster: the status of the custom resource.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pod::without_descriptions;

/// The cluster as the operator sees it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrackerClusterStatus {
    /// Generation of the spec that this status speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The state in one word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// Ready: all desired nodes are ready at the current revision and generation. Available: at least one node answers
    /// through the Service. Progressing: the operator is working towards the spec. Degraded: something needs a person.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "without_descriptions::<Vec<Condition>>")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
    /// Version that all nodes ran when the cluster was last Ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Label selector of the nodes' pods, for the scale subresource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<String>,
    /// How many nodes there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nodes: Option<NodeCounts>,
    /// The index of the cluster: the figures of its slowest node, rounded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<IndexSummary>,
    /// The nodes, by ordinal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub members: Vec<Member>,
    /// What the operator is doing, and what it waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanStatus>,
}

/// The state of a cluster in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Phase {
    /// Nodes start for the first time, or come back after all were gone.
    Starting,
    /// All desired nodes are ready, at the current revision.
    Ready,
    /// Nodes join or leave.
    Scaling,
    /// A change is rolled out, one node at a time.
    Rolling,
    /// Some nodes aren't ready, and nothing is planned: they are expected back.
    Recovering,
    /// Something needs a person: see the condition Degraded.
    Degraded,
    /// `spec.paused` is set: the operator only looks.
    Paused,
    /// The cluster is being deleted.
    Deleting,
}

/// How many nodes there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NodeCounts {
    /// As the spec says.
    pub desired: i32,
    /// Pods that exist.
    pub current: i32,
    /// Pods that are ready.
    pub ready: i32,
    /// Nodes that serve requests.
    pub active: i32,
    /// Ready and desired in one, such as 2/3.
    pub summary: String,
}

/// The index of the cluster in one line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IndexSummary {
    /// Largest lag of a node behind the change log, in seconds, rounded up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lag_seconds: Option<i64>,
    /// Position in the change log of the node that is furthest behind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<String>,
}

/// One node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Member {
    /// Name of the pod and id of the node.
    pub name: String,
    /// active or passive.
    pub role: String,
    /// The state the node itself reports, or Unknown if it can't be asked.
    pub state: String,
    /// Whether the pod is ready.
    pub ready: bool,
    /// Version of the tracker that runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The node's search index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<MemberIndex>,
}

/// A node's search index. Figures are rounded and at most 30 s old when they move.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MemberIndex {
    /// Position in the change log up to which everything is indexed.
    pub position: String,
    /// Lag behind the change log in seconds, rounded up.
    pub lag_seconds: i64,
    /// Documents in the index, to two figures.
    pub documents: i64,
    /// How the node got its index at its last start: new, replay or rebuild.
    pub started_from: String,
}

/// What the operator is doing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanStatus {
    /// The step: Create, ScaleOut, Drain, ScaleIn, Roll or Restart.
    pub step: String,
    /// When the step began.
    #[schemars(schema_with = "without_descriptions::<Option<Time>>")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    /// Pods that the step is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<String>,
    /// Gates that hold the step, each with what it waits for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting_for: Vec<String>,
}

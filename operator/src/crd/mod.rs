//! The custom resource `trackerclusters.tracker.dev/v1alpha1`: spec, rules and status.
//!
//! A field enters the spec together with the code that acts on it.

pub mod conditions;
pub mod database;
pub mod definition;
pub mod examples;
pub mod pod;
pub mod rules;
pub mod status;
pub mod storage;

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use database::{Admin, Database, Postgres, SecretKeyRef, Sqlite};
pub use pod::PodSettings;
pub use status::{IndexSummary, Member, MemberIndex, NodeCounts, Phase, PlanStatus, TrackerClusterStatus};
pub use storage::{Deletion, DeletionPolicy, LocalHome, SharedHome};

/// What a tracker cluster should be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, CustomResource, KubeSchema)]
#[kube(
    group = "tracker.dev",
    version = "v1alpha1",
    kind = "TrackerCluster",
    plural = "trackerclusters",
    shortname = "tkc",
    category = "all",
    namespaced,
    status = "TrackerClusterStatus",
    derive = "PartialEq",
    doc = "A self-hosted issue tracker that runs as a cluster.",
    validation = rules::NAME,
    scale(
        spec_replicas_path = ".spec.nodes",
        status_replicas_path = ".status.nodes.current",
        label_selector_path = ".status.selector"
    ),
    printcolumn(name = "Version", type_ = "string", json_path = ".spec.version"),
    printcolumn(name = "Topology", type_ = "string", json_path = ".spec.topology"),
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = ".status.nodes.summary",
        description = "ready nodes of desired ones"
    ),
    printcolumn(
        name = "Active",
        type_ = "integer",
        json_path = ".status.nodes.active",
        description = "nodes that serve requests"
    ),
    printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(
        name = "Lag",
        type_ = "integer",
        json_path = ".status.index.lagSeconds",
        description = "seconds that the slowest index is behind",
        priority = 1
    ),
    printcolumn(
        name = "Position",
        type_ = "string",
        json_path = ".status.index.position",
        description = "position of that index in the change log",
        priority = 1
    )
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = rules::SQLITE_ONE_NODE,
    validation = rules::SHARED_HOME_NEEDED,
    validation = rules::DATABASE_KIND_FIXED,
    validation = rules::SHARED_HOME_FIXED,
    validation = rules::LOCAL_CLASS_FIXED,
    validation = rules::SHARED_CLASS_FIXED,
    validation = rules::EXISTING_CLAIM_FIXED,
    validation = rules::LOCAL_SIZE_FIXED,
    validation = rules::SHARED_SIZE_GROWS
)]
pub struct TrackerClusterSpec {
    /// Version of the tracker, and tag of its image. Never defaulted, so that an upgrade of the operator rolls nobody.
    #[schemars(length(min = 1, max = 63))]
    #[x_kube(validation = rules::VERSION)]
    pub version: String,
    /// Full image reference to run instead of the operator's repository with the version as tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 512))]
    #[x_kube(validation = rules::IMAGE)]
    pub image: Option<String>,
    /// The first administrator, named admin.
    #[serde(default)]
    pub admin: Admin,
    /// How many nodes run. More than one needs PostgreSQL and a shared home.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 50))]
    pub nodes: i32,
    /// Who serves: with ActiveActive every ready node does.
    #[serde(default)]
    pub topology: Topology,
    /// The database: exactly one of postgres and sqlite. Its kind can't change later.
    pub database: Database,
    /// The volume that each node has for itself.
    #[serde(default)]
    pub local_home: LocalHome,
    /// The file tree that all nodes see. Needed for more than one node; can't be added or removed later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_home: Option<SharedHome>,
    /// How changes are rolled out.
    #[serde(default)]
    pub update: Update,
    /// What happens to volumes when the cluster is deleted.
    #[serde(default)]
    pub deletion: Deletion,
    /// How people reach the tracker.
    #[serde(default)]
    pub http: Http,
    /// How the cluster is watched.
    #[serde(default)]
    pub monitoring: Monitoring,
    /// Whether a NetworkPolicy guards the nodes: people's port open, the operations port only for the operator, the nodes
    /// themselves and namespaces labelled tracker.dev/monitoring=true.
    #[serde(default = "yes")]
    pub network_policy: bool,
    /// Settings of the nodes' pods.
    #[serde(default)]
    pub pod: PodSettings,
    /// Stop the operator from changing anything of this cluster; its status stays true.
    #[serde(default)]
    pub paused: bool,
}

/// Who serves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Topology {
    /// All ready nodes serve.
    #[default]
    ActiveActive,
}

/// How changes are rolled out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Update {
    /// How long a leaving node may take to finish what it has, such as 30s or 2m. From 1s to 1h.
    #[serde(default = "Update::default_drain_timeout")]
    #[schemars(length(min = 2, max = 16))]
    #[x_kube(validation = rules::DRAIN_TIMEOUT)]
    pub drain_timeout: String,
}

impl Update {
    fn default_drain_timeout() -> String {
        "30s".to_owned()
    }
}

impl Default for Update {
    fn default() -> Self {
        Self { drain_timeout: Self::default_drain_timeout() }
    }
}

/// How people reach the tracker.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Http {
    /// The URL that people use, for links, mails and cookies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2048))]
    #[x_kube(validation = rules::BASE_URL)]
    pub base_url: Option<String>,
}

/// How the cluster is watched.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Monitoring {
    /// Make a PodMonitor for the Prometheus operator. Without that kind in the cluster a condition says so.
    #[serde(default)]
    pub pod_monitor: bool,
}

fn one() -> i32 {
    1
}

fn yes() -> bool {
    true
}

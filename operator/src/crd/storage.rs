//! Volumes: the `localHome`, `sharedHome` and `deletion` parts of the spec.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pod::without_descriptions;
use super::rules;

/// The volume that each node has for itself: search index, temporary files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct LocalHome {
    /// Size of each node's volume. It can't change later in this version.
    #[serde(default = "LocalHome::default_size")]
    #[schemars(length(min = 1, max = 32))]
    #[x_kube(validation = rules::SIZE)]
    pub size: String,
    /// Storage class; the namespace's default if not given. Immutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub storage_class_name: Option<String>,
}

impl LocalHome {
    fn default_size() -> String {
        "10Gi".to_owned()
    }
}

impl Default for LocalHome {
    fn default() -> Self {
        Self { size: Self::default_size(), storage_class_name: None }
    }
}

/// The file tree that all nodes see: attachments. It must be ReadWriteMany.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rules::SHARED_HOME_SOURCE, validation = rules::SHARED_HOME_CLASS)]
pub struct SharedHome {
    /// Size of the volume that the operator asks for, as the claim NAME-shared. It can grow where the storage class
    /// allows expansion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 32))]
    #[x_kube(validation = rules::SIZE)]
    pub size: Option<String>,
    /// Storage class of that volume; the namespace's default if not given. Immutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub storage_class_name: Option<String>,
    /// Name of a claim of yours to use instead. The operator never changes or deletes it. Immutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"))]
    pub existing_claim: Option<String>,
}

/// What happens to volumes when the cluster is deleted. The Secrets that the operator made are deleted only when every
/// volume is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Deletion {
    /// The nodes' own volumes. If not given: Delete, but Retain where they hold all there is, with SQLite or without
    /// a shared home.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "without_descriptions::<DeletionPolicy>")]
    pub local_home: Option<DeletionPolicy>,
    /// The claim NAME-shared. An existingClaim is always kept.
    #[serde(default = "DeletionPolicy::retain")]
    #[schemars(schema_with = "without_descriptions::<DeletionPolicy>")]
    pub shared_home: DeletionPolicy,
}

/// Keep or delete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum DeletionPolicy {
    /// Delete it with the cluster.
    Delete,
    /// Keep it; a cluster of the same name in the same namespace finds it again.
    #[default]
    Retain,
}

impl DeletionPolicy {
    fn retain() -> Self {
        Self::Retain
    }
}

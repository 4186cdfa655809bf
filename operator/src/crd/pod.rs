//! What people may set on the pods: the `pod` part of the spec, in Kubernetes' own types.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Affinity, EnvVar, LocalObjectReference, PodSecurityContext, ResourceRequirements, Toleration,
    TopologySpreadConstraint,
};
use kube::KubeSchema;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use super::rules;

/// Settings of the nodes' pods. A change of any rolls the nodes, one at a time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct PodSettings {
    /// Requests and limits of the tracker's container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "without_descriptions::<ResourceRequirements>")]
    pub resources: Option<ResourceRequirements>,
    /// Where the pods may run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "without_descriptions::<Affinity>")]
    pub affinity: Option<Affinity>,
    /// Taints of machines that the pods tolerate.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "without_descriptions::<Vec<Toleration>>", length(max = 64))]
    pub tolerations: Vec<Toleration>,
    /// How the pods spread. If not given: over machines, as evenly as possible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "without_descriptions::<Vec<TopologySpreadConstraint>>", length(max = 16))]
    pub topology_spread_constraints: Option<Vec<TopologySpreadConstraint>>,
    /// Replaces the pods' security context (user and group 10001, seccomp RuntimeDefault). The container's own stays:
    /// no root, no capabilities, a read-only root file system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "without_descriptions::<PodSecurityContext>")]
    pub security_context: Option<PodSecurityContext>,
    /// More environment variables. Those that the operator sets are refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "environment", length(max = 64))]
    #[x_kube(validation = rules::ENV, merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub env: Vec<EnvVar>,
    /// More labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 32))]
    #[x_kube(validation = rules::POD_LABELS)]
    pub labels: BTreeMap<String, String>,
    /// More annotations.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 32))]
    #[x_kube(validation = rules::POD_ANNOTATIONS)]
    pub annotations: BTreeMap<String, String>,
    /// Secrets for pulling the image.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "without_descriptions::<Vec<LocalObjectReference>>", length(max = 16))]
    pub image_pull_secrets: Vec<LocalObjectReference>,
    /// Priority class of the pods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub priority_class_name: Option<String>,
}

/// The schema of a Kubernetes type, checked by the API server, but without its
/// descriptions: they would make up most of the definition's size.
pub(super) fn without_descriptions<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = T::json_schema(generator).to_value();
    strip(&mut schema);
    Schema::try_from(schema).unwrap_or_default()
}

/// Environment variables, with a bound on what the CEL rule reads.
fn environment(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = without_descriptions::<Vec<EnvVar>>(generator).to_value();
    if let Some(name) = schema.pointer_mut("/items/properties/name").and_then(|name| name.as_object_mut()) {
        name.insert("maxLength".into(), 253.into());
    }
    Schema::try_from(schema).unwrap_or_default()
}

fn strip(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(map) => {
            // A property may itself be called "description"; then it holds an object.
            if map.get("description").is_some_and(serde_json::Value::is_string) {
                map.remove("description");
            }
            map.values_mut().for_each(strip);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

//! Names, labels and ownership that every object shares.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta, OwnerReference};
use kube::Resource;

use crate::crd::TrackerCluster;
use crate::reconcile::validate::ValidatedTracker;

/// Who manages the objects, as a label's value and as field manager.
pub const MANAGER: &str = "tracker-operator";
/// Label: which cluster an object belongs to.
pub const INSTANCE: &str = "app.kubernetes.io/instance";
/// Label: what part of the cluster an object is.
pub const COMPONENT: &str = "app.kubernetes.io/component";
/// Label: who manages an object.
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// Label on pods: active or passive.
pub const ROLE: &str = "tracker.dev/role";
/// Annotation: fingerprint of what was applied last, so that a removed field is noticed.
pub const APPLIED: &str = "tracker.dev/applied";
/// Annotation on the StatefulSet: fingerprint of the pod template that was released last.
pub const TEMPLATE: &str = "tracker.dev/template";
/// Label on namespaces whose pods may read metrics.
pub const MONITORING: &str = "tracker.dev/monitoring";

/// Component of everything that isn't a node or a volume.
pub const NODE: &str = "node";

/// Names of a cluster's objects.
pub struct Names<'a>(pub &'a str);

impl Names<'_> {
    /// The headless Service.
    pub fn nodes_service(&self) -> String {
        format!("{}-nodes", self.0)
    }

    /// The Service of the operations port, and the Secret of its token.
    pub fn ops(&self) -> String {
        format!("{}-ops", self.0)
    }

    /// The Secret of the first administrator.
    pub fn admin(&self) -> String {
        format!("{}-admin", self.0)
    }

    /// The claim of the shared home.
    pub fn shared_home(&self) -> String {
        format!("{}-shared", self.0)
    }

    /// A node: its pod and its id.
    pub fn node(&self, ordinal: i32) -> String {
        format!("{}-{ordinal}", self.0)
    }
}

/// Labels that never change: for selectors and claim templates.
pub fn selector_labels(cluster: &str, component: &str) -> BTreeMap<String, String> {
    labels([("app.kubernetes.io/name", "tracker"), (INSTANCE, cluster), (COMPONENT, component)])
}

/// Labels of an object: those of the selector, who manages it, and the version.
pub fn object_labels(tracker: &ValidatedTracker, component: &str) -> BTreeMap<String, String> {
    let mut all = claim_labels(&tracker.name, component);
    all.insert("app.kubernetes.io/version".to_owned(), tracker.version.clone());
    all
}

/// Labels of a volume claim: all but the version, because claim templates can't change.
pub fn claim_labels(cluster: &str, component: &str) -> BTreeMap<String, String> {
    let mut all = selector_labels(cluster, component);
    all.insert(MANAGED_BY.to_owned(), MANAGER.to_owned());
    all
}

/// A selector of exactly these labels.
pub fn selector(match_labels: BTreeMap<String, String>) -> LabelSelector {
    LabelSelector { match_labels: Some(match_labels), ..LabelSelector::default() }
}

/// Metadata of an object that the cluster owns and that goes with it.
pub fn owned(tracker: &ValidatedTracker, name: String, component: &str) -> ObjectMeta {
    ObjectMeta {
        owner_references: Some(vec![OwnerReference {
            api_version: TrackerCluster::api_version(&()).into_owned(),
            kind: TrackerCluster::kind(&()).into_owned(),
            name: tracker.name.clone(),
            uid: tracker.uid.clone(),
            controller: Some(true),
            block_owner_deletion: Some(true),
        }]),
        ..kept(tracker, name, object_labels(tracker, component))
    }
}

/// Metadata of an object without owner, which outlives the cluster: volumes and Secrets.
pub fn kept(tracker: &ValidatedTracker, name: String, labels: BTreeMap<String, String>) -> ObjectMeta {
    ObjectMeta {
        name: Some(name),
        namespace: Some(tracker.namespace.clone()),
        labels: Some(labels),
        ..ObjectMeta::default()
    }
}

/// A map from pairs.
pub fn labels<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

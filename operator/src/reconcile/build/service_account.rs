//! The nodes' identity towards Kubernetes, with the smallest Role.
//!
//! In ActiveActive no node talks to Kubernetes, so no pod gets a token (see `pod.rs`). The Role is
//! bounded to what a node may ever do to this cluster's own pods, by name: read them, and set
//! their role label.

use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::api::rbac::v1::{PolicyRule, Role, RoleBinding, RoleRef, Subject};

use super::metadata::{NODE, Names, owned};
use crate::reconcile::validate::ValidatedTracker;

/// The account that the pods run as.
pub fn service_account(tracker: &ValidatedTracker) -> ServiceAccount {
    ServiceAccount {
        metadata: owned(tracker, tracker.name.clone(), NODE),
        automount_service_account_token: Some(false),
        ..ServiceAccount::default()
    }
}

/// What the account may do; nothing, and so no Role, for one node.
///
/// `nodes` is the larger of the nodes that are and that should be.
pub fn role(tracker: &ValidatedTracker, nodes: i32) -> Option<Role> {
    let names = Names(&tracker.name);
    (nodes > 1).then(|| Role {
        metadata: owned(tracker, tracker.name.clone(), NODE),
        rules: Some(vec![PolicyRule {
            api_groups: Some(vec![String::new()]),
            resources: Some(vec!["pods".to_owned()]),
            resource_names: Some((0..nodes).map(|ordinal| names.node(ordinal)).collect()),
            verbs: vec!["get".to_owned(), "patch".to_owned()],
            ..PolicyRule::default()
        }]),
    })
}

/// Gives the Role to the account.
pub fn role_binding(tracker: &ValidatedTracker, nodes: i32) -> Option<RoleBinding> {
    (nodes > 1).then(|| RoleBinding {
        metadata: owned(tracker, tracker.name.clone(), NODE),
        role_ref: RoleRef {
            api_group: "rbac.authorization.k8s.io".to_owned(),
            kind: "Role".to_owned(),
            name: tracker.name.clone(),
        },
        subjects: Some(vec![Subject {
            kind: "ServiceAccount".to_owned(),
            name: tracker.name.clone(),
            namespace: Some(tracker.namespace.clone()),
            ..Subject::default()
        }]),
    })
}

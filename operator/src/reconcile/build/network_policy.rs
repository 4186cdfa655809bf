//! Who may reach the nodes: people's port is open, the operations port is not.

use k8s_openapi::api::networking::v1::{
    NetworkPolicy, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec,
};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::metadata::{MANAGER, MONITORING, NODE, labels, owned, selector, selector_labels};
use super::pod::{HTTP_PORT, OPS_PORT};
use crate::reconcile::validate::ValidatedTracker;

/// The policy, if it is wanted. `operator_namespace` is where the operator runs.
pub fn network_policy(tracker: &ValidatedTracker, operator_namespace: &str) -> Option<NetworkPolicy> {
    tracker.network_policy.then(|| NetworkPolicy {
        metadata: owned(tracker, tracker.name.clone(), NODE),
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(selector(selector_labels(&tracker.name, NODE))),
            policy_types: Some(vec!["Ingress".to_owned()]),
            ingress: Some(vec![
                NetworkPolicyIngressRule { from: None, ports: Some(vec![port(HTTP_PORT)]) },
                NetworkPolicyIngressRule {
                    from: Some(operations_peers(tracker, operator_namespace)),
                    ports: Some(vec![port(OPS_PORT)]),
                },
            ]),
            ..NetworkPolicySpec::default()
        }),
    })
}

/// The operator, monitoring namespaces, and the nodes themselves.
fn operations_peers(tracker: &ValidatedTracker, operator_namespace: &str) -> Vec<NetworkPolicyPeer> {
    let operator = NetworkPolicyPeer {
        namespace_selector: Some(selector(labels([("kubernetes.io/metadata.name", operator_namespace)]))),
        pod_selector: Some(selector(labels([("app.kubernetes.io/name", MANAGER)]))),
        ..NetworkPolicyPeer::default()
    };
    let monitoring = NetworkPolicyPeer {
        namespace_selector: Some(selector(labels([(MONITORING, "true")]))),
        ..NetworkPolicyPeer::default()
    };
    let nodes = NetworkPolicyPeer {
        pod_selector: Some(selector(selector_labels(&tracker.name, NODE))),
        ..NetworkPolicyPeer::default()
    };
    vec![operator, monitoring, nodes]
}

fn port(number: i32) -> NetworkPolicyPort {
    NetworkPolicyPort {
        port: Some(IntOrString::Int(number)),
        protocol: Some("TCP".to_owned()),
        ..NetworkPolicyPort::default()
    }
}

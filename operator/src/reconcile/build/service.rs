//! The three Services: for people, for naming the nodes, and for operations.

use k8s_openapi::api::core::v1::{Service, ServicePort, ServiceSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::metadata::{NODE, Names, ROLE, owned, selector_labels};
use super::pod::{HTTP_PORT, OPS_PORT};
use crate::reconcile::validate::ValidatedTracker;

/// Port of the Service for people.
const PEOPLE_PORT: i32 = 80;

/// All Services of a cluster.
pub fn services(tracker: &ValidatedTracker) -> Vec<Service> {
    vec![people(tracker), nodes(tracker), ops(tracker)]
}

/// `<cluster>`: its endpoints are the ready nodes with the active role.
fn people(tracker: &ValidatedTracker) -> Service {
    let mut selector = selector_labels(&tracker.name, NODE);
    selector.insert(ROLE.to_owned(), "active".to_owned());
    Service {
        metadata: owned(tracker, tracker.name.clone(), "http"),
        spec: Some(ServiceSpec {
            selector: Some(selector),
            ports: Some(vec![port("http", PEOPLE_PORT)]),
            ..ServiceSpec::default()
        }),
        ..Service::default()
    }
}

/// `<cluster>-nodes`: a name for each node, ready or not.
fn nodes(tracker: &ValidatedTracker) -> Service {
    Service {
        metadata: owned(tracker, Names(&tracker.name).nodes_service(), NODE),
        spec: Some(ServiceSpec {
            cluster_ip: Some("None".to_owned()),
            publish_not_ready_addresses: Some(true),
            selector: Some(selector_labels(&tracker.name, NODE)),
            ports: Some(vec![port("http", HTTP_PORT), port("ops", OPS_PORT)]),
            ..ServiceSpec::default()
        }),
        ..Service::default()
    }
}

/// `<cluster>-ops`: the operations port of any ready node.
fn ops(tracker: &ValidatedTracker) -> Service {
    Service {
        metadata: owned(tracker, Names(&tracker.name).ops(), "ops"),
        spec: Some(ServiceSpec {
            selector: Some(selector_labels(&tracker.name, NODE)),
            ports: Some(vec![port("ops", OPS_PORT)]),
            ..ServiceSpec::default()
        }),
        ..Service::default()
    }
}

fn port(name: &str, number: i32) -> ServicePort {
    ServicePort {
        name: Some(name.to_owned()),
        port: number,
        protocol: Some("TCP".to_owned()),
        target_port: Some(IntOrString::String(name.to_owned())),
        ..ServicePort::default()
    }
}

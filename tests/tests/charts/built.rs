//! What the operator builds, to hold the charts against it.

use operator::crd::TrackerCluster;
use operator::crd::examples::{merged, three_nodes};
use operator::reconcile::validate::{ValidatedTracker, validate};
use serde_json::{Value, json};

/// A cluster of three nodes that asks for everything, as the operator sees it.
pub fn tracker() -> ValidatedTracker {
    validated(&merged(
        three_nodes(),
        json!({"metadata": {"namespace": "here", "uid": "u"}, "spec": {"monitoring": {"podMonitor": true}}}),
    ))
}

/// A resource that must keep all rules, as the operator sees it.
pub fn validated(resource: &Value) -> ValidatedTracker {
    let cluster: TrackerCluster = serde_json::from_value(resource.clone()).expect("a TrackerCluster");
    validate(&cluster, "localhost/tracker").unwrap_or_else(|error| panic!("{resource}: {error:?}"))
}

//! The PodMonitor of the Prometheus operator, whose types we don't depend on.

use kube::api::{ApiResource, DynamicObject};
use kube::core::GroupVersionKind;
use serde_json::json;

use super::metadata::{NODE, owned, selector_labels};
use crate::reconcile::validate::ValidatedTracker;

/// The kind, as the API server names it.
pub fn resource() -> ApiResource {
    ApiResource::from_gvk_with_plural(
        &GroupVersionKind::gvk("monitoring.coreos.com", "v1", "PodMonitor"),
        "podmonitors",
    )
}

/// The monitor, if it is wanted.
pub fn pod_monitor(tracker: &ValidatedTracker) -> Option<DynamicObject> {
    tracker.pod_monitor.then(|| {
        let mut monitor = DynamicObject::new(&tracker.name, &resource()).data(json!({
            "spec": {
                "selector": {"matchLabels": selector_labels(&tracker.name, NODE)},
                "podMetricsEndpoints": [{
                    "port": "ops",
                    "path": "/metrics",
                    // The chart's alerts and its monitor of all trackers tell clusters apart by this label.
                    "relabelings": [{"targetLabel": "cluster", "replacement": tracker.name}],
                }],
            },
        }));
        monitor.metadata = owned(tracker, tracker.name.clone(), NODE);
        monitor
    })
}

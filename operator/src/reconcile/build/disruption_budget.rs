//! At most one node may be evicted at a time.

use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::metadata::{NODE, owned, selector, selector_labels};
use crate::reconcile::validate::ValidatedTracker;

/// The budget; none for one node, where it would only block the draining of its machine.
pub fn disruption_budget(tracker: &ValidatedTracker) -> Option<PodDisruptionBudget> {
    (tracker.nodes > 1).then(|| PodDisruptionBudget {
        metadata: owned(tracker, tracker.name.clone(), NODE),
        spec: Some(PodDisruptionBudgetSpec {
            max_unavailable: Some(IntOrString::Int(1)),
            selector: Some(selector(selector_labels(&tracker.name, NODE))),
            ..PodDisruptionBudgetSpec::default()
        }),
        ..PodDisruptionBudget::default()
    })
}

//! The StatefulSet: all nodes at once, and none replaced but by the operator's own roller.

use k8s_openapi::api::apps::v1::{StatefulSet, StatefulSetSpec, StatefulSetUpdateStrategy};
use k8s_openapi::api::core::v1::PodTemplateSpec;

use super::fingerprint::fingerprint;
use super::metadata::{NODE, Names, TEMPLATE, owned, selector, selector_labels};
use super::volume_claim::local_home_template;
use super::{Template, pod};
use crate::reconcile::validate::ValidatedTracker;

/// The StatefulSet with `replicas` nodes and the wanted pod template, or the one that is there.
///
/// An evicted pod takes the template as it is, so a new one is released only when the roller's
/// first gates have passed.
pub fn stateful_set(tracker: &ValidatedTracker, replicas: i32, template: &Template) -> StatefulSet {
    let mut metadata = owned(tracker, tracker.name.clone(), NODE);
    let (template, fingerprint) = match template {
        Template::Wanted => {
            let wanted = pod::template(tracker);
            let fingerprint = fingerprint(&wanted);
            (wanted, Some(fingerprint))
        }
        Template::Held { live, fingerprint } => (live.as_ref().clone(), fingerprint.clone()),
    };
    metadata.annotations = fingerprint.map(|fingerprint| [(TEMPLATE.to_owned(), fingerprint)].into());
    StatefulSet {
        metadata,
        spec: Some(StatefulSetSpec {
            replicas: Some(replicas),
            service_name: Some(Names(&tracker.name).nodes_service()),
            selector: selector(selector_labels(&tracker.name, NODE)),
            pod_management_policy: Some("Parallel".to_owned()),
            update_strategy: Some(StatefulSetUpdateStrategy {
                type_: Some("OnDelete".to_owned()),
                ..StatefulSetUpdateStrategy::default()
            }),
            template,
            volume_claim_templates: Some(vec![local_home_template(tracker)]),
            ..StatefulSetSpec::default()
        }),
        ..StatefulSet::default()
    }
}

/// Whether the template of `live` isn't the one that `tracker` wants.
pub fn template_differs(tracker: &ValidatedTracker, live: &StatefulSet) -> bool {
    let wanted = pod::template(tracker);
    let released = live.metadata.annotations.as_ref().and_then(|annotations| annotations.get(TEMPLATE));
    released != Some(&fingerprint(&wanted)) || !crate::reconcile::subset::holds(&wanted, &live_template(live))
}

/// The template as it is.
pub fn live_template(live: &StatefulSet) -> PodTemplateSpec {
    live.spec.as_ref().map(|spec| spec.template.clone()).unwrap_or_default()
}

//! Claims: the shared home, and the template of the nodes' own homes.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    PersistentVolumeClaim, PersistentVolumeClaimSpec, VolumeResourceRequirements,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::metadata::{NODE, Names, claim_labels, kept};
use crate::reconcile::validate::{SharedHomeSource, ValidatedTracker};

/// Name of the claim template: a node's own claim is called `local-home-<node>`.
pub const LOCAL_HOME: &str = "local-home";
/// Component label of the shared claim.
const SHARED_HOME: &str = "shared-home";

/// The shared claim, if the operator makes it: ReadWriteMany, without owner.
pub fn shared_home(tracker: &ValidatedTracker) -> Option<PersistentVolumeClaim> {
    let Some(SharedHomeSource::Made { size, class }) = &tracker.shared_home else {
        return None;
    };
    let name = Names(&tracker.name).shared_home();
    Some(PersistentVolumeClaim {
        metadata: kept(tracker, name, claim_labels(&tracker.name, SHARED_HOME)),
        spec: Some(claim("ReadWriteMany", size, class.clone())),
        ..PersistentVolumeClaim::default()
    })
}

/// The template of the claims that the StatefulSet makes, one per node.
pub fn local_home_template(tracker: &ValidatedTracker) -> PersistentVolumeClaim {
    PersistentVolumeClaim {
        metadata: ObjectMeta {
            name: Some(LOCAL_HOME.to_owned()),
            // The StatefulSet puts its selector's labels on top of these.
            labels: Some(claim_labels(&tracker.name, NODE)),
            ..ObjectMeta::default()
        },
        spec: Some(claim("ReadWriteOnce", &tracker.local_home_size, tracker.local_home_class.clone())),
        ..PersistentVolumeClaim::default()
    }
}

fn claim(mode: &str, size: &str, class: Option<String>) -> PersistentVolumeClaimSpec {
    PersistentVolumeClaimSpec {
        access_modes: Some(vec![mode.to_owned()]),
        storage_class_name: class,
        resources: Some(VolumeResourceRequirements {
            requests: Some(BTreeMap::from([("storage".to_owned(), Quantity(size.to_owned()))])),
            ..VolumeResourceRequirements::default()
        }),
        ..PersistentVolumeClaimSpec::default()
    }
}

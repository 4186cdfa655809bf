//! With client: the status is written when what it says has changed, and never else.

pub mod compose;
pub mod figures;

use kube::api::{Api, DynamicObject, Patch, PatchParams};
use kube::{Resource, ResourceExt};
use serde_json::json;

use super::Context;
use super::build::metadata::MANAGER;
use super::ownership::Who;
use crate::cache::cluster_resource;
use crate::crd::{TrackerCluster, TrackerClusterStatus};

/// Write `new` unless it says what `old` says. Figures that moved wait for their turn.
///
/// Gives back whether it was written.
pub async fn write(
    context: &Context,
    who: &Who,
    old: Option<&TrackerClusterStatus>,
    new: &TrackerClusterStatus,
) -> Result<bool, kube::Error> {
    let age = context.figures_age(&who.uid);
    if !old.is_none_or(|old| figures::worth_writing(old, new, age)) {
        return Ok(false);
    }
    let api: Api<DynamicObject> =
        Api::namespaced_with(context.client.clone(), &who.namespace, &cluster_resource());
    // With the uid, the API server refuses rather than writes to a successor.
    let patch = json!({
        "apiVersion": TrackerCluster::api_version(&()),
        "kind": TrackerCluster::kind(&()),
        "metadata": {"name": who.name, "uid": who.uid},
        "status": new,
    });
    let params = PatchParams::apply(MANAGER).force();
    match api.patch_status(&who.name, &params, &Patch::Apply(&patch)).await {
        Ok(_) => {
            context.figures_written(&who.uid);
            Ok(true)
        }
        // The resource went in the meantime.
        Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The cluster of a resource whose spec may be unreadable.
pub fn who(object: &DynamicObject) -> Who {
    Who {
        name: object.name_any(),
        namespace: object.namespace().unwrap_or_default(),
        uid: object.uid().unwrap_or_default(),
        generation: object.metadata.generation.unwrap_or_default(),
    }
}

/// The status of a resource whose spec may be unreadable.
pub fn of(object: &DynamicObject) -> Option<TrackerClusterStatus> {
    serde_json::from_value(object.data.get("status")?.clone()).ok()
}

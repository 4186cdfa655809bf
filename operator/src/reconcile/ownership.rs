//! Pure: whose an object is. Nothing is ever applied to an object of someone else.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::crd::TrackerCluster;
use kube::Resource;

use super::build::metadata::{INSTANCE, MANAGED_BY, MANAGER};

/// A cluster, whether or not its spec can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// Name of the resource.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Its uid.
    pub uid: String,
    /// Generation of its spec.
    pub generation: i64,
}

/// Whether `uid` is the controller of an object: not its name, which a successor may have.
pub fn controlled_by(metadata: &ObjectMeta, uid: &str) -> bool {
    metadata.owner_references.iter().flatten().any(|owner| owner.controller == Some(true) && owner.uid == uid)
}

/// Whether an object without owner (a volume, a made Secret) was made for a cluster of this name.
///
/// It outlives the cluster, so a uid can't tell; a cluster made again takes it over.
pub fn kept_for(metadata: &ObjectMeta, cluster: &str) -> bool {
    let label = |key: &str| metadata.labels.as_ref().and_then(|labels| labels.get(key)).map(String::as_str);
    let owned = metadata.owner_references.iter().flatten().any(|owner| owner.controller == Some(true));
    !owned && label(MANAGED_BY) == Some(MANAGER) && label(INSTANCE) == Some(cluster)
}

/// Whether an object is left over from a cluster of the same name that was deleted: Kubernetes is about to remove it.
pub fn left_over(metadata: &ObjectMeta, who: &Who) -> bool {
    metadata.owner_references.iter().flatten().any(|owner| {
        owner.controller == Some(true)
            && owner.kind == TrackerCluster::kind(&())
            && owner.name == who.name
            && owner.uid != who.uid
    })
}

#[cfg(test)]
mod tests {
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

    use super::*;
    use crate::reconcile::build::metadata::claim_labels;

    fn owned(uid: &str, controller: bool) -> ObjectMeta {
        let owner =
            OwnerReference { uid: uid.into(), controller: Some(controller), ..OwnerReference::default() };
        ObjectMeta { owner_references: Some(vec![owner]), ..ObjectMeta::default() }
    }

    #[test]
    fn only_the_controller_of_the_same_uid_owns() {
        assert!(controlled_by(&owned("a", true), "a"));
        assert!(!controlled_by(&owned("a", true), "b"), "a successor of the same name");
        assert!(!controlled_by(&owned("a", false), "a"), "an owner that doesn't control");
        assert!(!controlled_by(&ObjectMeta::default(), "a"));
    }

    #[test]
    fn what_was_kept_is_known_by_its_labels() {
        let labelled = |labels| ObjectMeta { labels: Some(labels), ..ObjectMeta::default() };
        assert!(kept_for(&labelled(claim_labels("demo", "shared-home")), "demo"));
        assert!(!kept_for(&labelled(claim_labels("other", "shared-home")), "demo"));
        assert!(!kept_for(&ObjectMeta::default(), "demo"), "a stranger's");
        let stranger = ObjectMeta { labels: Some(claim_labels("demo", "x")), ..owned("a", true) };
        assert!(!kept_for(&stranger, "demo"), "someone else controls it");
    }
}

//! With client: what happens when a cluster is deleted, and the finalizer that makes sure it does.

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Secret};
use kube::api::{Api, DynamicObject, ListParams, Patch, PatchParams};
use kube::core::NamespaceResourceScope;
use kube::{Resource, ResourceExt};
use serde::de::DeserializeOwned;
use serde_json::json;

use super::Context;
use super::apply::delete;
use super::build::metadata::{INSTANCE, MANAGED_BY, MANAGER, Names};
use super::build::volume_claim::LOCAL_HOME;
use super::ownership::{Who, controlled_by, kept_for};
use crate::cache::{api_in, cluster_resource};
use crate::crd::{DeletionPolicy, TrackerCluster, TrackerClusterSpec};

/// Holds a resource until the volumes that go with it are gone.
pub const FINALIZER: &str = "tracker.dev/volumes";

/// What goes with a cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Goes {
    /// The nodes' own volumes.
    pub local_home: bool,
    /// The shared volume that the operator made.
    pub shared_home: bool,
    /// The Secrets that the operator made.
    pub secrets: bool,
}

impl Goes {
    /// As the spec says.
    pub fn new(spec: &TrackerClusterSpec) -> Self {
        let shared = spec.shared_home.as_ref();
        let all_there_is = spec.database.sqlite.is_some() || shared.is_none();
        let local_home = match spec.deletion.local_home {
            Some(policy) => policy == DeletionPolicy::Delete,
            None => !all_there_is,
        };
        let made = shared.is_some_and(|home| home.existing_claim.is_none());
        let shared_home = made && spec.deletion.shared_home == DeletionPolicy::Delete;
        // A password without its data is of no use; data without its password is of little.
        Self { local_home, shared_home, secrets: local_home && (shared_home || shared.is_none()) }
    }

    /// Whether anything goes that Kubernetes wouldn't remove by itself.
    pub fn anything(self) -> bool {
        self.local_home || self.shared_home || self.secrets
    }
}

/// Put the finalizer on the resource, or take it off. Nothing is written if it is as it should be.
pub async fn hold(
    context: &Context,
    object: &DynamicObject,
    who: &Who,
    wanted: bool,
) -> Result<(), kube::Error> {
    if object.finalizers().iter().any(|found| found == FINALIZER) == wanted {
        return Ok(());
    }
    let api: Api<DynamicObject> =
        Api::namespaced_with(context.client.clone(), &who.namespace, &cluster_resource());
    let finalizers: &[&str] = if wanted { &[FINALIZER] } else { &[] };
    let patch = json!({
        "apiVersion": TrackerCluster::api_version(&()),
        "kind": TrackerCluster::kind(&()),
        "metadata": {"name": who.name, "uid": who.uid, "finalizers": finalizers},
    });
    // Its own manager: the set is this finalizer and nothing else.
    let params = PatchParams::apply("tracker-operator-finalizer").force();
    match api.patch(&who.name, &params, &Patch::Apply(&patch)).await {
        Ok(_) => Ok(()),
        // The resource went in the meantime.
        Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Remove what goes. True when nothing is left to remove.
///
/// The StatefulSet goes first: while it exists it would make pods and claims again.
pub async fn remove(context: &Context, who: &Who, goes: Goes) -> Result<bool, kube::Error> {
    let sets: Api<StatefulSet> = api_in(&context.client, Some(&who.namespace));
    if let Some(set) = sets.get_opt(&who.name).await?
        && controlled_by(set.meta(), &who.uid)
    {
        delete(&sets, &set).await?;
        return Ok(false);
    }
    // By name: a StatefulSet gives its claims the labels of its pods.
    let (shared, local) = (Names(&who.name).shared_home(), format!("{LOCAL_HOME}-{}-", who.name));
    remove_kept::<PersistentVolumeClaim>(context, who, |claim| {
        goes.shared_home && claim == shared || goes.local_home && claim.starts_with(&local)
    })
    .await?;
    remove_kept::<Secret>(context, who, |_| goes.secrets).await?;
    Ok(true)
}

async fn remove_kept<K>(context: &Context, who: &Who, goes: impl Fn(&str) -> bool) -> Result<(), kube::Error>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
        + Clone
        + DeserializeOwned
        + std::fmt::Debug,
{
    let api: Api<K> = api_in(&context.client, Some(&who.namespace));
    let ours = ListParams::default().labels(&format!("{MANAGED_BY}={MANAGER},{INSTANCE}={}", who.name));
    for object in api.list(&ours).await? {
        let going = object.meta().deletion_timestamp.is_some();
        if !going && kept_for(object.meta(), &who.name) && goes(&object.name_any()) {
            delete(&api, &object).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::crd::examples::{merged, single, three_nodes};

    fn goes(base: Value, patch: Value) -> Goes {
        let cluster: TrackerCluster = serde_json::from_value(merged(base, patch)).unwrap();
        Goes::new(&cluster.spec)
    }

    #[test]
    fn a_cache_goes_and_data_stays() {
        let none = Goes::default();
        assert_eq!(goes(three_nodes(), json!({})), Goes { local_home: true, ..none });
        assert_eq!(goes(single(), json!({})), none, "all there is");
        let unshared = json!({"spec": {"nodes": 1, "sharedHome": null}});
        assert_eq!(goes(three_nodes(), unshared), none, "attachments live in the local home");
    }

    #[test]
    fn what_the_spec_says_counts() {
        let delete_shared = json!({"spec": {"deletion": {"sharedHome": "Delete"}}});
        let all = Goes { local_home: true, shared_home: true, secrets: true };
        assert_eq!(goes(three_nodes(), delete_shared), all);
        let keep_local = json!({"spec": {"deletion": {"localHome": "Retain", "sharedHome": "Delete"}}});
        assert_eq!(goes(three_nodes(), keep_local), Goes { shared_home: true, ..Goes::default() });
        let delete_single = json!({"spec": {"deletion": {"localHome": "Delete"}}});
        assert_eq!(
            goes(single(), delete_single),
            Goes { local_home: true, shared_home: false, secrets: true }
        );
        let existing = json!({"spec": {
            "sharedHome": {"size": null, "storageClassName": null, "existingClaim": "files"},
            "deletion": {"sharedHome": "Delete"},
        }});
        assert_eq!(
            goes(three_nodes(), existing),
            Goes { local_home: true, ..Goes::default() },
            "a claim of the user's is never deleted"
        );
    }
}

//! With client: what is there now, and what its nodes say of themselves.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::future::join_all;
use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod, Secret};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use kube::{Api, Resource, ResourceExt};

use super::Context;
use super::build::metadata::{NODE, Names};
use super::build::secret::TOKEN_KEY;
use super::ownership::{Who, controlled_by};
use super::plan::node::Node;
use super::problem::Problem;
use super::validate::{DatabaseSource, SharedHomeSource, ValidatedTracker};
use crate::cache::component;
use crate::crd::SecretKeyRef;

/// What is there of a cluster.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// Its StatefulSet, if this cluster controls it.
    pub stateful_set: Option<Arc<StatefulSet>>,
    /// Its nodes, by ordinal.
    pub nodes: Vec<Node>,
}

/// Look at a cluster's StatefulSet and ask all its nodes at once.
pub async fn observe(context: &Context, who: &Who) -> Result<Observed, kube::Error> {
    let stateful_set = context
        .find::<StatefulSet>(&who.namespace, &who.name)
        .await?
        .filter(|found| controlled_by(found.meta(), &who.uid));
    let set_uid = stateful_set.as_ref().and_then(|found| found.uid());
    let in_service = in_service(context, who);
    let now = (context.rim.now)();
    let pods: Vec<Arc<Pod>> = context
        .cache
        .of_cluster::<Pod>(&who.namespace, &who.name)
        .into_iter()
        .filter(|pod| component(pod.as_ref()) == Some(NODE))
        .filter(|pod| set_uid.as_deref().is_some_and(|uid| controlled_by(pod.meta(), uid)))
        .collect();
    let token = ops_token(context, who);
    let asked = pods.iter().filter_map(|pod| Node::new(pod, &in_service, now)).map(|mut node| {
        let token = token.as_deref();
        async move {
            if let (Some(address), Some(token)) = (node.address, token) {
                node.report = context.nodes.report(address, token).await.ok();
            }
            node
        }
    });
    let mut nodes = join_all(asked).await;
    nodes.sort_by_key(|node| node.ordinal);
    Ok(Observed { stateful_set, nodes })
}

/// Secrets and claims that the spec names and that aren't there, or lack a key.
pub async fn missing_references(
    context: &Context,
    tracker: &ValidatedTracker,
) -> Result<Vec<Problem>, kube::Error> {
    let mut wanted: Vec<&SecretKeyRef> = tracker.admin_password.iter().collect();
    if let DatabaseSource::Postgres { url, authority } = &tracker.database {
        wanted.push(url);
        wanted.extend(authority);
    }
    let secrets: Api<Secret> = Api::namespaced(context.client.clone(), &tracker.namespace);
    let mut missing = Vec::new();
    for SecretKeyRef { name, key } in wanted {
        match secrets.get_opt(name).await? {
            None => missing.push(Problem::ReferenceMissing(format!("Secret {name} is missing: create it"))),
            Some(secret) if !secret.data.iter().flatten().any(|(found, _)| found == key) => {
                missing.push(Problem::ReferenceMissing(format!("Secret {name} has no key {key}: add it")));
            }
            Some(_) => {}
        }
    }
    if let Some(SharedHomeSource::Existing(claim)) = &tracker.shared_home {
        let claims: Api<PersistentVolumeClaim> = Api::namespaced(context.client.clone(), &tracker.namespace);
        if claims.get_opt(claim).await?.is_none() {
            missing.push(Problem::ReferenceMissing(format!(
                "PersistentVolumeClaim {claim} is missing: create it"
            )));
        }
    }
    Ok(missing)
}

/// The token that the nodes want to see.
pub fn ops_token(context: &Context, who: &Who) -> Option<String> {
    let secret = context.cache.get::<Secret>(&who.namespace, &Names(&who.name).ops())?;
    let token = secret.data.as_ref()?.get(TOKEN_KEY)?;
    String::from_utf8(token.0.clone()).ok()
}

/// Names of the pods that the Service sends requests to.
fn in_service(context: &Context, who: &Who) -> BTreeSet<String> {
    let slices = context.cache.of_cluster::<EndpointSlice>(&who.namespace, &who.name);
    slices
        .iter()
        .filter(|slice| slice.labels().get("kubernetes.io/service-name") == Some(&who.name))
        .flat_map(|slice| &slice.endpoints)
        .filter(|endpoint| {
            endpoint.conditions.as_ref().is_some_and(|conditions| conditions.ready == Some(true))
        })
        .filter_map(|endpoint| endpoint.target_ref.as_ref()?.name.clone())
        .collect()
}

//! With client: what a plan does beside applying: asking nodes to drain, and replacing a pod.

use futures::future::join_all;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{DeleteParams, Preconditions};

use super::Context;
use super::observe::{Observed, ops_token};
use super::ownership::Who;
use super::plan::Plan;
use crate::cache::api_in;

/// Do what the plan says.
pub async fn act(context: &Context, who: &Who, observed: &Observed, plan: &Plan) -> Result<(), kube::Error> {
    drain(context, who, observed, plan).await;
    let Some((name, uid)) = &plan.replace else { return Ok(()) };
    let pods = api_in::<Pod>(&context.client, Some(&who.namespace));
    let exactly = Preconditions { uid: Some(uid.clone()), resource_version: None };
    tracing::info!(cluster = %who.name, pod = %name, "replacing");
    match pods.delete(name, &DeleteParams::default().preconditions(exactly)).await {
        Ok(_) => Ok(()),
        // It went by itself, or its successor is there already.
        Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Ask all at once. One that can't be asked is asked again by the next pass, until the drain time is over.
async fn drain(context: &Context, who: &Who, observed: &Observed, plan: &Plan) {
    let Some(token) = ops_token(context, who) else { return };
    let asked = observed.nodes.iter().filter(|node| plan.drain.contains(&node.name)).filter_map(|node| {
        let address = node.address?;
        let token = &token;
        Some(async move {
            if let Err(error) = context.nodes.drain(address, token).await {
                tracing::warn!(node = %node.name, %error, "can't be asked to drain");
            }
        })
    });
    join_all(asked).await;
}

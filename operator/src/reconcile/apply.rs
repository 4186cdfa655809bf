//! With client: server-side apply in order, nothing that is as it should be, nothing of someone else's.

use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, DeleteParams, DynamicObject, Patch, PatchParams, PostParams, Preconditions};
use kube::core::NamespaceResourceScope;
use kube::{Resource, ResourceExt};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::build::fingerprint::fingerprint;
use super::build::metadata::{APPLIED, MANAGER};
use super::build::secret::MadeSecret;
use super::build::{Applied, Prepared, Resources, pod_monitor};
use super::ownership::{Who, controlled_by, kept_for, left_over};
use super::problem::Problem;
use super::{Context, Error, subset};
use crate::cache::{Cached, api_in};

/// What came of applying.
#[derive(Debug)]
pub struct Outcome {
    /// What went through.
    pub applied: Resources<Applied>,
    /// What was refused; the rest was applied all the same.
    pub problems: Vec<Problem>,
    /// Whether the cluster knows the PodMonitor kind; `None` if no monitor was asked for.
    pub monitored: Option<bool>,
    /// Names of Secrets that were made just now.
    pub made: Vec<String>,
    /// Whether something of a deleted predecessor is still in the way.
    pub left_over: bool,
}

/// One pass of applying for one cluster.
struct Applier<'a> {
    context: &'a Context,
    who: &'a Who,
    problems: Vec<Problem>,
    made: Vec<String>,
    left_over: bool,
}

/// Apply everything: who the pods are first, the pods last; then remove what is no longer wanted.
pub async fn apply(
    context: &Context,
    who: &Who,
    resources: Resources<Prepared>,
    was_monitored: bool,
) -> Result<Outcome, Error> {
    let mut applier = Applier { context, who, problems: Vec::new(), made: Vec::new(), left_over: false };
    // Without `..`: a new kind can't be forgotten here.
    let Resources {
        service_account,
        role,
        role_binding,
        secrets,
        services,
        shared_home,
        disruption_budget,
        network_policy,
        pod_monitor,
        stateful_set,
        state: _,
    } = &resources;
    applier.owned(service_account).await?;
    applier.only(role.as_slice()).await?;
    applier.only(role_binding.as_slice()).await?;
    for secret in secrets {
        applier.secret(secret).await?;
    }
    if let Some(claim) = shared_home {
        applier.kept(claim).await?;
    }
    // Pods must never run as a stranger, nor on a stranger's volume or Secrets.
    let safe = applier.problems.is_empty() && !applier.left_over;
    applier.only(services).await?;
    applier.only(network_policy.as_slice()).await?;
    applier.only(disruption_budget.as_slice()).await?;
    let monitored = applier.monitor(pod_monitor.as_ref(), was_monitored).await?;
    if safe {
        applier.owned(stateful_set).await?;
    }
    let Applier { problems, made, left_over, .. } = applier;
    Ok(Outcome { applied: resources.applied(), problems, monitored, made, left_over })
}

impl Applier<'_> {
    /// Apply these of a kind, and delete what else of the kind this cluster controls.
    async fn only<K: Cached + Serialize>(&mut self, desired: &[K]) -> Result<(), Error> {
        for object in desired {
            self.owned(object).await?;
        }
        let api: Api<K> = api_in(&self.context.client, Some(&self.who.namespace));
        for orphan in self.context.cache.of_cluster::<K>(&self.who.namespace, &self.who.name) {
            let wanted = desired.iter().any(|object| object.name_any() == orphan.name_any());
            let going = orphan.meta().deletion_timestamp.is_some();
            if !wanted && !going && controlled_by(orphan.meta(), &self.who.uid) {
                delete(&api, orphan.as_ref()).await?;
            }
        }
        Ok(())
    }

    /// Apply an object that the cluster owns.
    async fn owned<K: Cached + Serialize>(&mut self, desired: &K) -> Result<(), Error> {
        let ours = |object: &K| controlled_by(object.meta(), &self.who.uid);
        let live = self.context.find::<K>(&self.who.namespace, &desired.name_any()).await?;
        let ours = live.as_deref().is_none_or(ours);
        self.one(desired, live.as_deref(), ours).await
    }

    /// Apply an object without owner, which outlives the cluster.
    async fn kept<K: Cached + Serialize>(&mut self, desired: &K) -> Result<(), Error> {
        let live = self.context.find::<K>(&self.who.namespace, &desired.name_any()).await?;
        let ours = live.as_deref().is_none_or(|object| kept_for(object.meta(), &self.who.name));
        self.one(desired, live.as_deref(), ours).await
    }

    async fn one<K>(&mut self, desired: &K, live: Option<&K>, ours: bool) -> Result<(), Error>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
            + Clone
            + Serialize
            + DeserializeOwned
            + std::fmt::Debug,
    {
        let kind = K::kind(&());
        if !ours {
            if live.is_some_and(|live| left_over(live.meta(), self.who)) {
                self.left_over = true;
            } else {
                self.conflict(&kind, &desired.name_any());
            }
            return Ok(());
        }
        let api: Api<K> = api_in(&self.context.client, Some(&self.who.namespace));
        let Some(patch) = needed(desired, live) else { return Ok(()) };
        let result = api.patch(&desired.name_any(), &params(live.is_some()), &Patch::Apply(&patch)).await;
        self.judge(&kind, &desired.name_any(), live.is_some(), result.map(drop))
    }

    /// Make a Secret, once and for all: its random part is drawn here and never again.
    async fn secret(&mut self, made: &MadeSecret) -> Result<(), Error> {
        let name = made.secret.name_any();
        let live = self.context.find::<Secret>(&self.who.namespace, &name).await?;
        if let Some(live) = live {
            if !kept_for(live.meta(), &self.who.name) {
                self.conflict("Secret", &name);
            }
            return Ok(());
        }
        let api: Api<Secret> = api_in(&self.context.client, Some(&self.who.namespace));
        let secret = made.clone().filled((self.context.rim.random)()?);
        let post = PostParams { field_manager: Some(MANAGER.to_owned()), ..PostParams::default() };
        let result = api.create(&post, &secret).await;
        if result.is_ok() {
            self.made.push(name.clone());
        }
        self.judge("Secret", &name, false, result.map(drop))
    }

    /// Apply or remove the PodMonitor. Its kind may not exist: that is said, not an error.
    async fn monitor(&mut self, desired: Option<&DynamicObject>, was: bool) -> Result<Option<bool>, Error> {
        if desired.is_none() && !was {
            return Ok(None);
        }
        let api: Api<DynamicObject> =
            Api::namespaced_with(self.context.client.clone(), &self.who.namespace, &pod_monitor::resource());
        let live = match api.get(&self.who.name).await {
            Ok(live) => Some(live),
            Err(kube::Error::Api(status)) if status.code == 404 => {
                // The answer names the object only if the kind exists.
                if status.details.as_ref().is_none_or(|details| details.name.is_empty()) {
                    return Ok(desired.map(|_| false));
                }
                None
            }
            Err(kube::Error::Api(status)) if status.code == 403 && desired.is_none() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let ours = live.as_ref().is_none_or(|live| controlled_by(&live.metadata, &self.who.uid));
        match (desired, live) {
            (Some(_), Some(_)) if !ours => self.conflict("PodMonitor", &self.who.name),
            (Some(desired), live) => {
                if let Some(patch) = needed(desired, live.as_ref()) {
                    let result =
                        api.patch(&self.who.name, &params(live.is_some()), &Patch::Apply(&patch)).await;
                    self.judge("PodMonitor", &self.who.name, live.is_some(), result.map(drop))?;
                }
            }
            (None, Some(live)) if ours => delete(&api, &live).await?,
            (None, _) => {}
        }
        Ok(desired.map(|_| true))
    }

    fn conflict(&mut self, kind: &str, name: &str) {
        self.problems.push(Problem::NameConflict { kind: kind.to_owned(), name: name.to_owned() });
    }

    /// A refusal is said and the pass goes on; anything else ends the pass, and it is tried again.
    fn judge(
        &mut self,
        kind: &str,
        name: &str,
        existed: bool,
        result: Result<(), kube::Error>,
    ) -> Result<(), Error> {
        match result {
            Ok(()) => {
                tracing::info!(kind, name, cluster = %self.who.name, "applied");
                Ok(())
            }
            // Someone was quicker to make an object of this name.
            Err(kube::Error::Api(status)) if status.code == 409 && !existed => {
                self.conflict(kind, name);
                Ok(())
            }
            Err(kube::Error::Api(status)) if matches!(status.code, 400 | 403 | 422) => {
                self.problems.push(Problem::ApplyFailed {
                    kind: kind.to_owned(),
                    name: name.to_owned(),
                    message: status.message.clone(),
                });
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// The object to apply, with its fingerprint; `None` if the live one is as it should be, or is going.
///
/// The fingerprint notices what is no longer wanted, the comparison what someone else changed.
pub fn needed<K: Resource + Clone + Serialize>(desired: &K, live: Option<&K>) -> Option<K> {
    let print = fingerprint(desired);
    if let Some(live) = live {
        let same = live.annotations().get(APPLIED) == Some(&print) && subset::holds(desired, live);
        if same || live.meta().deletion_timestamp.is_some() {
            return None;
        }
    }
    let mut patch = desired.clone();
    patch.annotations_mut().insert(APPLIED.to_owned(), print);
    Some(patch)
}

/// What exists is ours, so its fields are taken; what is new must not meet anyone else's.
fn params(exists: bool) -> PatchParams {
    let params = PatchParams::apply(MANAGER);
    if exists { params.force() } else { params }
}

/// Delete exactly this object, not a successor of the same name.
pub async fn delete<K>(api: &Api<K>, object: &K) -> Result<(), kube::Error>
where
    K: Resource + Clone + DeserializeOwned + std::fmt::Debug,
{
    let exactly = Preconditions { uid: object.uid(), resource_version: None };
    let params = DeleteParams::background().preconditions(exactly);
    match api.delete(&object.name_any(), &params).await {
        Ok(_) => Ok(()),
        // It is gone, or another has its name.
        Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(()),
        Err(error) => Err(error),
    }
}

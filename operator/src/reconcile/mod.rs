//! The driver: one pass over one cluster, from what is there to what should be.
//!
//! observe (client) → validate → plan → build (pure) → apply → act → status (client). A pass never sleeps:
//! what it waits for is named in the status, and the next pass looks again.

pub mod act;
pub mod apply;
pub mod build;
pub mod context;
pub mod events;
pub mod finalize;
pub mod observe;
pub mod ownership;
pub mod plan;
pub mod problem;
pub mod quantity;
pub mod status;
pub mod subset;
pub mod validate;

use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::apps::v1::StatefulSet;
use kube::api::DynamicObject;
use kube::runtime::controller::Action;

pub use context::{Context, Settings};

use self::finalize::Goes;
use self::observe::Observed;
use self::ownership::Who;
use self::plan::{Plan, Situation, Step};
use self::problem::Problem;
use self::status::compose::{Facts, compose};
use self::validate::{ValidatedTracker, validate};
use crate::crd::conditions::MONITORED;
use crate::crd::{TrackerCluster, TrackerClusterStatus};

/// A settled cluster is looked at this often, a busy one that often.
const SETTLED: Duration = Duration::from_secs(30);
const BUSY: Duration = Duration::from_secs(1);

/// Why a pass broke off. It is tried again.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The API server can't be reached, or refuses what it must not refuse.
    #[error("the API server said no: {0}")]
    Kube(#[from] kube::Error),
    /// No random bytes for a Secret.
    #[error(transparent)]
    Random(#[from] crate::rim::RandomError),
}

impl Error {
    /// A short name for metrics.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Kube(kube::Error::Api(_)) => "api",
            Self::Kube(_) => "connection",
            Self::Random(_) => "random",
        }
    }
}

/// One pass. The resource is untyped, so that one that can't be read doesn't stop the others.
pub async fn reconcile(object: Arc<DynamicObject>, context: Arc<Context>) -> Result<Action, Error> {
    let who = status::who(&object);
    let old = status::of(&object);
    let parsed = parse(&object);
    if object.metadata.deletion_timestamp.is_some() {
        // What can't be read can't say that anything shall go.
        let goes = parsed.map(|cluster| Goes::new(&cluster.spec)).unwrap_or_default();
        return delete(&context, &object, &who, old.as_ref(), goes).await;
    }
    let cluster = match parsed {
        Ok(cluster) => cluster,
        Err(error) => {
            let problem = Problem::InvalidSpec(format!("the resource can't be read: {error}"));
            return only_look(&context, &who, old.as_ref(), None, problem).await;
        }
    };
    match validate(&cluster, &context.settings.image_repository) {
        Ok(tracker) => {
            Box::pin(follow(&context, &object, &who, old.as_ref(), &tracker, Goes::new(&cluster.spec))).await
        }
        Err(invalid) => {
            let problem = Problem::InvalidSpec(invalid.to_string());
            only_look(&context, &who, old.as_ref(), Some(&cluster), problem).await
        }
    }
}

/// The resource with its types, or the field that can't be read and why.
fn parse(object: &DynamicObject) -> Result<TrackerCluster, serde_path_to_error::Error<serde_json::Error>> {
    let value = serde_json::to_value(object).unwrap_or_default();
    serde_path_to_error::deserialize(value)
}

/// A pass over a cluster whose spec is good.
async fn follow(
    context: &Context,
    object: &DynamicObject,
    who: &Who,
    old: Option<&TrackerClusterStatus>,
    tracker: &ValidatedTracker,
    goes: Goes,
) -> Result<Action, Error> {
    let observed = observe::observe(context, who).await?;
    let mut problems = observe::missing_references(context, tracker).await?;
    problems.extend(failing(&observed));
    let situation = Situation {
        tracker,
        stateful_set: observed.stateful_set.as_deref(),
        nodes: &observed.nodes,
        before: old.and_then(|old| old.plan.as_ref()),
        now: (context.rim.now)(),
    };
    let mut monitored = None;
    let mut left_over = false;
    let mut plan = None;
    if !tracker.paused {
        finalize::hold(context, object, who, goes.anything()).await?;
        let planned = plan::plan(&situation);
        let resources = build::build(tracker, &planned, &context.settings.namespace);
        let outcome = Box::pin(apply::apply(context, who, resources, was_monitored(old))).await?;
        monitored = outcome.monitored;
        left_over = outcome.left_over;
        problems.splice(0..0, outcome.problems);
        act::act(context, who, &observed, &planned).await?;
        if let Some(event) = events::secrets_made(&outcome.made) {
            context.publish(who, &event).await;
        }
        plan = Some(planned);
    }
    let facts = Facts {
        who,
        old,
        desired: tracker.nodes,
        version: Some(&tracker.version),
        nodes: &observed.nodes,
        revision: settled_revision(tracker, &observed, plan.as_ref()),
        plan: plan.as_ref(),
        problems: &problems,
        monitored,
        paused: tracker.paused,
        deleting: false,
        now: situation.now,
    };
    let new = compose(&facts);
    report(context, who, old, &new, plan.as_ref()).await?;
    let settled = !left_over && plan.is_none_or(|plan| plan.step == Step::Settled);
    Ok(Action::requeue(if settled { SETTLED } else { BUSY }))
}

/// A pass over a cluster whose spec is no good: nothing is changed, but the status stays true.
async fn only_look(
    context: &Context,
    who: &Who,
    old: Option<&TrackerClusterStatus>,
    cluster: Option<&TrackerCluster>,
    problem: Problem,
) -> Result<Action, Error> {
    tracing::warn!(cluster = %who.name, namespace = %who.namespace, problem = %problem.message(), "not followed");
    let observed = observe::observe(context, who).await?;
    let there = observed.stateful_set.as_deref().map_or(0, plan::replicas);
    let facts = Facts {
        who,
        old,
        desired: cluster.map_or(there, |cluster| cluster.spec.nodes),
        version: None,
        nodes: &observed.nodes,
        revision: observed.stateful_set.as_deref().and_then(update_revision),
        plan: None,
        problems: &[problem],
        monitored: None,
        paused: cluster.is_some_and(|cluster| cluster.spec.paused),
        deleting: false,
        now: (context.rim.now)(),
    };
    report(context, who, old, &compose(&facts), None).await?;
    // The spec changes only by someone's hand, and then a watch says so; the nodes change by themselves.
    Ok(Action::requeue(SETTLED))
}

/// A pass over a cluster that is being deleted.
async fn delete(
    context: &Context,
    object: &DynamicObject,
    who: &Who,
    old: Option<&TrackerClusterStatus>,
    goes: Goes,
) -> Result<Action, Error> {
    if !object.metadata.finalizers.iter().flatten().any(|found| found == finalize::FINALIZER) {
        return Ok(Action::await_change());
    }
    if finalize::remove(context, who, goes).await? {
        finalize::hold(context, object, who, false).await?;
        return Ok(Action::await_change());
    }
    let observed = observe::observe(context, who).await?;
    let facts = Facts {
        who,
        old,
        desired: 0,
        version: None,
        nodes: &observed.nodes,
        revision: None,
        plan: None,
        problems: &[],
        monitored: None,
        paused: false,
        deleting: true,
        now: (context.rim.now)(),
    };
    report(context, who, old, &compose(&facts), None).await?;
    Ok(Action::requeue(BUSY))
}

/// Write the status, and tell what is new as events.
async fn report(
    context: &Context,
    who: &Who,
    old: Option<&TrackerClusterStatus>,
    new: &TrackerClusterStatus,
    plan: Option<&Plan>,
) -> Result<(), Error> {
    if let Some(phase) = new.phase {
        context.metrics.phase(&who.uid, phase);
    }
    status::write(context, who, old, new).await?;
    for event in events::since(old, new, plan) {
        context.publish(who, &event).await;
    }
    Ok(())
}

/// The revision that every node should have; `None` while the wanted template isn't released or not seen.
fn settled_revision<'a>(
    tracker: &ValidatedTracker,
    observed: &'a Observed,
    plan: Option<&Plan>,
) -> Option<&'a str> {
    let set = observed.stateful_set.as_deref()?;
    if build::stateful_set::template_differs(tracker, set) {
        return None;
    }
    // In the pass that changes the number of nodes the set is not yet what it will be.
    if plan.is_some_and(|plan| plan.replicas != plan::replicas(set)) {
        return None;
    }
    update_revision(set)
}

fn update_revision(set: &StatefulSet) -> Option<&str> {
    let status = set.status.as_ref()?;
    (status.observed_generation >= set.metadata.generation)
        .then_some(status.update_revision.as_deref())
        .flatten()
}

fn failing(observed: &Observed) -> impl Iterator<Item = Problem> {
    observed.nodes.iter().filter_map(|node| {
        let why = node.failing.clone()?;
        Some(Problem::NodeFailing { name: node.name.clone(), why })
    })
}

fn was_monitored(old: Option<&TrackerClusterStatus>) -> bool {
    old.is_some_and(|old| old.conditions.iter().any(|condition| condition.type_ == MONITORED))
}

/// What happens after a pass that broke off: another one, soon.
#[expect(clippy::needless_pass_by_value, reason = "the controller hands both over")]
pub fn error_policy(object: Arc<DynamicObject>, error: &Error, context: Arc<Context>) -> Action {
    let who = status::who(&object);
    tracing::warn!(cluster = %who.name, namespace = %who.namespace, %error, "a pass broke off");
    context.metrics.failed(error.kind());
    Action::requeue(Duration::from_secs(5))
}

#[cfg(test)]
mod tests;

//! Pure: a validated tracker and its plan become the objects to apply, one file per kind.

pub mod disruption_budget;
pub mod fingerprint;
pub mod metadata;
pub mod network_policy;
pub mod pod;
pub mod pod_monitor;
pub mod secret;
pub mod service;
pub mod service_account;
pub mod stateful_set;
pub mod volume_claim;

use std::marker::PhantomData;

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, PodTemplateSpec, Service, ServiceAccount};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::api::rbac::v1::{Role, RoleBinding};
use kube::api::DynamicObject;

use self::secret::MadeSecret;
use crate::reconcile::plan::Plan;
use crate::reconcile::validate::ValidatedTracker;

/// Built, and not yet known to the API server.
#[derive(Debug)]
pub struct Prepared;
/// Went through the API server.
#[derive(Debug)]
pub struct Applied;

/// Everything that a cluster consists of. The marker says whether it was applied: only then does it count in status.
#[derive(Debug)]
pub struct Resources<State> {
    /// Who the pods are.
    pub service_account: ServiceAccount,
    /// What they may do.
    pub role: Option<Role>,
    /// Gives it to them.
    pub role_binding: Option<RoleBinding>,
    /// Made once.
    pub secrets: Vec<MadeSecret>,
    /// For people, names and operations.
    pub services: Vec<Service>,
    /// The shared claim.
    pub shared_home: Option<PersistentVolumeClaim>,
    /// How many may be evicted.
    pub disruption_budget: Option<PodDisruptionBudget>,
    /// Who may reach the pods.
    pub network_policy: Option<NetworkPolicy>,
    /// Who reads their metrics.
    pub pod_monitor: Option<DynamicObject>,
    /// The nodes.
    pub stateful_set: StatefulSet,
    pub(in crate::reconcile) state: PhantomData<State>,
}

impl Resources<Prepared> {
    /// The same, after each object went through the API server.
    pub fn applied(self) -> Resources<Applied> {
        let Self {
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
        } = self;
        Resources {
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
            state: PhantomData,
        }
    }
}

/// Which pod template the StatefulSet gets.
#[derive(Clone, Debug, PartialEq)]
pub enum Template {
    /// What the spec says.
    Wanted,
    /// What is there, until the roller's first gates have passed.
    Held {
        /// The template as the API server has it.
        live: Box<PodTemplateSpec>,
        /// Its fingerprint, as written at its release.
        fingerprint: Option<String>,
    },
}

/// Build everything. `operator_namespace` is where the operator itself runs.
pub fn build(tracker: &ValidatedTracker, plan: &Plan, operator_namespace: &str) -> Resources<Prepared> {
    let nodes = plan.replicas.max(tracker.nodes);
    Resources {
        service_account: service_account::service_account(tracker),
        role: service_account::role(tracker, nodes),
        role_binding: service_account::role_binding(tracker, nodes),
        secrets: secret::secrets(tracker),
        services: service::services(tracker),
        shared_home: volume_claim::shared_home(tracker),
        disruption_budget: disruption_budget::disruption_budget(tracker),
        network_policy: network_policy::network_policy(tracker, operator_namespace),
        pod_monitor: pod_monitor::pod_monitor(tracker),
        stateful_set: stateful_set::stateful_set(tracker, plan.replicas, &plan.template),
        state: PhantomData,
    }
}

#[cfg(test)]
pub(crate) mod tests;

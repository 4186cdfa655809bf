//! What the operator knows of its own objects, kept up to date by watches with a label selector.
//!
//! Memory grows with the clusters that are looked after, never with what else runs in Kubernetes.

use std::fmt::Debug;
use std::sync::Arc;

use futures::StreamExt;
use futures::channel::mpsc::UnboundedSender;
use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod, Secret, Service, ServiceAccount};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::api::rbac::v1::{Role, RoleBinding};
use kube::api::{ApiResource, DynamicObject};
use kube::core::NamespaceResourceScope;
use kube::runtime::reflector::store::WriterDropped;
use kube::runtime::reflector::{ObjectRef, Store};
use kube::runtime::{WatchStreamExt, reflector, watcher};
use kube::{Api, Client, Resource, ResourceExt};
use serde::de::DeserializeOwned;
use tokio::task::JoinSet;

use crate::crd::TrackerCluster;
use crate::reconcile::build::metadata::{COMPONENT, INSTANCE, MANAGED_BY, MANAGER};

/// A reference to a cluster that should be looked at.
pub type ClusterRef = ObjectRef<DynamicObject>;

/// A kind that is cached.
pub trait Cached:
    Resource<DynamicType = (), Scope = NamespaceResourceScope>
    + Clone
    + DeserializeOwned
    + Debug
    + Send
    + Sync
    + 'static
{
    /// Where it is cached.
    fn store(cache: &Cache) -> &Store<Self>;
}

/// The operator's own objects of one namespace, or of all.
pub struct Cache {
    pods: Store<Pod>,
    endpoint_slices: Store<EndpointSlice>,
    stateful_sets: Store<StatefulSet>,
    claims: Store<PersistentVolumeClaim>,
    secrets: Store<Secret>,
    services: Store<Service>,
    service_accounts: Store<ServiceAccount>,
    roles: Store<Role>,
    role_bindings: Store<RoleBinding>,
    disruption_budgets: Store<PodDisruptionBudget>,
    network_policies: Store<NetworkPolicy>,
    // The watches end with the cache.
    _watches: JoinSet<()>,
}

impl Cache {
    /// Watch every kind in `namespace`, or everywhere. What is touched is sent to `touched`.
    pub fn start(client: &Client, namespace: Option<&str>, touched: &UnboundedSender<ClusterRef>) -> Self {
        let mut follow = Follow { client, namespace, touched, watches: JoinSet::new() };
        Self {
            pods: follow.kind(),
            endpoint_slices: follow.kind(),
            stateful_sets: follow.kind(),
            claims: follow.kind(),
            secrets: follow.kind(),
            services: follow.kind(),
            service_accounts: follow.kind(),
            roles: follow.kind(),
            role_bindings: follow.kind(),
            disruption_budgets: follow.kind(),
            network_policies: follow.kind(),
            _watches: follow.watches,
        }
    }

    /// Wait until every kind was listed once.
    pub async fn ready(&self) -> Result<(), WriterDropped> {
        self.pods.wait_until_ready().await?;
        self.endpoint_slices.wait_until_ready().await?;
        self.stateful_sets.wait_until_ready().await?;
        self.claims.wait_until_ready().await?;
        self.secrets.wait_until_ready().await?;
        self.services.wait_until_ready().await?;
        self.service_accounts.wait_until_ready().await?;
        self.roles.wait_until_ready().await?;
        self.role_bindings.wait_until_ready().await?;
        self.disruption_budgets.wait_until_ready().await?;
        self.network_policies.wait_until_ready().await?;
        Ok(())
    }

    /// The object of this name, if it is one of ours.
    pub fn get<K: Cached>(&self, namespace: &str, name: &str) -> Option<Arc<K>> {
        K::store(self).get(&ObjectRef::new(name).within(namespace))
    }

    /// Every object of a cluster.
    pub fn of_cluster<K: Cached>(&self, namespace: &str, cluster: &str) -> Vec<Arc<K>> {
        K::store(self).state_filter(|object| {
            object.meta().namespace.as_deref() == Some(namespace)
                && object.labels().get(INSTANCE).map(String::as_str) == Some(cluster)
        })
    }
}

impl Cached for Pod {
    fn store(cache: &Cache) -> &Store<Self> {
        &cache.pods
    }
}

impl Cached for EndpointSlice {
    fn store(cache: &Cache) -> &Store<Self> {
        &cache.endpoint_slices
    }
}

impl Cached for StatefulSet {
    fn store(cache: &Cache) -> &Store<Self> {
        &cache.stateful_sets
    }
}

impl Cached for PersistentVolumeClaim {
    fn store(cache: &Cache) -> &Store<Self> {
        &cache.claims
    }
}

impl Cached for Secret {
    fn store(cache: &Cache) -> &Store<Self> {
        &cache.secrets
    }
}

impl Cached for Service {
    fn store(cache: &Cache) -> &Store<Self> {
        &cache.services
    }
}

impl Cached for ServiceAccount {
    fn store(cache: &Cache) -> &Store<Self> {
        &cache.service_accounts
    }
}

impl Cached for Role {
    fn store(cache: &Cache) -> &Store<Self> {
        &cache.roles
    }
}

impl Cached for RoleBinding {
    fn store(cache: &Cache) -> &Store<Self> {
        &cache.role_bindings
    }
}

impl Cached for PodDisruptionBudget {
    fn store(cache: &Cache) -> &Store<Self> {
        &cache.disruption_budgets
    }
}

impl Cached for NetworkPolicy {
    fn store(cache: &Cache) -> &Store<Self> {
        &cache.network_policies
    }
}

/// How the API server names the custom resource.
pub fn cluster_resource() -> ApiResource {
    ApiResource::erase::<TrackerCluster>(&())
}

/// The API of a kind in one namespace, or in all.
pub fn api_in<K>(client: &Client, namespace: Option<&str>) -> Api<K>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
{
    match namespace {
        Some(namespace) => Api::namespaced(client.clone(), namespace),
        None => Api::all(client.clone()),
    }
}

/// Starts the watches.
struct Follow<'a> {
    client: &'a Client,
    namespace: Option<&'a str>,
    touched: &'a UnboundedSender<ClusterRef>,
    watches: JoinSet<()>,
}

impl Follow<'_> {
    fn kind<K: Cached>(&mut self) -> Store<K> {
        let (reader, writer) = reflector::store::<K>();
        let ours = watcher::Config::default().labels(&format!("{MANAGED_BY}={MANAGER}"));
        let events = watcher(api_in::<K>(self.client, self.namespace), ours).default_backoff().modify(strip);
        let touched = self.touched.clone();
        let stream = reflector(writer, events).touched_objects();
        self.watches.spawn(stream.for_each(move |result| {
            match result {
                // The receiver goes only when the operator stops.
                Ok(object) => {
                    if let Some(cluster) = cluster_of(&object) {
                        let _ = touched.unbounded_send(cluster);
                    }
                }
                Err(error) => tracing::warn!(kind = %K::kind(&()), %error, "a watch failed, trying again"),
            }
            futures::future::ready(())
        }));
        reader
    }
}

/// The cluster that an object belongs to, by its labels.
fn cluster_of<K: Resource<DynamicType = ()>>(object: &K) -> Option<ClusterRef> {
    let cluster = object.labels().get(INSTANCE)?;
    let namespace = object.namespace()?;
    Some(ObjectRef::new_with(cluster, cluster_resource()).within(&namespace))
}

/// Forget what is never read: half of an object's metadata.
fn strip<K: Resource>(object: &mut K) {
    object.managed_fields_mut().clear();
}

/// The component label of an object.
pub fn component<K: Resource>(object: &K) -> Option<&str> {
    object.labels().get(COMPONENT).map(String::as_str)
}

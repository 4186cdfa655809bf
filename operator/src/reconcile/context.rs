//! What every pass needs: clients, caches, settings and metrics.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use k8s_openapi::api::core::v1::ObjectReference;
use kube::runtime::events::{Event, Recorder};
use kube::{Client, Resource};
use tokio::time::Instant;

use super::ownership::Who;
use crate::cache::{Cache, Cached, api_in};
use crate::crd::TrackerCluster;
use crate::metrics::Metrics;
use crate::nodes::Nodes;
use crate::rim::Rim;

/// Settings of the operator that passes need.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The tracker's image without its tag.
    pub image_repository: String,
    /// Where the operator runs.
    pub namespace: String,
}

/// What every pass needs.
pub struct Context {
    /// The API server.
    pub client: Client,
    /// Our own objects.
    pub cache: Cache,
    /// The nodes' operations endpoints.
    pub nodes: Nodes,
    /// Settings of the operator.
    pub settings: Settings,
    /// Writes events.
    pub recorder: Recorder,
    /// Counts.
    pub metrics: Arc<Metrics>,
    /// Clock and random source.
    pub rim: Rim,
    /// When a status was last written, by the uid of its cluster.
    pub written: Mutex<HashMap<String, Instant>>,
}

impl Context {
    /// The object of this name, whoever it belongs to. Ours are cached; only others cost a request.
    pub async fn find<K: Cached>(&self, namespace: &str, name: &str) -> Result<Option<Arc<K>>, kube::Error> {
        if let Some(found) = self.cache.get::<K>(namespace, name) {
            return Ok(Some(found));
        }
        Ok(api_in::<K>(&self.client, Some(namespace)).get_opt(name).await?.map(Arc::new))
    }

    /// How long ago a cluster's status was written; `None` if not by this process.
    pub fn figures_age(&self, uid: &str) -> Option<Duration> {
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        written.get(uid).map(Instant::elapsed)
    }

    /// A cluster's status was written just now.
    pub fn figures_written(&self, uid: &str) {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        written.insert(uid.to_owned(), Instant::now());
    }

    /// Forget a cluster that is gone.
    pub fn forget(&self, uid: &str) {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).remove(uid);
        self.metrics.gone(uid);
    }

    /// Write an event at a cluster. One that can't be written is only logged: it must not stop a pass.
    pub async fn publish(&self, who: &Who, event: &Event) {
        let reference = ObjectReference {
            api_version: Some(TrackerCluster::api_version(&()).into_owned()),
            kind: Some(TrackerCluster::kind(&()).into_owned()),
            name: Some(who.name.clone()),
            namespace: Some(who.namespace.clone()),
            uid: Some(who.uid.clone()),
            ..ObjectReference::default()
        };
        if let Err(error) = self.recorder.publish(event, &reference).await {
            tracing::warn!(cluster = %who.name, reason = %event.reason, %error, "an event can't be written");
        }
    }
}

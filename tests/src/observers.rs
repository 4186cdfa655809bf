//! Watchers that run beside a fault and remember what they saw.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::runtime::watcher::{self, Event};
use tokio::task::JoinHandle;

/// Whether a pod is Ready and stays.
pub fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.as_ref().and_then(|status| status.conditions.as_ref());
    pod.metadata.deletion_timestamp.is_none()
        && conditions.is_some_and(|all| {
            all.iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
        })
}

/// Watches that never more than so many of the desired pods aren't Ready at the same moment.
#[derive(Debug)]
pub struct ReadinessBudget {
    task: JoinHandle<()>,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Debug, Default)]
struct Seen {
    ready: BTreeMap<String, bool>,
    fewest: usize,
    breaches: Vec<String>,
    events: usize,
}

impl ReadinessBudget {
    /// Begins to watch. All desired pods must be Ready now.
    pub fn watch(pods: Api<Pod>, selector: &str, desired: usize, budget: usize) -> Self {
        let seen = Arc::new(Mutex::new(Seen { fewest: desired, ..Seen::default() }));
        let stream = watcher::watcher(pods, watcher::Config::default().labels(selector));
        let shared = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            let mut stream = stream.boxed();
            let mut listed = false;
            loop {
                // The watcher itself starts again after an error.
                let Ok(Some(event)) = stream.try_next().await else { continue };
                let mut seen = shared.lock().expect("no holder panics");
                match event {
                    Event::Apply(pod) | Event::InitApply(pod) => {
                        seen.ready.insert(pod.metadata.name.clone().unwrap_or_default(), is_ready(&pod));
                    }
                    Event::Delete(pod) => {
                        seen.ready.remove(&pod.metadata.name.unwrap_or_default());
                    }
                    Event::Init => {}
                    Event::InitDone => listed = true,
                }
                if !listed {
                    continue;
                }
                seen.events += 1;
                let ready = seen.ready.values().filter(|ready| **ready).count();
                seen.fewest = seen.fewest.min(ready);
                if ready + budget < desired {
                    let breach = format!("{ready} of {desired} are ready: {:?}", seen.ready);
                    seen.breaches.push(breach);
                }
            }
        });
        Self { task, seen }
    }

    /// Ends the watch. Panics if the budget was ever exceeded, or if nothing ever happened; returns the fewest ready pods.
    pub fn kept(self) -> usize {
        self.task.abort();
        let seen = self.seen.lock().expect("no holder panics");
        assert!(
            seen.breaches.is_empty(),
            "too many pods weren't Ready at once:\n{}",
            seen.breaches.join("\n")
        );
        assert!(seen.events > 1, "the watch saw nothing");
        seen.fewest
    }
}

//! The composition of a running operator: client, health, Lease, and one controller per namespace.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use futures::channel::mpsc;
use futures::future::{join_all, ready};
use futures::{FutureExt, StreamExt, stream};
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::{Api, DynamicObject};
use kube::client::ClientBuilder;
use kube::runtime::controller::{Action, Config, ReconcileRequest, applier};
use kube::runtime::events::{Recorder, Reporter};
use kube::runtime::{WatchStreamExt, reflector, watcher};
use kube::{Client, ResourceExt};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::cache::{Cache, ClusterRef, cluster_resource};
use crate::cli::RunArgs;
use crate::lease::{self, Keeper};
use crate::metrics::Metrics;
use crate::nodes::Nodes;
use crate::reconcile::build::metadata::MANAGER;
use crate::reconcile::build::pod::OPS_PORT;
use crate::reconcile::{self, Context, Settings};
use crate::rim::Rim;
use crate::writes::CountWrites;
use crate::{health, telemetry};

/// Several changes within this time are one pass.
const DEBOUNCE: Duration = Duration::from_millis(100);

/// Run until a signal comes. An error if leadership is lost or nothing can be done.
pub fn run(args: RunArgs) -> anyhow::Result<()> {
    telemetry::start(args.log_format, &args.log).context("--log")?;
    let runtime = tokio::runtime::Runtime::new().context("can't start the runtime")?;
    let result = runtime.block_on(operate(args));
    // What still waits for an answer isn't waited for.
    runtime.shutdown_background();
    result
}

async fn operate(args: RunArgs) -> anyhow::Result<()> {
    let rim = Rim::real();
    let metrics = Arc::new(Metrics::default());
    let config = kube::Config::infer().await.context("no cluster to talk to")?;
    let namespace = args.namespace.clone().unwrap_or_else(|| config.default_namespace.clone());
    let client = ClientBuilder::try_from(config)
        .context("no client for the cluster")?
        .with_layer(&CountWrites(metrics.clone()))
        .build();
    let identity = match &args.identity {
        Some(identity) => identity.clone(),
        None => format!("{}-{}", host(), &(rim.random)()?[..10]),
    };
    let (reached, seen) = watch::channel(false);
    let served = health::serve(args.listen, health::router(metrics.clone(), seen));
    let leases: Api<Lease> =
        Api::namespaced(client.clone(), args.lease_namespace.as_deref().unwrap_or(&namespace));
    let mut keeper = Keeper::new(leases, args.lease_name.clone(), identity.clone(), rim, reached);
    let worked = async {
        let mut stop = Box::pin(stop_signal());
        tokio::select! {
            acquired = keeper.acquire() => acquired?,
            () = &mut stop => return Ok(()),
        }
        metrics.leads(true);
        let team = Team { args: &args, client: &client, metrics: &metrics, namespace, identity, rim };
        let led = lease::lead(&mut keeper, team.work(stop)).await;
        metrics.leads(false);
        led??;
        keeper.release().await;
        anyhow::Ok(())
    };
    tokio::select! {
        worked = worked => worked,
        served = served => Err(anyhow::anyhow!("can't serve {}: {served:?}", args.listen)),
    }
}

/// What all controllers share.
struct Team<'a> {
    args: &'a RunArgs,
    client: &'a Client,
    metrics: &'a Arc<Metrics>,
    namespace: String,
    identity: String,
    rim: Rim,
}

impl Team<'_> {
    /// Look after every namespace until `stop`; passes that have begun are finished.
    async fn work(&self, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
        let scopes: Vec<Option<&str>> = if self.args.watch_namespaces.is_empty() {
            vec![None]
        } else {
            self.args.watch_namespaces.iter().map(|namespace| Some(namespace.as_str())).collect()
        };
        let stop = stop.shared();
        let controllers = scopes.into_iter().map(|scope| self.control(scope, stop.clone()));
        join_all(controllers).await.into_iter().collect()
    }

    /// Look after one namespace, or all.
    async fn control(
        &self,
        scope: Option<&str>,
        stop: impl Future<Output = ()> + Clone,
    ) -> anyhow::Result<()> {
        let (sender, touched) = mpsc::unbounded::<ClusterRef>();
        let cache = Cache::start(self.client, scope, &sender);
        let context = Arc::new(Context {
            client: self.client.clone(),
            cache,
            nodes: Nodes::new(u16::try_from(OPS_PORT)?)?,
            settings: Settings {
                image_repository: self.args.image_repository.clone(),
                namespace: self.namespace.clone(),
            },
            recorder: Recorder::new(
                self.client.clone(),
                Reporter { controller: MANAGER.to_owned(), instance: Some(self.identity.clone()) },
            ),
            metrics: self.metrics.clone(),
            rim: self.rim,
            written: std::sync::Mutex::default(),
        });
        tokio::select! {
            ready = context.cache.ready() => ready.context("a watch ended")?,
            () = stop.clone() => return Ok(()),
        }
        let resource = cluster_resource();
        let clusters: Api<DynamicObject> = match scope {
            Some(namespace) => Api::namespaced_with(self.client.clone(), namespace, &resource),
            None => Api::all_with(self.client.clone(), &resource),
        };
        let writer = reflector::store::Writer::new(resource.clone());
        let store = writer.as_reader();
        let forgetting = context.clone();
        let own = reflector(
            writer,
            watcher(clusters, watcher::Config::default())
                .default_backoff()
                .modify(|cluster| cluster.managed_fields_mut().clear()),
        )
        .inspect(move |event| {
            if let Ok(watcher::Event::Delete(gone)) = event {
                forgetting.forget(&gone.uid().unwrap_or_default());
            }
        })
        .applied_objects()
        .filter_map(move |cluster| {
            let resource = resource.clone();
            ready(match cluster {
                Ok(cluster) => Some(ClusterRef::from_obj_with(&cluster, resource)),
                Err(error) => {
                    tracing::warn!(%error, "the watch of clusters failed, trying again");
                    None
                }
            })
        });
        let queue = stream::select(own.boxed(), touched.boxed())
            .map(|cluster| Ok::<_, watcher::Error>(ReconcileRequest::from(cluster)))
            .take_until(stop);
        applier(
            |object, context| Box::pin(measured(object, context)),
            reconcile::error_policy,
            context,
            store,
            queue,
            Config::default().concurrency(self.args.concurrency).debounce(DEBOUNCE),
        )
        // Each pass has said for itself how it went; a touched object without a cluster is no news.
        .for_each(|_| ready(()))
        .await;
        Ok(())
    }
}

/// A pass, measured. It ends with this future: when leadership is lost, nothing goes on.
async fn measured(object: Arc<DynamicObject>, context: Arc<Context>) -> Result<Action, reconcile::Error> {
    let began = Instant::now();
    let metrics = context.metrics.clone();
    let done = Box::pin(reconcile::reconcile(object, context)).await;
    metrics.pass(began.elapsed());
    done
}

/// The name of this machine, for people who read the Lease.
fn host() -> String {
    std::env::var("HOSTNAME").ok().filter(|name| !name.is_empty()).unwrap_or_else(|| "operator".to_owned())
}

/// The first SIGTERM or SIGINT. A second one ends the process at once.
async fn stop_signal() {
    one_signal().await;
    tracing::info!("stopping");
    tokio::spawn(async {
        one_signal().await;
        std::process::exit(1);
    });
}

async fn one_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
    let Ok(mut interrupt) = signal(SignalKind::interrupt()) else { return };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

//! `tracker serve`: opens the ports, starts the node, and drains it at the end.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, anyhow, bail};
use rand::rngs::StdRng;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{
    setup::{self, Setup},
    signals::{Asked, Signals},
    start::Start,
};
use crate::{
    app::App,
    cluster::{
        Node,
        role::{Event, Role},
    },
    config::Serve,
    http::{self, Edge, observe::Observed, ops::Ops, server::Server},
    index::{Index, IndexSettings},
    storage::{Kind, Store},
    telemetry::{self, Metrics},
};

/// How long a leaving node goes on serving: about a second passes until every proxy has heard that it left.
const LINGER: Duration = Duration::from_secs(3);
/// How long the index may take to write what it has.
const FLUSH_LIMIT: Duration = Duration::from_secs(10);

/// Runs a node until it is asked to stop.
pub(super) async fn run(settings: Serve) -> anyhow::Result<()> {
    telemetry::init(&settings.common.log)?;
    let mut signals = Signals::new().context("listen for signals")?;
    let Setup { paths, store } = setup::prepare(&settings.common).await?;
    let metrics = Arc::new(Metrics::new(env!("CARGO_PKG_VERSION"), store.clock().now_ms()));
    let node = Node::new(store.identity().clone(), settings.cluster.topology);
    let app = App::new(node.clone(), store.clone(), &mut rand::make_rng::<StdRng>());

    let mut registry = telemetry::registry();
    let observed = Observed::new(&mut registry);
    node.register(&mut registry);
    store.register(&mut registry);
    // The ports open before anything that can take long, so that nothing that follows looks like a hung process.
    let ops = Ops::new(app.clone(), Arc::clone(&metrics), settings.ops.ops_token_file.clone());
    let ops = bind("--ops-listen", settings.ops.ops_listen, http::ops::router(ops)).await?;
    let edge = Edge::new(app.clone(), settings.http.clone(), observed);
    let people = bind("--listen", settings.http.listen, http::router(edge)).await?;
    tracing::info!(
        node.id = %node.identity().node,
        version = env!("CARGO_PKG_VERSION"),
        listen = %people.address()?,
        ops_listen = %ops.address()?,
        local_home = %paths.local.display(),
        "node starts"
    );
    let (stop_people, stop_ops, stop_node) =
        (CancellationToken::new(), CancellationToken::new(), CancellationToken::new());
    let people = tokio::spawn(people.run(stop_people.clone()));
    let ops = tokio::spawn(ops.run(stop_ops.clone()));

    let (index, replicator) =
        Index::open(IndexSettings::new(paths.index()), store.clone(), &mut registry).await?;
    metrics.add(registry);
    let start = Start {
        app,
        store: store.clone(),
        shared_home: paths.shared,
        index,
        replicator,
        admin_password_file: settings.admin_password_file.clone(),
        stop: stop_node.clone(),
    };
    let mut running = tokio::spawn(start.run());

    let end = wait_for_the_end(&node, &mut signals, &mut running).await;
    let linger = linger(&end, &store, &settings);
    let leave = async {
        tokio::time::sleep(linger).await;
        stop_people.cancel();
        if tokio::time::timeout(settings.ops.drain_timeout.0, people).await.is_err() {
            tracing::warn!(in_flight = node.in_flight(), "drain timeout: requests in flight are given up");
        }
        stop_node.cancel();
        if !matches!(end, End::Failed(_)) && tokio::time::timeout(FLUSH_LIMIT, running).await.is_err() {
            tracing::warn!("the index did not finish in time; it replays at the next start");
        }
        store.close().await;
    };
    tokio::select! {
        () = leave => {}
        _ = signals.next() => bail!("asked to stop a second time: stopped at once"),
    }
    let _: Option<_> = node.report(Event::Drained);
    stop_ops.cancel();
    ops.abort();
    if let End::Failed(error) = end {
        return Err(error);
    }
    tracing::info!("node stopped");
    Ok(())
}

async fn bind(flag: &str, address: std::net::SocketAddr, router: axum::Router) -> anyhow::Result<Server> {
    Server::bind(address, router).await.with_context(|| format!("open {flag} {address}"))
}

/// Why a node ends.
enum End {
    /// A signal.
    Asked(Asked),
    /// A call on the operations port.
    Called,
    /// It can't go on.
    Failed(anyhow::Error),
}

/// Waits for a signal, for a call that makes the node leave, or for the node's own end.
async fn wait_for_the_end(
    node: &Node,
    signals: &mut Signals,
    running: &mut JoinHandle<anyhow::Result<()>>,
) -> End {
    let mut roles = node.roles();
    let end = tokio::select! {
        asked = signals.next() => {
            tracing::info!(?asked, "asked to stop");
            End::Asked(asked)
        }
        _ = roles.wait_for(|role| *role == Role::Draining) => End::Called,
        ended = running => End::Failed(match ended {
            Ok(Ok(())) => anyhow!("the node ended by itself"),
            Ok(Err(error)) => error,
            Err(error) => error.into(),
        }),
    };
    let _: Option<_> = node.report(Event::Drain);
    end
}

/// How long to go on serving. A person at a terminal doesn't want to wait, and a node without peers has nobody who would
/// take over.
fn linger(end: &End, store: &Store, settings: &Serve) -> Duration {
    let has_peers = store.dialect().kind == Kind::Postgres || settings.ops.ops_token_file.is_some();
    match end {
        End::Asked(Asked::Terminate) | End::Called if has_peers => LINGER.min(settings.ops.drain_timeout.0),
        _ => Duration::ZERO,
    }
}

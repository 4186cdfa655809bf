//! `tracker serve`: opens the ports, starts the node, and drains it at the end.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, bail};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    homes,
    signals::{Asked, Signals},
};
use crate::{
    app::App,
    cluster::{
        Identity, Node,
        role::{Event, Role},
    },
    config::{Serve, ops::Ops as OpsSettings},
    domain::clock::{Clock, SystemClock},
    http::{self, Edge, observe::Observed, ops::Ops, server::Server},
    telemetry::{self, Metrics},
};

/// How long a leaving node goes on serving: about a second passes until every proxy has heard that it left.
const LINGER: Duration = Duration::from_secs(3);

/// Runs a node until it is asked to stop.
pub(super) async fn run(settings: Serve) -> anyhow::Result<()> {
    telemetry::init(&settings.common.log)?;
    let mut signals = Signals::new().context("listen for signals")?;
    let paths = homes::find(&settings.common.homes)?;
    homes::make(&paths)?;

    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let metrics = Arc::new(Metrics::new(env!("CARGO_PKG_VERSION"), clock.now_ms()));
    let node = Node::new(identity(&settings)?, settings.cluster.topology);
    let app = App::new(node.clone(), Arc::clone(&clock));

    let mut registry = telemetry::registry();
    let observed = Observed::new(&mut registry);
    metrics.add(registry);
    // The ports open before anything that can take long, so that nothing that follows looks like a hung process.
    let ops = Ops::new(app.clone(), Arc::clone(&metrics), settings.ops.ops_token_file.clone());
    let ops = bind("--ops-listen", settings.ops.ops_listen, http::ops::router(ops)).await?;
    let edge = Edge::new(app.clone(), settings.http.clone(), observed);
    let people = bind("--listen", settings.http.listen, http::router(edge)).await?;
    tracing::info!(
        node.id = %node.identity().id,
        version = env!("CARGO_PKG_VERSION"),
        listen = %people.address()?,
        ops_listen = %ops.address()?,
        local_home = %paths.local.display(),
        "node starts"
    );

    let (stop_people, stop_ops) = (CancellationToken::new(), CancellationToken::new());
    let people = tokio::spawn(people.run(stop_people.clone()));
    let ops = tokio::spawn(ops.run(stop_ops.clone()));

    let asked = wait_for_the_end(&node, &mut signals).await;
    let leave = async {
        tokio::time::sleep(linger(asked, &settings.ops)).await;
        stop_people.cancel();
        if tokio::time::timeout(settings.ops.drain_timeout.0, people).await.is_err() {
            tracing::warn!(in_flight = node.in_flight(), "drain timeout: requests in flight are given up");
        }
    };
    tokio::select! {
        () = leave => {}
        _ = signals.next() => bail!("asked to stop a second time: stopped at once"),
    }
    let _: Option<_> = node.report(Event::Drained);
    stop_ops.cancel();
    ops.abort();
    tracing::info!("node stopped");
    Ok(())
}

fn identity(settings: &Serve) -> anyhow::Result<Identity> {
    let id = match &settings.common.node.node_id {
        Some(id) => id.clone(),
        None => hostname::get()?.into_string().ok().context("the host's name is no text: give --node-id")?,
    };
    Ok(Identity { id, uid: Uuid::new_v4().simple().to_string() })
}

async fn bind(flag: &str, address: std::net::SocketAddr, router: axum::Router) -> anyhow::Result<Server> {
    Server::bind(address, router).await.with_context(|| format!("open {flag} {address}"))
}

/// Waits for a signal, or for a call that makes the node leave.
async fn wait_for_the_end(node: &Node, signals: &mut Signals) -> Asked {
    let mut roles = node.roles();
    tokio::select! {
        asked = signals.next() => {
            tracing::info!(?asked, "asked to stop");
            let _: Option<_> = node.report(Event::Drain);
            asked
        }
        _ = roles.wait_for(|role| *role == Role::Draining) => Asked::Terminate,
    }
}

/// A person at a terminal doesn't want to wait, and a node without peers has nobody who would take over.
fn linger(asked: Asked, ops: &OpsSettings) -> Duration {
    if asked == Asked::Interrupt || ops.ops_token_file.is_none() {
        return Duration::ZERO;
    }
    LINGER.min(ops.drain_timeout.0)
}

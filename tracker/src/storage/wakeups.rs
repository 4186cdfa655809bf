//! Wake-ups: hints that the change log has grown. Nothing depends on them but speed; the poll finds every change.
//!
//! A commit wakes its own process at once. Other nodes get a NOTIFY, sent after the commit on a connection of its own and never more
//! often than every few milliseconds: inside the transaction it would serialise all commits of the database.

use std::{sync::Arc, time::Duration};

use sqlx::postgres::PgListener;
use tokio::{sync::watch, task::JoinSet};

use super::{Conn, Error, Kind, change_log, connector::Connector, pool::Pool, sql};

const CHANNEL: &str = "tracker_change";
/// Shortest time between two notifications of one process.
const NOTIFY_PAUSE: Duration = Duration::from_millis(5);
/// Wait before the next try after a failure.
const RETRY_PAUSE: Duration = Duration::from_secs(1);
/// A listener that hears nothing for so long asks whether its connection still lives.
const SILENCE: Duration = Duration::from_secs(10);
/// Time between two looks at the horizon.
const HORIZON_PAUSE: Duration = Duration::from_secs(15);
/// A horizon held for longer is worth a warning.
const HORIZON_ALARM: Duration = Duration::from_mins(1);
const NOTIFY_LIMIT: Duration = Duration::from_secs(2);

/// A subscription to wake-ups; several at once are seen as one.
#[derive(Clone, Debug)]
pub struct Wakeups {
    receiver: watch::Receiver<u64>,
}

impl Wakeups {
    /// Waits until something was committed since the last call, here or on another node. Waits for ever once the store is gone.
    pub async fn next(&mut self) {
        if self.receiver.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Spreads the news of commits.
pub(super) struct Hub {
    wake: watch::Sender<u64>,
    commits: watch::Sender<u64>,
    stop: watch::Sender<bool>,
    // Ends its tasks when dropped.
    _tasks: JoinSet<()>,
}

impl Hub {
    pub(super) fn start(connector: &Arc<Connector>, pool: &Arc<Pool>, kind: Kind) -> Self {
        let (wake, _) = watch::channel(0);
        let (commits, committed) = watch::channel(0);
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        if kind == Kind::Postgres {
            tasks.spawn(until(stopped.clone(), notify(connector.clone(), committed)));
            tasks.spawn(until(stopped.clone(), listen(connector.clone(), wake.clone())));
            tasks.spawn(until(stopped, watch_horizon(connector.clone(), pool.clone())));
        }
        Self { wake, commits, stop, _tasks: tasks }
    }

    pub(super) fn subscribe(&self) -> Wakeups {
        Wakeups { receiver: self.wake.subscribe() }
    }

    pub(super) fn committed(&self) {
        self.wake.send_modify(|count| *count += 1);
        self.commits.send_modify(|count| *count += 1);
    }

    /// Ends listening and notifying.
    pub(super) fn stop(&self) {
        self.stop.send_replace(true);
    }
}

async fn until(mut stopped: watch::Receiver<bool>, work: impl Future<Output = ()>) {
    tokio::select! {
        () = work => {}
        _ = stopped.wait_for(|stopped| *stopped) => {}
    }
}

/// Tells other nodes about commits of this one. Commits that happen while a notification is on its way are told by the next one.
async fn notify(connector: Arc<Connector>, mut committed: watch::Receiver<u64>) {
    let mut conn = None;
    while committed.changed().await.is_ok() {
        if let Err(error) = send(&connector, &mut conn).await {
            tracing::debug!(%error, "other nodes were not notified; their poll will find the change");
            conn = None;
            tokio::time::sleep(RETRY_PAUSE).await;
        }
        tokio::time::sleep(NOTIFY_PAUSE).await;
    }
}

async fn send(connector: &Connector, conn: &mut Option<Conn>) -> Result<(), Error> {
    let conn = match conn {
        Some(conn) => conn,
        None => conn.insert(connector.connect_unchecked().await?),
    };
    let notify = sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(&connector.identity().uid);
    sql::within(NOTIFY_LIMIT, sql::execute(conn, notify)).await.map(drop)
}

/// Hears the notifications of other nodes.
async fn listen(connector: Arc<Connector>, wake: watch::Sender<u64>) {
    loop {
        if let Err(error) = hear(&connector, &wake).await {
            tracing::debug!(%error, "not listening for notifications; the poll goes on");
        }
        tokio::time::sleep(RETRY_PAUSE).await;
    }
}

async fn hear(connector: &Connector, wake: &watch::Sender<u64>) -> Result<(), Error> {
    let (url, limit) = (connector.url().await?, connector.settings().connect_timeout);
    let mut listener = sql::within(limit, PgListener::connect(url.as_str())).await?;
    // The listener shall not connect again by itself: it would use the old URL.
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    // What was notified before is lost.
    wake.send_modify(|count| *count += 1);
    loop {
        match tokio::time::timeout(SILENCE, listener.try_recv()).await {
            Ok(received) => {
                let Some(notification) = received? else { return Ok(()) };
                if notification.payload() != connector.identity().uid {
                    connector.metrics().notifications.inc();
                    wake.send_modify(|count| *count += 1);
                }
            }
            // A connection that was cut without a word would stay silent for ever.
            Err(_) => sql::within(limit, sqlx::query("SELECT 1").execute(&mut listener)).await.map(drop)?,
        }
    }
}

/// Measures the horizon's age, and names its holder when it is held for long.
async fn watch_horizon(connector: Arc<Connector>, pool: Arc<Pool>) {
    loop {
        let horizon = async { change_log::horizon(&mut *pool.get().await?).await };
        // Without a database there is nothing to measure.
        if let Ok(horizon) = horizon.await {
            let age = horizon.age.unwrap_or_default();
            connector.metrics().horizon_age.set(age.as_secs_f64());
            if age > HORIZON_ALARM {
                let holder = horizon.holder.unwrap_or_default();
                tracing::warn!(
                    age_seconds = age.as_secs(),
                    holder,
                    "a long transaction holds back positions in the change log"
                );
            }
        }
        tokio::time::sleep(HORIZON_PAUSE).await;
    }
}

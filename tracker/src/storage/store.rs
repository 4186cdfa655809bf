//! The [`Store`]: what everyone who needs the database holds.

use std::sync::Arc;

use prometheus_client::registry::Registry;
use tokio::sync::Semaphore;

use super::{
    DatabaseSettings, Dialect, Error, Kind, ReadConn, Tx, Wakeups, change_log::Author, connector::Connector,
    metrics::Metrics, pool::Pool, random::Random, schema, sql, wakeups::Hub,
};
use crate::domain::clock::Clock;

/// Who writes: in every row of the change log, and in the name of each database session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Stable id of the node.
    pub node: String,
    /// Random id of this process: a restarted node is not its predecessor.
    pub uid: String,
}

/// A database, reachable or not. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    dialect: Dialect,
    clock: Arc<dyn Clock>,
    connector: Arc<Connector>,
    pool: Arc<Pool>,
    /// SQLite lets one transaction write at a time. Waiting here is fair and costs nothing; waiting there is polling.
    writer: Option<Arc<Semaphore>>,
    hub: Hub,
}

impl Store {
    /// A store for the database of `settings`. Connections are made when they are needed: the server need not be up.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the URL is not one of a supported database, [`Error::Unavailable`] if its file can't be read.
    pub async fn connect(
        settings: DatabaseSettings,
        identity: Identity,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        let kind = settings.target().await?.kind;
        let connector = Arc::new(Connector::new(settings, identity, kind));
        let pool = Pool::new(connector.clone(), clock.clone());
        let inner = Inner {
            dialect: Dialect::of(kind),
            hub: Hub::start(&connector, &pool, kind),
            pool,
            writer: (kind == Kind::Sqlite).then(|| Arc::new(Semaphore::new(1))),
            clock,
            connector,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Makes the database ready: migrations, the check that this version may use it, and the first era, all under one advisory lock so
    /// that any number of nodes may do it at the same time.
    ///
    /// # Errors
    /// [`Error::Unavailable`] as long as the server can't be reached (try again), [`Error::Schema`] if this version doesn't fit.
    pub async fn prepare(&self) -> Result<(), Error> {
        let mut conn = self.inner.connector.connect_unchecked().await?;
        let prepared = schema::prepare(&mut conn, &self.inner.connector.author()).await;
        // Gives the lock back at once.
        conn.close(self.inner.connector.settings().connect_timeout).await;
        prepared
    }

    /// A connection for reading.
    pub async fn read(&self) -> Result<ReadConn, Error> {
        self.inner.pool.get().await
    }

    /// Begins a write transaction.
    ///
    /// # Errors
    /// [`Error::Unavailable`], or [`Error::Busy`] if other writers didn't finish in time.
    pub async fn begin(&self) -> Result<Tx, Error> {
        let writer = match &self.inner.writer {
            Some(writer) => Some(self.wait_for_writer(writer.clone()).await?),
            None => None,
        };
        let mut fresh = false;
        loop {
            let mut conn = self.inner.pool.get_untested().await?;
            let Dialect { begin_write, begin_limit, .. } = self.inner.dialect;
            match sql::run(&mut conn, begin_write, begin_limit).await {
                Ok(()) => return Ok(Tx::new(self.clone(), conn, writer)),
                // The connection died while it was idle, and the others probably with it: once again with a new one.
                Err(error) if error.is_unavailable() && !fresh => {
                    conn.discard();
                    self.inner.pool.drop_all();
                    fresh = true;
                }
                Err(error) => {
                    conn.discard();
                    return Err(error);
                }
            }
        }
    }

    async fn wait_for_writer(
        &self,
        writer: Arc<Semaphore>,
    ) -> Result<tokio::sync::OwnedSemaphorePermit, Error> {
        let limit = self.inner.connector.settings().acquire_timeout;
        match tokio::time::timeout(limit, writer.acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(Error::Busy("other writers did not finish in time".to_owned())),
        }
    }

    /// Wake-ups: something was committed, here or elsewhere.
    pub fn subscribe(&self) -> Wakeups {
        self.inner.hub.subscribe()
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), Error> {
        let mut conn = self.read().await?;
        sql::execute(&mut conn, sqlx::query("SELECT 1")).await.map(drop)
    }

    /// Source of time.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.clock
    }

    /// Who writes.
    pub fn identity(&self) -> &Identity {
        self.inner.connector.identity()
    }

    /// What this database says differently.
    pub fn dialect(&self) -> Dialect {
        self.inner.dialect
    }

    pub(super) fn random(&self) -> &Random {
        self.inner.connector.random()
    }

    /// Who writes to the change log.
    pub(super) fn author(&self) -> Author<'_> {
        self.inner.connector.author()
    }

    /// Lets no connection made until now be used again: the server is not the one it was.
    pub(super) fn drop_connections(&self) {
        self.inner.pool.drop_all();
    }

    /// Ends the work with the database in an orderly way. Later calls answer [`Error::Unavailable`].
    pub async fn close(&self) {
        self.inner.hub.stop();
        self.inner.pool.close().await;
    }

    /// Shows this store's metrics in `registry`, under `database_…`.
    pub fn register(&self, registry: &mut Registry) {
        self.metrics().register(registry);
    }

    pub(super) fn metrics(&self) -> &Metrics {
        self.inner.connector.metrics()
    }

    /// A transaction of this process with so many log entries is committed.
    pub(super) fn committed(&self, changes: usize) {
        if changes > 0 {
            self.inner.hub.committed();
        }
    }
}

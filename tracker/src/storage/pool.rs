//! The pool of connections. Small and our own because of three needs: the URL is read anew for each connection, the reason why none
//! can be made reaches the caller at once, and all connections can be dropped when one finds the server gone or turned standby.

use std::{
    ops::{Deref, DerefMut},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Conn, Error, connector::Connector, sql::within};
use crate::domain::clock::Clock;

/// A connection that answered so recently is handed out without asking again.
const TRUSTED_FOR: Duration = Duration::from_millis(100);
/// Longest wait for an idle connection to say that it lives.
const PING_LIMIT: Duration = Duration::from_secs(1);
/// A connection is closed after this time, so that sessions follow a changed URL and servers get their memory back.
const LIFETIME: Duration = Duration::from_mins(30);

pub(super) struct Pool {
    connector: Arc<Connector>,
    clock: Arc<dyn Clock>,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Live>>,
    generation: AtomicU64,
}

struct Live {
    conn: Conn,
    /// Connections of an older generation are not used again.
    generation: u64,
    born: Duration,
    /// When it last answered, if that is still worth something.
    answered: Option<Duration>,
    _open: Counted,
}

/// Counts itself as long as it lives.
struct Counted(Gauge);

impl Counted {
    fn new(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Pool {
    pub(super) fn new(connector: Arc<Connector>, clock: Arc<dyn Clock>) -> Arc<Self> {
        let size = connector.settings().max_connections.max(2) as usize;
        Arc::new(Self {
            connector,
            clock,
            permits: Arc::new(Semaphore::new(size)),
            idle: Mutex::new(Vec::with_capacity(size)),
            generation: AtomicU64::new(0),
        })
    }

    /// A connection that answered a moment ago, or a new one.
    pub(super) async fn get(self: &Arc<Self>) -> Result<Pooled, Error> {
        within(self.connector.settings().acquire_timeout, async {
            let mut pooled = self.get_untested().await?;
            while !self.is_trusted(pooled.live()) {
                if pooled.ping(PING_LIMIT).await.is_ok() {
                    pooled.answered();
                    break;
                }
                pooled.discard();
                self.drop_all();
                pooled = self.get_untested().await?;
            }
            Ok::<_, Error>(pooled)
        })
        .await
    }

    /// A connection that may have died while it was idle: for callers that can begin again with another one.
    pub(super) async fn get_untested(self: &Arc<Self>) -> Result<Pooled, Error> {
        within(self.connector.settings().acquire_timeout, async {
            let permit = self
                .permits
                .clone()
                .acquire_owned()
                .await
                .map_err(|_| Error::unavailable("the store is closed"))?;
            let live = match self.take_idle() {
                Some(live) => live,
                None => self.new_live().await?,
            };
            let in_use = Counted::new(&self.connector.metrics().in_use);
            Ok::<_, Error>(Pooled { live: Some(live), pool: self.clone(), _permit: permit, _in_use: in_use })
        })
        .await
    }

    /// Lets no connection made until now be used again. Those in use end with their users.
    pub(super) fn drop_all(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.idle().clear();
    }

    /// Gives out no more connections, and closes those that are idle in an orderly way.
    pub(super) async fn close(&self) {
        self.permits.close();
        self.generation.fetch_add(1, Ordering::SeqCst);
        let idle = std::mem::take(&mut *self.idle());
        for live in idle {
            live.conn.close(PING_LIMIT).await;
        }
    }

    /// One connection failed, so the idle ones must answer before they are used again.
    fn distrust(&self) {
        for live in self.idle().iter_mut() {
            live.answered = None;
        }
    }

    fn take_idle(&self) -> Option<Live> {
        let now = self.clock.monotonic();
        loop {
            let live = self.idle().pop()?;
            if self.is_fit(&live, now) {
                return Some(live);
            }
        }
    }

    async fn new_live(&self) -> Result<Live, Error> {
        let generation = self.generation.load(Ordering::SeqCst);
        // Connecting is rare and its future large: it shall not make every other future as large.
        let conn = Box::pin(self.connector.connect()).await?;
        let now = self.clock.monotonic();
        let open = Counted::new(&self.connector.metrics().open);
        Ok(Live { conn, generation, born: now, answered: Some(now), _open: open })
    }

    fn is_trusted(&self, live: &Live) -> bool {
        live.answered.is_some_and(|answered| self.clock.monotonic().saturating_sub(answered) <= TRUSTED_FOR)
    }

    fn is_fit(&self, live: &Live, now: Duration) -> bool {
        live.generation == self.generation.load(Ordering::SeqCst) && now.saturating_sub(live.born) < LIFETIME
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Live>> {
        // Nothing can panic while it is held, and a list of connections can't be half changed.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection for reading; goes back to the pool when dropped.
pub struct Pooled {
    live: Option<Live>,
    pool: Arc<Pool>,
    _permit: OwnedSemaphorePermit,
    _in_use: Counted,
}

impl Pooled {
    /// Notes that the connection has just answered.
    pub(super) fn answered(&mut self) {
        let now = self.pool.clock.monotonic();
        if let Some(live) = &mut self.live {
            live.answered = Some(now);
        }
    }

    /// Closes the connection instead of giving it back.
    pub(super) fn discard(mut self) {
        self.live = None;
    }

    fn live(&self) -> &Live {
        self.live.as_ref().expect("a connection is taken out only by `discard` and `drop`")
    }
}

impl Deref for Pooled {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.live().conn
    }
}

impl DerefMut for Pooled {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.live.as_mut().expect("a connection is taken out only by `discard` and `drop`").conn
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        let Some(live) = self.live.take() else { return };
        if live.conn.broken {
            self.pool.distrust();
        } else if self.pool.is_fit(&live, self.pool.clock.monotonic()) {
            self.pool.idle().push(live);
        }
    }
}

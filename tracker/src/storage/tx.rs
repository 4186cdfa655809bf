//! A write transaction: its rows, and with its last statement its entries in the change log.

use std::{
    collections::BTreeMap,
    ops::{Deref, DerefMut},
    time::Duration,
};

use tokio::sync::OwnedSemaphorePermit;

use super::dialect::Kind;
use super::{Conn, Error, Store, change_log, era, pool::Pooled, random::Random, sql};
use crate::domain::change::{ChangeKind, NewChange};

/// Longest wait for the answer to a commit. Past it the outcome is unknown.
const COMMIT_LIMIT: Duration = Duration::from_secs(10);
const ROLLBACK_LIMIT: Duration = Duration::from_secs(1);

/// A write transaction. Rolled back when dropped without [`Tx::commit`].
pub struct Tx {
    // In this order: the connection is given back before the next writer may begin.
    conn: Option<Pooled>,
    writer: Option<OwnedSemaphorePermit>,
    changes: BTreeMap<(ChangeKind, i64, i64), NewChange>,
    store: Store,
}

impl Tx {
    pub(super) fn new(store: Store, conn: Pooled, writer: Option<OwnedSemaphorePermit>) -> Self {
        Self { conn: Some(conn), writer, changes: BTreeMap::new(), store }
    }

    /// Notes an entry for the change log; it is written with the commit, in this transaction.
    ///
    /// # Errors
    /// None today; callers that log must be ready for a log that is written at once.
    #[expect(
        clippy::unused_async,
        reason = "whether entries are written at once or with the commit is not the callers' business"
    )]
    pub async fn log(&mut self, change: NewChange) -> Result<(), Error> {
        // Entries only say "look again", so the same one twice in a transaction says nothing more.
        self.changes.insert((change.kind, change.entity, change.last), change);
        Ok(())
    }

    /// Waits until no other node does its first-start work. Held until the end of this transaction.
    pub async fn lock_first_start(&mut self) -> Result<(), Error> {
        if self.store.dialect().kind == Kind::Postgres {
            let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(era::LOCK_FIRST_START);
            sql::execute(self, lock).await?;
        }
        Ok(())
    }

    /// Makes the changes last. When this returns `Ok`, the database has said so.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the answer was lost or late: whether the change happened is then **unknown**. A client that
    /// sent an `Idempotency-Key` may simply ask again. Other errors mean that nothing happened.
    pub async fn commit(mut self) -> Result<(), Error> {
        let changes: Vec<NewChange> = std::mem::take(&mut self.changes).into_values().collect();
        if changes.is_empty() {
            // PostgreSQL answers COMMIT of a failed transaction with a quiet rollback: a statement before it tells.
            sql::execute(&mut self, sqlx::query("SELECT 1")).await?;
        } else {
            let store = self.store.clone();
            change_log::append(&mut self, &changes, &store.author()).await?;
        }
        let Some(mut conn) = self.conn.take() else {
            return Err(Error::Internal("a transaction ended twice".to_owned()));
        };
        let asked = self.store.clock().monotonic();
        let committed = sql::run(&mut conn, "COMMIT", COMMIT_LIMIT).await;
        let metrics = self.store.metrics();
        let took = self.store.clock().monotonic().saturating_sub(asked);
        metrics.commit_seconds.observe(took.as_secs_f64());
        match committed {
            Ok(()) => {
                metrics.commits.inc();
                conn.answered();
                drop(conn);
                self.store.committed(changes.len());
                Ok(())
            }
            Err(error) => {
                conn.discard();
                Err(match error {
                    Error::Unavailable(reason) => {
                        metrics.unknown_commits.inc();
                        Error::Unavailable(format!("{reason}; whether the change was made is not known"))
                    }
                    other => other,
                })
            }
        }
    }

    /// Ends the transaction without its changes, and waits for it. Dropping does the same in the background.
    pub async fn rollback(mut self) -> Result<(), Error> {
        match self.conn.take() {
            Some(conn) => roll_back(conn).await,
            None => Ok(()),
        }
    }

    pub(super) fn random(&self) -> &Random {
        self.store.random()
    }

    /// Wall time for the rows of this transaction, milliseconds.
    pub(super) fn now_ms(&self) -> i64 {
        self.store.clock().now_ms()
    }
}

async fn roll_back(mut conn: Pooled) -> Result<(), Error> {
    let done = sql::run(&mut conn, "ROLLBACK", ROLLBACK_LIMIT).await;
    match done {
        Ok(()) => {
            conn.answered();
            Ok(())
        }
        Err(error) => {
            conn.discard();
            Err(error)
        }
    }
}

impl Deref for Tx {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        self.conn.as_ref().expect("the connection is taken out only by what ends the transaction")
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        self.conn.as_mut().expect("the connection is taken out only by what ends the transaction")
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        let (Some(conn), writer) = (self.conn.take(), self.writer.take()) else { return };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => {
                runtime.spawn(async move {
                    if let Err(error) = roll_back(conn).await {
                        tracing::debug!(%error, "a rollback failed; its connection was closed");
                    }
                    drop(writer);
                });
            }
            // The runtime is gone: a closed connection rolls back as well.
            Err(_) => conn.discard(),
        }
    }
}

//! What must be tidied up from time to time: the change log's old rows, old answers, leftovers of uploads. Any node may do it, at the same
//! time as another one.

use std::time::Duration;

use super::{Error, Store, change_log, files::SharedHome, idempotency};

/// How long rows stay in the change log unless asked otherwise.
pub const CHANGE_LOG_RETENTION: Duration = Duration::from_hours(48);
/// Wait between two rounds.
pub const EVERY: Duration = Duration::from_mins(15);

/// What one round removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// Rows of the change log.
    pub changes: u64,
    /// Stored answers.
    pub answers: u64,
    /// Files with temporary names.
    pub files: u64,
}

/// Tidies up once, in short transactions.
pub async fn once(store: &Store, home: &SharedHome, retention: Duration) -> Result<Removed, Error> {
    let mut removed = Removed::default();
    loop {
        let mut tx = store.begin().await?;
        let changes = change_log::trim(&mut tx, retention).await?;
        tx.commit().await?;
        removed.changes += changes;
        if changes == 0 {
            break;
        }
    }
    loop {
        let mut tx = store.begin().await?;
        let answers = idempotency::trim(&mut tx).await?;
        tx.commit().await?;
        removed.answers += answers;
        if answers == 0 {
            break;
        }
    }
    removed.files = home.sweep().await.map_err(|error| Error::Unavailable(error.to_string()))?;
    Ok(removed)
}

/// Tidies up every [`EVERY`], for ever; what fails is tried again the next time.
pub async fn run(store: Store, home: SharedHome, retention: Duration) {
    loop {
        match once(&store, &home, retention).await {
            Ok(removed) if removed != Removed::default() => {
                tracing::info!(removed.changes, removed.answers, removed.files, "tidied up");
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "tidying up failed; it is tried again later"),
        }
        tokio::time::sleep(EVERY).await;
    }
}

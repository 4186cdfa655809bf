//! Answers of creating requests that carried an `Idempotency-Key`: the same key within a day gives the same answer. The answer is stored
//! in the transaction of the change, so there is never one without the other; this is also the cure for a commit whose answer was lost.

use std::time::Duration;

use super::{
    Conn, Error, Tx,
    sql::{self, check_texts, get},
};
use crate::domain::id::UserId;

/// How long an answer is kept at least.
pub const KEEP: Duration = Duration::from_hours(24);
/// Longest key, in characters.
pub const KEY_MAX: usize = 255;
/// Rows deleted by one call of [`trim`].
const TRIM_STEP: i64 = 1_000;

/// A stored answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Tells whether a request with the same key is the same request.
    pub fingerprint: String,
    /// HTTP status.
    pub status: u16,
    /// The body as it was sent.
    pub body: String,
}

/// The answer stored under this user's key.
pub async fn find(conn: &mut Conn, user: UserId, key: &str) -> Result<Option<Stored>, Error> {
    check_texts(&[("Idempotency-Key", key, KEY_MAX)])?;
    let query = "SELECT fingerprint, status, body FROM idempotency WHERE account_id = $1 AND key = $2";
    let row = sql::optional(conn, sqlx::query(query).bind(user.0).bind(key)).await?;
    row.map(|row| {
        let status: i64 = get(&row, "status")?;
        let status = u16::try_from(status).map_err(|_| Error::Internal(format!("stored status {status}")))?;
        Ok(Stored { fingerprint: get(&row, "fingerprint")?, status, body: get(&row, "body")? })
    })
    .transpose()
}

/// Stores an answer. Of two requests with the same key at the same time the second waits here, and fails if the first is committed.
///
/// # Errors
/// [`super::Conflict::Taken`] if the key has an answer by now: roll back and [`find`] it.
pub async fn store(tx: &mut Tx, user: UserId, key: &str, answer: &Stored) -> Result<(), Error> {
    check_texts(&[("Idempotency-Key", key, KEY_MAX)])?;
    let insert = "INSERT INTO idempotency (account_id, key, fingerprint, status, body, created_at) VALUES ($1, $2, $3, $4, $5, $6)";
    let insert = sqlx::query(insert)
        .bind(user.0)
        .bind(key)
        .bind(&answer.fingerprint)
        .bind(i64::from(answer.status))
        .bind(&answer.body)
        .bind(tx.now_ms());
    sql::execute(tx, insert).await.map(drop)
}

/// Deletes answers older than [`KEEP`], at most a thousand; returns how many. Call again while it returns some.
pub async fn trim(tx: &mut Tx) -> Result<u64, Error> {
    let before = tx.now_ms() - i64::try_from(KEEP.as_millis()).unwrap_or(i64::MAX);
    let delete = "DELETE FROM idempotency WHERE (account_id, key) IN
                  (SELECT account_id, key FROM idempotency WHERE created_at < $1 ORDER BY created_at LIMIT $2)";
    sql::execute(tx, sqlx::query(delete).bind(before).bind(TRIM_STEP)).await
}

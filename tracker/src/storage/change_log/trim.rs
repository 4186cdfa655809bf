//! Trimming: rows leave the log after its retention, in bounded steps. The trim point tells followers what is no longer there.

use std::time::Duration;

use super::super::{
    Dialect, Error, Kind, Tx, era,
    sql::{self, get},
};
use crate::domain::change::Position;

/// Rows deleted by one call of [`trim`].
pub const STEP: i64 = 5_000;

/// Deletes final rows older than `keep` by the database's clock, at most [`STEP`], and moves the trim point in the same transaction.
/// Returns how many; call again, in another transaction, while it returns [`STEP`].
pub async fn trim(tx: &mut Tx, keep: Duration) -> Result<u64, Error> {
    let Dialect { horizon, now_ms, kind, .. } = tx.dialect;
    if kind == Kind::Postgres {
        // One trimmer at a time: the point only moves forward.
        sql::execute(tx, sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(era::LOCK_TRIM)).await?;
    }
    // In the log's order, up to the first row that must stay.
    let query = format!(
        "SELECT era, tx, seq, uid, CASE WHEN at < {now_ms} - $1 THEN 1 ELSE 0 END AS is_old
         FROM change WHERE (era, tx) < ((SELECT era FROM era WHERE id = 1), {horizon}) ORDER BY era, tx, seq LIMIT $2"
    );
    let keep_ms = i64::try_from(keep.as_millis()).unwrap_or(i64::MAX);
    let rows = sql::all(tx, sql::dynamic(query).bind(keep_ms).bind(STEP)).await?;
    let mut point = None;
    for row in &rows {
        if !sql::flag(row, "is_old")? {
            break;
        }
        point = Some(Position {
            era: get(row, "era")?,
            tx: get(row, "tx")?,
            seq: get(row, "seq")?,
            uid: get(row, "uid")?,
        });
    }
    let Some(point) = point else { return Ok(0) };
    let update = format!(
        "UPDATE trim_point SET era = $1, tx = $2, seq = $3, uid = $4, trimmed_at = {now_ms} WHERE id = 1"
    );
    let update = sql::dynamic(update).bind(point.era).bind(point.tx).bind(point.seq).bind(&point.uid);
    sql::execute(tx, update).await?;
    let delete = "DELETE FROM change WHERE (era, tx, seq) <= ($1, $2, $3)";
    sql::execute(tx, sqlx::query(delete).bind(point.era).bind(point.tx).bind(point.seq)).await
}

//! The horizon: below it the log is final. A long writer holds it, even one in another database of the server, and so does a prepared
//! transaction that was forgotten. Nothing stops then, but positions don't move: so it is measured, and its holder named.

use std::time::Duration;

use super::super::{
    Conn, Error, Kind,
    sql::{self, get},
};

/// Who holds the horizon.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Horizon {
    /// How long the oldest running writer runs; `None` when there is none, or when the server doesn't show us.
    pub age: Option<Duration>,
    /// The oldest running writer, for people.
    pub holder: Option<String>,
}

/// Asks for the oldest running writer. Locks on transaction numbers are shown to everyone, what their sessions do is not.
const OLDEST_WRITER: &str = "
    SELECT CASE WHEN l.pid IS NULL THEN 'prepared transaction ' || COALESCE(p.gid, '?') || ' in database ' || COALESCE(p.database, '?')
                ELSE 'session ' || l.pid || ' of ' || COALESCE(a.usename, '?') || ' in database ' || COALESCE(a.datname, '?')
                     || ', application ' || COALESCE(NULLIF(a.application_name, ''), '?') END AS holder,
           CAST(extract(epoch FROM clock_timestamp() - COALESCE(p.prepared, a.xact_start)) * 1000 AS BIGINT) AS age_ms
    FROM pg_locks l
    LEFT JOIN pg_stat_activity a ON a.pid = l.pid
    LEFT JOIN pg_prepared_xacts p ON l.pid IS NULL AND p.transaction = l.transactionid
    WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' AND l.granted
    ORDER BY age(l.transactionid) DESC LIMIT 1";

/// Age and holder of the horizon now.
pub async fn horizon(conn: &mut Conn) -> Result<Horizon, Error> {
    if conn.dialect.kind == Kind::Sqlite {
        return Ok(Horizon::default());
    }
    let Some(row) = sql::optional(conn, sqlx::query(OLDEST_WRITER)).await? else {
        return Ok(Horizon::default());
    };
    let age_ms: Option<i64> = get(&row, "age_ms")?;
    Ok(Horizon {
        age: age_ms.map(|ms| Duration::from_millis(ms.max(0).unsigned_abs())),
        holder: get(&row, "holder")?,
    })
}

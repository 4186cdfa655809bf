//! The era: which stretch of the change log is being written, and whether the server is still the one it was begun on.
//!
//! Transaction numbers start again after a dump and restore, and repeat after a promotion that lost the last commits. So each new
//! connection compares the server's system identifier (with the database's own number) and timeline with those stored; if either differs, a new era begins before
//! anything is written.

use sqlx::any::AnyRow;

use super::{
    Conn, Error,
    change_log::{self, Author},
    dialect::{Dialect, Kind},
    sql,
};
use crate::domain::change::{ChangeKind, ChangeOp, NewChange};

/// Names of the advisory locks, as PostgreSQL wants them: numbers. `prepare` takes the first for all first-start work.
pub(super) const LOCK_FIRST_START: i64 = 0x7472_6163_6b65_7201;
const LOCK_ERA: i64 = 0x7472_6163_6b65_7202;
pub(super) const LOCK_TRIM: i64 = 0x7472_6163_6b65_7203;

#[derive(Debug, PartialEq, Eq)]
struct Server {
    database_identifier: String,
    timeline: i64,
}

/// Raises the era if `conn` leads to another server or timeline than the stored one. The database must be prepared.
pub(super) async fn check(conn: &mut Conn, author: &Author<'_>) -> Result<(), Error> {
    // There is nothing to compare on SQLite: see `dialect::SQLITE`.
    if conn.dialect.kind == Kind::Sqlite {
        return Ok(());
    }
    let server = server(conn).await?;
    match stored(conn).await? {
        Some(known) if known == server => Ok(()),
        Some(_) => raise(conn, author).await,
        None => Err(Error::Schema("the database was never prepared: run `tracker migrate`".to_owned())),
    }
}

/// Begins the first era, or a new one if the server is another; under a lock, and only if it is still needed then.
pub(super) async fn raise(conn: &mut Conn, author: &Author<'_>) -> Result<(), Error> {
    sql::run(conn, conn.dialect.begin_write, sql::CLIENT_LIMIT).await?;
    let raised = raise_in(conn, author).await;
    let end = if raised.is_ok() { "COMMIT" } else { "ROLLBACK" };
    sql::run(conn, end, sql::CLIENT_LIMIT).await?;
    raised
}

async fn raise_in(conn: &mut Conn, author: &Author<'_>) -> Result<(), Error> {
    let Dialect { kind, now_ms, .. } = conn.dialect;
    if kind == Kind::Postgres {
        sql::execute(conn, sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK_ERA)).await?;
    }
    let server = server(conn).await?;
    let known = stored(conn).await?;
    if known.as_ref() == Some(&server) {
        return Ok(());
    }
    let update = format!(
        "INSERT INTO era (id, era, database_identifier, timeline, raised_at) VALUES (1, 1, $1, $2, {now_ms})
         ON CONFLICT (id) DO UPDATE SET era = era.era + 1, database_identifier = $1, timeline = $2, raised_at = {now_ms}
         RETURNING era",
    );
    let update = sql::dynamic(update).bind(&server.database_identifier).bind(server.timeline);
    let era: i64 = sql::get(&sql::one(conn, update).await?, "era")?;
    let first = NewChange::one(ChangeKind::Era, era, 0, ChangeOp::Create);
    change_log::append(conn, &[first], author).await?;
    if let Some(known) = known {
        tracing::warn!(era, ?server, ?known, "another server: a new era of the change log begins");
    } else {
        tracing::info!(era, ?server, "the first era of the change log begins");
    }
    Ok(())
}

async fn server(conn: &mut Conn) -> Result<Server, Error> {
    let dialect = conn.dialect;
    let query = format!(
        "SELECT {} AS database_identifier, {} AS timeline",
        dialect.database_identifier, dialect.timeline
    );
    of_row(&sql::one(conn, sql::dynamic(query)).await?)
}

async fn stored(conn: &mut Conn) -> Result<Option<Server>, Error> {
    let row = sql::optional(conn, sqlx::query("SELECT database_identifier, timeline FROM era")).await?;
    row.as_ref().map(of_row).transpose()
}

fn of_row(row: &AnyRow) -> Result<Server, Error> {
    Ok(Server {
        database_identifier: sql::get(row, "database_identifier")?,
        timeline: sql::get(row, "timeline")?,
    })
}

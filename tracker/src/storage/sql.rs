//! Running statements: each one has a time limit, so that a server that went silent can't hold a task for ever.

use std::{future::Future, time::Duration};

use sqlx::{Any, ColumnIndex, Decode, Row, SqlSafeStr, Type, any::AnyArguments, any::AnyRow};

use super::{Conn, Error, Kind};
use crate::domain::text;

/// A statement with its values.
pub(super) type Query<'q> = sqlx::query::Query<'q, Any, AnyArguments>;

/// Longest time for one statement at the server. The client waits a little longer, so that the server's own message is seen.
pub(super) const SERVER_LIMIT: Duration = Duration::from_secs(5);
pub(super) const CLIENT_LIMIT: Duration = Duration::from_secs(6);
/// The same for the few statements that may take long, see [`execute_long`].
const LONG_LIMIT: Duration = Duration::from_mins(2);

/// Waits for `work` at most `limit`.
pub(super) async fn within<T, E: Into<Error>>(
    limit: Duration,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, Error> {
    match tokio::time::timeout(limit, work).await {
        Ok(result) => result.map_err(Into::into),
        Err(_) => Err(Error::Unavailable(format!("no answer within {} s", limit.as_secs_f32()))),
    }
}

/// Number of rows changed.
pub(super) async fn execute(conn: &mut Conn, query: Query<'_>) -> Result<u64, Error> {
    let before = begun(conn);
    let done = within(CLIENT_LIMIT, query.execute(&mut conn.raw)).await;
    noted(conn, before, done).map(|done| done.rows_affected())
}

/// Like [`execute`] for a statement that may go through very many rows. To be used in a transaction only.
pub(super) async fn execute_long(conn: &mut Conn, query: Query<'_>) -> Result<u64, Error> {
    if conn.dialect.kind == Kind::Postgres {
        run(conn, "SET LOCAL statement_timeout = '110s'", CLIENT_LIMIT).await?;
    }
    let before = begun(conn);
    let done = within(LONG_LIMIT, query.execute(&mut conn.raw)).await;
    noted(conn, before, done).map(|done| done.rows_affected())
}

/// A statement without values, in one round trip even the first time.
pub(super) async fn run(conn: &mut Conn, statement: impl SqlSafeStr, limit: Duration) -> Result<(), Error> {
    let before = begun(conn);
    let done = within(limit, sqlx::raw_sql(statement).execute(&mut conn.raw)).await;
    noted(conn, before, done).map(drop)
}

/// Exactly one row.
pub(super) async fn one(conn: &mut Conn, query: Query<'_>) -> Result<AnyRow, Error> {
    let before = begun(conn);
    let row = within(CLIENT_LIMIT, query.fetch_one(&mut conn.raw)).await;
    noted(conn, before, row)
}

/// The row, if there is one.
pub(super) async fn optional(conn: &mut Conn, query: Query<'_>) -> Result<Option<AnyRow>, Error> {
    let before = begun(conn);
    let row = within(CLIENT_LIMIT, query.fetch_optional(&mut conn.raw)).await;
    noted(conn, before, row)
}

/// All rows.
pub(super) async fn all(conn: &mut Conn, query: Query<'_>) -> Result<Vec<AnyRow>, Error> {
    let before = begun(conn);
    let rows = within(CLIENT_LIMIT, query.fetch_all(&mut conn.raw)).await;
    noted(conn, before, rows)
}

/// Counts the connection as broken until the statement has ended: when the caller is dropped in the middle (a client that went
/// away), nobody knows what the statement did, a transaction that it began included. Returns what was known before.
fn begun(conn: &mut Conn) -> bool {
    std::mem::replace(&mut conn.broken, true)
}

fn noted<T>(conn: &mut Conn, before: bool, result: Result<T, Error>) -> Result<T, Error> {
    conn.broken = before || matches!(result, Err(Error::Unavailable(_)));
    result
}

/// A statement whose text was put together at run time, from parts that are constants of this module only.
pub(super) fn dynamic(text: String) -> Query<'static> {
    sqlx::query(sqlx::AssertSqlSafe(text))
}

/// Value of a column.
pub(super) fn get<'r, T, I>(row: &'r AnyRow, column: I) -> Result<T, Error>
where
    T: Decode<'r, Any> + Type<Any>,
    I: ColumnIndex<AnyRow>,
{
    row.try_get(column).map_err(Error::from)
}

/// Value of a flag column; flags are SMALLINT 0 or 1 because the databases have no boolean in common.
pub(super) fn flag(row: &AnyRow, column: &str) -> Result<bool, Error> {
    Ok(get::<i64, _>(row, column)? != 0)
}

/// Refuses texts that can't be stored; `fields` are name, text and longest length in characters.
pub(super) fn check_texts(fields: &[(&str, &str, usize)]) -> Result<(), Error> {
    for (name, value, max) in fields {
        text::check(value, *max).map_err(|refusal| Error::Invalid(format!("{name} {refusal}")))?;
    }
    Ok(())
}

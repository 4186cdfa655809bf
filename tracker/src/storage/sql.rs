//! Running statements: each one has a time limit, so that a server that went silent can't hold a task for ever.

use std::{future::Future, time::Duration};

use sqlx::{Any, ColumnIndex, Decode, Row, Type, any::AnyArguments, any::AnyRow};

use super::{Conn, Error};
use crate::domain::text;

/// A statement with its values.
pub(super) type Query<'q> = sqlx::query::Query<'q, Any, AnyArguments>;

/// Longest time for one statement at the server. The client waits a little longer, so that the server's own message is seen.
pub(super) const SERVER_LIMIT: Duration = Duration::from_secs(10);
const CLIENT_LIMIT: Duration = Duration::from_secs(12);

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
    within(CLIENT_LIMIT, query.execute(conn)).await.map(|done| done.rows_affected())
}

/// A statement without values, in one round trip even the first time.
pub(super) async fn run(conn: &mut Conn, statement: &'static str) -> Result<(), Error> {
    within(CLIENT_LIMIT, sqlx::raw_sql(statement).execute(conn)).await.map(drop)
}

/// Exactly one row.
pub(super) async fn one(conn: &mut Conn, query: Query<'_>) -> Result<AnyRow, Error> {
    within(CLIENT_LIMIT, query.fetch_one(conn)).await
}

/// The row, if there is one.
pub(super) async fn optional(conn: &mut Conn, query: Query<'_>) -> Result<Option<AnyRow>, Error> {
    within(CLIENT_LIMIT, query.fetch_optional(conn)).await
}

/// All rows.
pub(super) async fn all(conn: &mut Conn, query: Query<'_>) -> Result<Vec<AnyRow>, Error> {
    within(CLIENT_LIMIT, query.fetch_all(conn)).await
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

//! What the database is, for people: its kind and version, and how far its tables are.

use super::{
    Conn, Error, Kind,
    sql::{self, get},
};

/// What a database says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Kind and version, e.g. `PostgreSQL 17.2`.
    pub server: String,
    /// Number of its schema; `None` before the first migration.
    pub schema: Option<i64>,
}

/// Asks the database what it is.
pub async fn about(conn: &mut Conn) -> Result<About, Error> {
    let (version, tables) = match conn.dialect.kind {
        Kind::Postgres => (
            "SELECT 'PostgreSQL ' || current_setting('server_version')",
            "SELECT count(*) FROM pg_catalog.pg_class WHERE oid = to_regclass('schema_state')",
        ),
        Kind::Sqlite => (
            "SELECT 'SQLite ' || sqlite_version()",
            "SELECT count(*) FROM sqlite_master WHERE name = 'schema_state'",
        ),
    };
    let server = get(&sql::one(conn, sqlx::query(version)).await?, 0)?;
    let tables: i64 = get(&sql::one(conn, sqlx::query(tables)).await?, 0)?;
    let schema = match tables {
        0 => None,
        _ => Some(get(&sql::one(conn, sqlx::query("SELECT number FROM schema_state")).await?, 0)?),
    };
    Ok(About { server, schema })
}

#[cfg(test)]
mod tests {
    use crate::storage::testing;

    #[tokio::test]
    async fn a_database_says_what_it_is() {
        for test in testing::stores().await {
            let mut conn = test.store.read().await.expect("a connection");
            let about = super::about(&mut conn).await.expect("an answer");
            assert!(
                about.server.starts_with("SQLite 3.") || about.server.starts_with("PostgreSQL "),
                "{about:?}"
            );
            assert!(about.schema.is_some_and(|schema| schema > 0), "{about:?}");
        }
    }
}

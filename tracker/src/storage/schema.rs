//! Preparing a database: migrations, the check that this version may use it, and the first era.

use sqlx::{
    AssertSqlSafe, SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
};

use super::{Conn, Error, Kind, change_log::Author, era, sql};

/// Number, name, text for PostgreSQL, text for SQLite.
type Step = (i64, &'static str, &'static str, &'static str);

macro_rules! step {
    ($number:literal, $name:literal) => {
        (
            $number,
            $name,
            include_str!(concat!("../../migrations/postgres/", $name, ".sql")),
            include_str!(concat!("../../migrations/sqlite/", $name, ".sql")),
        )
    };
}

const STEPS: &[Step] = &[
    step!(1, "0001_schema_state"),
    step!(2, "0002_change_log"),
    step!(3, "0003_accounts"),
    step!(4, "0004_projects_and_issues"),
    step!(5, "0005_comments_and_attachments"),
    step!(6, "0006_idempotency"),
];

/// Version of this tracker, as `Cargo.toml` says it.
const TRACKER_VERSION: &str = env!("CARGO_PKG_VERSION");

/// See [`super::Store::prepare`].
pub(super) async fn prepare(conn: &mut Conn, author: &Author<'_>) -> Result<(), Error> {
    let dialect = conn.dialect;
    if dialect.kind == Kind::Postgres {
        // A migration may take longer than a request may; the lock waits for another node's. It ends with this connection.
        sql::run(conn, "SET statement_timeout = 0; SET lock_timeout = 0", sql::CLIENT_LIMIT).await?;
        let lock = sqlx::query("SELECT pg_advisory_lock($1)").bind(era::LOCK_FIRST_START);
        lock.execute(&mut conn.raw).await.map_err(Error::from)?;
    }
    check_range(conn, dialect.kind).await?;
    migrate(conn, dialect.kind).await?;
    era::raise(conn, author).await
}

async fn migrate(conn: &mut Conn, kind: Kind) -> Result<(), Error> {
    let migrations = STEPS.iter().map(|(number, name, postgres, sqlite)| {
        let text = if kind == Kind::Postgres { *postgres } else { *sqlite };
        Migration::new(
            *number,
            (*name).into(),
            MigrationType::Simple,
            AssertSqlSafe(text).into_sql_str(),
            false,
        )
    });
    let mut migrator = Migrator::with_migrations(migrations.collect());
    // Newer trackers may have gone further; and the lock is ours already.
    migrator.set_ignore_missing(true).set_locking(false);
    migrator.run_direct(None, &mut conn.raw, false).await.map_err(|error| match error {
        sqlx::migrate::MigrateError::Execute(error)
        | sqlx::migrate::MigrateError::ExecuteMigration(error, _) => error.into(),
        other => Error::Schema(format!("the database's tables can't be brought up to date: {other}")),
    })
}

/// Refuses a database that says it is too new for this tracker, before anything is changed.
async fn check_range(conn: &mut Conn, kind: Kind) -> Result<(), Error> {
    let exists = match kind {
        Kind::Postgres => "SELECT count(*) FROM pg_catalog.pg_class WHERE oid = to_regclass('schema_state')",
        Kind::Sqlite => "SELECT count(*) FROM sqlite_master WHERE name = 'schema_state'",
    };
    let tables: i64 = sql::get(&sql::one(conn, sqlx::query(exists)).await?, 0)?;
    if tables == 0 {
        return Ok(());
    }
    let row = sql::one(conn, sqlx::query("SELECT number, lowest_tracker FROM schema_state")).await?;
    let (number, lowest): (i64, String) = (sql::get(&row, "number")?, sql::get(&row, "lowest_tracker")?);
    if version(TRACKER_VERSION) < version(&lowest) {
        return Err(Error::Schema(format!(
            "this is tracker {TRACKER_VERSION}, but the database has schema {number}, which accepts tracker {lowest} or newer: \
             run a newer tracker, or restore a backup from before the upgrade"
        )));
    }
    Ok(())
}

fn version(text: &str) -> Vec<u64> {
    let release = text.split(['-', '+']).next().unwrap_or_default();
    release.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

#[cfg(test)]
mod tests {
    use super::{STEPS, version};

    #[test]
    fn versions_compare_as_numbers() {
        assert!(version("0.10.0") > version("0.9.9"));
        assert!(version("1.0.0-rc.1") == version("1.0.0"));
    }

    #[test]
    fn steps_are_numbered_without_gaps_and_say_their_number() {
        for (index, (number, name, postgres, sqlite)) in STEPS.iter().enumerate() {
            assert_eq!(*number, index as i64 + 1);
            assert!(name.starts_with(&format!("{number:04}_")), "{name}");
            for text in [postgres, sqlite] {
                let said = format!("UPDATE schema_state SET number = {number};");
                assert!(*number == 1 || text.contains(&said), "{name} must end with: {said}");
            }
        }
    }
}

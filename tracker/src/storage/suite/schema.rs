//! Preparing a database, and refusing one that doesn't fit.

use super::{
    add_user,
    change_log::{set, settled, told},
};
use crate::{
    domain::change::{ChangeKind, Cursor, Position},
    storage::{
        Error,
        testing::{connect, stores, unprepared_postgres},
        users,
    },
};

#[tokio::test]
async fn preparing_again_changes_nothing() {
    for test in stores().await {
        add_user(&test.store, "ada").await.unwrap();
        let other = connect(&test.url, "node-1").await;
        other.prepare().await.unwrap();
        other.prepare().await.unwrap();
        let mut conn = other.read().await.unwrap();
        assert_eq!(users::count(&mut conn).await.unwrap(), 1);
        drop(conn);
        // Still the first era, begun once.
        let log = settled(&other, &Cursor::at(Position::origin())).await;
        let eras = told(&log).into_iter().filter(|(kind, _, _)| *kind == ChangeKind::Era).count();
        assert_eq!((log.era, eras), (1, 1));
    }
}

#[tokio::test]
async fn a_database_of_a_newer_tracker_is_used_as_long_as_it_allows() {
    for test in stores().await {
        // The next release went one migration further and still accepts this one: both run during an upgrade.
        let mut conn = test.store.read().await.unwrap();
        set(&mut conn, "UPDATE schema_state SET number = 999").await;
        let newer = "INSERT INTO _sqlx_migrations (version, description, installed_on, success, checksum, execution_time)
                     SELECT 999, 'newer', installed_on, success, checksum, 0 FROM _sqlx_migrations WHERE version = 1";
        set(&mut conn, newer).await;
        test.store.prepare().await.unwrap();
        // A release later it takes away what this one needs.
        set(&mut conn, "UPDATE schema_state SET lowest_tracker = '99.1.0'").await;
        let error = test.store.prepare().await.unwrap_err();
        assert!(matches!(&error, Error::Schema(_)), "{error:?}");
        let said = error.to_string();
        assert!(said.contains("99.1.0 or newer") && said.contains("run a newer tracker"), "{said}");
    }
}

#[tokio::test]
async fn a_changed_migration_is_noticed() {
    for test in stores().await {
        set(
            &mut test.store.read().await.unwrap(),
            "UPDATE _sqlx_migrations SET checksum = checksum || checksum",
        )
        .await;
        let error = test.store.prepare().await.unwrap_err();
        assert!(matches!(&error, Error::Schema(_)), "{error:?}");
    }
}

#[tokio::test]
async fn a_database_that_was_never_prepared_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let sqlite = connect(&format!("sqlite://{}/new.db", dir.path().display()), "node-0").await;
    let mut conn = sqlite.read().await.unwrap();
    users::count(&mut conn).await.unwrap_err();
    let Some(empty) = unprepared_postgres().await else { return };
    let error = empty.store.read().await.err().unwrap();
    assert!(matches!(&error, Error::Schema(said) if said.contains("tracker migrate")), "{error:?}");
}

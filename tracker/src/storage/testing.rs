//! Databases for tests: a fresh one for each, gone afterwards.

use std::{sync::Arc, time::Duration};

use sqlx::AssertSqlSafe;
use tempfile::TempDir;
use url::Url;
use uuid::Uuid;

use super::{Conn, DatabaseSettings, Dialect, Error, Identity, Kind, Store, UrlSource, sql};
use crate::domain::clock::{Clock, SystemClock};

/// A prepared, empty database of its own. It is removed when this is dropped.
pub struct TestStore {
    /// The store.
    pub store: Store,
    /// URL of the database, for a second store on it.
    pub url: String,
    database: Database,
}

enum Database {
    Sqlite { _dir: TempDir },
    Postgres { server: Url, name: String },
}

/// A fresh SQLite database.
///
/// # Panics
/// If it can't be made: a test can't go on then.
pub async fn sqlite() -> TestStore {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let url = format!("sqlite://{}/tracker.db", dir.path().display());
    let test = TestStore::new(url, Database::Sqlite { _dir: dir }).await;
    test.store.prepare().await.expect("a fresh database can be prepared");
    test
}

/// A fresh database on the PostgreSQL server of `TRACKER_TEST_DATABASE`; `None` without that variable.
///
/// # Panics
/// If it can't be made: a test can't go on then.
pub async fn postgres() -> Option<TestStore> {
    let test = unprepared_postgres().await?;
    test.store.prepare().await.expect("a fresh database can be prepared");
    Some(test)
}

/// Like [`postgres`], without any table.
///
/// # Panics
/// If it can't be made: a test can't go on then.
pub async fn unprepared_postgres() -> Option<TestStore> {
    let server = std::env::var("TRACKER_TEST_DATABASE").ok()?;
    let server = Url::parse(&server).expect("TRACKER_TEST_DATABASE holds a URL");
    let name = format!("tracker_test_{}", Uuid::new_v4().simple());
    run_on(&server, format!("CREATE DATABASE {name}")).await.expect("the test server creates a database");
    let mut url = server.clone();
    url.set_path(&name);
    Some(TestStore::new(url.into(), Database::Postgres { server, name }).await)
}

/// A fresh database of each kind there is: what suites run on.
pub async fn stores() -> Vec<TestStore> {
    let mut stores = vec![sqlite().await];
    stores.extend(postgres().await);
    stores
}

impl TestStore {
    async fn new(url: String, database: Database) -> Self {
        Self { store: connect(&url, "node-0").await, url, database }
    }

    /// A second process of the cluster: another store on the same database.
    pub async fn another(&self, node: &str) -> Store {
        connect(&self.url, node).await
    }
}

/// A store with the system's clock; the database need not be prepared.
pub async fn connect(url: &str, node: &str) -> Store {
    connect_at(url, node, Arc::new(SystemClock::new())).await
}

/// Like [`connect`] with a clock of the test's own. Note that a clock that stands still makes each connection look fresh.
///
/// # Panics
/// If the URL is not one of a database.
pub async fn connect_at(url: &str, node: &str, clock: Arc<dyn Clock>) -> Store {
    let identity = Identity { node: node.to_owned(), uid: Uuid::new_v4().simple().to_string() };
    Store::connect(DatabaseSettings::new(UrlSource::Url(url.to_owned())), identity, clock)
        .await
        .expect("a good URL")
}

/// Lets a PostgreSQL server look as if it had been promoted: the next connection of any store begins a new era.
///
/// # Panics
/// If the database doesn't do it.
pub async fn promote(store: &Store) {
    let mut tx = store.begin().await.expect("a transaction");
    let update = sqlx::query("UPDATE era SET timeline = timeline - 1000");
    sql::execute(&mut tx, update).await.expect("an update");
    tx.commit().await.expect("commit");
    store.drop_connections();
}

async fn run_on(server: &Url, statement: String) -> Result<(), Error> {
    sqlx::any::install_default_drivers();
    let limit = Duration::from_mins(1);
    let mut conn = Conn::connect(server, Dialect::of(Kind::Postgres)).await?;
    sql::run(&mut conn, AssertSqlSafe(statement), limit).await?;
    conn.close(limit).await;
    Ok(())
}

impl Drop for TestStore {
    fn drop(&mut self) {
        let Database::Postgres { server, name } = &self.database else { return };
        let (server, name) = (server.clone(), name.clone());
        // A test that fails must not leave its database behind either, and dropping can't wait for a future: so on a thread.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let drop = run_on(&server, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
            runtime.block_on(drop).map_err(std::io::Error::other)
        });
        if !std::thread::panicking() {
            dropped.join().expect("the thread ends").expect("the test's database can be dropped");
        }
    }
}

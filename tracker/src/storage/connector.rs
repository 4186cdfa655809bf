//! Making one connection: URL, session settings, and the check that the server is the primary of the era we know.

use sqlx::AssertSqlSafe;

use url::Url;

use super::{
    Conn, DatabaseSettings, Error, Identity,
    change_log::Author,
    dialect::{Dialect, Kind},
    era,
    metrics::Metrics,
    random::Random,
    sql::{self, SERVER_LIMIT, within},
};

/// Longest stay of a session inside a transaction without a statement: a node that stopped in there blocks others no longer.
const IDLE_IN_TRANSACTION_SECONDS: u32 = 5;
/// Longest wait for another transaction's row.
const LOCK_SECONDS: u32 = 5;

/// Makes connections to the database, as it is configured at that moment.
pub(super) struct Connector {
    settings: DatabaseSettings,
    identity: Identity,
    random: Random,
    metrics: Metrics,
    kind: Kind,
}

impl Connector {
    pub(super) fn new(settings: DatabaseSettings, identity: Identity, kind: Kind) -> Self {
        // Drivers are installed once per process; the second time says "already installed", which is what we want.
        sqlx::any::install_default_drivers();
        let random = Random::new(settings.random_seed);
        Self { settings, identity, random, metrics: Metrics::default(), kind }
    }

    pub(super) fn settings(&self) -> &DatabaseSettings {
        &self.settings
    }

    pub(super) fn identity(&self) -> &Identity {
        &self.identity
    }

    pub(super) fn random(&self) -> &Random {
        &self.random
    }

    pub(super) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Who writes to the change log.
    pub(super) fn author(&self) -> Author<'_> {
        Author { node: &self.identity.node, random: &self.random }
    }

    /// A connection for ordinary work.
    pub(super) async fn connect(&self) -> Result<Conn, Error> {
        self.counted(async {
            let mut conn = self.open().await?;
            era::check(&mut conn, &self.author()).await?;
            Ok::<_, Error>(conn)
        })
        .await
    }

    /// A connection that was not compared with the era: for preparing a database, and for notifications.
    pub(super) async fn connect_unchecked(&self) -> Result<Conn, Error> {
        self.counted(self.open()).await
    }

    /// The database as configured now, for a connection that is made elsewhere.
    pub(super) async fn url(&self) -> Result<Url, Error> {
        let mut url = self.settings.target().await?.url;
        url.query_pairs_mut().append_pair("application_name", &application_name(&self.identity));
        Ok(url)
    }

    async fn counted(&self, connecting: impl Future<Output = Result<Conn, Error>>) -> Result<Conn, Error> {
        let connected = within(self.settings.connect_timeout, connecting).await;
        match &connected {
            Ok(_) => self.metrics.connects.inc(),
            Err(_) => self.metrics.connect_failures.inc(),
        };
        connected
    }

    async fn open(&self) -> Result<Conn, Error> {
        let target = self.settings.target().await?;
        if target.kind != self.kind {
            return Err(Error::Invalid(
                "the kind of database changed while running: restart the tracker".to_owned(),
            ));
        }
        let dialect = Dialect::of(self.kind);
        let mut conn = Conn::connect(&target.url, dialect).await?;
        sql::run(&mut conn, AssertSqlSafe(self.session_settings()), sql::CLIENT_LIMIT).await?;
        let standby = sql::one(&mut conn, sql::dynamic(format!("SELECT {}", dialect.in_recovery))).await?;
        let standby: i64 = sql::get(&standby, 0)?;
        if standby != 0 {
            return Err(Error::unavailable("the server is a standby: it can't be written to"));
        }
        Ok(conn)
    }

    fn session_settings(&self) -> String {
        match self.kind {
            // `synchronous_commit = off` would acknowledge what a crash can lose; stronger settings than `on` are kept. Compiling
            // a query (`jit`) takes hundreds of milliseconds, and the planner chooses it for the poll of the change log while the
            // tables have no statistics yet; none of our queries is long enough to earn that back.
            Kind::Postgres => format!(
                "SET application_name = '{}'; \
                 SET idle_in_transaction_session_timeout = '{IDLE_IN_TRANSACTION_SECONDS}s'; \
                 SET lock_timeout = '{LOCK_SECONDS}s'; \
                 SET statement_timeout = '{}s'; \
                 SET default_transaction_isolation = 'read committed'; \
                 SET jit = off; \
                 SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
                application_name(&self.identity),
                SERVER_LIMIT.as_secs(),
            ),
            Kind::Sqlite => format!(
                "PRAGMA busy_timeout = {}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;",
                LOCK_SECONDS * 1000
            ),
        }
    }
}

/// Tells whose session it is: a short hash of the process's uid first, so that sessions can be found even where the node's name is
/// cut off. PostgreSQL keeps 63 bytes.
fn application_name(identity: &Identity) -> String {
    let hash = blake3::hash(identity.uid.as_bytes()).to_hex();
    let node: String =
        identity.node.chars().filter(|c| c.is_ascii_alphanumeric() || "-._".contains(*c)).collect();
    let mut name = format!("tracker/{}/{node}", &hash[..12]);
    name.truncate(63);
    name
}

#[cfg(test)]
mod tests {
    use super::{Identity, application_name};

    #[test]
    fn an_application_name_is_short_and_harmless() {
        let identity = Identity { node: "demo-0'; DROP TABLE issue; --".repeat(4), uid: "a".to_owned() };
        let name = application_name(&identity);
        assert!(name.len() <= 63 && name.starts_with("tracker/"), "{name}");
        assert!(!name.contains('\''), "{name}");
        let other = Identity { uid: "b".to_owned(), ..identity };
        assert_ne!(name, application_name(&other));
    }
}

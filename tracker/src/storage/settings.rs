//! Where the database is and how it is used.

use std::{path::PathBuf, time::Duration};

use url::Url;

use super::{Error, dialect::Kind};

/// Where the database's URL comes from.
#[derive(Clone, PartialEq, Eq)]
pub enum UrlSource {
    /// The URL itself.
    Url(String),
    /// A file that holds the URL; read again for every new connection, so that a rotated secret needs no restart.
    File(PathBuf),
}

impl std::fmt::Debug for UrlSource {
    /// Never shows the URL: it holds a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Url(_) => f.write_str("Url(…)"),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
        }
    }
}

/// Settings of the connection to the database.
#[derive(Clone, Debug)]
pub struct DatabaseSettings {
    /// `sqlite://PATH`, `postgres://…` or `postgresql://…`.
    pub url: UrlSource,
    /// PEM file with the authorities that may sign PostgreSQL's certificate. With it, and without an `sslmode` in the URL,
    /// the server's certificate and name are checked.
    pub ca_file: Option<PathBuf>,
    /// Most connections for requests; a few more are used for notifications.
    pub max_connections: u32,
    /// Longest time to make a connection.
    pub connect_timeout: Duration,
    /// Longest time to wait for a connection of the pool, making one included.
    pub acquire_timeout: Duration,
    /// Seed of the random numbers in rows, for runs that must repeat; `None` asks the system.
    pub random_seed: Option<u64>,
}

impl DatabaseSettings {
    /// Settings with defaults that serve a node.
    pub fn new(url: UrlSource) -> Self {
        Self {
            url,
            ca_file: None,
            max_connections: 16,
            connect_timeout: Duration::from_secs(2),
            acquire_timeout: Duration::from_secs(3),
            random_seed: None,
        }
    }

    /// Reads the URL and adds what the driver must know.
    pub(super) async fn target(&self) -> Result<Target, Error> {
        let text = match &self.url {
            UrlSource::Url(url) => url.clone(),
            UrlSource::File(path) => tokio::fs::read_to_string(path).await.map_err(|error| {
                Error::Unavailable(format!("can't read the database URL from {}: {error}", path.display()))
            })?,
        };
        Target::parse(text.trim(), self.ca_file.as_deref())
    }
}

/// A database to connect to.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) kind: Kind,
    pub(super) url: Url,
}

impl Target {
    fn parse(text: &str, ca_file: Option<&std::path::Path>) -> Result<Self, Error> {
        // The text itself stays out of the message: it holds a password.
        let mut url = Url::parse(text)
            .map_err(|error| Error::Invalid(format!("the database URL can't be read: {error}")))?;
        let has = |url: &Url, names: &[&str]| url.query_pairs().any(|(name, _)| names.contains(&&*name));
        let kind = match url.scheme() {
            "postgres" | "postgresql" => {
                if let Some(ca_file) = ca_file {
                    let ca_file = ca_file
                        .to_str()
                        .ok_or_else(|| Error::Invalid("the CA file's name is not UTF-8".to_owned()))?;
                    url.query_pairs_mut().append_pair("sslrootcert", ca_file);
                    if !has(&url, &["sslmode", "ssl-mode"]) {
                        url.query_pairs_mut().append_pair("sslmode", "verify-full");
                    }
                }
                Kind::Postgres
            }
            "sqlite" => {
                if text.contains(":memory:")
                    || url.query_pairs().any(|(name, value)| name == "mode" && value == "memory")
                {
                    return Err(Error::Invalid(
                        "an SQLite database in memory is not supported: name a file".to_owned(),
                    ));
                }
                if !has(&url, &["mode"]) {
                    url.query_pairs_mut().append_pair("mode", "rwc");
                }
                Kind::Sqlite
            }
            other => {
                return Err(Error::Invalid(format!(
                    "the database URL begins with '{other}:' but only sqlite:, postgres: and postgresql: are supported"
                )));
            }
        };
        Ok(Self { kind, url })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Kind, Target, UrlSource};

    fn parse(text: &str, ca: Option<&str>) -> Target {
        Target::parse(text, ca.map(Path::new)).expect("a good URL")
    }

    #[test]
    fn a_ca_file_turns_verification_on_unless_the_url_says_otherwise() {
        let target = parse("postgres://u:p@h/db", Some("/etc/ca.pem"));
        assert_eq!(target.url.query(), Some("sslrootcert=%2Fetc%2Fca.pem&sslmode=verify-full"));
        let target = parse("postgresql://u:p@h/db?sslmode=verify-ca", Some("/etc/ca.pem"));
        assert_eq!(target.url.query(), Some("sslmode=verify-ca&sslrootcert=%2Fetc%2Fca.pem"));
        assert_eq!(parse("postgres://h/db", None).url.query(), None);
    }

    #[test]
    fn sqlite_files_are_created_and_memory_is_refused() {
        let target = parse("sqlite:///var/lib/tracker.db", None);
        assert_eq!((target.kind, target.url.query()), (Kind::Sqlite, Some("mode=rwc")));
        for bad in ["sqlite::memory:", "sqlite://x?mode=memory", "mysql://h/db", "nonsense", ""] {
            assert!(Target::parse(bad, None).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_password_is_in_no_message() {
        let source = UrlSource::Url("postgres://u:hunter2@h/db".to_owned());
        assert!(!format!("{source:?}").contains("hunter2"));
        let error = Target::parse("mysql://u:hunter2@h/db", None).expect_err("not supported");
        assert!(!error.to_string().contains("hunter2"));
    }
}

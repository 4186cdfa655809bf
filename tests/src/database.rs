//! An empty database on the PostgreSQL that `TRACKER_TEST_DATABASE` names.

use anyhow::{Context, ensure};

/// A database of its own; an earlier one of that name is gone. It stays: the server goes when the tests are done.
#[derive(Debug)]
pub struct Database {
    url: String,
}

impl Database {
    /// Makes the database, by psql.
    pub async fn new(server: &str, name: &str) -> anyhow::Result<Self> {
        for sql in [format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"), format!("CREATE DATABASE {name}")]
        {
            let mut psql = tokio::process::Command::new("psql");
            let output = psql.args([server, "-qXc", &sql]).output().await.context("psql")?;
            ensure!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        }
        let mut url = reqwest::Url::parse(server).context("TRACKER_TEST_DATABASE is a URL")?;
        url.set_path(name);
        Ok(Self { url: url.into() })
    }

    /// A database on the server that was given. `None`, with a message, when there is none; but that is a failure in CI.
    pub async fn given(name: &str) -> Option<Self> {
        let Ok(server) = std::env::var("TRACKER_TEST_DATABASE") else {
            assert!(
                std::env::var("CI").as_deref() != Ok("true"),
                "no TRACKER_TEST_DATABASE: use deploy/with-postgres.sh"
            );
            println!("skipped on PostgreSQL: TRACKER_TEST_DATABASE names none");
            return None;
        };
        Some(Self::new(&server, name).await.expect("a database"))
    }

    /// Its URL.
    pub fn url(&self) -> &str {
        &self.url
    }
}

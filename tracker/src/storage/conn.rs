//! One connection, and what is known about its health.

use std::time::Duration;

use sqlx::{AnyConnection, ConnectOptions, Connection, any::AnyConnectOptions};
use url::Url;

use super::{Dialect, Error, sql::within};

/// A connection to either database. Only storage's functions do something with it.
#[derive(Debug)]
pub struct Conn {
    pub(super) raw: AnyConnection,
    pub(super) dialect: Dialect,
    /// A statement failed in a way that says nothing good about the line, or was given up halfway: not to be used by another request.
    pub(super) broken: bool,
}

impl Conn {
    pub(super) async fn connect(url: &Url, dialect: Dialect) -> Result<Self, Error> {
        let raw = AnyConnectOptions::from_url(url)?.connect().await?;
        Ok(Self { raw, dialect, broken: false })
    }

    /// Asks whether it lives.
    pub(super) async fn ping(&mut self, limit: Duration) -> Result<(), Error> {
        within(limit, self.raw.ping()).await
    }

    /// Says goodbye to the server. It would notice a closed socket as well, so a goodbye that fails changes nothing.
    pub(super) async fn close(self, limit: Duration) {
        if let Err(error) = within(limit, self.raw.close()).await {
            tracing::debug!(%error, "a connection was not closed in an orderly way");
        }
    }
}

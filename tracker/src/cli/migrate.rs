//! `tracker migrate`: brings the database's tables to this version, without serving.

use super::setup;
use crate::{config::Common, telemetry};

/// Prepares the database. Unlike a node it doesn't wait for one that can't be reached.
pub(super) async fn run(settings: Common) -> anyhow::Result<()> {
    telemetry::init(&settings.log)?;
    let store = setup::prepare(&settings).await?.store;
    let prepared = store.prepare().await;
    store.close().await;
    prepared?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "the database is prepared for this version");
    Ok(())
}

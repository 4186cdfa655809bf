//! `tracker reindex`: makes this node's search index anew from the database, while the node is stopped.

use std::{path::Path, time::Duration};

use anyhow::{Context, bail};
use tokio_util::sync::CancellationToken;

use super::setup::{self, Setup};
use crate::{
    config::Common,
    index::{self, Index, IndexSettings, IndexState},
    storage::Store,
    telemetry,
};

/// Pause between two looks at how far it is.
const LOOK: Duration = Duration::from_millis(100);

/// Removes the index and makes it again.
pub(super) async fn run(settings: Common) -> anyhow::Result<()> {
    telemetry::init(&settings.log)?;
    let Setup { paths, store } = setup::prepare(&settings).await?;
    store.prepare().await?;
    let dir = paths.index();
    // Opened once to be sure that no running node uses it.
    drop(open(&dir, &store).await?);
    std::fs::remove_dir_all(&dir).with_context(|| format!("remove {}", dir.display()))?;
    let (index, replicator) = open(&dir, &store).await?;
    let stop = CancellationToken::new();
    let following = tokio::spawn(replicator.run(stop.clone()));
    let made = wait(&index).await;
    stop.cancel();
    following.await??;
    store.close().await;
    made?;
    let status = index.status();
    tracing::info!(documents = status.documents, seconds = status.start_seconds, "the index is made anew");
    Ok(())
}

async fn open(dir: &Path, store: &Store) -> anyhow::Result<(Index, index::Replicator)> {
    let settings = IndexSettings::new(dir.to_owned());
    match Index::open(settings, store.clone(), &mut telemetry::registry()).await {
        Err(error @ index::Error::Locked(_)) => bail!("{error}; stop the node first"),
        opened => Ok(opened?),
    }
}

async fn wait(index: &Index) -> anyhow::Result<()> {
    loop {
        match index.status().state {
            IndexState::InStep => return Ok(()),
            IndexState::Broken(reason) => bail!("the index can't be written: {reason}"),
            IndexState::Starting | IndexState::Replaying | IndexState::Rebuilding { .. } => {}
        }
        tokio::time::sleep(LOOK).await;
    }
}

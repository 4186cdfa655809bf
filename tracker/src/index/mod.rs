//! The search index of this node: a tantivy index on its own disk that follows the change log. The only module that names tantivy.
//!
//! The database is the truth: the index can be lost and made again. [`Index::search`] answers with what every acknowledged change, on
//! any node, made of the issues (`barrier.rs`); the [`Replicator`] keeps it in step.

mod apply;
mod backoff;
mod barrier;
mod document;
mod error;
mod gathered;
mod home;
mod metrics;
mod order;
mod query;
mod rebuild;
mod replicator;
mod schema;
mod searcher;
mod start;
mod status;
#[cfg(test)]
mod tests;
mod text_query;
mod words;
mod writer;

use std::{
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use prometheus_client::registry::Registry;
use tokio::sync::Semaphore;

pub use error::Error;
pub use replicator::Replicator;
pub use start::StartedFrom;
pub use status::{IndexState, IndexStatus};

use self::{barrier::Barrier, home::Home, metrics::Metrics, searcher::Searcher};
use crate::{
    domain::{change::Position, clock::Clock, id::IssueId, jql::Query},
    storage::Store,
};

/// How the index of a node works.
#[derive(Clone, Debug)]
pub struct IndexSettings {
    /// Directory of its own, on a local disk: locks and memory maps don't work well on network file systems.
    pub dir: PathBuf,
    /// Memory that new documents may take before they are written, bytes. While the index is rebuilt all of it is used.
    pub writer_memory_bytes: usize,
    /// Time between two looks at the change log when nothing wakes the replicator; varied a little, so that nodes don't
    /// ask all at once.
    pub poll: Duration,
    /// Longest time that a search waits to be in step.
    pub barrier_limit: Duration,
}

impl IndexSettings {
    /// The usual settings for an index in `dir`.
    pub fn new(dir: PathBuf) -> Self {
        Self {
            dir,
            writer_memory_bytes: 50_000_000,
            poll: Duration::from_secs(1),
            barrier_limit: Duration::from_secs(1),
        }
    }
}

/// The answer to a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hits {
    /// The asked page, in the asked order.
    pub ids: Vec<IssueId>,
    /// How many issues match in all.
    pub total: u64,
    /// Whether all changes acknowledged before the search are seen. If not, the answer is as good as the index is.
    pub consistent: bool,
}

/// The index of this node. Cheap to clone.
#[derive(Clone)]
pub struct Index {
    shared: Arc<Shared>,
}

struct Shared {
    settings: IndexSettings,
    clock: Arc<dyn Clock>,
    barrier: Barrier,
    searcher: RwLock<Option<Searcher>>,
    status: RwLock<Progress>,
    metrics: Metrics,
    /// Searches that work at the same time: more than processors only take memory from each other.
    seats: Semaphore,
}

/// The part of [`IndexStatus`] that the replicator knows.
#[derive(Clone, Debug)]
struct Progress {
    state: IndexState,
    position: Option<Position>,
    lag_entries: u64,
    /// When it was last known to hold everything; monotonic time.
    in_step_at: Duration,
    opened_at: Duration,
    started_from: Option<StartedFrom>,
    start_seconds: Option<f64>,
}

impl Index {
    /// Takes the directory of `settings`. What lies there is looked at, and made anew if need be, by [`Replicator::run`]: until then
    /// searches answer [`Error::NotReady`].
    ///
    /// # Errors
    /// [`Error::Locked`] if another process uses the directory, [`Error::File`] if it can't be made.
    #[expect(
        clippy::unused_async,
        reason = "opening may have to wait for other things than the disk one day"
    )]
    pub async fn open(
        settings: IndexSettings,
        store: Store,
        registry: &mut Registry,
    ) -> Result<(Self, Replicator), Error> {
        let home = Home::lock(&settings.dir)?;
        let clock = store.clock().clone();
        let now = clock.monotonic();
        let progress = Progress {
            state: IndexState::Starting,
            position: None,
            lag_entries: 0,
            in_step_at: now,
            opened_at: now,
            started_from: None,
            start_seconds: None,
        };
        let seats = std::thread::available_parallelism().map_or(2, usize::from).max(2);
        let index = Self {
            shared: Arc::new(Shared {
                settings,
                clock,
                barrier: Barrier::new(),
                searcher: RwLock::new(None),
                status: RwLock::new(progress),
                metrics: Metrics::register(registry),
                seats: Semaphore::new(seats),
            }),
        };
        let replicator = Replicator::new(index.clone(), store, home);
        Ok((index, replicator))
    }

    /// Results `start..start + max` of `query`, which see every change that was acknowledged before this call, on any node.
    ///
    /// # Errors
    /// [`Error::NotReady`] until there is an index, [`Error::Index`] if it can't be read.
    pub async fn search(&self, query: &Query, start: u64, max: u64) -> Result<Hits, Error> {
        // Before the wait: nobody should wait for an index that isn't there.
        self.searcher()?;
        let Shared { clock, metrics, .. } = &*self.shared;
        let began = clock.monotonic();
        let consistent = self.shared.barrier.wait(self.shared.settings.barrier_limit).await;
        let waited = clock.monotonic();
        metrics.barrier_wait_seconds.observe(waited.saturating_sub(began).as_secs_f64());
        if !consistent {
            metrics.inconsistent_searches.inc();
        }
        let seat = self.shared.seats.acquire().await.map_err(|error| Error::Background(error.to_string()))?;
        // Taken after the wait: it may have been replaced meanwhile.
        let searcher = self.searcher()?;
        let query = query.clone();
        let page = tokio::task::spawn_blocking(move || searcher.search(&query, start, max)).await??;
        drop(seat);
        metrics.search_seconds.observe(clock.monotonic().saturating_sub(waited).as_secs_f64());
        Ok(Hits { ids: page.ids, total: page.total, consistent })
    }

    /// What the index is doing and how far it is.
    pub fn status(&self) -> IndexStatus {
        let progress = self.progress();
        let (documents, segments) = self.searcher().map_or((0, 0), |searcher| searcher.size());
        IndexStatus {
            lag_seconds: self.lag_seconds(&progress),
            state: progress.state,
            position: progress.position,
            lag_entries: progress.lag_entries,
            documents,
            segments: segments as u64,
            started_from: progress.started_from,
            start_seconds: progress.start_seconds,
        }
    }

    fn lag_seconds(&self, progress: &Progress) -> f64 {
        let since = self.shared.clock.monotonic().saturating_sub(progress.in_step_at);
        // Between two polls nothing is known to be missing; one may be late, or its answer on the way.
        let usual = self.shared.settings.poll * 3;
        if progress.state == IndexState::InStep && since <= usual { 0.0 } else { since.as_secs_f64() }
    }

    fn searcher(&self) -> Result<Searcher, Error> {
        let searcher = self.shared.searcher.read().unwrap_or_else(PoisonError::into_inner);
        searcher.clone().ok_or(Error::NotReady)
    }

    fn set_searcher(&self, searcher: Searcher) {
        *self.shared.searcher.write().unwrap_or_else(PoisonError::into_inner) = Some(searcher);
    }

    fn progress(&self) -> Progress {
        self.shared.status.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes what is known of the index, and the metrics that show it.
    fn report(&self, change: impl FnOnce(&mut Progress)) {
        let progress = {
            let mut progress = self.shared.status.write().unwrap_or_else(PoisonError::into_inner);
            change(&mut progress);
            progress.clone()
        };
        let metrics = &self.shared.metrics;
        metrics.lag_entries.set(progress.lag_entries as i64);
        metrics.lag_seconds.set(self.lag_seconds(&progress));
        metrics.in_step.set(i64::from(progress.state == IndexState::InStep));
        if let Some(position) = &progress.position {
            metrics.position_era.set(position.era);
            metrics.position_tx.set(position.tx);
            metrics.position_seq.set(position.seq);
        }
    }

    fn set_state(&self, state: IndexState) {
        self.report(|progress| progress.state = state);
    }

    fn report_size(&self) {
        if let Ok(searcher) = self.searcher() {
            let (documents, segments) = searcher.size();
            self.shared.metrics.documents.set(documents as i64);
            self.shared.metrics.segments.set(segments as i64);
        }
    }
}

//! Figures of the index.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use super::start::StartedFrom;

/// Metrics of one index.
#[derive(Debug)]
pub(super) struct Metrics {
    pub(super) lag_entries: Gauge,
    pub(super) lag_seconds: Gauge<f64, AtomicU64>,
    pub(super) position_era: Gauge,
    pub(super) position_tx: Gauge,
    pub(super) position_seq: Gauge,
    pub(super) documents: Gauge,
    pub(super) segments: Gauge,
    pub(super) in_step: Gauge,
    pub(super) commits: Counter,
    pub(super) polls: Counter,
    pub(super) failed_polls: Counter,
    pub(super) failed_writes: Counter,
    pub(super) replayed_changes: Counter,
    pub(super) barrier_wait_seconds: Histogram,
    pub(super) search_seconds: Histogram,
    pub(super) inconsistent_searches: Counter,
    start: Family<From, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct From {
    from: &'static str,
}

/// From a tenth of a millisecond to the longest that anything here should take.
const SECONDS: [f64; 13] = [1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.25, 0.5, 1.0];

impl Metrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            lag_entries: Gauge::default(),
            lag_seconds: Gauge::default(),
            position_era: Gauge::default(),
            position_tx: Gauge::default(),
            position_seq: Gauge::default(),
            documents: Gauge::default(),
            segments: Gauge::default(),
            in_step: Gauge::default(),
            commits: Counter::default(),
            polls: Counter::default(),
            failed_polls: Counter::default(),
            failed_writes: Counter::default(),
            replayed_changes: Counter::default(),
            barrier_wait_seconds: Histogram::new(SECONDS),
            search_seconds: Histogram::new(SECONDS),
            inconsistent_searches: Counter::default(),
            start: Family::default(),
        };
        let Self {
            lag_entries,
            lag_seconds,
            position_era,
            position_tx,
            position_seq,
            documents,
            segments,
            in_step,
            commits,
            polls,
            failed_polls,
            failed_writes,
            replayed_changes,
            barrier_wait_seconds,
            search_seconds,
            inconsistent_searches,
            start,
        } = &metrics;
        let index = registry.sub_registry_with_prefix("index");
        index.register(
            "lag_entries",
            "Committed changes known not to be in the index yet",
            lag_entries.clone(),
        );
        index.register(
            "lag_seconds",
            "Time since the index was last known to hold everything",
            lag_seconds.clone(),
        );
        index.register("position_era", "Era of the index's position in the change log", position_era.clone());
        index.register(
            "position_tx",
            "Transaction of the index's position in the change log",
            position_tx.clone(),
        );
        index.register("position_seq", "Row of the index's position in the change log", position_seq.clone());
        index.register("documents", "Documents in the index", documents.clone());
        index.register("segments", "Segments of the index", segments.clone());
        index.register(
            "in_step",
            "1 when the index held everything at the last poll, else 0",
            in_step.clone(),
        );
        index.register("commits", "Commits of the index", commits.clone());
        index.register("polls", "Polls of the change log", polls.clone());
        index.register("failed_polls", "Polls of the change log that failed", failed_polls.clone());
        index.register("failed_writes", "Writes to the index that failed", failed_writes.clone());
        index.register(
            "replayed_changes",
            "Entries of the change log that were applied",
            replayed_changes.clone(),
        );
        index.register(
            "barrier_wait_seconds",
            "Time that searches waited to see all acknowledged changes",
            barrier_wait_seconds.clone(),
        );
        index.register("search_seconds", "Time of searches after that wait", search_seconds.clone());
        index.register(
            "inconsistent_searches",
            "Searches that were answered without seeing all acknowledged changes",
            inconsistent_searches.clone(),
        );
        index.register("start", "Where the index came from", start.clone());
        metrics
    }

    pub(super) fn started(&self, from: StartedFrom) {
        self.start.get_or_create(&From { from: from.as_str() }).inc();
    }
}

//! What storage tells about itself.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    metrics::{
        counter::Counter,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};

/// Counters and gauges of one store; shared by its parts.
#[derive(Debug)]
pub(super) struct Metrics {
    /// Connections of the pool that are open.
    pub(super) open: Gauge,
    /// Connections of the pool that are in use.
    pub(super) in_use: Gauge,
    /// Connections made.
    pub(super) connects: Counter,
    /// Tries to make one that failed.
    pub(super) connect_failures: Counter,
    /// Transactions committed.
    pub(super) commits: Counter,
    /// Commits whose answer was lost.
    pub(super) unknown_commits: Counter,
    /// Seconds from COMMIT to its answer.
    pub(super) commit_seconds: Histogram,
    /// Polls of the change log.
    pub(super) polls: Counter,
    /// Rows that polls gave.
    pub(super) polled_rows: Counter,
    /// Notifications received from other nodes.
    pub(super) notifications: Counter,
    /// Age of the oldest running writer.
    pub(super) horizon_age: Gauge<f64, AtomicU64>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            open: Gauge::default(),
            in_use: Gauge::default(),
            connects: Counter::default(),
            connect_failures: Counter::default(),
            commits: Counter::default(),
            unknown_commits: Counter::default(),
            // 0.25 ms to 4 s.
            commit_seconds: Histogram::new(exponential_buckets(0.000_25, 2.0, 15)),
            polls: Counter::default(),
            polled_rows: Counter::default(),
            notifications: Counter::default(),
            horizon_age: Gauge::default(),
        }
    }
}

impl Metrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("database");
        registry.register("connections_open", "Connections of the pool that are open", self.open.clone());
        registry.register(
            "connections_in_use",
            "Connections of the pool that are in use",
            self.in_use.clone(),
        );
        registry.register("connects", "Connections made", self.connects.clone());
        registry.register(
            "connect_failures",
            "Tries to make a connection that failed",
            self.connect_failures.clone(),
        );
        registry.register("commits", "Transactions committed", self.commits.clone());
        registry.register(
            "commits_unknown",
            "Commits whose answer was lost, so that their outcome is unknown",
            self.unknown_commits.clone(),
        );
        registry.register_with_unit(
            "commit_duration",
            "Time from COMMIT to the database's answer",
            Unit::Seconds,
            self.commit_seconds.clone(),
        );
        registry.register("change_log_polls", "Polls of the change log", self.polls.clone());
        registry.register(
            "change_log_rows",
            "Rows given by polls of the change log",
            self.polled_rows.clone(),
        );
        registry.register(
            "notifications",
            "Notifications of commits received from other nodes",
            self.notifications.clone(),
        );
        registry.register_with_unit(
            "horizon_age",
            "Age of the oldest running writer, which holds back positions in the change log",
            Unit::Seconds,
            self.horizon_age.clone(),
        );
    }
}

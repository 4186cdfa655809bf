//! What the operator counts, and the text that Prometheus reads.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::crd::Phase;

/// Upper bounds of the buckets of a pass, in seconds.
const PASS_SECONDS: [f64; 8] = [0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ErrorLabel {
    error: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct PhaseLabel {
    phase: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct WriteLabels {
    verb: &'static str,
    resource: String,
}

/// The operator's metrics.
pub struct Metrics {
    registry: Registry,
    passes: Counter,
    failed: Family<ErrorLabel, Counter>,
    pass_seconds: Histogram,
    clusters: Family<PhaseLabel, Gauge>,
    leader: Gauge,
    writes: Family<WriteLabels, Counter>,
    phases: Mutex<HashMap<String, Phase>>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("tracker_operator");
        let passes = Counter::default();
        registry.register("reconciliations", "Passes over a cluster", passes.clone());
        let failed = Family::default();
        registry.register(
            "reconciliations_failed",
            "Passes that broke off, by kind of error",
            failed.clone(),
        );
        let pass_seconds = Histogram::new(PASS_SECONDS);
        registry.register("reconciliation_duration_seconds", "How long a pass takes", pass_seconds.clone());
        let clusters = Family::default();
        registry.register("clusters", "Clusters by phase", clusters.clone());
        let leader = Gauge::default();
        registry.register("leader", "1 while this process leads", leader.clone());
        let writes = Family::default();
        registry.register(
            "api_writes",
            "Writing calls to the API server, by verb and resource",
            writes.clone(),
        );
        let phases = Mutex::default();
        Self { registry, passes, failed, pass_seconds, clusters, leader, writes, phases }
    }
}

impl Metrics {
    /// A pass ended after `took`, well or not.
    pub fn pass(&self, took: Duration) {
        self.passes.inc();
        self.pass_seconds.observe(took.as_secs_f64());
    }

    /// A pass broke off.
    pub fn failed(&self, error: &'static str) {
        self.failed.get_or_create(&ErrorLabel { error }).inc();
    }

    /// A cluster is in this phase now.
    pub fn phase(&self, uid: &str, phase: Phase) {
        let mut phases = self.phases.lock().unwrap_or_else(PoisonError::into_inner);
        let before = phases.insert(uid.to_owned(), phase);
        if before != Some(phase) {
            self.clusters.get_or_create(&phase_label(phase)).inc();
            if let Some(before) = before {
                self.clusters.get_or_create(&phase_label(before)).dec();
            }
        }
    }

    /// A cluster is gone.
    pub fn gone(&self, uid: &str) {
        let mut phases = self.phases.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = phases.remove(uid) {
            self.clusters.get_or_create(&phase_label(before)).dec();
        }
    }

    /// Whether this process leads.
    pub fn leads(&self, leads: bool) {
        self.leader.set(i64::from(leads));
    }

    /// A writing call was sent to the API server.
    pub fn wrote(&self, verb: &'static str, resource: String) {
        self.writes.get_or_create(&WriteLabels { verb, resource }).inc();
    }

    /// The text that Prometheus reads.
    pub fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

fn phase_label(phase: Phase) -> PhaseLabel {
    PhaseLabel { phase: format!("{phase:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_counts_in_one_phase() {
        let metrics = Metrics::default();
        metrics.phase("a", Phase::Starting);
        metrics.phase("a", Phase::Ready);
        metrics.phase("a", Phase::Ready);
        metrics.phase("b", Phase::Ready);
        let text = metrics.text().unwrap();
        assert!(text.contains("tracker_operator_clusters{phase=\"Ready\"} 2"), "{text}");
        assert!(text.contains("tracker_operator_clusters{phase=\"Starting\"} 0"), "{text}");
        metrics.gone("a");
        assert!(metrics.text().unwrap().contains("tracker_operator_clusters{phase=\"Ready\"} 1"));
    }

    #[test]
    fn names_are_as_documented() {
        let metrics = Metrics::default();
        metrics.pass(Duration::from_millis(20));
        metrics.failed("api");
        metrics.leads(true);
        metrics.wrote("apply", "services".into());
        let text = metrics.text().unwrap();
        for line in [
            "tracker_operator_reconciliations_total 1",
            "tracker_operator_reconciliations_failed_total{error=\"api\"} 1",
            "tracker_operator_reconciliation_duration_seconds_count 1",
            "tracker_operator_leader 1",
            "tracker_operator_api_writes_total{verb=\"apply\",resource=\"services\"} 1",
        ] {
            assert!(text.contains(line), "{line} is missing in\n{text}");
        }
    }
}

//! What this process tells about itself: log lines on stderr, and metrics in OpenMetrics text.

use std::{io::IsTerminal, sync::RwLock};

use prometheus_client::{
    encoding::text,
    metrics::{gauge::Gauge, info::Info},
    registry::Registry,
};
use tracing_subscriber::{EnvFilter, layer::SubscriberExt, util::SubscriberInitExt};

use crate::config::log::{Format, Log};

/// Media type of [`Metrics::encode`].
pub const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Why logging could not begin.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The filter of `--log-filter` has no meaning.
    #[error("--log-filter: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// Something else logs in this process already.
    #[error("logging was started twice")]
    Twice(#[from] tracing_subscriber::util::TryInitError),
}

/// Sends log lines to stderr in the asked form, from now on and for the whole process.
pub fn init(settings: &Log) -> Result<(), Error> {
    let filter = EnvFilter::try_new(&settings.log_filter)?;
    let lines = tracing_subscriber::registry().with(filter);
    match settings.log_format {
        Format::Json => {
            let json = tracing_subscriber::fmt::layer()
                .json()
                .flatten_event(true)
                .with_current_span(true)
                .with_span_list(false)
                .with_writer(std::io::stderr);
            lines.with(json).try_init()?;
        }
        Format::Text => {
            let text = tracing_subscriber::fmt::layer()
                .with_ansi(std::io::stderr().is_terminal())
                .with_writer(std::io::stderr);
            lines.with(text).try_init()?;
        }
    }
    Ok(())
}

/// All metrics of this process. Modules register their own in a registry that is passed to them and added here.
#[derive(Debug, Default)]
pub struct Metrics {
    registries: RwLock<Vec<Registry>>,
}

impl Metrics {
    /// Metrics with what is known of every process: its version, and when it began.
    pub fn new(version: &str, started_ms: i64) -> Self {
        let metrics = Self::default();
        let mut registry = registry();
        let build = Info::new(vec![("version", version.to_owned())]);
        registry.register("build", "Version of this program", build);
        let started = Gauge::<i64>::default();
        started.set(started_ms / 1_000);
        registry.register(
            "process_start_time_seconds",
            "When this process began, seconds since 1970",
            started,
        );
        metrics.add(registry);
        metrics
    }

    /// Shows the metrics of `registry` too. Names must differ from those already there.
    pub fn add(&self, registry: Registry) {
        let mut registries = self.registries.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        registries.push(registry);
    }

    /// All metrics in OpenMetrics text.
    pub fn encode(&self) -> Result<String, std::fmt::Error> {
        let mut out = String::new();
        for registry in self.registries.read().unwrap_or_else(std::sync::PoisonError::into_inner).iter() {
            text::encode_registry(&mut out, registry)?;
        }
        text::encode_eof(&mut out)?;
        Ok(out)
    }
}

/// An empty registry whose names will begin with `tracker_`.
pub fn registry() -> Registry {
    Registry::with_prefix("tracker")
}

#[cfg(test)]
mod tests {
    use prometheus_client::metrics::counter::Counter;

    use super::{Metrics, registry};

    #[test]
    fn registries_are_shown_together_and_end_once() {
        let metrics = Metrics::new("1.2.3", 5_000);
        let mut more = registry();
        let counter: Counter = Counter::default();
        more.register("things", "Things", counter.clone());
        metrics.add(more);
        counter.inc();
        let text = metrics.encode().expect("text");
        assert!(text.contains("tracker_build_info{version=\"1.2.3\"} 1"), "{text}");
        assert!(text.contains("tracker_process_start_time_seconds 5"), "{text}");
        assert!(text.contains("tracker_things_total 1"), "{text}");
        assert_eq!(text.matches("# EOF").count(), 1);
        assert!(text.ends_with("# EOF\n"));
    }
}

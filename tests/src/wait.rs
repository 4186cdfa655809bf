//! Waiting for a condition, with a limit that is a guard against hanging and no figure of its own.

use std::future::Future;
use std::time::{Duration, Instant};

/// How often a condition is looked at.
const PERIOD: Duration = Duration::from_millis(200);
/// How long one look may take.
const LOOK: Duration = Duration::from_mins(1);

/// Waits until `probe` gives a value and returns it; panics past `limit` with what was awaited and what was last in the way.
pub async fn until<T, F, Fut>(what: &str, limit: Duration, mut probe: F) -> T
where
    F: FnMut() -> Fut,
    Fut: Future<Output = anyhow::Result<T>>,
{
    let begin = Instant::now();
    loop {
        let obstacle = match tokio::time::timeout(LOOK, probe()).await {
            Ok(Ok(value)) => return value,
            Ok(Err(error)) => format!("{error:#}"),
            Err(_) => format!("no answer within {} s", LOOK.as_secs()),
        };
        assert!(begin.elapsed() < limit, "{what}: not within {} s: {obstacle}", limit.as_secs());
        tokio::time::sleep(PERIOD).await;
    }
}

/// An `anyhow` error unless the condition holds; for the probes of [`until`].
pub fn ensure(holds: bool, obstacle: impl Into<String>) -> anyhow::Result<()> {
    if holds { Ok(()) } else { Err(anyhow::anyhow!(obstacle.into())) }
}

//! Many clients at once against one tracker, and what their waiting times say.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Waiting times of many requests, sorted.
#[derive(Debug, Clone)]
pub struct Times {
    sorted: Vec<Duration>,
    /// From the first request's begin to the last one's end.
    pub wall: Duration,
}

impl Times {
    /// Times from single measurements.
    pub fn new(mut all: Vec<Duration>, wall: Duration) -> Self {
        all.sort_unstable();
        Self { sorted: all, wall }
    }

    /// The time that this part (0 to 1) of the requests stayed below; nothing measured is zero.
    pub fn quantile(&self, part: f64) -> Duration {
        let last = self.sorted.len().saturating_sub(1);
        self.sorted.get((last as f64 * part).round() as usize).copied().unwrap_or_default()
    }

    /// Requests per second.
    pub fn rate(&self) -> f64 {
        self.sorted.len() as f64 / self.wall.as_secs_f64().max(f64::EPSILON)
    }
}

/// Has so many clients do `count` requests together; `request` gets the number of each.
pub async fn run<F, Fut>(clients: usize, count: usize, request: F) -> anyhow::Result<Times>
where
    F: Fn(usize) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = anyhow::Result<()>> + Send,
{
    let (request, next) = (Arc::new(request), Arc::new(AtomicUsize::new(0)));
    let begin = Instant::now();
    let tasks: Vec<_> = (0..clients)
        .map(|_| {
            let (request, next) = (Arc::clone(&request), Arc::clone(&next));
            tokio::spawn(async move {
                let mut times = Vec::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return Ok(times);
                    }
                    let begin = Instant::now();
                    request(number).await?;
                    times.push(begin.elapsed());
                }
            })
        })
        .collect();
    let mut all = Vec::new();
    for task in tasks {
        let times: anyhow::Result<Vec<Duration>> = task.await?;
        all.extend(times?);
    }
    Ok(Times::new(all, begin.elapsed()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_a_hundred() {
        let times = Times::new((0..=100).rev().map(Duration::from_millis).collect(), Duration::from_secs(1));
        assert_eq!(times.quantile(0.5), Duration::from_millis(50));
        assert_eq!(times.quantile(0.99), Duration::from_millis(99));
        assert!((times.rate() - 101.0).abs() < 0.001);
        assert_eq!(Times::new(Vec::new(), Duration::ZERO).quantile(0.99), Duration::ZERO);
    }

    #[tokio::test]
    async fn every_number_is_done_once() {
        let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
        let shared = Arc::clone(&seen);
        let times = run(3, 20, move |number| {
            let shared = Arc::clone(&shared);
            async move {
                shared.lock().expect("no holder panics").push(number);
                Ok(())
            }
        });
        assert_eq!(times.await.expect("no request fails").sorted.len(), 20);
        let mut numbers = seen.lock().expect("no holder panics").clone();
        numbers.sort_unstable();
        assert_eq!(numbers, (0..20).collect::<Vec<_>>());
    }
}

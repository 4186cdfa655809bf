//! Waits that grow.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(2);

/// How long to wait before the next try.
#[derive(Debug)]
pub(super) struct Backoff {
    next: Duration,
}

impl Backoff {
    pub(super) fn new() -> Self {
        Self { next: FIRST }
    }

    /// Waits twice as long as the last time; `false` at once when told to stop.
    pub(super) async fn wait(&mut self, stop: &CancellationToken) -> bool {
        let wait = self.next;
        self.next = (wait * 2).min(LONGEST);
        tokio::select! {
            () = stop.cancelled() => false,
            () = tokio::time::sleep(wait) => true,
        }
    }

    /// It worked.
    pub(super) fn reset(&mut self) {
        self.next = FIRST;
    }
}

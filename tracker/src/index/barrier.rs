//! What makes a search see every change that was acknowledged before it began, on whichever node: it waits for a poll of the change log
//! that *begins* after it, and for all that this poll found to be applied. Any number of searches share one poll.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use tokio::sync::{Notify, watch};

/// Where searches and the replicator meet. Polls are counted from 1.
#[derive(Debug)]
pub(super) struct Barrier {
    /// The last poll that began.
    begun: AtomicU64,
    /// The last poll whose changes, and those of all polls before it, are visible.
    visible: watch::Sender<u64>,
    /// Searches wait.
    wanted: Notify,
    /// Whether waiting makes sense: not while a new index is being made.
    following: watch::Sender<bool>,
}

impl Barrier {
    pub(super) fn new() -> Self {
        Self {
            begun: AtomicU64::new(0),
            visible: watch::Sender::new(0),
            wanted: Notify::new(),
            following: watch::Sender::new(true),
        }
    }

    /// Waits until all that was acknowledged before this call is visible, `limit` at most. Returns whether it is.
    pub(super) async fn wait(&self, limit: Duration) -> bool {
        let next = self.begun.load(Ordering::SeqCst) + 1;
        let (mut visible, mut following) = (self.visible.subscribe(), self.following.subscribe());
        self.wanted.notify_one();
        let reached = async {
            tokio::select! {
                reached = visible.wait_for(|visible| *visible >= next) => reached.is_ok(),
                _ = following.wait_for(|following| !following) => false,
            }
        };
        tokio::time::timeout(limit, reached).await.unwrap_or(false)
    }

    /// Waits until a search wants a poll.
    pub(super) async fn wanted(&self) {
        self.wanted.notified().await;
    }

    /// A poll begins now; gives its number. To be called before its statement is sent.
    pub(super) fn begin(&self) -> u64 {
        self.begun.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// All that the polls up to `poll` found is visible.
    pub(super) fn visible(&self, poll: u64) {
        self.visible.send_if_modified(|visible| {
            let newer = poll > *visible;
            *visible = poll.max(*visible);
            newer
        });
    }

    /// Whether polls go on.
    pub(super) fn set_following(&self, following: bool) {
        self.following.send_replace(following);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const LONG: Duration = Duration::from_secs(30);

    async fn waiting(barrier: &Arc<Barrier>) -> tokio::task::JoinHandle<bool> {
        let task = tokio::spawn({
            let barrier = barrier.clone();
            async move { barrier.wait(LONG).await }
        });
        barrier.wanted().await;
        task
    }

    #[tokio::test]
    async fn a_poll_that_began_before_the_search_does_not_count() {
        let barrier = Arc::new(Barrier::new());
        let running = barrier.begin();
        let search = waiting(&barrier).await;
        barrier.visible(running);
        tokio::task::yield_now().await;
        assert!(!search.is_finished());
        let next = barrier.begin();
        barrier.visible(next);
        assert!(search.await.expect("no panic"));
    }

    #[tokio::test]
    async fn searches_share_a_poll() {
        let barrier = Arc::new(Barrier::new());
        let searches = [waiting(&barrier).await, waiting(&barrier).await];
        let poll = barrier.begin();
        barrier.visible(poll);
        for search in searches {
            assert!(search.await.expect("no panic"));
        }
    }

    #[tokio::test]
    async fn waiting_is_bounded_and_ends_when_following_does() {
        let barrier = Arc::new(Barrier::new());
        assert!(!barrier.wait(Duration::from_millis(1)).await);
        let search = waiting(&barrier).await;
        barrier.set_following(false);
        assert!(!search.await.expect("no panic"));
    }
}

//! Follows the change log and keeps the index in step with it.
//!
//! One round: poll, look at the issues that the entries name, one commit for all of them, reload, tell the waiting searches. The
//! cursor of the poll moves on only when its entries are in a commit, so that a round that fails is simply done again. Rounds follow
//! each other as long as there is something to do; otherwise a wake-up, a waiting search or the clock begins the next one.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use tokio_util::sync::CancellationToken;

use super::{
    Error, Index,
    apply::{Failed, Range, Work, commit, look_at_issues, look_at_slice},
    backoff::Backoff,
    home::{Generation, Home, Stamp},
    rebuild::{Rebuilt, patiently, rebuild},
    searcher::Searcher,
    start::{Decision, Local, Reason, StartedFrom, decide},
    status::IndexState,
    writer::Writer,
};
use crate::{
    domain::change::{Cursor, Poll, Position},
    storage::{Store, Wakeups, change_log},
};

/// Entries of one poll. All entries of a poll go into one commit.
const POLL_LIMIT: i64 = 2_000;
/// A position that moved without a change is committed this often: it saves the next start some reading, and each commit costs
/// the disk.
const POSITION_EVERY: Duration = Duration::from_secs(30);
/// Writes that may fail in a row before the index is made anew.
const FAILURES_MAX: u32 = 3;
/// Rounds that may fail in a row before searches no longer wait for the next one.
const PATIENCE: u32 = 3;
/// Longest wait for merges when the process stops; what isn't merged then is merged later.
const CLOSE_LIMIT: Duration = Duration::from_secs(5);

/// Keeps an [`Index`] in step; made by [`Index::open`].
pub struct Replicator {
    index: Index,
    store: Store,
    home: Arc<Home>,
    wakeups: Wakeups,
    random: StdRng,
}

/// An index that is being followed up.
struct Following {
    generation: Generation,
    searcher: Searcher,
    /// `None` after an error: it is opened again.
    writer: Option<Writer>,
    cursor: Cursor,
    /// The database's era all of it belongs to.
    era: i64,
    /// Bulk changes that are not done yet.
    ranges: VecDeque<Range>,
    /// The last poll that had an end; visible once nothing of it or of earlier ones is left to do.
    polled: u64,
    /// Everything up to here is in the last commit.
    committed: Position,
    committed_at: Duration,
    failures: u32,
}

/// How a round ended.
enum Round {
    /// There is more to do at once.
    Again,
    /// Everything that was committed is in the index.
    InStep,
    /// The database or the disk refused; to be tried again after a while.
    Failed(Error),
    /// This index can't be followed up any more.
    Lost(Reason),
}

impl Replicator {
    pub(super) fn new(index: Index, store: Store, home: Home) -> Self {
        let seed = blake3::hash(store.identity().uid.as_bytes());
        let wakeups = store.subscribe();
        Self { index, store, home: Arc::new(home), wakeups, random: StdRng::from_seed(*seed.as_bytes()) }
    }

    /// Opens the index, brings it into step and keeps it there until `shutdown`. What goes wrong is reported in the index's status and
    /// tried again: a database or a disk may come back.
    pub async fn run(mut self, shutdown: CancellationToken) -> Result<(), Error> {
        let mut backoff = Backoff::new();
        let mut following = loop {
            match self.start(&shutdown).await {
                Ok(Some(following)) => break following,
                Ok(None) => return Ok(()),
                Err(error) => self.broken(&error),
            }
            backoff.wait(&shutdown).await;
        };
        backoff.reset();
        let mut refused = 0;
        while !shutdown.is_cancelled() {
            let round = self.round(&mut following).await;
            refused = if let Round::Failed(_) = round { refused + 1 } else { 0 };
            // A short trouble is worth waiting for. In a long one each search would wait in vain.
            self.index.shared.barrier.set_following(refused < PATIENCE);
            match round {
                Round::Again => backoff.reset(),
                Round::InStep => {
                    backoff.reset();
                    self.rest(&shutdown).await;
                }
                Round::Failed(error) => {
                    tracing::warn!(%error, "the search index could not follow the change log; trying again");
                    backoff.wait(&shutdown).await;
                }
                Round::Lost(reason) => match self.replace(&mut following, &reason, &shutdown).await {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) => {
                        self.broken(&error);
                        backoff.wait(&shutdown).await;
                    }
                },
            }
        }
        self.close(following).await
    }

    /// From what lies on disk to an index that can be followed up; `None` when told to stop before.
    async fn start(&mut self, shutdown: &CancellationToken) -> Result<Option<Following>, Error> {
        let (found, local) = self.find().await?;
        let mut check = None;
        if let Local::Complete(position) = &local {
            self.index.report(|progress| progress.position = Some(position.clone()));
            let store = &self.store;
            check = patiently(shutdown, || async move {
                let mut conn = store.read().await?;
                Ok(change_log::check(&mut conn, position).await?)
            })
            .await?;
            if check.is_none() {
                return Ok(None);
            }
        }
        match (decide(&local, check), found) {
            (Decision::Replay(position), Some(generation)) => {
                tracing::info!(%position, "the search index begins with the local one");
                self.index.set_state(IndexState::Replaying);
                self.started(StartedFrom::Replay);
                let era = position.era;
                Ok(Some(self.follow(generation, position, era)?))
            }
            (Decision::Replay(_), None) => Err(Error::Background("an index vanished".to_owned())),
            (Decision::Rebuild(reason), found) => self.build_until_it_works(found, &reason, shutdown).await,
        }
    }

    /// The local index, open for searches, and what is to be said about it.
    async fn find(&mut self) -> Result<(Option<Generation>, Local), Error> {
        let home = self.home.clone();
        // Checking every byte of an index that a crash left behind may take a while.
        let (found, local) = tokio::task::spawn_blocking(move || home.find()).await??;
        let Some(generation) = found else { return Ok((None, local)) };
        match Searcher::open(&generation) {
            Ok(searcher) => {
                self.index.set_searcher(searcher);
                self.index.report_size();
                Ok((Some(generation), local))
            }
            Err(error) => {
                self.home.set_aside(generation.number)?;
                Ok((None, Local::Broken(error.to_string())))
            }
        }
    }

    async fn build_until_it_works(
        &mut self,
        found: Option<Generation>,
        reason: &Reason,
        shutdown: &CancellationToken,
    ) -> Result<Option<Following>, Error> {
        let mut backoff = Backoff::new();
        loop {
            match self.build(reason, shutdown).await {
                Ok(None) => return Ok(None),
                Ok(Some(following)) => {
                    let from = if following.searcher.size().0 == 0 {
                        StartedFrom::New
                    } else {
                        StartedFrom::Rebuild
                    };
                    self.started(from);
                    if let Some(old) = &found {
                        self.discard(old);
                    }
                    return Ok(Some(following));
                }
                Err(error) => {
                    self.broken(&error);
                    if !backoff.wait(shutdown).await {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// A new index instead of the one in `following`, which answers as long as that takes. `false` when told to stop before.
    async fn replace(
        &mut self,
        following: &mut Following,
        reason: &Reason,
        shutdown: &CancellationToken,
    ) -> Result<bool, Error> {
        // Two writers would use twice the memory.
        if let Some(writer) = following.writer.take() {
            tokio::task::spawn_blocking(|| drop(writer)).await?;
        }
        let Some(next) = self.build(reason, shutdown).await? else { return Ok(false) };
        self.discard(&following.generation);
        *following = next;
        Ok(true)
    }

    async fn build(
        &mut self,
        reason: &Reason,
        shutdown: &CancellationToken,
    ) -> Result<Option<Following>, Error> {
        tracing::info!(%reason, "the search index is made anew from the database");
        let barrier = &self.index.shared.barrier;
        barrier.set_following(false);
        let memory_bytes = self.index.shared.settings.writer_memory_bytes;
        let built = rebuild(&self.index, &self.store, &self.home, memory_bytes, shutdown).await;
        barrier.set_following(true);
        let Some(Rebuilt { generation, position, era }) = built? else { return Ok(None) };
        self.index.set_state(IndexState::Replaying);
        self.follow(generation, position, era).map(Some)
    }

    /// Makes `generation` the one that answers.
    fn follow(&self, generation: Generation, position: Position, era: i64) -> Result<Following, Error> {
        let searcher = Searcher::open(&generation)?;
        self.index.set_searcher(searcher.clone());
        self.index.report_size();
        self.index.report(|progress| progress.position = Some(position.clone()));
        Ok(Following {
            generation,
            searcher,
            writer: None,
            cursor: Cursor::at(position.clone()),
            era,
            ranges: VecDeque::new(),
            polled: 0,
            committed: position,
            committed_at: self.now(),
            failures: 0,
        })
    }

    async fn round(&self, following: &mut Following) -> Round {
        let poll_number = self.index.shared.barrier.begin();
        let metrics = &self.index.shared.metrics;
        metrics.polls.inc();
        let poll = match change_log::poll(&self.store, &following.cursor, POLL_LIMIT).await {
            Ok(poll) => poll,
            Err(error) => {
                metrics.failed_polls.inc();
                return Round::Failed(error.into());
            }
        };
        if let Some(reason) = lost(following, &poll) {
            return Round::Lost(reason);
        }
        let work = Work::of(&poll.changes);
        if let Err(Failed { error, writer }) = self.apply(following, &poll, work).await {
            following.writer = writer;
            return self.failed(following, error);
        }
        following.failures = 0;
        metrics.replayed_changes.inc_by(poll.changes.len() as u64);
        if !poll.more {
            following.polled = poll_number;
        }
        let waiting = self.waiting(following, &poll).await;
        let done = !poll.more && following.ranges.is_empty();
        let now = self.now();
        self.index.report(|progress| {
            progress.position = Some(following.committed.clone());
            progress.lag_entries = waiting;
            if done {
                progress.in_step_at = now;
                progress.state = IndexState::InStep;
                progress
                    .start_seconds
                    .get_or_insert_with(|| now.saturating_sub(progress.opened_at).as_secs_f64());
            }
        });
        if !done {
            return Round::Again;
        }
        self.index.shared.barrier.visible(following.polled);
        Round::InStep
    }

    /// Brings the index to what `poll` and the next slice of a bulk change ask for.
    async fn apply(&self, following: &mut Following, poll: &Poll, work: Work) -> Result<(), Failed> {
        let now = self.now();
        let idle = work.issues.is_empty() && work.ranges.is_empty() && following.ranges.is_empty();
        let moved = poll.cursor.durable() > &following.committed;
        let late = now.saturating_sub(following.committed_at) >= POSITION_EVERY;
        if idle && !(moved && late) {
            following.cursor = poll.cursor.clone();
            return Ok(());
        }
        let mut writer = match following.writer.take() {
            Some(writer) => writer,
            None => Writer::open(&following.generation, 1, self.index.shared.settings.writer_memory_bytes)
                .map_err(|error| Failed { error, writer: None })?,
        };
        let mut ranges = following.ranges.clone();
        ranges.extend(work.ranges);
        writer = look_at_issues(&self.store, writer, &work.issues).await?;
        writer = look_at_slice(&self.store, writer, &mut ranges).await?;
        // While a bulk change is under way, a start after a crash has to begin before it.
        let position =
            if ranges.is_empty() { poll.cursor.durable().clone() } else { following.committed.clone() };
        writer = commit(writer, Stamp::at(position.clone())).await?;
        following.writer = Some(writer);
        following.ranges = ranges;
        following.cursor = poll.cursor.clone();
        following.committed = position;
        following.committed_at = now;
        self.index.shared.metrics.commits.inc();
        following.searcher.reload().map_err(|error| Failed { error, writer: following.writer.take() })?;
        self.index.report_size();
        Ok(())
    }

    /// Committed entries that are known not to be in the index yet.
    async fn waiting(&self, following: &Following, poll: &Poll) -> u64 {
        let mut waiting = 0;
        for range in &following.ranges {
            waiting += range.last.0.saturating_sub(range.after.0).unsigned_abs();
        }
        if poll.more {
            // Only figures: a database that doesn't answer is noticed by the next poll.
            if let Ok(mut conn) = self.store.read().await {
                let backlog = change_log::backlog(&mut conn, &following.cursor).await.unwrap_or(0);
                waiting += backlog.unsigned_abs();
            }
        }
        waiting
    }

    /// A write failed. A full disk is waited for; anything else that doesn't go away means that the index is damaged.
    fn failed(&self, following: &mut Following, error: Error) -> Round {
        if matches!(error, Error::Storage(_)) {
            return Round::Failed(error);
        }
        self.index.shared.metrics.failed_writes.inc();
        self.broken(&error);
        if !error.is_disk_full() {
            following.failures += 1;
        }
        if following.failures >= FAILURES_MAX {
            following.failures = 0;
            following.writer = None;
            return Round::Lost(Reason::Unwritable(error.to_string()));
        }
        Round::Failed(error)
    }

    fn broken(&self, error: &Error) {
        tracing::error!(%error, "the search index can't be written to");
        self.index.set_state(IndexState::Broken(error.to_string()));
    }

    fn started(&self, from: StartedFrom) {
        self.index.shared.metrics.started(from);
        self.index.report(|progress| progress.started_from = Some(from));
    }

    /// Removes a generation that another one has replaced.
    fn discard(&self, old: &Generation) {
        if let Err(error) = self.home.remove(old.number) {
            tracing::warn!(%error, "an old search index could not be removed; the next start tries again");
        }
    }

    /// Waits until there may be something to do.
    async fn rest(&mut self, shutdown: &CancellationToken) {
        let poll = self.index.shared.settings.poll.mul_f64(self.random.random_range(0.8..1.2));
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = self.index.shared.barrier.wanted() => {}
            () = self.wakeups.next() => {}
            () = tokio::time::sleep(poll) => {}
        }
    }

    fn now(&self) -> Duration {
        self.store.clock().monotonic()
    }

    /// Stores the position as it is now, and waits a moment for merges.
    async fn close(self, following: Following) -> Result<(), Error> {
        let Following { writer, cursor, ranges, committed, generation, .. } = following;
        if !ranges.is_empty() {
            return Ok(());
        }
        let position = cursor.durable().clone();
        let moved = position != committed;
        let writer = match writer {
            Some(writer) => writer,
            None if !moved => return self.home.mark_clean(),
            None => Writer::open(&generation, 1, self.index.shared.settings.writer_memory_bytes)?,
        };
        let (done, closed) = tokio::sync::oneshot::channel();
        // Not one of the runtime's threads: those are waited for without a limit when the process ends.
        std::thread::spawn(move || {
            let mut writer = writer;
            let committed = if moved { writer.commit(&Stamp::at(position)) } else { Ok(()) };
            let result = committed.and_then(|()| writer.close());
            // Nobody waits any more when it took too long.
            drop(done.send(result));
        });
        match tokio::time::timeout(CLOSE_LIMIT, closed).await {
            Ok(Ok(result)) => result.and_then(|()| self.home.mark_clean()),
            Ok(Err(error)) => Err(Error::Background(error.to_string())),
            Err(_) => Ok(()),
        }
    }
}

/// Why an index can't be followed up by this poll.
fn lost(following: &Following, poll: &Poll) -> Option<Reason> {
    if poll.era != following.era {
        return Some(Reason::OtherEra);
    }
    (*following.cursor.durable() < poll.trimmed_to).then_some(Reason::Trimmed)
}

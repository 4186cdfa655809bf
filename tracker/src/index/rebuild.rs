//! A new index from the database, made beside the one in use.

use tokio_util::sync::CancellationToken;

use super::{
    Error, Index,
    apply::{CHUNK, read_range, write},
    backoff::Backoff,
    home::{Generation, Home, Stamp},
    status::IndexState,
    writer::Writer,
};
use crate::{
    domain::{
        change::{Cursor, Position},
        id::IssueId,
    },
    storage::{Store, change_log, issues},
};

/// What [`rebuild`] made.
pub(super) struct Rebuilt {
    pub(super) generation: Generation,
    /// Where to follow the change log from.
    pub(super) position: Position,
    /// The database's era when it began.
    pub(super) era: i64,
}

/// Writes a new generation with all issues. Returns `None` when told to stop before it was done.
///
/// A database that goes away in between is waited for: what is done stays done. Memory is bounded by the writer's budget and one
/// chunk of issues.
pub(super) async fn rebuild(
    index: &Index,
    store: &Store,
    home: &Home,
    memory_bytes: usize,
    stop: &CancellationToken,
) -> Result<Option<Rebuilt>, Error> {
    // The position comes before the first row: what commits in between is then applied twice, never missed.
    let Some((position, era, total)) = patiently(stop, || head(store)).await? else { return Ok(None) };
    index.set_state(IndexState::Rebuilding { done: 0, total });
    let generation = home.create()?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(2);
    let mut writer = Writer::open(&generation, threads, memory_bytes)?;
    let mut after = IssueId(i64::MIN);
    let mut done = 0;
    loop {
        let last = IssueId(i64::MAX);
        let Some(documents) = patiently(stop, || read_range(store, after, last)).await? else {
            return Ok(None);
        };
        let full = documents.len() == CHUNK;
        done += documents.len() as u64;
        after = documents.last().map_or(after, |document| document.issue.id);
        writer = write(writer, move |writer| documents.iter().try_for_each(|document| writer.add(document)))
            .await
            .map_err(|failed| failed.error)?;
        index.set_state(IndexState::Rebuilding { done, total: total.max(done) });
        if !full {
            break;
        }
    }
    let stamp = Stamp::at(position.clone());
    write(writer, move |writer| writer.commit(&stamp)).await.map_err(|failed| failed.error)?;
    Ok(Some(Rebuilt { generation, position, era }))
}

async fn head(store: &Store) -> Result<(Position, i64, u64), Error> {
    let (position, total) = {
        let mut conn = store.read().await?;
        (change_log::head(&mut conn).await?, issues::count(&mut conn).await?)
    };
    // Not the position's: the first row of a new era may not be final yet.
    let era = change_log::poll(store, &Cursor::at(position.clone()), 1).await?.era;
    Ok((position, era, total.unsigned_abs()))
}

/// Asks the database until it answers; `None` when told to stop.
pub(super) async fn patiently<T, F: Future<Output = Result<T, Error>>>(
    stop: &CancellationToken,
    mut ask: impl FnMut() -> F,
) -> Result<Option<T>, Error> {
    let mut backoff = Backoff::new();
    loop {
        let error = tokio::select! {
            () = stop.cancelled() => return Ok(None),
            answer = ask() => match answer {
                Ok(answer) => return Ok(Some(answer)),
                Err(Error::Storage(error)) => error,
                Err(error) => return Err(error),
            },
        };
        tracing::warn!(%error, "the search index waits for the database");
        if !backoff.wait(stop).await {
            return Ok(None);
        }
    }
}

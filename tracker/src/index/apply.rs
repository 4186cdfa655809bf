//! Changes of the log become changes of the index. An entry only says "look again": the rows are read now, after the log, and what isn't
//! there any more is removed. So entries may come twice or in any order.

use std::collections::{BTreeSet, VecDeque};

use super::{Error, home::Stamp, writer::Writer};
use crate::{
    domain::{
        change::{ChangeKind, LoggedChange},
        id::IssueId,
        issue::IssueDocument,
    },
    storage::{Store, issues},
};

/// Issues read from the database at a time.
pub(super) const CHUNK: usize = 100;

/// A range of issues that still has to be looked at, from a bulk change. Taken in slices between other work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Range {
    /// The last issue done.
    pub(super) after: IssueId,
    /// The last issue to do.
    pub(super) last: IssueId,
}

/// What a poll's changes ask to look at.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Work {
    /// Single issues, each once.
    pub(super) issues: BTreeSet<i64>,
    /// Bulk changes.
    pub(super) ranges: Vec<Range>,
}

impl Work {
    /// What `changes` ask for. Other kinds of entities have no documents; kinds of a newer version are skipped.
    pub(super) fn of(changes: &[LoggedChange]) -> Self {
        let mut work = Self::default();
        for change in changes.iter().filter(|change| change.kind == Some(ChangeKind::Issue)) {
            if change.entity == change.last {
                work.issues.insert(change.entity);
            } else if change.entity < change.last {
                let range =
                    Range { after: IssueId(change.entity.saturating_sub(1)), last: IssueId(change.last) };
                if !work.ranges.contains(&range) {
                    work.ranges.push(range);
                }
            }
        }
        work
    }
}

/// Brings the documents of these issues to what their rows say now. Not yet committed.
pub(super) async fn look_at_issues(
    store: &Store,
    mut writer: Writer,
    ids: &BTreeSet<i64>,
) -> Result<Writer, Failed> {
    let ids: Vec<IssueId> = ids.iter().copied().map(IssueId).collect();
    for chunk in ids.chunks(CHUNK) {
        let documents = match read(store, chunk).await {
            Ok(documents) => documents,
            Err(error) => return Err(Failed { error, writer: Some(writer) }),
        };
        let chunk = chunk.to_vec();
        writer = write(writer, move |writer| {
            // The order matters: a deletion holds for what was added before it.
            for id in chunk {
                writer.delete(id);
            }
            documents.iter().try_for_each(|document| writer.add(document))
        })
        .await?;
    }
    Ok(writer)
}

/// Brings the next slice of the first of `ranges` to what the rows say now. Not yet committed.
pub(super) async fn look_at_slice(
    store: &Store,
    writer: Writer,
    ranges: &mut VecDeque<Range>,
) -> Result<Writer, Failed> {
    let Some(Range { after, last }) = ranges.front().cloned() else { return Ok(writer) };
    let documents = match read_range(store, after, last).await {
        Ok(documents) => documents,
        Err(error) => return Err(Failed { error, writer: Some(writer) }),
    };
    // A full slice ends at its last issue, the last one at the end of the range, since nothing follows.
    let done =
        if documents.len() < CHUNK { None } else { documents.last().map(|document| document.issue.id) };
    let until = done.unwrap_or(last);
    let writer = write(writer, move |writer| {
        writer.delete_range(after, until)?;
        documents.iter().try_for_each(|document| writer.add(document))
    })
    .await?;
    match (done, ranges.front_mut()) {
        (Some(done), Some(range)) if done < last => range.after = done,
        _ => drop(ranges.pop_front()),
    }
    Ok(writer)
}

/// Why something could not be applied; the writer, if it can still be used.
pub(super) struct Failed {
    pub(super) error: Error,
    pub(super) writer: Option<Writer>,
}

/// Commits on a thread where waiting for the disk hurts nobody.
pub(super) async fn commit(writer: Writer, stamp: Stamp) -> Result<Writer, Failed> {
    write(writer, move |writer| writer.commit(&stamp)).await
}

/// Does `work` on a thread of its own: adding waits when the index can't keep up, and committing waits for the disk.
pub(super) async fn write(
    mut writer: Writer,
    work: impl FnOnce(&mut Writer) -> Result<(), Error> + Send + 'static,
) -> Result<Writer, Failed> {
    let done = tokio::task::spawn_blocking(move || {
        let result = work(&mut writer);
        (writer, result)
    });
    match done.await {
        Ok((writer, Ok(()))) => Ok(writer),
        // After an error of its own a writer refuses all further work.
        Ok((_, Err(error))) => Err(Failed { error, writer: None }),
        Err(error) => Err(Failed { error: error.into(), writer: None }),
    }
}

async fn read(store: &Store, ids: &[IssueId]) -> Result<Vec<IssueDocument>, Error> {
    let mut conn = store.read().await?;
    Ok(issues::documents(&mut conn, ids).await?)
}

/// The first [`CHUNK`] issues with `after < id <= last`.
pub(super) async fn read_range(
    store: &Store,
    after: IssueId,
    last: IssueId,
) -> Result<Vec<IssueDocument>, Error> {
    let mut conn = store.read().await?;
    Ok(issues::documents_in_range(&mut conn, after, last, CHUNK as i64).await?)
}

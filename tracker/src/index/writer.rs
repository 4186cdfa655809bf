//! The one writer of a generation, and when its segments are merged.

use std::ops::Bound;

use tantivy::{
    IndexWriter, SegmentMeta, Term,
    indexer::{LogMergePolicy, MergeCandidate, MergePolicy},
    query::RangeQuery,
};

use super::{
    Error,
    document::document,
    home::{Generation, Stamp},
    schema::Fields,
};
use crate::domain::{id::IssueId, issue::IssueDocument};

/// Adds and removes documents. Nothing is visible before [`Writer::commit`] and a reload of the reader.
pub(super) struct Writer {
    writer: IndexWriter,
    fields: Fields,
}

impl Writer {
    /// A writer that uses `memory_bytes` before it writes a segment.
    pub(super) fn open(generation: &Generation, threads: usize, memory_bytes: usize) -> Result<Self, Error> {
        // Below this the index refuses to work at all.
        const LEAST: usize = 15_000_000;
        let memory_bytes = memory_bytes.max(LEAST * threads);
        let writer = generation.index.writer_with_num_threads(threads, memory_bytes)?;
        writer.set_merge_policy(Box::new(Merges::new()));
        // What a crash left behind: a file of the same name would be in the way of a later commit.
        writer.garbage_collect_files().wait()?;
        // A new writer gives its first operation the number of the last commit, and a merge that begins before the next commit takes
        // operations up to that number for done. The first deletion could so be lost for documents it should remove (see the
        // tests): so that one is for a document that never exists.
        writer.delete_term(Term::from_field_i64(generation.fields.id, i64::MIN));
        Ok(Self { writer, fields: generation.fields })
    }

    /// Adds a document that isn't there yet.
    pub(super) fn add(&self, source: &IssueDocument) -> Result<(), Error> {
        self.writer.add_document(document(&self.fields, source))?;
        Ok(())
    }

    /// Removes the document of an issue, if there is one.
    pub(super) fn delete(&self, id: IssueId) {
        self.writer.delete_term(Term::from_field_i64(self.fields.id, id.0));
    }

    /// Removes the documents of all issues with `after < id <= last`.
    pub(super) fn delete_range(&self, after: IssueId, last: IssueId) -> Result<(), Error> {
        let term = |id: IssueId| Term::from_field_i64(self.fields.id, id.0);
        let range = RangeQuery::new(Bound::Excluded(term(after)), Bound::Included(term(last)));
        self.writer.delete_query(Box::new(range))?;
        Ok(())
    }

    /// Makes all of it lasting, together with `stamp`.
    pub(super) fn commit(&mut self, stamp: &Stamp) -> Result<(), Error> {
        let payload = serde_json::to_string(stamp).map_err(std::io::Error::from)?;
        let mut prepared = self.writer.prepare_commit()?;
        prepared.set_payload(&payload);
        prepared.commit()?;
        Ok(())
    }

    /// Ends the writer once its merges are done.
    pub(super) fn close(self) -> Result<(), Error> {
        Ok(self.writer.wait_merging_threads()?)
    }
}

/// Segments of about the same size are merged eight at a time, and a large one with many deleted documents by itself.
///
/// The usual policy puts all segments below 10,000 documents into one class, so that with a commit for each change a segment of
/// thousands would be written again every eighth commit; and a single deleted document in a tiny segment would have the whole
/// class merged.
#[derive(Debug)]
struct Merges {
    by_size: LogMergePolicy,
}

/// Segments up to this size are one class.
const SMALLEST_CLASS: u32 = 100;
/// From this size on it pays to clear a segment of its deleted documents.
const WORTH_CLEARING: u32 = 1_000;
/// Part of a segment's documents that may be deleted.
const DELETED_RATIO: f64 = 0.3;

impl Merges {
    fn new() -> Self {
        let mut by_size = LogMergePolicy::default();
        by_size.set_min_layer_size(SMALLEST_CLASS);
        Self { by_size }
    }
}

impl MergePolicy for Merges {
    fn compute_merge_candidates(&self, segments: &[SegmentMeta]) -> Vec<MergeCandidate> {
        let mut candidates = self.by_size.compute_merge_candidates(segments);
        let deleted = |segment: &SegmentMeta| {
            f64::from(segment.num_deleted_docs()) / f64::from(segment.max_doc().max(1)) > DELETED_RATIO
        };
        for segment in segments {
            let merged_anyway = candidates.iter().any(|candidate| candidate.0.contains(&segment.id()));
            if segment.max_doc() >= WORTH_CLEARING && deleted(segment) && !merged_anyway {
                candidates.push(MergeCandidate(vec![segment.id()]));
            }
        }
        candidates
    }
}

#[cfg(test)]
mod tests {
    use tantivy::{TantivyDocument, merge_policy::NoMergePolicy};

    use super::*;
    use crate::{domain::change::Position, index::home::Home};

    fn ids(generation: &Generation) -> Vec<i64> {
        let searcher = generation.index.reader().expect("a reader").searcher();
        let mut ids = Vec::new();
        for segment in searcher.segment_readers() {
            let column = segment.fast_fields().i64("id").expect("a column");
            ids.extend(segment.doc_ids_alive().filter_map(|doc| column.first(doc)));
        }
        ids.sort_unstable();
        ids
    }

    /// Many small segments, the last commit with a deletion; then a writer whose first operation is a deletion in the very segment that
    /// the last commit touched, while the segments are merged.
    #[test]
    fn the_first_deletion_of_a_new_writer_is_not_lost_in_a_merge() {
        let dir = tempfile::tempdir().expect("a directory");
        let generation = Home::lock(dir.path()).expect("free").create().expect("created");
        let id = generation.fields.id;
        let add = |writer: &IndexWriter, value: i64| {
            let mut document = TantivyDocument::new();
            document.add_i64(id, value);
            writer.add_document(document).expect("added");
        };
        let mut plain: IndexWriter =
            generation.index.writer_with_num_threads(1, 15_000_000).expect("a writer");
        plain.set_merge_policy(Box::new(NoMergePolicy));
        for segment in 0..10 {
            // The one to be touched is the smallest, so that it isn't the first of those that are merged; one of its documents
            // stays, because an empty segment isn't merged.
            for at in 0..if segment == 9 { 3 } else { 4 } {
                add(&plain, segment * 10 + at);
            }
            plain.commit().expect("committed");
        }
        plain.delete_term(Term::from_field_i64(id, 90));
        plain.commit().expect("committed");
        drop(plain);

        let mut writer = Writer::open(&generation, 1, 0).expect("a writer");
        writer.delete(IssueId(91));
        add(&writer.writer, 100);
        writer.commit(&Stamp::at(Position::origin())).expect("committed");
        writer.close().expect("closed");
        let found = ids(&generation);
        assert!(!found.contains(&91), "{found:?}");
        assert_eq!(found.len(), 9 * 4 + 1 + 1);
    }
}

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

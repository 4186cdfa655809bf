//! The side of an index that answers.

use tantivy::{IndexReader, ReloadPolicy, collector::Count};

use super::{
    Error,
    home::Generation,
    order::{Page, page},
    query::lower,
    schema::Fields,
};
use crate::domain::jql::Query;

/// A generation that is open for searches.
#[derive(Clone)]
pub(super) struct Searcher {
    pub(super) reader: IndexReader,
    fields: Fields,
}

impl Searcher {
    /// Opens `generation` as it was at its last commit.
    pub(super) fn open(generation: &Generation) -> Result<Self, Error> {
        let reader = generation
            .index
            .reader_builder()
            // The default polls the directory and so isn't ordered after a commit.
            .reload_policy(ReloadPolicy::Manual)
            // Documents are never read from the index.
            .doc_store_cache_num_blocks(0)
            .try_into()?;
        Ok(Self { reader, fields: generation.fields })
    }

    /// Makes the last commit visible to searches that begin now.
    pub(super) fn reload(&self) -> Result<(), Error> {
        Ok(self.reader.reload()?)
    }

    /// Results `start..start + max`, and how many there are in all. Takes a processor's full attention: not for async threads.
    pub(super) fn search(&self, query: &Query, start: u64, max: u64) -> Result<Page, Error> {
        let searcher = self.reader.searcher();
        let lowered = lower(&self.fields, &query.filter);
        if max == 0 {
            let total = searcher.search(&*lowered, &Count)? as u64;
            return Ok(Page { ids: Vec::new(), total });
        }
        let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        Ok(page(&searcher, &*lowered, &query.sort, size(start), size(max))?)
    }

    /// Documents and segments.
    pub(super) fn size(&self) -> (u64, usize) {
        let searcher = self.reader.searcher();
        (searcher.num_docs(), searcher.segment_readers().len())
    }
}

//! A query whose matches are gathered before they are used.
//!
//! Texts that are excluded need this: the index asks an excluded phrase about documents before the place where the phrase stands, which
//! it was not made for (in builds with assertions it panics). A set of documents may be asked anything.

use tantivy::{
    BitSet, DocId, DocSet, Score, SegmentReader, TERMINATED, TantivyError,
    query::{BitSetDocSet, ConstScorer, EnableScoring, Explanation, Query, Scorer, Weight},
};

/// `query`, gathered.
pub(super) fn gathered(query: Box<dyn Query>) -> Box<dyn Query> {
    Box::new(Gathered(query))
}

#[derive(Debug)]
struct Gathered(Box<dyn Query>);

impl Clone for Gathered {
    fn clone(&self) -> Self {
        Self(self.0.box_clone())
    }
}

struct GatheredWeight(Box<dyn Weight>);

impl Query for Gathered {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(GatheredWeight(self.0.weight(scoring)?)))
    }
}

impl Weight for GatheredWeight {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let mut found = self.0.scorer(segment, boost)?;
        let mut docs = BitSet::with_max_value(segment.max_doc());
        while found.doc() != TERMINATED {
            docs.insert(found.doc());
            found.advance();
        }
        Ok(scorer(docs, boost))
    }

    fn explain(&self, segment: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        explain(self, segment, doc)
    }
}

/// Gives the documents of a set.
pub(super) fn scorer(docs: BitSet, boost: Score) -> Box<dyn Scorer> {
    Box::new(ConstScorer::new(BitSetDocSet::from(docs), boost))
}

/// All that can be said about why a document of a set matches.
pub(super) fn explain(
    weight: &dyn Weight,
    segment: &SegmentReader,
    doc: DocId,
) -> tantivy::Result<Explanation> {
    if weight.scorer(segment, 1.0)?.seek(doc) == doc {
        return Ok(Explanation::new("one of a set", 1.0));
    }
    Err(TantivyError::InvalidArgument("the document does not match".to_owned()))
}

//! One page of the matching documents in the asked order, and their exact number, in one pass.
//!
//! Every key becomes a number whose natural order is the asked one: "descending" turns all bits round, an empty field is the
//! greatest number. Strings are known by their place in the segment's dictionary until the segments are merged. The last key is the
//! issue's id, so no two documents are equal and pages never overlap.

use std::{collections::HashMap, sync::Arc};

use tantivy::{
    DocId, Score, Searcher, SegmentOrdinal, SegmentReader, TantivyError,
    collector::{Collector, SegmentCollector},
    columnar::{Column, StrColumn},
    query::Query,
};

use crate::domain::{
    id::IssueId,
    jql::query::{IdField, Sort, SortBy},
};

/// A page of results.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) ids: Vec<IssueId>,
    pub(super) total: u64,
}

/// Results `start..start + max` of `query`.
pub(super) fn page(
    searcher: &Searcher,
    query: &dyn Query,
    sort: &[Sort],
    start: usize,
    max: usize,
) -> tantivy::Result<Page> {
    let keys = keys(sort);
    let range = (start, start.saturating_add(max));
    // The keys of a document lie in an array, so that a million of them need no million allocations.
    match keys.len() {
        1 => searcher.search(query, &Ordered::<1> { keys, range }),
        2 => searcher.search(query, &Ordered::<2> { keys, range }),
        3 => searcher.search(query, &Ordered::<3> { keys, range }),
        4 => searcher.search(query, &Ordered::<4> { keys, range }),
        5..=8 => searcher.search(query, &Ordered::<8> { keys, range }),
        _ => searcher.search(query, &Ordered::<MOST_KEYS> { keys, range }),
    }
}

/// More than there are kinds of keys.
const MOST_KEYS: usize = 24;

/// One column to order by.
#[derive(Clone)]
struct Key {
    source: Source,
    descending: bool,
}

#[derive(Clone)]
enum Source {
    Signed(&'static str),
    Unsigned(&'static str),
    Text(&'static str),
    Rank(&'static str, Arc<HashMap<i64, u32>>),
}

fn keys(sort: &[Sort]) -> Vec<Key> {
    let mut keys = Vec::new();
    for Sort { by, descending } in sort {
        let mut push = |source| keys.push(Key { source, descending: *descending });
        match by {
            SortBy::Id => push(Source::Signed("id")),
            SortBy::Key => {
                push(Source::Unsigned("project_key"));
                push(Source::Signed("number"));
            }
            SortBy::Project => push(Source::Unsigned("project_key")),
            SortBy::Created => push(Source::Signed("created_ms")),
            SortBy::Updated => push(Source::Signed("updated_ms")),
            SortBy::Summary => push(Source::Text("summary_sort")),
            SortBy::Description => push(Source::Text("description_sort")),
            SortBy::Labels => push(Source::Text("first_label")),
            SortBy::Rank { field, ranks } => push(Source::Rank(column_of(*field), ranks.clone())),
        }
    }
    keys.truncate(MOST_KEYS - 1);
    let descending = sort.last().is_some_and(|last| last.descending);
    keys.push(Key { source: Source::Signed("id"), descending });
    keys
}

fn column_of(field: IdField) -> &'static str {
    match field {
        IdField::Issue => "id",
        IdField::Project => "project",
        IdField::IssueType => "issue_type",
        IdField::Status => "status",
        IdField::Priority => "priority",
        IdField::Assignee => "assignee",
        IdField::Reporter => "reporter",
        IdField::Creator => "creator",
    }
}

/// An empty field, before "descending" is applied.
const EMPTY: u64 = u64::MAX;
/// Ids without a rank come after those with one, by id.
const UNRANKED: u64 = 1 << 62;

/// A [`Key`] in one segment.
enum Values {
    Signed(Column<i64>),
    Unsigned(Column<u64>),
    Text(Option<StrColumn>),
    Rank(Column<i64>, Arc<HashMap<i64, u32>>),
}

impl Values {
    fn open(source: &Source, segment: &SegmentReader) -> tantivy::Result<Self> {
        let columns = segment.fast_fields();
        Ok(match source {
            Source::Signed(name) => Self::Signed(columns.i64(name)?),
            Source::Unsigned(name) => Self::Unsigned(columns.u64(name)?),
            Source::Text(name) => Self::Text(columns.str(name)?),
            Source::Rank(name, ranks) => Self::Rank(columns.i64(name)?, ranks.clone()),
        })
    }

    fn get(&self, doc: DocId) -> u64 {
        match self {
            Self::Signed(column) => column.first(doc).map_or(EMPTY, tantivy::i64_to_u64),
            Self::Unsigned(column) => column.first(doc).unwrap_or(EMPTY),
            Self::Text(column) => {
                column.as_ref().and_then(|column| column.ords().first(doc)).unwrap_or(EMPTY)
            }
            Self::Rank(column, ranks) => match column.first(doc) {
                None => EMPTY,
                Some(id) => ranks.get(&id).map_or(UNRANKED | id as u64, |rank| u64::from(*rank)),
            },
        }
    }
}

struct Ordered<const N: usize> {
    keys: Vec<Key>,
    /// Places wanted, the end not included.
    range: (usize, usize),
}

struct OrderedSegment<const N: usize> {
    /// With all bits set to turn a key round.
    values: Vec<(Values, u64)>,
    top: Top<N>,
    total: u64,
}

/// The best of a segment. Strings by key and place in the dictionary.
struct SegmentTop<const N: usize> {
    rows: Vec<[u64; N]>,
    total: u64,
    texts: Vec<HashMap<u64, Vec<u8>>>,
}

impl<const N: usize> Collector for Ordered<N> {
    type Fruit = Page;
    type Child = OrderedSegment<N>;

    fn for_segment(&self, _: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<OrderedSegment<N>> {
        let mut values = Vec::with_capacity(self.keys.len());
        for key in &self.keys {
            values.push((Values::open(&key.source, segment)?, if key.descending { u64::MAX } else { 0 }));
        }
        let most = self.range.1.min(segment.num_docs() as usize);
        Ok(OrderedSegment { values, top: Top::new(most), total: 0 })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<tantivy::Result<SegmentTop<N>>>) -> tantivy::Result<Page> {
        let mut segments = segments.into_iter().collect::<tantivy::Result<Vec<_>>>()?;
        for (at, key) in self.keys.iter().enumerate() {
            if matches!(key.source, Source::Text(_)) {
                order_texts(&mut segments, at, if key.descending { u64::MAX } else { 0 });
            }
        }
        let total = segments.iter().map(|segment| segment.total).sum();
        let mut rows: Vec<[u64; N]> = segments.into_iter().flat_map(|segment| segment.rows).collect();
        let (start, end) = self.range;
        if start >= rows.len() || start == end {
            return Ok(Page { ids: Vec::new(), total });
        }
        if end < rows.len() {
            rows.select_nth_unstable(end);
            rows.truncate(end);
        }
        rows.select_nth_unstable(start);
        let page = &mut rows[start..];
        page.sort_unstable();
        let last = self.keys.len() - 1;
        let turned = if self.keys[last].descending { u64::MAX } else { 0 };
        Ok(Page {
            ids: page.iter().map(|row| IssueId(tantivy::u64_to_i64(row[last] ^ turned))).collect(),
            total,
        })
    }
}

impl<const N: usize> SegmentCollector for OrderedSegment<N> {
    type Fruit = tantivy::Result<SegmentTop<N>>;

    fn collect(&mut self, doc: DocId, _: Score) {
        self.total += 1;
        let mut row = [0; N];
        let mut decided = self.top.bar.is_none();
        for (at, (values, turned)) in self.values.iter().enumerate() {
            row[at] = values.get(doc) ^ turned;
            // Most documents are worse than what is kept already by their first key.
            if !decided && let Some(bar) = &self.top.bar {
                if row[at] > bar[at] {
                    return;
                }
                decided = row[at] < bar[at];
            }
        }
        self.top.push(row);
    }

    fn harvest(self) -> Self::Fruit {
        let rows = self.top.rows();
        let mut texts = Vec::with_capacity(self.values.len());
        for (at, (values, turned)) in self.values.iter().enumerate() {
            let mut found = HashMap::new();
            if let Values::Text(Some(column)) = values {
                let mut ords: Vec<u64> =
                    rows.iter().map(|row| row[at] ^ turned).filter(|ord| *ord != EMPTY).collect();
                ords.sort_unstable();
                ords.dedup();
                let mut next = ords.iter();
                let all = column.dictionary().sorted_ords_to_term_cb(&ords, |text| {
                    found.extend(next.next().map(|ord| (*ord, text.to_vec())));
                })?;
                if !all {
                    return Err(TantivyError::InternalError("a string without its dictionary".to_owned()));
                }
            }
            texts.push(found);
        }
        Ok(SegmentTop { rows, total: self.total, texts })
    }
}

/// Replaces places in the segments' dictionaries by places among all strings.
fn order_texts<const N: usize>(segments: &mut [SegmentTop<N>], at: usize, turned: u64) {
    let mut all: Vec<Vec<u8>> =
        segments.iter().flat_map(|segment| segment.texts[at].values()).cloned().collect();
    all.sort_unstable();
    all.dedup();
    for segment in segments {
        // Every string is among them, so the search always finds it.
        let place = |text: &Vec<u8>| all.binary_search(text).unwrap_or_else(|place| place) as u64;
        let places: HashMap<u64, u64> =
            segment.texts[at].iter().map(|(ord, text)| (*ord, place(text))).collect();
        for row in &mut segment.rows {
            let ord = row[at] ^ turned;
            row[at] = places.get(&ord).copied().unwrap_or(EMPTY) ^ turned;
        }
    }
}

/// Keeps the `most` smallest rows, in no order.
struct Top<const N: usize> {
    rows: Vec<[u64; N]>,
    most: usize,
    /// A row greater than this one can't be among them; `None` while all are kept.
    bar: Option<[u64; N]>,
}

impl<const N: usize> Top<N> {
    fn new(most: usize) -> Self {
        let bar = (most == 0).then_some([0; N]);
        Self { rows: Vec::new(), most, bar }
    }

    fn push(&mut self, row: [u64; N]) {
        if self.most == 0 {
            return;
        }
        self.rows.push(row);
        if self.rows.len() >= self.most.saturating_mul(2).max(1024) {
            self.cut();
        }
    }

    fn cut(&mut self) {
        if self.rows.len() > self.most {
            self.bar = Some(*self.rows.select_nth_unstable(self.most - 1).1);
            self.rows.truncate(self.most);
        }
    }

    fn rows(mut self) -> Vec<[u64; N]> {
        if self.most > 0 {
            self.cut();
        }
        self.rows
    }
}

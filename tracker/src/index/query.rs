//! A resolved condition as a query of the index. What users may see will be one more filter, joined here with [`Filter::all`].

use std::{collections::BTreeMap, ops::Bound};

use tantivy::{
    Term,
    query::{AllQuery, BooleanQuery, EmptyQuery, Occur, Query, RangeQuery, TermQuery, TermSetQuery},
    schema::{Field, IndexRecordOption},
};

use super::{
    gathered::gathered,
    schema::{Fields, presence_code},
    text_query,
};
use crate::domain::jql::query::Filter;

/// The query that finds what `filter` describes.
pub(super) fn lower(fields: &Fields, filter: &Filter) -> Box<dyn Query> {
    match filter {
        Filter::All => Box::new(AllQuery),
        Filter::Nothing => Box::new(EmptyQuery),
        Filter::And(filters) => all(filters.iter().map(|filter| part(fields, filter)).collect()),
        Filter::Or(filters) => any(fields, filters),
        Filter::Not(_) => all(vec![part(fields, filter)]),
        Filter::Ids { field, ids } => one_of(fields.of_id(*field), ids),
        Filter::Labels(labels) => {
            terms(labels.iter().map(|label| Term::from_field_text(fields.labels, label)).collect())
        }
        Filter::Present(field) => terms(vec![Term::from_field_u64(fields.present, presence_code(*field))]),
        Filter::Range { field, from, to } => range(fields.of_number(*field), *from, *to),
        Filter::Numbers { project, from, to } => all(vec![
            (Occur::Must, one_of(fields.project, &[project.0])),
            (Occur::Must, range(fields.number, *from, *to)),
        ]),
        Filter::Text { fields: texts, query } => {
            let found = texts.iter().filter_map(|field| text_query::lower(fields.of_text(*field), query));
            either(found.collect())
        }
    }
}

fn part(fields: &Fields, filter: &Filter) -> (Occur, Box<dyn Query>) {
    match filter {
        Filter::Not(inner) => {
            let excluded = lower(fields, inner);
            let plain = matches!(
                **inner,
                Filter::Ids { .. } | Filter::Labels(_) | Filter::Present(_) | Filter::Range { .. }
            );
            (Occur::MustNot, if plain { excluded } else { gathered(excluded) })
        }
        filter => (Occur::Must, lower(fields, filter)),
    }
}

/// All of `parts`. An index query that only excludes finds nothing, so that there must be something to exclude from.
pub(super) fn all(mut parts: Vec<(Occur, Box<dyn Query>)>) -> Box<dyn Query> {
    if parts.iter().all(|(occur, _)| *occur == Occur::MustNot) {
        parts.push((Occur::Must, Box::new(AllQuery)));
    }
    Box::new(BooleanQuery::new(parts))
}

/// Any of `queries`.
pub(super) fn either(mut queries: Vec<Box<dyn Query>>) -> Box<dyn Query> {
    match (queries.pop(), queries.is_empty()) {
        (None, _) => Box::new(EmptyQuery),
        (Some(only), true) => only,
        (Some(last), false) => {
            queries.push(last);
            Box::new(BooleanQuery::new(queries.into_iter().map(|query| (Occur::Should, query)).collect()))
        }
    }
}

/// Long chains of `key = A-1 OR key = A-2 …` become one set.
fn any(fields: &Fields, filters: &[Filter]) -> Box<dyn Query> {
    let mut sets: BTreeMap<Field, Vec<i64>> = BTreeMap::new();
    let mut queries = Vec::new();
    for filter in filters {
        match filter {
            Filter::Ids { field, ids } => {
                sets.entry(fields.of_id(*field)).or_default().extend(ids);
            }
            filter => queries.push(lower(fields, filter)),
        }
    }
    queries.extend(sets.into_iter().map(|(field, ids)| one_of(field, &ids)));
    either(queries)
}

fn one_of(field: Field, ids: &[i64]) -> Box<dyn Query> {
    terms(ids.iter().map(|id| Term::from_field_i64(field, *id)).collect())
}

fn terms(mut terms: Vec<Term>) -> Box<dyn Query> {
    match (terms.pop(), terms.is_empty()) {
        (None, _) => Box::new(EmptyQuery),
        (Some(only), true) => Box::new(TermQuery::new(only, IndexRecordOption::Basic)),
        (Some(last), false) => {
            terms.push(last);
            Box::new(TermSetQuery::new(terms))
        }
    }
}

fn range(field: Field, from: Option<i64>, to: Option<i64>) -> Box<dyn Query> {
    let bound = |value: Option<i64>| {
        value.map_or(Bound::Unbounded, |value| Bound::Included(Term::from_field_i64(field, value)))
    };
    match (from, to) {
        (None, None) => Box::new(AllQuery),
        (Some(from), Some(to)) if from > to => Box::new(EmptyQuery),
        _ => Box::new(RangeQuery::new(bound(from), bound(to))),
    }
}

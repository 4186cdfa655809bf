//! What `~` asks for, as a query on one text field.

use tantivy::{
    BitSet, DocId, Score, SegmentReader, Term,
    query::{
        EnableScoring, Explanation, FuzzyTermQuery, Occur, PhraseQuery, Query, Scorer, TermQuery, Weight,
    },
    schema::{Field, IndexRecordOption},
};

use super::{
    gathered::{self, gathered},
    query::{all, either},
    words,
};
use crate::domain::jql::text::{Piece, TextQuery};

/// The query that finds `text` in `field`; `None` when `text` holds nothing to look for, such as signs only.
pub(super) fn lower(field: Field, text: &TextQuery) -> Option<Box<dyn Query>> {
    match text {
        TextQuery::All(parts) => {
            let parts: Vec<_> = parts.iter().filter_map(|part| part_of(field, part)).collect();
            (!parts.is_empty()).then(|| all(parts))
        }
        TextQuery::Any(parts) => {
            let parts: Vec<_> = parts.iter().filter_map(|part| lower(field, part)).collect();
            (!parts.is_empty()).then(|| either(parts))
        }
        TextQuery::Not(_) => part_of(field, text).map(|part| all(vec![part])),
        TextQuery::Word(text) => phrase(field, text, 0),
        TextQuery::Phrase { text, slop } => phrase(field, text, *slop),
        TextQuery::Wildcard(pieces) => Some(Box::new(Wildcard { field, pattern: Pattern::new(pieces) })),
        TextQuery::Fuzzy { word, distance } => {
            let mut words = words::words(word);
            match (words.pop(), words.is_empty()) {
                (Some(only), true) => {
                    let term = Term::from_field_text(field, &only);
                    Some(Box::new(FuzzyTermQuery::new(term, *distance, true)))
                }
                // Likeness of several words at once is not defined.
                _ => phrase(field, word, 0),
            }
        }
    }
}

fn part_of(field: Field, text: &TextQuery) -> Option<(Occur, Box<dyn Query>)> {
    match text {
        TextQuery::Not(inner) => Some((Occur::MustNot, gathered(lower(field, inner)?))),
        text => Some((Occur::Must, lower(field, text)?)),
    }
}

/// The stems of `text` one after the other.
fn phrase(field: Field, text: &str, slop: u32) -> Option<Box<dyn Query>> {
    let mut terms: Vec<Term> =
        words::stems(text).iter().map(|stem| Term::from_field_text(field, stem)).collect();
    match (terms.pop(), terms.is_empty()) {
        (None, _) => None,
        (Some(only), true) => Some(Box::new(TermQuery::new(only, IndexRecordOption::Basic))),
        (Some(last), false) => {
            terms.push(last);
            let mut query = PhraseQuery::new(terms);
            query.set_slop(slop);
            Some(Box::new(query))
        }
    }
}

/// A word with wildcards. Words of the index that begin like it are tried one by one, each in linear time: unlike an automaton this
/// can't grow beyond bounds, whatever the pattern.
#[derive(Clone, Debug)]
struct Wildcard {
    field: Field,
    pattern: Pattern,
}

/// `*` and `?` among letters, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    /// What it begins with.
    prefix: String,
    /// What follows.
    rest: Vec<Sign>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Letter(char),
    One,
    Any,
}

impl Pattern {
    fn new(pieces: &[Piece]) -> Self {
        let mut prefix = String::new();
        let mut rest = Vec::new();
        for (at, piece) in pieces.iter().enumerate() {
            match piece {
                Piece::Literal(text) if at == 0 => prefix = words::fold(text),
                Piece::Literal(text) => rest.extend(words::fold(text).chars().map(Sign::Letter)),
                Piece::One => rest.push(Sign::One),
                Piece::Any => rest.push(Sign::Any),
            }
        }
        Self { prefix, rest }
    }

    /// Whether `word`, which begins with the prefix, matches. Goes back only to the last `*`, which is enough.
    fn matches(&self, word: &str) -> bool {
        let mut text = word[self.prefix.len()..].chars();
        let mut signs = self.rest.as_slice();
        let mut retry: Option<(&[Sign], std::str::Chars<'_>)> = None;
        loop {
            let fits = match signs.first() {
                Some(Sign::Any) => {
                    signs = &signs[1..];
                    retry = Some((signs, text.clone()));
                    continue;
                }
                None if text.as_str().is_empty() => return true,
                None => false,
                Some(Sign::One) => text.next().is_some(),
                Some(Sign::Letter(letter)) => text.next() == Some(*letter),
            };
            if fits {
                signs = &signs[1..];
                continue;
            }
            let Some((after, from)) = &mut retry else { return false };
            if from.next().is_none() {
                return false;
            }
            signs = after;
            text = from.clone();
        }
    }
}

impl Query for Wildcard {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for Wildcard {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let inverted = segment.inverted_index(self.field)?;
        let mut docs = BitSet::with_max_value(segment.max_doc());
        let mut terms = inverted.terms().range().ge(&self.pattern.prefix).into_stream()?;
        while terms.advance() && terms.key().starts_with(self.pattern.prefix.as_bytes()) {
            if !std::str::from_utf8(terms.key()).is_ok_and(|word| self.pattern.matches(word)) {
                continue;
            }
            let mut postings =
                inverted.read_block_postings_from_terminfo(terms.value(), IndexRecordOption::Basic)?;
            while !postings.docs().is_empty() {
                for doc in postings.docs() {
                    docs.insert(*doc);
                }
                postings.advance();
            }
        }
        Ok(gathered::scorer(docs, boost))
    }

    fn explain(&self, segment: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        gathered::explain(self, segment, doc)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards() {
        let any = || Piece::Any;
        let literal = |text: &str| Piece::Literal(text.to_owned());
        for (pieces, good, bad) in [
            (vec![literal("Te"), any()], vec!["te", "test", "teßt"], vec!["tést"]),
            (vec![literal("te"), Piece::One, literal("T")], vec!["test", "teßt"], vec!["tet", "tests", "te"]),
            (
                vec![literal("a"), any(), literal("b"), any(), literal("c")],
                vec!["abc", "axbxbxc", "abbcc"],
                vec!["abcx", "acb", "a"],
            ),
            (vec![literal("a"), any(), Piece::One], vec!["ab", "abc"], vec!["a"]),
        ] {
            let pattern = Pattern::new(&pieces);
            let matches = |word: &&str| word.starts_with(&pattern.prefix) && pattern.matches(word);
            assert!(good.iter().all(matches), "{pieces:?}");
            assert!(!bad.iter().any(matches), "{pieces:?}");
        }
    }

    #[test]
    fn no_pattern_takes_long() {
        let pieces: Vec<Piece> = std::iter::once(Piece::Literal("a".into()))
            .chain((0..50).flat_map(|_| [Piece::Any, Piece::Literal("a".into())]))
            .chain([Piece::Literal("b".into())])
            .collect();
        assert!(!Pattern::new(&pieces).matches(&"a".repeat(200)));
    }
}

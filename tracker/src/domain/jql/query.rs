//! A query that is ready to be answered: every name is an id, every date a moment. What the index takes.

use std::{collections::HashMap, sync::Arc};

use super::text::TextQuery;
use crate::domain::id::ProjectId;

/// Which issues, in which order.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// Which issues.
    pub filter: Filter,
    /// In which order, the most important key first. The issue's id, in the direction of the last key, decides between equals.
    pub sort: Vec<Sort>,
}

/// A condition on issues. Unlike in JQL, [`Filter::Not`] is the plain opposite here: that `!=` doesn't match empty fields
/// has been spelled out.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// Every issue.
    All,
    /// No issue.
    Nothing,
    /// All of these.
    And(Vec<Filter>),
    /// Any of these.
    Or(Vec<Filter>),
    /// The opposite.
    Not(Box<Filter>),
    /// The field holds one of these ids.
    Ids {
        /// Which field.
        field: IdField,
        /// Ids; sorted, each once, never empty.
        ids: Vec<i64>,
    },
    /// The issue has one of these labels; in lower case.
    Labels(Vec<String>),
    /// The field isn't empty.
    Present(OptionalField),
    /// The field's number lies between these, both included; `None` is open.
    Range {
        /// Which field.
        field: NumberField,
        /// Lowest.
        from: Option<i64>,
        /// Highest.
        to: Option<i64>,
    },
    /// Issues of a project whose number lies between these, both included; `None` is open.
    Numbers {
        /// Which project.
        project: ProjectId,
        /// Lowest.
        from: Option<i64>,
        /// Highest.
        to: Option<i64>,
    },
    /// The text of at least one of these fields matches.
    Text {
        /// Which fields.
        fields: Vec<TextField>,
        /// What to find.
        query: TextQuery,
    },
}

impl Filter {
    /// All of `filters`, said as simply as possible.
    pub fn all(filters: impl IntoIterator<Item = Filter>) -> Self {
        let mut kept = Vec::new();
        for filter in filters {
            match filter {
                Self::All => {}
                Self::Nothing => return Self::Nothing,
                Self::And(inner) => kept.extend(inner),
                filter => kept.push(filter),
            }
        }
        match kept.pop() {
            None => Self::All,
            Some(only) if kept.is_empty() => only,
            Some(last) => {
                kept.push(last);
                Self::And(kept)
            }
        }
    }

    /// Any of `filters`, said as simply as possible.
    pub fn any(filters: impl IntoIterator<Item = Filter>) -> Self {
        let mut kept = Vec::new();
        for filter in filters {
            match filter {
                Self::Nothing => {}
                Self::All => return Self::All,
                Self::Or(inner) => kept.extend(inner),
                filter => kept.push(filter),
            }
        }
        match kept.pop() {
            None => Self::Nothing,
            Some(only) if kept.is_empty() => only,
            Some(last) => {
                kept.push(last);
                Self::Or(kept)
            }
        }
    }

    /// The opposite of `self`.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::All => Self::Nothing,
            Self::Nothing => Self::All,
            Self::Not(inner) => *inner,
            filter => Self::Not(Box::new(filter)),
        }
    }
}

/// Fields that hold an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdField {
    /// The issue itself.
    Issue,
    /// Its project.
    Project,
    /// Its type.
    IssueType,
    /// Its status.
    Status,
    /// Its priority.
    Priority,
    /// Who works on it; may be empty.
    Assignee,
    /// Who wants it; may be empty.
    Reporter,
    /// Who created it.
    Creator,
}

/// Fields that may be empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OptionalField {
    /// Who works on it.
    Assignee,
    /// Who wants it.
    Reporter,
    /// Its labels.
    Labels,
    /// Its description.
    Description,
    /// Its comments.
    Comment,
}

/// Fields that hold a number with an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NumberField {
    /// The issue's id.
    Id,
    /// Time of creation, milliseconds.
    CreatedMs,
    /// Time of the last change, milliseconds.
    UpdatedMs,
}

/// Fields that hold text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextField {
    /// The summary.
    Summary,
    /// The description.
    Description,
    /// All comments, each a text of its own.
    Comment,
}

/// One key of the order.
#[derive(Clone, Debug, PartialEq)]
pub struct Sort {
    /// What decides. Ascending, an empty field comes last.
    pub by: SortBy,
    /// Whether the order is turned round, empty fields included.
    pub descending: bool,
}

/// What an order can go by.
#[derive(Clone, Debug, PartialEq)]
pub enum SortBy {
    /// The issue's id.
    Id,
    /// The issue's key: its project's key, then its number.
    Key,
    /// Its project's key.
    Project,
    /// Time of creation.
    Created,
    /// Time of the last change.
    Updated,
    /// The summary without regard to case.
    Summary,
    /// The beginning of the description without regard to case.
    Description,
    /// The first label without regard to case.
    Labels,
    /// A rank given to each id that the field can hold; ids without a rank come after those with one.
    Rank {
        /// Which field.
        field: IdField,
        /// Ranks, the first is the smallest.
        ranks: Arc<HashMap<i64, u32>>,
    },
}

//! Why a use case could not be done, in words for the person who asked.

use std::{collections::BTreeMap, error::Error as StdError};

use crate::{
    index,
    storage::{self, Conflict},
};

/// Why a use case could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request makes no sense as it is.
    #[error("invalid request: {0:?}")]
    Invalid(Problems),
    /// What it names isn't there, or the user may not see it.
    #[error("{0}")]
    NotFound(String),
    /// The user may not do it.
    #[error("{0}")]
    Forbidden(String),
    /// It clashes with what somebody else just did; reading again and repeating may help.
    #[error("{0}")]
    Conflict(String),
    /// An idempotency key that belongs to another request.
    #[error("{0}")]
    KeyReused(String),
    /// More bytes than are allowed.
    #[error("{0}")]
    TooLarge(String),
    /// The node can't do it now; repeating later helps.
    #[error("{message}")]
    Unavailable {
        /// What isn't there.
        message: String,
        /// The cause, for the log alone.
        source: Option<Box<dyn StdError + Send + Sync>>,
    },
    /// A fault of the tracker or its database. The cause is for the log, not for the user.
    #[error("internal error")]
    Internal(#[source] Box<dyn StdError + Send + Sync>),
}

/// What is wrong with a request: sentences about the whole, and sentences about single fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    /// About the whole.
    pub messages: Vec<String>,
    /// Field → what is wrong with it.
    pub fields: BTreeMap<String, String>,
}

impl Problems {
    /// Nothing wrong so far.
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds a sentence about `field`; the first one about a field stays.
    pub fn field(&mut self, field: &str, sentence: impl Into<String>) {
        self.fields.entry(field.to_owned()).or_insert_with(|| sentence.into());
    }

    /// Adds a sentence about the whole.
    pub fn message(&mut self, sentence: impl Into<String>) {
        self.messages.push(sentence.into());
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty() && self.fields.is_empty()
    }

    /// An error if something is wrong.
    pub fn into_result(self) -> Result<(), Error> {
        if self.is_empty() { Ok(()) } else { Err(Error::Invalid(self)) }
    }
}

impl From<storage::Error> for Error {
    fn from(error: storage::Error) -> Self {
        match error {
            storage::Error::Conflict(Conflict::Version) => {
                Self::Conflict("It was changed by someone else in the meantime.".to_owned())
            }
            storage::Error::Conflict(Conflict::Gone) => Self::NotFound("It no longer exists.".to_owned()),
            storage::Error::Conflict(conflict @ (Conflict::Taken(_) | Conflict::Reference)) => {
                tracing::debug!(%conflict, "change refused by the database");
                Self::Conflict("It doesn't fit what someone else changed in the meantime.".to_owned())
            }
            storage::Error::Invalid(sentence) => invalid(sentence),
            storage::Error::Unavailable(_) | storage::Error::Schema(_) => Self::Unavailable {
                message: "The database can't be reached at the moment. Please try again.".to_owned(),
                source: Some(error.into()),
            },
            storage::Error::Busy(_) => Self::Unavailable {
                message: "The database is busy at the moment. Please try again.".to_owned(),
                source: Some(error.into()),
            },
            storage::Error::Internal(_) => Self::Internal(error.into()),
        }
    }
}

impl From<index::Error> for Error {
    fn from(error: index::Error) -> Self {
        match error {
            index::Error::NotReady => Self::Unavailable {
                message: "The search index is not ready yet. Please try again.".to_owned(),
                source: None,
            },
            index::Error::Storage(error) => error.into(),
            error => Self::Internal(error.into()),
        }
    }
}

/// The request is wrong as a whole.
pub fn invalid(sentence: impl Into<String>) -> Error {
    let mut problems = Problems::none();
    problems.message(sentence);
    Error::Invalid(problems)
}

/// One field of the request is wrong.
pub fn invalid_field(field: &str, sentence: impl Into<String>) -> Error {
    let mut problems = Problems::none();
    problems.field(field, sentence);
    Error::Invalid(problems)
}

/// The thing isn't there.
pub fn not_found(sentence: impl Into<String>) -> Error {
    Error::NotFound(sentence.into())
}

/// The user may not.
pub fn forbidden(sentence: impl Into<String>) -> Error {
    Error::Forbidden(sentence.into())
}

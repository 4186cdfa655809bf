//! What can go wrong in storage, sorted by what the caller should do about it.

use std::fmt;

/// A storage error. The texts are for logs and operators; only [`Error::Invalid`] and [`Error::Schema`] are meant for users as they are.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database can't be reached, doesn't answer in time, or is a standby. Try again later. After [`super::Tx::commit`]
    /// it means that the outcome is unknown: the change may or may not have happened.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The change doesn't fit what is stored by now.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// Another transaction was in the way; the same change may be tried again from its beginning.
    #[error("the database is busy: {0}")]
    Busy(String),
    /// A value that can't be stored; nothing was changed.
    #[error("{0}")]
    Invalid(String),
    /// The database's tables don't fit this version of the tracker; says what to do.
    #[error("{0}")]
    Schema(String),
    /// A defect of the tracker or a damaged database.
    #[error("unexpected database error: {0}")]
    Internal(String),
}

/// Why a change doesn't fit what is stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// The row has another version than expected: someone changed it in between.
    #[error("it was changed by someone else in the meantime")]
    Version,
    /// The row to change no longer exists.
    #[error("it no longer exists")]
    Gone,
    /// Another row has this value already; names `table.column` (several are joined with `, `).
    #[error("{0} is already taken")]
    Taken(String),
    /// A row that is referred to doesn't exist, or one to be deleted is still referred to.
    #[error("it refers to something that doesn't exist, or is still referred to")]
    Reference,
}

impl Error {
    /// An [`Error::Unavailable`] with this reason.
    pub(super) fn unavailable(reason: impl fmt::Display) -> Self {
        Self::Unavailable(reason.to_string())
    }

    /// Whether this is [`Error::Unavailable`].
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    /// Whether this is a conflict over the unique value `table.column`.
    pub fn is_taken(&self, constraint: &str) -> bool {
        matches!(self, Self::Conflict(Conflict::Taken(name)) if name == constraint)
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) => of_database(error.as_ref()),
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::unavailable(error),
            other => Self::Internal(other.to_string()),
        }
    }
}

fn of_database(error: &dyn sqlx::error::DatabaseError) -> Error {
    use sqlx::error::ErrorKind;
    match error.kind() {
        ErrorKind::UniqueViolation => return Conflict::Taken(constraint(error)).into(),
        ErrorKind::ForeignKeyViolation => return Conflict::Reference.into(),
        _ => {}
    }
    let code = error.code().unwrap_or_default();
    let text = error.message().to_owned();
    // SQLite's codes are numbers whose low byte is the class; PostgreSQL's have five characters.
    match code.parse::<i64>().ok().filter(|_| code.len() < 5) {
        Some(number) => match number & 0xff {
            5 | 6 => Error::Busy(text),
            8 | 10 | 13 | 14 | 26 => Error::Unavailable(text),
            18 => Error::Invalid(text),
            _ => Error::Internal(format!("{text} (code {number})")),
        },
        None => of_sqlstate(&code, text),
    }
}

fn of_sqlstate(code: &str, text: String) -> Error {
    match code {
        "40001" | "40P01" | "55P03" => Error::Busy(text),
        "22021" | "22P05" | "22001" => Error::Invalid(text),
        "42P01" => {
            Error::Schema(format!("the database lacks the tracker's tables ({text}): run `tracker migrate`"))
        }
        // 57014: cancelled by statement_timeout; 25006: a standby; 25P03: transaction timed out.
        "57014" | "25006" | "25P03" | "3D000" => Error::Unavailable(text),
        _ if ["08", "28", "53", "57", "58"].iter().any(|class| code.starts_with(class)) => {
            Error::Unavailable(text)
        }
        _ => Error::Internal(format!("{text} (code {code})")),
    }
}

/// The name `table.column`. PostgreSQL reports the constraint, which the migrations named so; SQLite only says it in its message.
fn constraint(error: &dyn sqlx::error::DatabaseError) -> String {
    let spoken = || error.message().rsplit_once("failed: ").map(|(_, name)| name);
    error.constraint().or_else(spoken).unwrap_or("a unique value").to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Error, of_sqlstate};

    #[test]
    fn a_lost_server_is_unavailable_and_a_deadlock_is_busy() {
        for code in ["57P01", "57P03", "08006", "53300", "28P01", "25006", "57014"] {
            assert!(of_sqlstate(code, String::new()).is_unavailable(), "{code}");
        }
        for code in ["40001", "40P01", "55P03"] {
            assert!(matches!(of_sqlstate(code, String::new()), Error::Busy(_)), "{code}");
        }
        assert!(matches!(of_sqlstate("42601", String::new()), Error::Internal(_)));
    }
}

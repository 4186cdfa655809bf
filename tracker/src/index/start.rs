//! How a node comes to an index when it starts: the first way that works. A pure decision; what it needs to know is found out before.

use std::fmt;

use crate::domain::change::{Position, PositionCheck};

/// What lies on the node's own disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Local {
    /// Nothing.
    Missing,
    /// Left behind in the middle of being made.
    Unfinished,
    /// Of another version of the tracker.
    OtherSchema(u32),
    /// Can't be read.
    Broken(String),
    /// In order, with everything up to this position.
    Complete(Position),
}

/// Where the index of this process came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StartedFrom {
    /// The local index, brought up to date from the change log.
    Replay,
    /// The database, issue by issue.
    Rebuild,
    /// Nothing: there was no issue yet.
    New,
}

impl StartedFrom {
    /// The word for metrics and `/ops`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Replay => "replay",
            Self::Rebuild => "rebuild",
            Self::New => "new",
        }
    }
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Follow the change log from here.
    Replay(Position),
    /// Make the index anew.
    Rebuild(Reason),
}

/// Why what is there doesn't serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// See [`Local`].
    Local(Local),
    /// The change log no longer reaches back to the position.
    Trimmed,
    /// The position is not one of this database.
    Unknown,
    /// The database was restored or promoted.
    OtherEra,
    /// It couldn't be written to several times in a row.
    Unwritable(String),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(Local::Missing) => f.write_str("there is no local index"),
            Self::Local(Local::Unfinished) => f.write_str("the local index was never finished"),
            Self::Local(Local::OtherSchema(version)) => {
                write!(f, "the local index has another schema ({version})")
            }
            Self::Local(Local::Broken(error)) => write!(f, "the local index is broken: {error}"),
            Self::Local(Local::Complete(position)) => write!(f, "the local index ends at {position}"),
            Self::Trimmed => f.write_str("the change log no longer reaches back to the local index"),
            Self::Unknown => f.write_str("the local index is not one of this database"),
            Self::OtherEra => f.write_str("the database was restored or promoted"),
            Self::Unwritable(error) => write!(f, "the local index can't be written to: {error}"),
        }
    }
}

/// The first way that works. `check` is asked about a [`Local::Complete`] position; restoring a snapshot will stand between the two.
pub(super) fn decide(local: &Local, check: Option<PositionCheck>) -> Decision {
    let Local::Complete(position) = local else {
        return Decision::Rebuild(Reason::Local(local.clone()));
    };
    match check {
        Some(PositionCheck::Usable) => Decision::Replay(position.clone()),
        Some(PositionCheck::Trimmed) => Decision::Rebuild(Reason::Trimmed),
        Some(PositionCheck::OtherEra) => Decision::Rebuild(Reason::OtherEra),
        Some(PositionCheck::Unknown) | None => Decision::Rebuild(Reason::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_way_that_works() {
        let position = Position { era: 1, tx: 2, seq: 3, uid: "x".into() };
        let complete = Local::Complete(position.clone());
        let local = |local: Local| Decision::Rebuild(Reason::Local(local));
        for (found, check, expected) in [
            (complete.clone(), Some(PositionCheck::Usable), Decision::Replay(position)),
            (complete.clone(), Some(PositionCheck::Trimmed), Decision::Rebuild(Reason::Trimmed)),
            (complete.clone(), Some(PositionCheck::OtherEra), Decision::Rebuild(Reason::OtherEra)),
            (complete.clone(), Some(PositionCheck::Unknown), Decision::Rebuild(Reason::Unknown)),
            (complete, None, Decision::Rebuild(Reason::Unknown)),
            (Local::Missing, None, local(Local::Missing)),
            (Local::Unfinished, Some(PositionCheck::Usable), local(Local::Unfinished)),
            (Local::OtherSchema(7), Some(PositionCheck::Usable), local(Local::OtherSchema(7))),
            (Local::Broken("bits".into()), None, local(Local::Broken("bits".into()))),
        ] {
            assert_eq!(decide(&found, check), expected, "{found:?} {check:?}");
        }
    }
}

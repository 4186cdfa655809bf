//! Entries of the change log. An entry only says "look again at this entity": never what changed, because the log's order
//! is not the order of cause and effect.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

/// What kind of entity an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChangeKind {
    /// An issue, its comments and attachments included.
    Issue,
    /// A project.
    Project,
    /// A user account.
    User,
}

impl ChangeKind {
    /// The word stored in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Issue => "issue",
            Self::Project => "project",
            Self::User => "user",
        }
    }

    /// The kind stored as `word`; `None` for one that a newer version wrote.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Issue, Self::Project, Self::User].into_iter().find(|kind| kind.as_str() == word)
    }
}

/// What the writer did; for people who read the log, never for appliers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeOp {
    /// The entity is new.
    Create,
    /// The entity changed.
    Update,
    /// The entity is gone.
    Delete,
}

impl ChangeOp {
    /// The word stored in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// An entry to be written: one entity, or (for bulk changes) all entities with ids from `entity` to `last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewChange {
    /// Kind of entity.
    pub kind: ChangeKind,
    /// Its id, or the first id of a range.
    pub entity: i64,
    /// Last id of a range; equal to `entity` for one entity.
    pub last: i64,
    /// Version of the entity after the change; 0 for ranges.
    pub version: i64,
    /// What was done.
    pub op: ChangeOp,
}

/// A place in the change log. Order is `(era, tx, seq)`; `uid` tells whether the row there is still the same one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Stretch of the log on one timeline of one database.
    pub era: i64,
    /// Transaction number on PostgreSQL; equal to `seq` on SQLite, where one writer at a time makes the order simple.
    pub tx: i64,
    /// Number of the row.
    pub seq: i64,
    /// Random name of the row at this position; empty at the very start of an era.
    pub uid: String,
}

impl Position {
    /// The place before the first row of `era`.
    pub fn start_of(era: i64) -> Self {
        Self { era, tx: 0, seq: 0, uid: String::new() }
    }

    fn order(&self) -> (i64, i64, i64) {
        (self.era, self.tx, self.seq)
    }
}

impl PartialOrd for Position {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.order().cmp(&other.order()))
    }
}

impl std::fmt::Display for Position {
    /// `era/tx/seq`, as `/ops/v1/node` shows it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}", self.era, self.tx, self.seq)
    }
}

/// An entry as read from the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedChange {
    /// Where it stands.
    pub position: Position,
    /// Kind of entity; `None` when a newer version wrote a kind this one doesn't know (to be skipped).
    pub kind: Option<ChangeKind>,
    /// First id.
    pub entity: i64,
    /// Last id; equal to `entity` for one entity.
    pub last: i64,
    /// Node that wrote it.
    pub node: String,
    /// Wall time at the writer, milliseconds.
    pub at_ms: i64,
    /// Whether no transaction that is still running can put a row before it. Only final rows move a durable position;
    /// others may be applied early, as applying twice does no harm.
    pub is_final: bool,
}

/// Answer of one poll of the log: all of it from one statement, so that no row can fall between its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poll {
    /// Committed rows after the asked position, in order, final ones first.
    pub changes: Vec<LoggedChange>,
    /// Whether `changes` was cut at the asked limit: poll again at once.
    pub more: bool,
    /// Current era of the database.
    pub era: i64,
    /// Everything at or below this position may have been trimmed.
    pub trimmed_to: Position,
    /// Database's wall time, milliseconds; for lag in seconds.
    pub now_ms: i64,
}

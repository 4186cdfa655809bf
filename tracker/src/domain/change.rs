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
    /// The first row of an era: nothing to look at, only a place that every later position stands above.
    Era,
}

impl ChangeKind {
    /// The word stored in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Issue => "issue",
            Self::Project => "project",
            Self::User => "user",
            Self::Era => "era",
        }
    }

    /// The kind stored as `word`; `None` for one that a newer version wrote.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Issue, Self::Project, Self::User, Self::Era].into_iter().find(|kind| kind.as_str() == word)
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

impl NewChange {
    /// An entry about one entity.
    pub fn one(kind: ChangeKind, id: i64, version: i64, op: ChangeOp) -> Self {
        Self { kind, entity: id, last: id, version, op }
    }

    /// An entry about all entities with ids from `first` to `last`.
    pub fn range(kind: ChangeKind, first: i64, last: i64, op: ChangeOp) -> Self {
        Self { kind, entity: first, last, version: 0, op }
    }
}

/// A place in the change log. Order is `(era, tx, seq)`; `uid` tells whether the row there is still the same one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Stretch of the log on one timeline of one database.
    pub era: i64,
    /// Transaction number on PostgreSQL; 0 on SQLite, where one writer at a time makes `seq` alone the order.
    pub tx: i64,
    /// Number of the row.
    pub seq: i64,
    /// Random name of the row at this position. Every era begins with a row of its own, so only the place before all eras has
    /// none.
    pub uid: String,
}

impl Position {
    /// The place before everything.
    pub fn origin() -> Self {
        Self { era: 0, tx: 0, seq: 0, uid: String::new() }
    }

    /// What positions are ordered by.
    pub fn order(&self) -> (i64, i64, i64) {
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
    /// The database's wall time when it was written, milliseconds.
    pub at_ms: i64,
    /// Whether no transaction that is still running can put a row before it. Only final rows move a durable position;
    /// others may be applied early, as applying twice does no harm.
    pub is_final: bool,
}

/// How far a follower has come: what it may store ([`Cursor::durable`]), and what it was given early beyond that, so that the
/// next poll brings only rows that are new to it. Without the second part a horizon that is stuck for an hour would bring an
/// hour's rows with every poll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    durable: Position,
    reached: (i64, i64, i64),
    in_flight: Vec<i64>,
}

impl Cursor {
    /// A follower that has everything up to `position` and nothing beyond.
    pub fn at(position: Position) -> Self {
        let reached = position.order();
        Self { durable: position, reached, in_flight: Vec::new() }
    }

    /// The last position below which nothing can appear any more. Once all that was polled is applied, a follower that
    /// stores this position misses nothing when it starts from there again.
    pub fn durable(&self) -> &Position {
        &self.durable
    }

    /// `(era, tx, seq)` up to which all rows were given that were committed at the last poll.
    pub fn reached(&self) -> (i64, i64, i64) {
        self.reached
    }

    /// Transactions that were running at the last poll: only they can still put rows below [`Cursor::reached`].
    pub fn in_flight(&self) -> &[i64] {
        &self.in_flight
    }

    /// The cursor after a poll that gave all rows up to `reached` and saw `in_flight` running; `durable` moves only forward.
    #[must_use]
    pub fn advanced(&self, durable: Option<Position>, reached: (i64, i64, i64), in_flight: Vec<i64>) -> Self {
        let durable =
            durable.filter(|position| *position > self.durable).unwrap_or_else(|| self.durable.clone());
        Self { durable, reached: reached.max(self.reached), in_flight }
    }
}

/// Answer of one poll of the log: all of it from one statement, so that no row can fall between its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poll {
    /// Committed rows that the cursor had not been given, in order.
    pub changes: Vec<LoggedChange>,
    /// The cursor to poll with next; its durable position may be stored once `changes` are applied.
    pub cursor: Cursor,
    /// Whether `changes` was cut at the asked limit: poll again at once.
    pub more: bool,
    /// Current era of the database.
    pub era: i64,
    /// Everything at or below this position may have been trimmed. A follower whose durable position is below it has missed
    /// rows and must start anew.
    pub trimmed_to: Position,
    /// Database's wall time, milliseconds; for lag in seconds.
    pub now_ms: i64,
}

/// What a stored position is worth against the database as it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PositionCheck {
    /// Replay from here misses nothing.
    Usable,
    /// Rows after it are already trimmed.
    Trimmed,
    /// The row is gone or another one stands in its place: a position of another database, or of a lost timeline.
    Unknown,
    /// The database was restored or promoted since: verify against the rows.
    OtherEra,
}

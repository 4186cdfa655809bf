//! The few differences between the two databases, all in one place. Everything else is one SQL text for both.

use std::time::Duration;

/// Which database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// PostgreSQL 15 or newer.
    Postgres,
    /// Embedded SQLite.
    Sqlite,
}

/// How one database says what the other says differently. A plain value, so that a test can use a wrong one and see what breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// Which database it is.
    pub kind: Kind,
    /// Begins a write transaction. SQLite takes its write lock at once: a transaction that reads first and writes later fails
    /// when another one wrote in between, and waiting doesn't help. PostgreSQL needs READ COMMITTED, whatever the server's
    /// default is, because the fence reads the newest row in its second statement.
    pub begin_write: &'static str,
    /// Longest wait for that: on PostgreSQL an answer that doesn't come at once will not come.
    pub begin_limit: Duration,
    /// Number of the running transaction, part of the change log's order.
    pub transaction_number: &'static str,
    /// Rows of the change log after the place `$1, $2, $3`. SQLite's index on the order begins with two columns that are nearly the
    /// same in all rows: it must be told that `seq` alone finds the place, else it goes through the whole log.
    pub after: &'static str,
    /// The order of those rows, for `ORDER BY`.
    pub order: &'static str,
    /// All transactions with smaller numbers have ended.
    pub horizon: &'static str,
    /// `xmin:xmax:running,running,…` as the statement sees it; empty where no transaction can be overtaken.
    pub snapshot: &'static str,
    /// 1 when the server is a standby.
    pub in_recovery: &'static str,
    /// The database's wall time in milliseconds.
    pub now_ms: &'static str,
    /// Which database on which server: another one after a dump was restored.
    pub database_identifier: &'static str,
    /// Timeline the server writes on; only asked of a server that is not a standby.
    pub timeline: &'static str,
    /// What comes before and after the placeholder in `column <in list> $n`.
    pub in_list: (&'static str, &'static str),
    /// The same for lists of texts.
    pub in_text_list: (&'static str, &'static str),
}

/// PostgreSQL. `pg_control_checkpoint()` would still show the old timeline after a promotion: the name of the log file doesn't.
const POSTGRES: Dialect = Dialect {
    kind: Kind::Postgres,
    begin_write: "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
    begin_limit: Duration::from_secs(1),
    transaction_number: "pg_current_xact_id()::text::bigint",
    after: "(era, tx, seq) > ($1, $2, $3)",
    order: "era, tx, seq",
    horizon: "pg_snapshot_xmin(pg_current_snapshot())::text::bigint",
    snapshot: "pg_current_snapshot()::text",
    in_recovery: "pg_is_in_recovery()::int",
    now_ms: "(extract(epoch FROM clock_timestamp()) * 1000)::bigint",
    database_identifier: "(SELECT system_identifier::text FROM pg_control_system()) || '/' || \
                          (SELECT oid::text FROM pg_database WHERE datname = current_database())",
    timeline: "('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::bigint",
    in_list: ("= ANY(string_to_array(", ", ',')::bigint[])"),
    in_text_list: ("IN (SELECT jsonb_array_elements_text(", "::jsonb))"),
};

/// SQLite. One writer at a time: a row that is visible is final, and `seq` alone is the order. A copied or restored file is
/// found out by the uid of a position, so there is no identifier to compare.
const SQLITE: Dialect = Dialect {
    kind: Kind::Sqlite,
    begin_write: "BEGIN IMMEDIATE",
    begin_limit: Duration::from_secs(6),
    transaction_number: "0",
    after: "seq > $3 AND (+era, tx, seq) > ($1, $2, $3)",
    order: "seq",
    horizon: "1",
    snapshot: "''",
    in_recovery: "0",
    now_ms: "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
    database_identifier: "'sqlite'",
    timeline: "0",
    in_list: ("IN (SELECT value FROM json_each(", "))"),
    in_text_list: ("IN (SELECT value FROM json_each(", "))"),
};

impl Dialect {
    /// The dialect of this kind of database.
    pub fn of(kind: Kind) -> Self {
        match kind {
            Kind::Postgres => POSTGRES,
            Kind::Sqlite => SQLITE,
        }
    }

    /// A condition, to be written after a column: its value is in the list bound at `placeholder` (see [`Dialect::id_list`]).
    /// One bind for a list of any length: drivers and servers limit the number of binds.
    pub fn in_list(&self, placeholder: &str) -> String {
        format!("{}{placeholder}{}", self.in_list.0, self.in_list.1)
    }

    /// What to bind for [`Dialect::in_list`].
    pub fn id_list(&self, ids: impl IntoIterator<Item = i64>) -> String {
        let ids: Vec<String> = ids.into_iter().map(|id| id.to_string()).collect();
        match self.kind {
            Kind::Postgres => ids.join(","),
            Kind::Sqlite => format!("[{}]", ids.join(",")),
        }
    }

    /// Like [`Dialect::in_list`] for texts (see [`Dialect::text_list`]).
    pub fn in_text_list(&self, placeholder: &str) -> String {
        format!("{}{placeholder}{}", self.in_text_list.0, self.in_text_list.1)
    }

    /// What to bind for [`Dialect::in_text_list`].
    pub fn text_list(&self, texts: &[String]) -> String {
        serde_json::Value::from(texts.to_vec()).to_string()
    }
}

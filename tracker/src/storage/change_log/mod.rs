//! The change log: one ordered list of committed changes that index, caches and other nodes follow.
//!
//! Rows are written in the writer's transaction. Order is `(era, tx, seq)`; see `poll.rs` for what makes reading it safe.

mod horizon;
mod poll;
mod positions;
mod trim;

pub use horizon::{Horizon, horizon};
pub use poll::{backlog, poll};
#[cfg(test)]
pub(super) use poll::{poll_on, statement};
pub use positions::{check, head};
pub use trim::{STEP as TRIM_STEP, trim};

use super::{Conn, Dialect, Error, random::Random, sql};
use crate::domain::change::NewChange;

/// Rows of one INSERT: well below the limits on values of both databases.
const ROWS_PER_INSERT: usize = 500;

/// Who writes entries.
pub(super) struct Author<'a> {
    pub(super) node: &'a str,
    pub(super) random: &'a Random,
}

/// Writes entries in the running transaction. The era is read in the same statement: it can't change under a running connection,
/// because a new era begins only on new connections. The time is the database's, so that ages can be compared.
pub(super) async fn append(conn: &mut Conn, changes: &[NewChange], author: &Author<'_>) -> Result<(), Error> {
    let Dialect { transaction_number, now_ms, .. } = conn.dialect;
    for changes in changes.chunks(ROWS_PER_INSERT) {
        let row = |index: usize| {
            let [kind, entity, last, version, op, uid] = std::array::from_fn(|column| index * 6 + column + 2);
            format!(
                "((SELECT era FROM era WHERE id = 1), {transaction_number}, ${kind}, ${entity}, ${last}, ${version}, ${op}, $1, ${uid}, {now_ms})"
            )
        };
        let rows: Vec<String> = (0..changes.len()).map(row).collect();
        let insert = format!(
            "INSERT INTO change (era, tx, kind, entity_id, last_id, version, op, node, uid, at) VALUES {}",
            rows.join(", ")
        );
        // Only the text for one row comes again and again.
        let mut query = sql::dynamic(insert).persistent(changes.len() == 1).bind(author.node);
        for change in changes {
            query = query
                .bind(change.kind.as_str())
                .bind(change.entity)
                .bind(change.last)
                .bind(change.version)
                .bind(change.op.as_str())
                .bind(author.random.uid());
        }
        sql::execute(conn, query).await?;
    }
    Ok(())
}

//! The change log: one ordered list of committed changes that index, caches and other nodes follow.
//!
//! Rows are written in the writer's transaction. Order is `(era, tx, seq)`; see `poll.rs` for what makes reading it safe.

mod poll;
mod positions;

pub use poll::{backlog, poll};
pub use positions::{check, head};

use super::{Conn, Dialect, Error, sql};
use crate::domain::change::NewChange;

/// Rows of one INSERT: well below the limits on values of both databases.
const ROWS_PER_INSERT: usize = 500;

/// Writes entries in the running transaction. The era is read in the same statement: it can't change under a running connection,
/// because a new era begins only on new connections.
pub(super) async fn append(
    conn: &mut Conn,
    changes: &[NewChange],
    node: &str,
    at_ms: i64,
) -> Result<(), Error> {
    let transaction = Dialect::of(conn).transaction_number;
    for changes in changes.chunks(ROWS_PER_INSERT) {
        let rows: Vec<String> = (0..changes.len())
            .map(|row| {
                let n = |column| row * 6 + column + 3;
                format!(
                    "((SELECT era FROM era), {transaction}, ${}, ${}, ${}, ${}, ${}, $1, ${}, $2)",
                    n(0),
                    n(1),
                    n(2),
                    n(3),
                    n(4),
                    n(5)
                )
            })
            .collect();
        let insert = format!(
            "INSERT INTO change (era, tx, kind, entity_id, last_id, version, op, node, uid, at) VALUES {}",
            rows.join(", ")
        );
        let mut query = sql::dynamic(insert).persistent(changes.len() == 1).bind(node).bind(at_ms);
        for change in changes {
            query = query
                .bind(change.kind.as_str())
                .bind(change.entity)
                .bind(change.last)
                .bind(change.version)
                .bind(change.op.as_str())
                .bind(format!("{:016x}", rand::random::<u64>()));
        }
        sql::execute(conn, query).await?;
    }
    Ok(())
}

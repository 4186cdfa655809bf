//! Reading the log so that nothing is ever missed.
//!
//! A transaction gets its number when it first writes, its row's `seq` a little later, and commits whenever it does: so rows become
//! visible out of order. A row is final when its era is past or its transaction number is below the horizon (all transactions below have
//! ended): nothing can appear before it any more, and only such rows move a stored position. Rows beyond are given early, once.
//!
//! **One statement** returns rows, horizon, trim point and whether the server is a standby. Read separately, a transaction that commits in
//! between is below the horizon but not among the rows: missed for ever. Likewise rows trimmed in between look as if they never were.

use sqlx::any::AnyRow;

use super::super::{
    Conn, Dialect, Error, Store,
    sql::{self, get},
};
use crate::domain::change::{ChangeKind, Cursor, LoggedChange, Poll, Position};

/// Reads what `cursor` has not been given, at most `limit` rows of new ground (and those that appeared below it since).
///
/// # Errors
/// [`Error::Unavailable`], also when the server turned out to be a standby; all its connections are dropped then.
pub async fn poll(store: &Store, cursor: &Cursor, limit: i64) -> Result<Poll, Error> {
    let mut conn = store.read().await?;
    let Some(poll) = poll_on(&mut conn, store.dialect(), cursor, limit).await? else {
        conn.discard();
        store.drop_connections();
        return Err(Error::unavailable("the server is a standby: it can't be written to"));
    };
    store.metrics().polls.inc();
    store.metrics().polled_rows.inc_by(poll.changes.len() as u64);
    Ok(poll)
}

/// Number of committed rows that `cursor` has not been given; some of those below its reach may be missing from the count.
pub async fn backlog(conn: &mut Conn, cursor: &Cursor) -> Result<i64, Error> {
    let (era, tx, seq) = cursor.reached();
    let query = sql::dynamic(format!("SELECT count(*) FROM change WHERE {}", conn.dialect.after))
        .bind(era)
        .bind(tx)
        .bind(seq);
    get(&sql::one(conn, query).await?, 0)
}

/// `None` when the server is a standby.
pub(in crate::storage) async fn poll_on(
    conn: &mut Conn,
    dialect: Dialect,
    cursor: &Cursor,
    limit: i64,
) -> Result<Option<Poll>, Error> {
    let reached = cursor.reached();
    let query = sql::dynamic(statement(dialect))
        .bind(reached.0)
        .bind(reached.1)
        .bind(reached.2)
        .bind(dialect.id_list(cursor.in_flight().iter().copied()))
        .bind(limit.max(1));
    let rows = sql::all(conn, query).await?;
    let head = rows
        .first()
        .ok_or_else(|| Error::Schema("the database was never prepared: run `tracker migrate`".to_owned()))?;
    if get::<i64, _>(head, "in_recovery")? != 0 {
        return Ok(None);
    }
    // Without changes there is one row, whose change is all NULL.
    let changes: Vec<LoggedChange> = match get::<Option<i64>, _>(head, "seq")? {
        Some(_) => rows.iter().map(change).collect::<Result<_, _>>()?,
        None => Vec::new(),
    };
    let mut new_ground = changes.iter().filter(|change| change.position.order() > reached);
    let more = new_ground.clone().count() as i64 >= limit.max(1);
    let now_reached = new_ground.next_back().map_or(reached, |change| change.position.order());
    let last_final = position(head, ["final_era", "final_tx", "final_seq", "final_uid"])?;
    // When the answer was cut, the last final row of the log may stand beyond what was given.
    let given_final = changes.iter().rfind(|change| change.is_final).map(|change| change.position.clone());
    let durable = match last_final {
        Some(position) if position.order() <= now_reached => Some(position),
        _ => given_final,
    };
    let trimmed_to =
        position(head, ["trim_era", "trim_tx", "trim_seq", "trim_uid"])?.unwrap_or_else(Position::origin);
    Ok(Some(Poll {
        cursor: cursor.advanced(durable, now_reached, in_flight(get(head, "snapshot")?)?),
        changes,
        more,
        era: get(head, "now_era")?,
        trimmed_to,
        now_ms: get(head, "now_ms")?,
    }))
}

/// `$1..$3` reached, `$4` transactions that were running at the last poll, `$5` limit. The conditions on `id` tell the planner that there is
/// one such row, the plus in `+tx` that the few transactions are to be looked up: without the former it expects a million rows and spends 300 ms on compiling the statement.
pub(in crate::storage) fn statement(dialect: Dialect) -> String {
    let Dialect { horizon, snapshot, in_recovery, now_ms, after, order, .. } = dialect;
    let running = dialect.in_list("$4");
    let columns = "era, tx, seq, uid, kind, entity_id, last_id, node, at";
    format!(
        "SELECT head.*, last.era AS final_era, last.tx AS final_tx, last.seq AS final_seq, last.uid AS final_uid,
                c.era, c.tx, c.seq, c.uid, c.kind, c.entity_id, c.last_id, c.node, c.at,
                CASE WHEN (c.era, c.tx) < (head.now_era, head.horizon) THEN 1 ELSE 0 END AS is_final
         FROM (SELECT e.era AS now_era, {horizon} AS horizon, {snapshot} AS snapshot, {in_recovery} AS in_recovery,
                      {now_ms} AS now_ms, t.era AS trim_era, t.tx AS trim_tx, t.seq AS trim_seq, t.uid AS trim_uid
               FROM era e CROSS JOIN trim_point t WHERE e.id = 1 AND t.id = 1) head
         LEFT JOIN (SELECT era, tx, seq, uid FROM change WHERE (era, tx) < ((SELECT era FROM era WHERE id = 1), {horizon})
                    ORDER BY era DESC, tx DESC, seq DESC LIMIT 1) last ON 1 = 1
         LEFT JOIN (SELECT * FROM (SELECT {columns} FROM change WHERE {after}
                                   ORDER BY {order} LIMIT $5) fresh
                    UNION ALL
                    SELECT {columns} FROM change
                    WHERE era = $1 AND tx {running} AND (+tx, seq) <= ($2, $3)
                   ) c ON 1 = 1
         ORDER BY c.era, c.tx, c.seq"
    )
}

/// The running transactions of a snapshot written as `xmin:xmax:running,running,…`.
fn in_flight(snapshot: &str) -> Result<Vec<i64>, Error> {
    let running = snapshot.splitn(3, ':').nth(2).unwrap_or_default();
    running
        .split(',')
        .filter(|number| !number.is_empty())
        .map(|number| number.parse().map_err(|_| Error::Internal(format!("snapshot '{snapshot}'"))))
        .collect()
}

fn change(row: &AnyRow) -> Result<LoggedChange, Error> {
    let position = position(row, ["era", "tx", "seq", "uid"])?
        .ok_or_else(|| Error::Internal("a change without a place".to_owned()))?;
    Ok(LoggedChange {
        position,
        kind: ChangeKind::parse(get(row, "kind")?),
        entity: get(row, "entity_id")?,
        last: get(row, "last_id")?,
        node: get(row, "node")?,
        at_ms: get(row, "at")?,
        is_final: sql::flag(row, "is_final")?,
    })
}

fn position(row: &AnyRow, [era, tx, seq, uid]: [&str; 4]) -> Result<Option<Position>, Error> {
    let Some(era) = get::<Option<i64>, _>(row, era)? else { return Ok(None) };
    Ok(Some(Position { era, tx: get(row, tx)?, seq: get(row, seq)?, uid: get(row, uid)? }))
}

#[cfg(test)]
mod tests {
    use super::in_flight;

    #[test]
    fn a_snapshot_names_the_running_transactions() {
        assert_eq!(in_flight("10:20:10,14,15").unwrap(), [10, 14, 15]);
        assert!(in_flight("10:10:").unwrap().is_empty());
        assert!(in_flight("").unwrap().is_empty());
        assert!(in_flight("1:2:x").is_err());
    }
}

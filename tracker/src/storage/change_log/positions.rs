//! What a position is worth, and where to begin.

use super::super::{
    Conn, Error,
    sql::{self, get},
};
use crate::domain::change::{Position, PositionCheck};

/// Compares a stored position with the log as it is. To be asked before a follower trusts what it has.
pub async fn check(conn: &mut Conn, position: &Position) -> Result<PositionCheck, Error> {
    let query = sqlx::query(
        "SELECT e.era, t.era AS trim_era, t.tx AS trim_tx, t.seq AS trim_seq, t.uid AS trim_uid, c.uid
         FROM era e CROSS JOIN trim_point t LEFT JOIN change c ON c.era = $1 AND c.tx = $2 AND c.seq = $3
         WHERE e.id = 1 AND t.id = 1",
    );
    let row = sql::one(conn, query.bind(position.era).bind(position.tx).bind(position.seq)).await?;
    let era: i64 = get(&row, "era")?;
    if position.era != era {
        // A higher era than the database knows comes from another life of it.
        return Ok(if position.era < era { PositionCheck::OtherEra } else { PositionCheck::Unknown });
    }
    let trim = Position {
        era: get(&row, "trim_era")?,
        tx: get(&row, "trim_tx")?,
        seq: get(&row, "trim_seq")?,
        uid: get(&row, "trim_uid")?,
    };
    if *position < trim {
        return Ok(PositionCheck::Trimmed);
    }
    let found: Option<String> = get(&row, "uid")?;
    let same = found.as_deref() == Some(&position.uid)
        || (position.order() == trim.order() && position.uid == trim.uid);
    Ok(if same { PositionCheck::Usable } else { PositionCheck::Unknown })
}

/// A position from which replay misses nothing that commits later: the last final row, or the trim point when all rows are trimmed. A
/// rebuild takes it before it reads its first row.
pub async fn head(conn: &mut Conn) -> Result<Position, Error> {
    let horizon = conn.dialect.horizon;
    let query = format!(
        "SELECT COALESCE(c.era, t.era) AS era, COALESCE(c.tx, t.tx) AS tx, COALESCE(c.seq, t.seq) AS seq, COALESCE(c.uid, t.uid) AS uid
         FROM trim_point t LEFT JOIN (SELECT era, tx, seq, uid FROM change WHERE (era, tx) < ((SELECT era FROM era WHERE id = 1), {horizon})
                                      ORDER BY era DESC, tx DESC, seq DESC LIMIT 1) c ON 1 = 1 WHERE t.id = 1"
    );
    let row = sql::one(conn, sql::dynamic(query)).await?;
    Ok(Position {
        era: get(&row, "era")?,
        tx: get(&row, "tx")?,
        seq: get(&row, "seq")?,
        uid: get(&row, "uid")?,
    })
}

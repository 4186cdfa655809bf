//! The small lists that issues refer to. Their out-of-the-box rows come from a migration.

use super::{
    Conn, Error,
    sql::{self, flag, get},
};
use crate::domain::{
    id::{IssueTypeId, PriorityId, StatusId},
    issue::{IssueType, Priority, Status, StatusCategory},
};

/// All issue types, by id.
pub async fn issue_types(conn: &mut Conn) -> Result<Vec<IssueType>, Error> {
    let rows =
        sql::all(conn, sqlx::query("SELECT id, name, description, subtask FROM issue_type ORDER BY id"))
            .await?;
    rows.iter()
        .map(|row| {
            Ok(IssueType {
                id: IssueTypeId(get(row, "id")?),
                name: get(row, "name")?,
                description: get(row, "description")?,
                subtask: flag(row, "subtask")?,
            })
        })
        .collect()
}

/// All statuses, by id.
pub async fn statuses(conn: &mut Conn) -> Result<Vec<Status>, Error> {
    let rows =
        sql::all(conn, sqlx::query("SELECT id, name, description, category FROM status ORDER BY id")).await?;
    rows.iter()
        .map(|row| {
            Ok(Status {
                id: StatusId(get(row, "id")?),
                name: get(row, "name")?,
                description: get(row, "description")?,
                // A category of a newer version has no meaning here yet.
                category: StatusCategory::from_id(get(row, "category")?).unwrap_or(StatusCategory::None),
            })
        })
        .collect()
}

/// All priorities, the most urgent first.
pub async fn priorities(conn: &mut Conn) -> Result<Vec<Priority>, Error> {
    let rows = sql::all(
        conn,
        sqlx::query("SELECT id, name, description, rank, color FROM priority ORDER BY rank, id"),
    )
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Priority {
                id: PriorityId(get(row, "id")?),
                name: get(row, "name")?,
                description: get(row, "description")?,
                rank: get(row, "rank")?,
                color: get(row, "color")?,
            })
        })
        .collect()
}

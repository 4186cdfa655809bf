//! Projects, and the counters that number their issues.

use sqlx::any::AnyRow;

use super::{
    Conflict, Conn, Error, Tx,
    sql::{self, check_texts, get},
};
use crate::domain::{
    change::{ChangeKind, ChangeOp, NewChange},
    id::{ProjectId, UserId},
    issue::TEXT_MAX,
    project::{KEY_MAX, NAME_MAX, NewProject, Project},
    text::fold,
};

const COLUMNS: &str = "id, key, name, description, lead_id, type_key, version, created_at";

/// Creates a project and its issue counter.
///
/// # Errors
/// [`Conflict::Taken`] of `project.key` or `project.name_folded`; [`Conflict::Reference`] if there is no such lead.
pub async fn insert(tx: &mut Tx, new: &NewProject) -> Result<Project, Error> {
    check(&new.key, &new.name, &new.description, &new.type_key)?;
    let now_ms = tx.now_ms();
    let insert = format!(
        "INSERT INTO project (key, name, name_folded, description, lead_id, type_key, version, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, 1, $7) RETURNING {COLUMNS}"
    );
    let insert = sql::dynamic(insert)
        .bind(&new.key)
        .bind(&new.name)
        .bind(fold(&new.name))
        .bind(&new.description)
        .bind(new.lead.0)
        .bind(&new.type_key)
        .bind(now_ms);
    let project = of_row(&sql::one(tx, insert).await?)?;
    let counter = "INSERT INTO issue_counter (project_id, last_number) VALUES ($1, 0)";
    sql::execute(tx, sqlx::query(counter).bind(project.id.0)).await?;
    tx.log(NewChange::one(ChangeKind::Project, project.id.0, 1, ChangeOp::Create)).await?;
    Ok(project)
}

/// The project with this id.
pub async fn by_id(conn: &mut Conn, id: ProjectId) -> Result<Option<Project>, Error> {
    let query = sql::dynamic(format!("SELECT {COLUMNS} FROM project WHERE id = $1")).bind(id.0);
    sql::optional(conn, query).await?.as_ref().map(of_row).transpose()
}

/// The project with this key. Keys are upper case; so is what is asked for.
pub async fn by_key(conn: &mut Conn, key: &str) -> Result<Option<Project>, Error> {
    if key.contains('\0') {
        return Ok(None);
    }
    let query =
        sql::dynamic(format!("SELECT {COLUMNS} FROM project WHERE key = $1")).bind(key.to_ascii_uppercase());
    sql::optional(conn, query).await?.as_ref().map(of_row).transpose()
}

/// All projects, by key.
pub async fn list(conn: &mut Conn) -> Result<Vec<Project>, Error> {
    let query = sql::dynamic(format!("SELECT {COLUMNS} FROM project ORDER BY key"));
    sql::all(conn, query).await?.iter().map(of_row).collect()
}

/// Changes a project to what `project` says, its key excepted: keys never change. `project.version` is the version it was read with.
///
/// # Errors
/// [`Conflict::Version`] if it was changed since, [`Conflict::Gone`], [`Conflict::Taken`] as for [`insert`].
pub async fn update(tx: &mut Tx, project: &Project) -> Result<Project, Error> {
    check(&project.key, &project.name, &project.description, &project.type_key)?;
    let update = sqlx::query(
        "UPDATE project SET name = $3, name_folded = $4, description = $5, lead_id = $6, type_key = $7, version = version + 1
         WHERE id = $1 AND version = $2",
    )
    .bind(project.id.0)
    .bind(project.version)
    .bind(&project.name)
    .bind(fold(&project.name))
    .bind(&project.description)
    .bind(project.lead.0)
    .bind(&project.type_key);
    let changed = sql::execute(tx, update).await?;
    let stored = by_id(tx, project.id).await?.ok_or(Conflict::Gone)?;
    if changed == 0 {
        return Err(Conflict::Version.into());
    }
    tx.log(NewChange::one(ChangeKind::Project, project.id.0, stored.version, ChangeOp::Update)).await?;
    Ok(stored)
}

/// Deletes a project with all its issues, their comments and attachments. Returns the paths of the attachments' files, to be removed
/// from the shared home after the commit.
///
/// # Errors
/// [`Conflict::Gone`].
pub async fn delete(tx: &mut Tx, id: ProjectId) -> Result<Vec<String>, Error> {
    // The counter first: who creates an issue holds it, and who comes later finds it gone.
    let counter = sqlx::query("DELETE FROM issue_counter WHERE project_id = $1").bind(id.0);
    if sql::execute(tx, counter).await? == 0 {
        return Err(Conflict::Gone.into());
    }
    let files = "SELECT a.path FROM attachment a JOIN issue i ON i.id = a.issue_id WHERE i.project_id = $1 ORDER BY a.id";
    let files = sql::all(tx, sqlx::query(files).bind(id.0)).await?;
    let files = files.iter().map(|row| get(row, 0)).collect::<Result<Vec<String>, _>>()?;
    let issues = sqlx::query("SELECT id FROM issue WHERE project_id = $1 ORDER BY id").bind(id.0);
    let issues =
        sql::all(tx, issues).await?.iter().map(|row| get(row, 0)).collect::<Result<Vec<i64>, _>>()?;
    sql::execute_long(tx, sqlx::query("DELETE FROM issue WHERE project_id = $1").bind(id.0)).await?;
    sql::execute(tx, sqlx::query("DELETE FROM project WHERE id = $1").bind(id.0)).await?;
    for (first, last) in runs(&issues) {
        tx.log(NewChange::range(ChangeKind::Issue, first, last, ChangeOp::Delete)).await?;
    }
    tx.log(NewChange::one(ChangeKind::Project, id.0, 0, ChangeOp::Delete)).await?;
    Ok(files)
}

/// Next number for an issue of this project. Other creators of the project wait until this transaction ends; that is what keeps the
/// numbers consecutive.
///
/// # Errors
/// [`Conflict::Gone`] if the project doesn't exist.
pub async fn next_issue_number(tx: &mut Tx, id: ProjectId) -> Result<i64, Error> {
    reserve_issue_numbers(tx, id, 1).await
}

/// Like [`next_issue_number`] for `count` issues at once; returns the first of their numbers.
pub async fn reserve_issue_numbers(tx: &mut Tx, id: ProjectId, count: i64) -> Result<i64, Error> {
    let update =
        "UPDATE issue_counter SET last_number = last_number + $2 WHERE project_id = $1 RETURNING last_number";
    let row = sql::optional(tx, sqlx::query(update).bind(id.0).bind(count)).await?.ok_or(Conflict::Gone)?;
    Ok(get::<i64, _>(&row, "last_number")? - count + 1)
}

/// Unbroken runs of ascending ids.
fn runs(ids: &[i64]) -> Vec<(i64, i64)> {
    let mut runs: Vec<(i64, i64)> = Vec::new();
    for id in ids {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *id => *last = *id,
            _ => runs.push((*id, *id)),
        }
    }
    runs
}

fn check(key: &str, name: &str, description: &str, type_key: &str) -> Result<(), Error> {
    check_texts(&[
        ("key", key, KEY_MAX),
        ("name", name, NAME_MAX),
        ("description", description, TEXT_MAX),
        ("projectTypeKey", type_key, NAME_MAX),
    ])
}

fn of_row(row: &AnyRow) -> Result<Project, Error> {
    Ok(Project {
        id: ProjectId(get(row, "id")?),
        key: get(row, "key")?,
        name: get(row, "name")?,
        description: get(row, "description")?,
        lead: UserId(get(row, "lead_id")?),
        type_key: get(row, "type_key")?,
        version: get(row, "version")?,
        created_ms: get(row, "created_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::runs;

    #[test]
    fn runs_are_unbroken() {
        assert_eq!(runs(&[]), []);
        assert_eq!(runs(&[4]), [(4, 4)]);
        assert_eq!(runs(&[1, 2, 3, 5, 7, 8]), [(1, 3), (5, 5), (7, 8)]);
    }
}

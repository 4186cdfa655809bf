//! Issues.

use std::collections::HashMap;

use sqlx::any::AnyRow;

use super::{
    Conflict, Conn, Error, Tx, projects,
    sql::{self, check_texts, get},
};
use crate::domain::{
    change::{ChangeKind, ChangeOp, NewChange},
    id::{IssueId, IssueTypeId, PriorityId, ProjectId, StatusId, UserId},
    issue::{Issue, IssueDocument, LABEL_MAX, LABELS_MAX, NewIssue, SUMMARY_MAX, TEXT_MAX},
};

/// The head of each query that reads issues; `of_row` reads its rows.
const SELECT: &str = "SELECT i.id, i.project_id, p.key AS project_key, i.number, i.type_id, i.status_id, i.priority_id, i.summary,
    i.description, i.assignee_id, i.reporter_id, i.creator_id, i.labels, i.version, i.rev, i.created_at, i.updated_at
    FROM issue i JOIN project p ON p.id = i.project_id";

/// Creates an issue with the next number of its project.
///
/// # Errors
/// [`Conflict::Gone`] if there is no such project, [`Conflict::Reference`] if something else it refers to doesn't exist.
pub async fn insert(tx: &mut Tx, new: &NewIssue) -> Result<Issue, Error> {
    let labels = checked(&new.summary, new.description.as_deref(), &new.labels)?;
    let number = projects::next_issue_number(tx, new.project).await?;
    let now_ms = tx.now_ms();
    let insert = sqlx::query(
        "INSERT INTO issue (project_id, number, type_id, status_id, priority_id, summary, description, assignee_id, reporter_id,
                            creator_id, labels, version, rev, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, $12, $13, $13)
         RETURNING id, (SELECT key FROM project WHERE id = $1) AS project_key",
    )
    .bind(new.project.0)
    .bind(number)
    .bind(new.issue_type.0)
    .bind(new.status.0)
    .bind(new.priority.0)
    .bind(&new.summary)
    .bind(&new.description)
    .bind(new.assignee.map(|id| id.0))
    .bind(new.reporter.map(|id| id.0))
    .bind(new.creator.0)
    .bind(labels_json(&labels))
    .bind(tx.random().rev())
    .bind(now_ms);
    let row = sql::one(tx, insert).await?;
    let id: i64 = get(&row, "id")?;
    tx.log(NewChange::one(ChangeKind::Issue, id, 1, ChangeOp::Create)).await?;
    let project_key: String = get(&row, "project_key")?;
    by_id(tx, IssueId(id))
        .await?
        .ok_or_else(|| Error::Internal(format!("new issue {project_key}-{number} can't be read")))
}

/// The issue with this id.
pub async fn by_id(conn: &mut Conn, id: IssueId) -> Result<Option<Issue>, Error> {
    let query = sql::dynamic(format!("{SELECT} WHERE i.id = $1")).bind(id.0);
    sql::optional(conn, query).await?.as_ref().map(of_row).transpose()
}

/// The issue with this key, e.g. `DEMO-12`; the case of the key doesn't matter.
pub async fn by_key(conn: &mut Conn, key: &str) -> Result<Option<Issue>, Error> {
    let Some((project, number)) = parse_key(key) else { return Ok(None) };
    let query =
        sql::dynamic(format!("{SELECT} WHERE p.key = $1 AND i.number = $2")).bind(project).bind(number);
    sql::optional(conn, query).await?.as_ref().map(of_row).transpose()
}

/// The issues with these ids, in the asked order; unknown ones are left out.
pub async fn by_ids(conn: &mut Conn, ids: &[IssueId]) -> Result<Vec<Issue>, Error> {
    let dialect = conn.dialect;
    let query = format!("{SELECT} WHERE i.id {}", dialect.in_list("$1"));
    let rows = sql::all(conn, sql::dynamic(query).bind(dialect.id_list(ids.iter().map(|id| id.0)))).await?;
    let issues = rows
        .iter()
        .map(|row| of_row(row).map(|issue| (issue.id, issue)))
        .collect::<Result<HashMap<_, _>, _>>()?;
    Ok(ids.iter().filter_map(|id| issues.get(id).cloned()).collect())
}

/// Changes an issue's fields to what `issue` says. Project, number, creator and creation time never change; `issue.version` is the
/// version it was read with.
///
/// # Errors
/// [`Conflict::Version`] if it was changed since, [`Conflict::Gone`], [`Conflict::Reference`].
pub async fn update(tx: &mut Tx, issue: &Issue) -> Result<Issue, Error> {
    let labels = checked(&issue.summary, issue.description.as_deref(), &issue.labels)?;
    let now_ms = tx.now_ms();
    let update = sqlx::query(
        "UPDATE issue SET type_id = $3, status_id = $4, priority_id = $5, summary = $6, description = $7, assignee_id = $8,
                          reporter_id = $9, labels = $10, rev = $11, version = version + 1,
                          updated_at = CASE WHEN updated_at > $12 THEN updated_at ELSE $12 END
         WHERE id = $1 AND version = $2",
    )
    .bind(issue.id.0)
    .bind(issue.version)
    .bind(issue.issue_type.0)
    .bind(issue.status.0)
    .bind(issue.priority.0)
    .bind(&issue.summary)
    .bind(&issue.description)
    .bind(issue.assignee.map(|id| id.0))
    .bind(issue.reporter.map(|id| id.0))
    .bind(labels_json(&labels))
    .bind(tx.random().rev())
    .bind(now_ms);
    let changed = sql::execute(tx, update).await?;
    let stored = by_id(tx, issue.id).await?.ok_or(Conflict::Gone)?;
    if changed == 0 {
        return Err(Conflict::Version.into());
    }
    tx.log(NewChange::one(ChangeKind::Issue, issue.id.0, stored.version, ChangeOp::Update)).await?;
    Ok(stored)
}

/// Notes that something visible in the issue's document changed beside its own row, e.g. a comment. What writes comments and
/// attachments calls it.
///
/// # Errors
/// [`Conflict::Gone`].
pub async fn touch(tx: &mut Tx, id: IssueId) -> Result<Issue, Error> {
    let now_ms = tx.now_ms();
    let update = sqlx::query(
        "UPDATE issue SET rev = $2, version = version + 1, updated_at = CASE WHEN updated_at > $3 THEN updated_at ELSE $3 END
         WHERE id = $1",
    )
    .bind(id.0)
    .bind(tx.random().rev())
    .bind(now_ms);
    sql::execute(tx, update).await?;
    let stored = by_id(tx, id).await?.ok_or(Conflict::Gone)?;
    tx.log(NewChange::one(ChangeKind::Issue, id.0, stored.version, ChangeOp::Update)).await?;
    Ok(stored)
}

/// Deletes an issue with its comments and attachments. Returns the paths of the attachments' files, to be removed from the shared home
/// after the commit.
///
/// # Errors
/// [`Conflict::Gone`].
pub async fn delete(tx: &mut Tx, id: IssueId) -> Result<Vec<String>, Error> {
    // The row first: who adds an attachment at the same time holds it.
    touch(tx, id).await?;
    let files = sqlx::query("SELECT path FROM attachment WHERE issue_id = $1 ORDER BY id").bind(id.0);
    let files = sql::all(tx, files).await?.iter().map(|row| get(row, 0)).collect::<Result<_, _>>()?;
    sql::execute(tx, sqlx::query("DELETE FROM issue WHERE id = $1").bind(id.0)).await?;
    tx.log(NewChange::one(ChangeKind::Issue, id.0, 0, ChangeOp::Delete)).await?;
    Ok(files)
}

/// What the search index holds about these issues, in the asked order; deleted ones are left out.
pub async fn documents(conn: &mut Conn, ids: &[IssueId]) -> Result<Vec<IssueDocument>, Error> {
    let issues = by_ids(conn, ids).await?;
    with_comments(conn, issues).await
}

/// What the search index holds about the first `limit` issues with `after < id <= last`, by id.
pub async fn documents_in_range(
    conn: &mut Conn,
    after: IssueId,
    last: IssueId,
    limit: i64,
) -> Result<Vec<IssueDocument>, Error> {
    let query = sql::dynamic(format!("{SELECT} WHERE i.id > $1 AND i.id <= $2 ORDER BY i.id LIMIT $3"));
    let rows = sql::all(conn, query.bind(after.0).bind(last.0).bind(limit)).await?;
    let issues = rows.iter().map(of_row).collect::<Result<_, _>>()?;
    with_comments(conn, issues).await
}

async fn with_comments(conn: &mut Conn, issues: Vec<Issue>) -> Result<Vec<IssueDocument>, Error> {
    let dialect = conn.dialect;
    let query = format!(
        "SELECT issue_id, body FROM comment WHERE issue_id {} ORDER BY issue_id, id",
        dialect.in_list("$1")
    );
    let rows =
        sql::all(conn, sql::dynamic(query).bind(dialect.id_list(issues.iter().map(|issue| issue.id.0))))
            .await?;
    let mut comments: HashMap<i64, Vec<String>> = HashMap::new();
    for row in &rows {
        comments.entry(get(row, "issue_id")?).or_default().push(get(row, "body")?);
    }
    let document =
        |issue: Issue| IssueDocument { comments: comments.remove(&issue.id.0).unwrap_or_default(), issue };
    Ok(issues.into_iter().map(document).collect())
}

/// Number of issues.
pub async fn count(conn: &mut Conn) -> Result<i64, Error> {
    get(&sql::one(conn, sqlx::query("SELECT count(*) FROM issue")).await?, 0)
}

/// The greatest id in use, 0 when there is no issue.
pub async fn max_id(conn: &mut Conn) -> Result<IssueId, Error> {
    Ok(IssueId(get(&sql::one(conn, sqlx::query("SELECT COALESCE(MAX(id), 0) FROM issue")).await?, 0)?))
}

/// Splits `DEMO-12` into the project's key, in upper case, and the number.
pub fn parse_key(key: &str) -> Option<(String, i64)> {
    let (project, number) = key.rsplit_once('-')?;
    let plain =
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) && !number.starts_with('0');
    let project = project.to_ascii_uppercase();
    (plain && crate::domain::project::is_valid_key(&project)).then_some(())?;
    Some((project, number.parse().ok()?))
}

/// Checks the texts; gives back the labels sorted, each once.
pub(super) fn checked(
    summary: &str,
    description: Option<&str>,
    labels: &[String],
) -> Result<Vec<String>, Error> {
    check_texts(&[
        ("summary", summary, SUMMARY_MAX),
        ("description", description.unwrap_or_default(), TEXT_MAX),
    ])?;
    if labels.len() > LABELS_MAX {
        return Err(Error::Invalid(format!("labels are more than {LABELS_MAX}")));
    }
    for label in labels {
        check_texts(&[("label", label, LABEL_MAX)])?;
    }
    let mut labels = labels.to_vec();
    labels.sort_unstable();
    labels.dedup();
    Ok(labels)
}

pub(super) fn labels_json(labels: &[String]) -> String {
    serde_json::Value::from(labels.to_vec()).to_string()
}

fn of_row(row: &AnyRow) -> Result<Issue, Error> {
    let (project_key, number): (String, i64) = (get(row, "project_key")?, get(row, "number")?);
    let id: i64 = get(row, "id")?;
    let labels: &str = get(row, "labels")?;
    let labels = serde_json::from_str(labels)
        .map_err(|error| Error::Internal(format!("labels of issue {id}: {error}")))?;
    Ok(Issue {
        id: IssueId(id),
        project: ProjectId(get(row, "project_id")?),
        key: format!("{project_key}-{number}"),
        number,
        issue_type: IssueTypeId(get(row, "type_id")?),
        status: StatusId(get(row, "status_id")?),
        priority: PriorityId(get(row, "priority_id")?),
        summary: get(row, "summary")?,
        description: get(row, "description")?,
        assignee: get::<Option<i64>, _>(row, "assignee_id")?.map(UserId),
        reporter: get::<Option<i64>, _>(row, "reporter_id")?.map(UserId),
        creator: UserId(get(row, "creator_id")?),
        labels,
        version: get(row, "version")?,
        rev: get(row, "rev")?,
        created_ms: get(row, "created_at")?,
        updated_ms: get(row, "updated_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::parse_key;

    #[test]
    fn keys_are_split_at_the_last_dash() {
        assert_eq!(parse_key("demo-12"), Some(("DEMO".to_owned(), 12)));
        for bad in [
            "",
            "DEMO",
            "DEMO-",
            "-1",
            "DEMO-x",
            "DEMO-01",
            "DEMO-0",
            "DEMO--1",
            "DEMO-99999999999999999999",
            "D\0MO-1",
        ] {
            assert_eq!(parse_key(bad), None, "{bad:?}");
        }
    }
}

//! Creating many issues at once, with dates of the past: for data sets and imports. One transaction, few statements, and in the change log
//! one range instead of an entry each.

use std::collections::{BTreeMap, HashMap};

use super::{
    Error, Tx,
    issues::{checked, labels_json},
    projects,
    sql::{self, check_texts, get},
};
use crate::domain::{
    change::{ChangeKind, ChangeOp, NewChange},
    id::{IssueId, ProjectId, UserId},
    issue::{NewIssue, TEXT_MAX},
};

/// Rows of one INSERT; with up to 15 values each this is below both databases' limits.
const ROWS_PER_INSERT: usize = 500;

/// An issue that was created some time ago, with its comments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatedIssue {
    /// The issue as it is now.
    pub issue: NewIssue,
    /// Wall time of creation, milliseconds.
    pub created_ms: i64,
    /// Wall time of the last change, milliseconds.
    pub updated_ms: i64,
    /// Its comments, oldest first.
    pub comments: Vec<DatedComment>,
}

/// A comment that was written some time ago.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatedComment {
    /// Who wrote it.
    pub author: UserId,
    /// The text.
    pub body: String,
    /// Wall time of creation, milliseconds.
    pub created_ms: i64,
}

/// Creates issues with the next numbers of their projects, in the given order; returns their ids in that order.
///
/// # Errors
/// As for [`super::issues::insert`] and [`super::comments::insert`].
pub async fn insert_issues(tx: &mut Tx, issues: &[DatedIssue]) -> Result<Vec<IssueId>, Error> {
    let numbers = reserve_numbers(tx, issues).await?;
    let mut ids = HashMap::with_capacity(issues.len());
    let numbered: Vec<_> = issues.iter().zip(&numbers).collect();
    for rows in numbered.chunks(ROWS_PER_INSERT) {
        let insert = format!(
            "INSERT INTO issue (project_id, number, type_id, status_id, priority_id, summary, description, assignee_id, reporter_id,
                                creator_id, labels, version, rev, created_at, updated_at)
             VALUES {} RETURNING id, project_id, number",
            placeholders(rows.len(), 15)
        );
        let mut query = sql::dynamic(insert).persistent(rows.len() == ROWS_PER_INSERT);
        for (dated, number) in rows {
            let issue = &dated.issue;
            let labels = checked(&issue.summary, issue.description.as_deref(), &issue.labels)?;
            query = query
                .bind(issue.project.0)
                .bind(**number)
                .bind(issue.issue_type.0)
                .bind(issue.status.0)
                .bind(issue.priority.0)
                .bind(&issue.summary)
                .bind(&issue.description)
                .bind(issue.assignee.map(|id| id.0))
                .bind(issue.reporter.map(|id| id.0))
                .bind(issue.creator.0)
                .bind(labels_json(&labels))
                .bind(1 + dated.comments.len() as i64)
                .bind(tx.random().rev())
                .bind(dated.created_ms)
                .bind(dated.updated_ms);
        }
        // The order of returned rows is not promised.
        for row in &sql::all(tx, query).await? {
            let place: (i64, i64) = (get(row, "project_id")?, get(row, "number")?);
            ids.insert(place, IssueId(get(row, "id")?));
        }
    }
    let place = |(dated, number): (&DatedIssue, &i64)| ids.get(&(dated.issue.project.0, *number)).copied();
    let ids: Option<Vec<IssueId>> = issues.iter().zip(&numbers).map(place).collect();
    let ids = ids.ok_or_else(|| Error::Internal("an inserted issue was not returned".to_owned()))?;
    insert_comments(tx, issues, &ids).await?;
    if let (Some(first), Some(last)) = (ids.iter().min(), ids.iter().max()) {
        tx.log(NewChange::range(ChangeKind::Issue, first.0, last.0, ChangeOp::Create)).await?;
    }
    Ok(ids)
}

/// Numbers for all issues. Counters are taken in the order of their ids, so that two transactions can't wait for each other.
async fn reserve_numbers(tx: &mut Tx, issues: &[DatedIssue]) -> Result<Vec<i64>, Error> {
    let mut counts: BTreeMap<i64, i64> = BTreeMap::new();
    for dated in issues {
        *counts.entry(dated.issue.project.0).or_default() += 1;
    }
    let mut next = HashMap::with_capacity(counts.len());
    for (project, count) in counts {
        next.insert(project, projects::reserve_issue_numbers(tx, ProjectId(project), count).await?);
    }
    let number = |dated: &DatedIssue| {
        let next = next.entry(dated.issue.project.0).or_default();
        *next += 1;
        *next - 1
    };
    Ok(issues.iter().map(number).collect())
}

async fn insert_comments(tx: &mut Tx, issues: &[DatedIssue], ids: &[IssueId]) -> Result<(), Error> {
    let comments: Vec<(IssueId, &DatedComment)> = issues
        .iter()
        .zip(ids)
        .flat_map(|(dated, id)| dated.comments.iter().map(move |comment| (*id, comment)))
        .collect();
    for rows in comments.chunks(ROWS_PER_INSERT) {
        let insert = format!(
            "INSERT INTO comment (issue_id, author_id, update_author_id, body, created_at, updated_at) VALUES {}",
            placeholders(rows.len(), 6)
        );
        let mut query = sql::dynamic(insert).persistent(rows.len() == ROWS_PER_INSERT);
        for (issue, comment) in rows {
            check_texts(&[("body", &comment.body, TEXT_MAX)])?;
            query = query
                .bind(issue.0)
                .bind(comment.author.0)
                .bind(comment.author.0)
                .bind(&comment.body)
                .bind(comment.created_ms)
                .bind(comment.created_ms);
        }
        sql::execute(tx, query).await?;
    }
    Ok(())
}

/// `($1, $2), ($3, $4)` for two rows of two columns.
fn placeholders(rows: usize, columns: usize) -> String {
    let row = |row: usize| {
        let columns: Vec<String> =
            (1..=columns).map(|column| format!("${}", row * columns + column)).collect();
        format!("({})", columns.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::placeholders;

    #[test]
    fn placeholders_count_through() {
        assert_eq!(placeholders(2, 3), "($1, $2, $3), ($4, $5, $6)");
    }
}

//! Comments. They are part of their issue's document, so each change touches the issue.

use sqlx::any::AnyRow;

use super::{
    Conflict, Conn, Error, Tx, issues,
    sql::{self, check_texts, get},
};
use crate::domain::{
    comment::{Comment, NewComment},
    id::{CommentId, IssueId, UserId},
    issue::TEXT_MAX,
};

const COLUMNS: &str = "id, issue_id, author_id, update_author_id, body, created_at, updated_at";

/// Adds a comment and touches its issue.
///
/// # Errors
/// [`Conflict::Gone`] if there is no such issue, [`Conflict::Reference`] if there is no such author.
pub async fn insert(tx: &mut Tx, new: &NewComment) -> Result<Comment, Error> {
    check_texts(&[("body", &new.body, TEXT_MAX)])?;
    issues::touch(tx, new.issue).await?;
    let insert = format!(
        "INSERT INTO comment (issue_id, author_id, update_author_id, body, created_at, updated_at)
         VALUES ($1, $2, $2, $3, $4, $4) RETURNING {COLUMNS}"
    );
    let insert = sql::dynamic(insert).bind(new.issue.0).bind(new.author.0).bind(&new.body).bind(tx.now_ms());
    of_row(&sql::one(tx, insert).await?)
}

/// The comment with this id.
pub async fn by_id(conn: &mut Conn, id: CommentId) -> Result<Option<Comment>, Error> {
    let query = sql::dynamic(format!("SELECT {COLUMNS} FROM comment WHERE id = $1")).bind(id.0);
    sql::optional(conn, query).await?.as_ref().map(of_row).transpose()
}

/// Comments of an issue, oldest first: at most `max`, after leaving out `start`; and how many there are in all.
pub async fn list(
    conn: &mut Conn,
    issue: IssueId,
    start: i64,
    max: i64,
) -> Result<(Vec<Comment>, i64), Error> {
    let query = format!("SELECT {COLUMNS} FROM comment WHERE issue_id = $1 ORDER BY id LIMIT $2 OFFSET $3");
    let query = sql::dynamic(query).bind(issue.0).bind(max.max(0)).bind(start.max(0));
    let comments = sql::all(conn, query).await?.iter().map(of_row).collect::<Result<Vec<_>, _>>()?;
    let count = sqlx::query("SELECT count(*) FROM comment WHERE issue_id = $1").bind(issue.0);
    Ok((comments, get(&sql::one(conn, count).await?, 0)?))
}

/// Replaces the text of a comment, on behalf of `author`, and touches its issue.
///
/// # Errors
/// [`Conflict::Gone`].
pub async fn update(tx: &mut Tx, id: CommentId, author: UserId, body: &str) -> Result<Comment, Error> {
    check_texts(&[("body", body, TEXT_MAX)])?;
    touch_issue_of(tx, id).await?;
    let update = format!(
        "UPDATE comment SET body = $2, update_author_id = $3, updated_at = CASE WHEN created_at > $4 THEN created_at ELSE $4 END
         WHERE id = $1 RETURNING {COLUMNS}"
    );
    let update = sql::dynamic(update).bind(id.0).bind(body).bind(author.0).bind(tx.now_ms());
    of_row(&sql::optional(tx, update).await?.ok_or(Conflict::Gone)?)
}

/// Deletes a comment and touches its issue.
///
/// # Errors
/// [`Conflict::Gone`].
pub async fn delete(tx: &mut Tx, id: CommentId) -> Result<(), Error> {
    touch_issue_of(tx, id).await?;
    match sql::execute(tx, sqlx::query("DELETE FROM comment WHERE id = $1").bind(id.0)).await? {
        0 => Err(Conflict::Gone.into()),
        _ => Ok(()),
    }
}

/// The issue's row first, in every change: so two changes around one issue wait for each other instead of locking each other out.
async fn touch_issue_of(tx: &mut Tx, id: CommentId) -> Result<(), Error> {
    let comment = by_id(tx, id).await?.ok_or(Conflict::Gone)?;
    issues::touch(tx, comment.issue).await.map(drop)
}

fn of_row(row: &AnyRow) -> Result<Comment, Error> {
    Ok(Comment {
        id: CommentId(get(row, "id")?),
        issue: IssueId(get(row, "issue_id")?),
        author: UserId(get(row, "author_id")?),
        update_author: UserId(get(row, "update_author_id")?),
        body: get(row, "body")?,
        created_ms: get(row, "created_at")?,
        updated_ms: get(row, "updated_at")?,
    })
}

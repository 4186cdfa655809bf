//! Attachments' rows. Their bytes are in the shared home (`files.rs`): written before the row, removed after it.

use sqlx::any::AnyRow;

use super::{
    Conflict, Conn, Error, Tx, issues,
    sql::{self, check_texts, get},
};
use crate::domain::{
    attachment::{Attachment, FILENAME_MAX, MIME_TYPE_MAX, NewAttachment},
    id::{AttachmentId, IssueId, UserId},
};

const COLUMNS: &str = "id, issue_id, author_id, filename, mime_type, size, hash, path, created_at";

/// Adds an attachment and touches its issue.
///
/// # Errors
/// [`Conflict::Gone`] if there is no such issue, [`Conflict::Reference`] if there is no such author.
pub async fn insert(tx: &mut Tx, new: &NewAttachment) -> Result<Attachment, Error> {
    check_texts(&[("filename", &new.filename, FILENAME_MAX), ("mimeType", &new.mime_type, MIME_TYPE_MAX)])?;
    issues::touch(tx, new.issue).await?;
    let insert = format!(
        "INSERT INTO attachment (issue_id, author_id, filename, mime_type, size, hash, path, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING {COLUMNS}"
    );
    let insert = sql::dynamic(insert)
        .bind(new.issue.0)
        .bind(new.author.0)
        .bind(&new.filename)
        .bind(&new.mime_type)
        .bind(new.size)
        .bind(&new.hash)
        .bind(&new.path)
        .bind(tx.now_ms());
    of_row(&sql::one(tx, insert).await?)
}

/// The attachment with this id.
pub async fn by_id(conn: &mut Conn, id: AttachmentId) -> Result<Option<Attachment>, Error> {
    let query = sql::dynamic(format!("SELECT {COLUMNS} FROM attachment WHERE id = $1")).bind(id.0);
    sql::optional(conn, query).await?.as_ref().map(of_row).transpose()
}

/// Attachments of an issue, oldest first.
pub async fn list(conn: &mut Conn, issue: IssueId) -> Result<Vec<Attachment>, Error> {
    let query = sql::dynamic(format!("SELECT {COLUMNS} FROM attachment WHERE issue_id = $1 ORDER BY id"))
        .bind(issue.0);
    sql::all(conn, query).await?.iter().map(of_row).collect()
}

/// Deletes an attachment's row and touches its issue. Returns the row: its file is to be removed after the commit.
///
/// # Errors
/// [`Conflict::Gone`].
pub async fn delete(tx: &mut Tx, id: AttachmentId) -> Result<Attachment, Error> {
    let attachment = by_id(tx, id).await?.ok_or(Conflict::Gone)?;
    issues::touch(tx, attachment.issue).await?;
    match sql::execute(tx, sqlx::query("DELETE FROM attachment WHERE id = $1").bind(id.0)).await? {
        0 => Err(Conflict::Gone.into()),
        _ => Ok(attachment),
    }
}

/// Those of `paths` that a row refers to; a file of none is a leftover of an upload that was never committed.
pub async fn referred(conn: &mut Conn, paths: &[String]) -> Result<Vec<String>, Error> {
    let dialect = conn.dialect;
    let query = format!("SELECT path FROM attachment WHERE path {}", dialect.in_text_list("$1"));
    let rows = sql::all(conn, sql::dynamic(query).bind(dialect.text_list(paths))).await?;
    rows.iter().map(|row| get(row, 0)).collect()
}

fn of_row(row: &AnyRow) -> Result<Attachment, Error> {
    Ok(Attachment {
        id: AttachmentId(get(row, "id")?),
        issue: IssueId(get(row, "issue_id")?),
        author: UserId(get(row, "author_id")?),
        filename: get(row, "filename")?,
        mime_type: get(row, "mime_type")?,
        size: get(row, "size")?,
        hash: get(row, "hash")?,
        path: get(row, "path")?,
        created_ms: get(row, "created_at")?,
    })
}

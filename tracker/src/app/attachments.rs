//! Attachments: bytes go to the shared home first, then their rows into the database, so that a row never lacks its file.

use std::{collections::HashMap, fmt::Display};

use bytes::Bytes;
use futures::Stream;
use tokio::fs::File;

use super::{
    App, Error, Result,
    auth::Actor,
    error::{forbidden, invalid_field, not_found},
    idempotency::{Answer, Begun, Creation},
    issues,
};
use crate::{
    domain::{
        attachment::{Attachment, FILENAME_MAX, MIME_TYPE_MAX, NewAttachment},
        id::{AttachmentId, IssueId, UserId},
        text,
        user::User,
    },
    storage::{
        Conn, attachments,
        files::{FileError, Written},
        users,
    },
};

/// What a file is when the client doesn't say.
const UNKNOWN_TYPE: &str = "application/octet-stream";

/// A file that lies in the shared home, but belongs to no issue yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    filename: String,
    mime_type: String,
    written: Written,
}

impl Upload {
    /// What makes this upload the same as another one.
    pub fn fingerprint(&self) -> String {
        format!("{}\0{}\0{}\0", self.filename, self.mime_type, self.written.hash)
    }
}

impl App {
    /// The issue to which files are to be attached; asked before they are sent, so that none is stored in vain.
    pub async fn issue_to_attach_to(&self, issue: &str) -> Result<IssueId> {
        let mut conn = self.store().read().await?;
        Ok(issues::find(&mut conn, issue).await?.id)
    }

    /// Stores the bytes of a file.
    pub async fn upload<S, E>(
        &self,
        name: &str,
        mime_type: Option<&str>,
        bytes: S,
        limit: u64,
    ) -> Result<Upload>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin,
        E: Display,
    {
        let filename = filename(name)?;
        let is_type = |kind: &&str| {
            text::check(kind, MIME_TYPE_MAX).is_ok()
                && kind.bytes().all(|b| b.is_ascii_graphic() || b == b' ')
        };
        let mime_type = mime_type.filter(is_type).unwrap_or(UNKNOWN_TYPE).to_owned();
        let written = self.files()?.write(bytes, limit).await?;
        Ok(Upload { filename, mime_type, written })
    }

    /// Attaches uploaded files to an issue, all or none. Files that come to nothing are removed again.
    pub async fn attach(
        &self,
        issue: IssueId,
        uploads: Vec<Upload>,
        creation: Creation<'_, Vec<Attachment>>,
    ) -> Result<Answer> {
        let paths: Vec<String> = uploads.iter().map(|upload| upload.written.path.clone()).collect();
        let attached = self.attach_rows(issue, uploads, creation).await;
        let in_vain = match &attached {
            Ok(answer) => answer.repeated,
            // The rows may be there all the same: their commit's answer was lost.
            Err(Error::Unavailable { .. }) => false,
            Err(_) => true,
        };
        if in_vain {
            self.remove_files(paths).await;
        }
        attached
    }

    async fn attach_rows(
        &self,
        issue: IssueId,
        uploads: Vec<Upload>,
        creation: Creation<'_, Vec<Attachment>>,
    ) -> Result<Answer> {
        let mut creating = match self.begin_creation(creation.actor, creation.once).await? {
            Begun::Before(answer) => return Ok(answer),
            Begun::Now(creating) => creating,
        };
        let mut rows = Vec::with_capacity(uploads.len());
        for upload in uploads {
            let new = NewAttachment {
                issue,
                author: creation.actor.user.id,
                filename: upload.filename,
                mime_type: upload.mime_type,
                size: i64::try_from(upload.written.size).unwrap_or(i64::MAX),
                hash: upload.written.hash,
                path: upload.written.path,
            };
            rows.push(attachments::insert(&mut creating.tx, &new).await?);
        }
        let answer = (creation.render)(&rows);
        self.finish_creation(creating, answer).await
    }

    /// An attachment and who attached it.
    pub async fn attachment(&self, id: &str) -> Result<(Attachment, HashMap<UserId, User>)> {
        let mut conn = self.store().read().await?;
        let attachment = find(&mut conn, id).await?;
        let author = users::by_id(&mut conn, attachment.author).await?;
        Ok((attachment, author.into_iter().map(|user| (user.id, user)).collect()))
    }

    /// An attachment and its bytes.
    pub async fn open_attachment(&self, id: &str) -> Result<(Attachment, File, u64)> {
        let mut conn = self.store().read().await?;
        let attachment = find(&mut conn, id).await?;
        drop(conn);
        let (file, size) = self.files()?.open_file(&attachment.path).await?;
        Ok((attachment, file, size))
    }

    /// Deletes an attachment. Who attached it, and administrators.
    pub async fn delete_attachment(&self, actor: &Actor, id: &str) -> Result<()> {
        let mut tx = self.store().begin().await?;
        let attachment = find(&mut tx, id).await?;
        if attachment.author != actor.user.id && !actor.user.admin {
            return Err(forbidden(
                "You do not have the permission to delete this attachment: it is not yours.",
            ));
        }
        attachments::delete(&mut tx, attachment.id).await?;
        tx.commit().await?;
        self.remove_files(vec![attachment.path]).await;
        Ok(())
    }

    /// Removes files that no row refers to any more. One that can't be removed is only a waste of space.
    pub(super) async fn remove_files(&self, paths: Vec<String>) {
        let Ok(files) = self.files() else { return };
        for path in paths {
            if let Err(error) = files.remove(&path).await {
                tracing::warn!(%error, path, "file not removed");
            }
        }
    }
}

impl From<FileError> for Error {
    fn from(error: FileError) -> Self {
        match error {
            FileError::TooLarge(limit) => Self::TooLarge(format!("The file is larger than {limit} bytes.")),
            FileError::BrokenOff(_) => super::error::invalid("The upload broke off."),
            FileError::Gone => not_found("The file of this attachment is gone."),
            FileError::Unavailable(_) => Self::Unavailable {
                message: "Files can't be reached at the moment. Please try again.".to_owned(),
                source: Some(error.into()),
            },
        }
    }
}

async fn find(conn: &mut Conn, id: &str) -> Result<Attachment> {
    let missing = || not_found(format!("The attachment with id '{id}' does not exist"));
    let id = AttachmentId(id.parse().map_err(|_| missing())?);
    attachments::by_id(conn, id).await?.ok_or_else(missing)
}

/// The name without any directory; clients of some systems send whole paths.
fn filename(given: &str) -> Result<String> {
    let name = given.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    let refused = |sentence: String| Err(invalid_field("file", sentence));
    if name.is_empty() || matches!(name, "." | "..") {
        return refused("The file has no name.".to_owned());
    }
    if name.chars().any(char::is_control) {
        return refused("The file's name holds a control character.".to_owned());
    }
    match text::check(name, FILENAME_MAX) {
        Ok(()) => Ok(name.to_owned()),
        Err(refusal) => refused(format!("The file's name {refusal}.")),
    }
}

#[cfg(test)]
mod tests {
    use super::filename;

    #[test]
    fn names_have_no_directories() {
        let name = |given: &str| filename(given).ok();
        for (given, kept) in
            [("a.txt", "a.txt"), ("/etc/passwd", "passwd"), ("C:\\x\\ü.png", "ü.png"), ("../a b", "a b")]
        {
            assert_eq!(name(given), Some(kept.to_owned()), "{given}");
        }
        for bad in ["", "a/", "..", "a\nb", "a\0b", &"x".repeat(256)] {
            assert_eq!(name(bad), None, "{bad:?}");
        }
    }
}

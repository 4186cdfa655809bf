//! Files attached to issues. The bytes live in the shared home, the row here.

use super::id::{AttachmentId, IssueId, UserId};

/// An attachment's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Database id.
    pub id: AttachmentId,
    /// The issue it belongs to.
    pub issue: IssueId,
    /// Who attached it.
    pub author: UserId,
    /// Name given by the client, without any directory.
    pub filename: String,
    /// Media type.
    pub mime_type: String,
    /// Bytes.
    pub size: i64,
    /// BLAKE3 of the bytes, hexadecimal.
    pub hash: String,
    /// Name of the file below `attachments/` in the shared home.
    pub path: String,
    /// Wall time of creation, milliseconds.
    pub created_ms: i64,
}

/// An attachment whose bytes already lie in the shared home.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAttachment {
    /// See [`Attachment::issue`].
    pub issue: IssueId,
    /// See [`Attachment::author`].
    pub author: UserId,
    /// See [`Attachment::filename`].
    pub filename: String,
    /// See [`Attachment::mime_type`].
    pub mime_type: String,
    /// See [`Attachment::size`].
    pub size: i64,
    /// See [`Attachment::hash`].
    pub hash: String,
    /// See [`Attachment::path`].
    pub path: String,
}

/// Longest file name, in characters.
pub const FILENAME_MAX: usize = 255;
/// Longest media type, in characters.
pub const MIME_TYPE_MAX: usize = 255;

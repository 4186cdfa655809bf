//! Comments on issues.

use super::id::{CommentId, IssueId, UserId};

/// A comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Database id.
    pub id: CommentId,
    /// The issue it is on.
    pub issue: IssueId,
    /// Who wrote it.
    pub author: UserId,
    /// Who changed it last.
    pub update_author: UserId,
    /// The text.
    pub body: String,
    /// Wall time of creation, milliseconds.
    pub created_ms: i64,
    /// Wall time of the last change, milliseconds.
    pub updated_ms: i64,
}

/// What is needed to add a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewComment {
    /// See [`Comment::issue`].
    pub issue: IssueId,
    /// See [`Comment::author`].
    pub author: UserId,
    /// See [`Comment::body`].
    pub body: String,
}

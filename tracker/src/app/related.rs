//! What issues refer to, read in few queries for any number of them.

use std::{collections::HashMap, sync::Arc};

use super::{App, Result, lists::Lists};
use crate::{
    domain::{
        attachment::Attachment,
        comment::Comment,
        id::{IssueId, ProjectId, UserId},
        issue::Issue,
        project::Project,
        user::User,
    },
    storage::{Conn, attachments, comments, projects, users},
};

/// Most comments that an issue brings with it; the comments' own resource has them all.
const COMMENTS_MAX: i64 = 1_000;

/// Which parts of issues are wanted beside the issues themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Their comments.
    pub comments: bool,
    /// Their attachments.
    pub attachments: bool,
}

/// Comments of one issue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comments {
    /// The comments, oldest first.
    pub list: Vec<Comment>,
    /// How many there are in all.
    pub total: i64,
}

/// What a set of issues refers to.
#[derive(Clone, Debug, Default)]
pub struct Related {
    /// The small lists.
    pub lists: Arc<Lists>,
    /// Projects of the issues.
    pub projects: HashMap<ProjectId, Project>,
    /// Everybody named in them.
    pub users: HashMap<UserId, User>,
    /// By issue; only where wanted.
    pub comments: HashMap<IssueId, Comments>,
    /// By issue; only where wanted.
    pub attachments: HashMap<IssueId, Vec<Attachment>>,
}

impl App {
    /// What `issues` refer to.
    pub(super) async fn related(&self, conn: &mut Conn, issues: &[Issue], parts: Parts) -> Result<Related> {
        let mut related = Related { lists: self.lists_with(conn).await?, ..Related::default() };
        for issue in issues {
            if parts.comments {
                let (list, total) = comments::list(conn, issue.id, 0, COMMENTS_MAX).await?;
                related.comments.insert(issue.id, Comments { list, total });
            }
            if parts.attachments {
                related.attachments.insert(issue.id, attachments::list(conn, issue.id).await?);
            }
        }
        for id in sorted(issues.iter().map(|issue| issue.project)) {
            if let Some(project) = projects::by_id(conn, id).await? {
                related.projects.insert(id, project);
            }
        }
        let people = sorted(related.named_users(issues));
        related.users = users::by_ids(conn, &people).await?.into_iter().map(|user| (user.id, user)).collect();
        Ok(related)
    }
}

impl Related {
    fn named_users(&self, issues: &[Issue]) -> Vec<UserId> {
        let of_issues = issues
            .iter()
            .flat_map(|issue| [Some(issue.creator), issue.assignee, issue.reporter].into_iter().flatten());
        let of_comments = self
            .comments
            .values()
            .flat_map(|comments| &comments.list)
            .flat_map(|comment| [comment.author, comment.update_author]);
        let of_attachments = self.attachments.values().flatten().map(|attachment| attachment.author);
        of_issues.chain(of_comments).chain(of_attachments).collect()
    }
}

fn sorted<T: Ord + Copy>(ids: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut ids: Vec<T> = ids.into_iter().collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

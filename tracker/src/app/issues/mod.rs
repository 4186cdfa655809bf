//! Issues: reading and deleting here, creating and changing in files of their own.

mod change;
mod create;
mod fields;

pub(super) use self::fields::check_comment;
pub use self::{
    create::{BulkOutcome, NewFields},
    fields::{Assignee, Fields, LabelChange, Named},
};
use super::{
    App, Result,
    auth::Actor,
    error::not_found,
    related::{Parts, Related},
};
use crate::{
    domain::{id::IssueId, issue::Issue},
    storage::{Conn, issues},
};

impl App {
    /// The issue with this id or key, and what it refers to.
    pub async fn issue(&self, id_or_key: &str, parts: Parts) -> Result<(Issue, Related)> {
        let mut conn = self.store().read().await?;
        let issue = find(&mut conn, id_or_key).await?;
        let related = self.related(&mut conn, std::slice::from_ref(&issue), parts).await?;
        Ok((issue, related))
    }

    /// Deletes an issue with its comments and attachments. Administrators, and who created it.
    pub async fn delete_issue(&self, actor: &Actor, id_or_key: &str) -> Result<()> {
        let mut tx = self.store().begin().await?;
        let issue = find(&mut tx, id_or_key).await?;
        if issue.creator != actor.user.id {
            actor.must_be_admin()?;
        }
        let files = issues::delete(&mut tx, issue.id).await?;
        tx.commit().await?;
        self.remove_files(files).await;
        Ok(())
    }
}

/// The issue with this id or key.
pub(super) async fn find(conn: &mut Conn, id_or_key: &str) -> Result<Issue> {
    let found = match id_or_key.parse() {
        Ok(id) => issues::by_id(conn, IssueId(id)).await?,
        Err(_) => issues::by_key(conn, id_or_key).await?,
    };
    found.ok_or_else(|| not_found("Issue Does Not Exist"))
}

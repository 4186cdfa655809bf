//! Comments.

use std::collections::HashMap;

use super::{
    App, Problems, Result,
    auth::Actor,
    error::{forbidden, not_found},
    idempotency::{Answer, Begun, Creation},
    issues,
    related::Comments,
};
use crate::{
    domain::{
        comment::{Comment, NewComment},
        id::{CommentId, UserId},
        issue::Issue,
        user::User,
    },
    storage::{Conn, comments, users},
};

/// Comments with everybody named in them.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// The comments.
    pub comments: Comments,
    /// Who wrote or changed them.
    pub users: HashMap<UserId, User>,
}

impl App {
    /// Comments of an issue, oldest first.
    pub async fn comments(&self, issue: &str, start_at: u64, max_results: u64) -> Result<(Issue, Written)> {
        let mut conn = self.store().read().await?;
        let issue = issues::find(&mut conn, issue).await?;
        let number = |wanted: u64| i64::try_from(wanted).unwrap_or(i64::MAX);
        let (list, total) =
            comments::list(&mut conn, issue.id, number(start_at), number(max_results)).await?;
        let users = authors(&mut conn, &list).await?;
        Ok((issue, Written { comments: Comments { list, total }, users }))
    }

    /// One comment of an issue.
    pub async fn comment(&self, issue: &str, id: &str) -> Result<(Comment, HashMap<UserId, User>)> {
        let mut conn = self.store().read().await?;
        let comment = find(&mut conn, issue, id).await?;
        let users = authors(&mut conn, std::slice::from_ref(&comment)).await?;
        Ok((comment, users))
    }

    /// Adds a comment.
    pub async fn create_comment(
        &self,
        issue: &str,
        body: &str,
        creation: Creation<'_, Comment>,
    ) -> Result<Answer> {
        check(body)?;
        let mut creating = match self.begin_creation(creation.actor, creation.once).await? {
            Begun::Before(answer) => return Ok(answer),
            Begun::Now(creating) => creating,
        };
        let issue = issues::find(&mut creating.tx, issue).await?;
        let new = NewComment { issue: issue.id, author: creation.actor.user.id, body: body.to_owned() };
        let comment = comments::insert(&mut creating.tx, &new).await?;
        let answer = (creation.render)(&comment);
        self.finish_creation(creating, answer).await
    }

    /// Replaces a comment's text. Its author, and administrators.
    pub async fn edit_comment(
        &self,
        actor: &Actor,
        issue: &str,
        id: &str,
        body: &str,
    ) -> Result<(Comment, HashMap<UserId, User>)> {
        check(body)?;
        let mut tx = self.store().begin().await?;
        let comment = find(&mut tx, issue, id).await?;
        may_change(actor, &comment)?;
        let comment = comments::update(&mut tx, comment.id, actor.user.id, body).await?;
        let users = authors(&mut tx, std::slice::from_ref(&comment)).await?;
        tx.commit().await?;
        Ok((comment, users))
    }

    /// Deletes a comment. Its author, and administrators.
    pub async fn delete_comment(&self, actor: &Actor, issue: &str, id: &str) -> Result<()> {
        let mut tx = self.store().begin().await?;
        let comment = find(&mut tx, issue, id).await?;
        may_change(actor, &comment)?;
        comments::delete(&mut tx, comment.id).await?;
        tx.commit().await?;
        Ok(())
    }
}

fn check(body: &str) -> Result<()> {
    let mut problems = Problems::none();
    issues::check_comment(body, &mut problems);
    problems.into_result()
}

fn may_change(actor: &Actor, comment: &Comment) -> Result<()> {
    if comment.author == actor.user.id || actor.user.admin {
        return Ok(());
    }
    Err(forbidden("You do not have the permission to change this comment: you did not write it."))
}

async fn find(conn: &mut Conn, issue: &str, id: &str) -> Result<Comment> {
    let issue = issues::find(conn, issue).await?;
    let missing = || not_found(format!("Can not find a comment for the id: {id}."));
    let id = CommentId(id.parse().map_err(|_| missing())?);
    let found = comments::by_id(conn, id).await?;
    found.filter(|comment| comment.issue == issue.id).ok_or_else(missing)
}

async fn authors(conn: &mut Conn, list: &[Comment]) -> Result<HashMap<UserId, User>> {
    let mut ids: Vec<UserId> =
        list.iter().flat_map(|comment| [comment.author, comment.update_author]).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(users::by_ids(conn, &ids).await?.into_iter().map(|user| (user.id, user)).collect())
}

//! `/issue/{issue}/comment`: comments.

use std::collections::HashMap;

use axum::{Json, http::StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{time, users};
use crate::{
    app::idempotency::{Answer, Creation},
    domain::{comment::Comment, id::UserId, user::User},
    http::{
        call::{Call, answer},
        error::Result,
        extract::{Body, Name, Names, Params},
        links::Links,
        pagination::{Limits, Page},
    },
};

/// A page of comments is whole unless a client asks for less.
const LIMITS: Limits = Limits { default: 1_000, most: 5_000 };

/// The text of a comment.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextBody {
    body: String,
}

/// Comments of an issue, oldest first.
pub async fn list(call: Call, Name(issue): Name, params: Params) -> Result<Json<Value>> {
    let page = Page::from_params(&params, LIMITS)?;
    let (_, written) = call.app().comments(&issue, page.start_at, page.max_results).await?;
    let comments: Vec<Value> =
        written.comments.list.iter().map(|comment| view(&call.links, &written.users, comment)).collect();
    Ok(Json(json!({
        "startAt": page.start_at,
        "maxResults": page.max_results,
        "total": written.comments.total,
        "comments": comments,
    })))
}

/// Adds a comment.
pub async fn create(call: Call, Name(issue): Name, body: Body<TextBody>) -> Result<Answer> {
    let once = call.once(&body.bytes);
    let (links, author) = (call.links.clone(), call.actor.user.clone());
    let render = move |comment: &Comment| {
        let users = HashMap::from([(author.id, author.clone())]);
        answer(StatusCode::CREATED, &view(&links, &users, comment))
    };
    let creation = Creation { actor: &call.actor, once: once.as_ref(), render: &render };
    Ok(call.app().create_comment(&issue, &body.value.body, creation).await?)
}

/// One comment.
pub async fn get(call: Call, Names(issue, id): Names) -> Result<Json<Value>> {
    let (comment, users) = call.app().comment(&issue, &id).await?;
    Ok(Json(view(&call.links, &users, &comment)))
}

/// Replaces a comment's text.
pub async fn edit(call: Call, Names(issue, id): Names, body: Body<TextBody>) -> Result<Json<Value>> {
    let (comment, users) = call.app().edit_comment(&call.actor, &issue, &id, &body.value.body).await?;
    Ok(Json(view(&call.links, &users, &comment)))
}

/// Deletes a comment.
pub async fn delete(call: Call, Names(issue, id): Names) -> Result<StatusCode> {
    call.app().delete_comment(&call.actor, &issue, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A comment as clients know one; `people` holds who wrote it.
pub(super) fn view(links: &Links, people: &HashMap<UserId, User>, comment: &Comment) -> Value {
    let person = |id: &UserId| people.get(id).map(|user| users::view(links, user));
    json!({
        "self": links.api(&format!("issue/{}/comment/{}", comment.issue.0, comment.id.0)),
        "id": comment.id.0.to_string(),
        "author": person(&comment.author),
        "body": comment.body,
        "updateAuthor": person(&comment.update_author),
        "created": time::render(comment.created_ms),
        "updated": time::render(comment.updated_ms),
    })
}

//! `/issue`: issues.

pub mod create;
pub mod input;
pub mod meta;
mod rendered;
pub mod transitions;
pub mod view;

use axum::{Json, http::StatusCode};
use serde_json::{Map, Value};

use self::view::{Expand, Extra};
use super::fields::{Default, Wanted};
use crate::{
    app::related::Parts,
    http::{
        call::Call,
        error::Result,
        extract::{Body, Name, Params},
    },
};

/// One issue.
pub async fn get(call: Call, Name(issue): Name, params: Params) -> Result<Json<Value>> {
    let wanted = Wanted::new(params.list("fields").as_deref(), Default::All);
    let expand = Expand::new(params.list("expand").as_deref());
    let (issue, related) = call.app().issue(&issue, parts(&wanted)).await?;
    let context = view::Context { links: &call.links, related: &related, wanted: &wanted, expand: &expand };
    let mut view = view::issue(&context, &issue);
    view::expand_whole(&mut view, &wanted, &expand);
    if expand.has(Extra::Transitions) {
        let open = related.lists.statuses.iter().filter(|status| status.id != issue.status);
        view["transitions"] = open.map(|status| transitions::view(&call.links, status)).collect();
    }
    Ok(Json(view))
}

/// Changes fields of an issue.
pub async fn edit(call: Call, Name(issue): Name, body: Body<input::EditBody>) -> Result<StatusCode> {
    let fields = body.value.read()?;
    call.app().edit_issue(&call.actor, &issue, &fields).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes an issue.
pub async fn delete(call: Call, Name(issue): Name) -> Result<StatusCode> {
    call.app().delete_issue(&call.actor, &issue).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Says who works on an issue: a name, null for nobody, `-1` for whoever the project says.
pub async fn assign(call: Call, Name(issue): Name, body: Body<Map<String, Value>>) -> Result<StatusCode> {
    let assignee = input::assignee(&Value::Object(body.value))?;
    call.app().assign_issue(&call.actor, &issue, assignee).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What has to be read for the fields asked for.
pub fn parts(wanted: &Wanted) -> Parts {
    Parts { comments: wanted.has("comment"), attachments: wanted.has("attachment") }
}

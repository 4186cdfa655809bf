//! `/issue/{issue}/transitions`: where an issue may go.

use axum::{Json, http::StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{super::lists, input};
use crate::{
    domain::issue::Status,
    http::{
        call::Call,
        error::{Error, Result},
        extract::{Body, Name},
        links::Links,
    },
};

/// A transition, and what changes on the way.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunBody {
    transition: Map<String, Value>,
    #[serde(default)]
    fields: Map<String, Value>,
    #[serde(default)]
    update: Map<String, Value>,
}

/// Transitions that are open to an issue.
pub async fn list(call: Call, Name(issue): Name) -> Result<Json<Value>> {
    let open = call.app().transitions(&issue).await?;
    let views: Vec<Value> = open.iter().map(|status| view(&call.links, status)).collect();
    Ok(Json(json!({"expand": "transitions", "transitions": views})))
}

/// Takes an issue through a transition.
pub async fn run(call: Call, Name(issue): Name, body: Body<RunBody>) -> Result<StatusCode> {
    let RunBody { transition, fields, update } = body.value;
    let id = match transition.get("id") {
        Some(Value::String(id)) => id.clone(),
        Some(Value::Number(id)) => id.to_string(),
        _ => return Err(Error::field("transition", "expected an object with 'id'")),
    };
    let fields = input::read(&fields, &update)?;
    call.app().transition_issue(&call.actor, &issue, &id, &fields).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A transition as clients know one; it is named after the status it leads to.
pub fn view(links: &Links, to: &Status) -> Value {
    json!({"id": to.id.0.to_string(), "name": to.name, "to": lists::status_view(links, to)})
}

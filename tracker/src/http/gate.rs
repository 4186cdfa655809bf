//! Decides whether a request is let in at all: the node's role, room for one more, time.

use std::time::Duration;

use axum::{
    extract::{Request, State},
    http::{HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{
    Edge,
    error::{Result, unavailable},
};
use crate::cluster::role::Role;

/// The longest a request may take before its answer begins; uploads bring their own time with them.
const TIME_LIMIT: Duration = Duration::from_secs(30);
/// The longest an upload may take.
const UPLOAD_LIMIT: Duration = Duration::from_mins(10);

/// Lets a request in only while the node serves.
pub async fn role(State(edge): State<Edge>, request: Request, next: Next) -> Result<Response> {
    let role = edge.app().node().role();
    if role.serves() {
        return Ok(next.run(request).await);
    }
    Err(unavailable(format!("This node does not serve now: it is {role}.")))
}

/// Lets in no more requests than the node has room for.
pub async fn room(State(edge): State<Edge>, request: Request, next: Next) -> Result<Response> {
    let Ok(_permit) = edge.inner.permits.try_acquire() else {
        return Err(unavailable("This node has too many requests at the moment."));
    };
    Ok(next.run(request).await)
}

/// Gives up on a request that takes too long. What it did not commit is undone.
pub async fn time_limit(request: Request, next: Next) -> Result<Response> {
    let is_upload = request
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/form-data"));
    let limit = if is_upload { UPLOAD_LIMIT } else { TIME_LIMIT };
    tokio::time::timeout(limit, next.run(request)).await.map_err(|_| {
        unavailable(format!("The request took longer than {} seconds and was given up.", limit.as_secs()))
    })
}

/// Asks clients of a node that leaves to connect anew: their next connection reaches another node.
pub async fn leaving(State(edge): State<Edge>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await.into_response();
    if matches!(edge.app().node().role(), Role::Draining | Role::Stopped) {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

//! `/status`: whether this node serves, for load balancers.

use axum::{Json, extract::State, http::StatusCode, response::IntoResponse};
use serde_json::json;

use super::Edge;
use crate::app::health;

/// 200 only when the node serves and its index is in step.
pub async fn get(State(edge): State<Edge>) -> impl IntoResponse {
    let state = edge.app().health().state();
    let status =
        if state == health::State::Running { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({"state": state.as_str()})))
}

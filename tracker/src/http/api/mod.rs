//! The REST interface: a table of contents. One file per resource, views beside handlers.

pub mod server_info;
mod time;

use axum::{Router, routing::get};

use super::Edge;

/// All endpoints below `/rest/api/2`.
pub fn router(_edge: &Edge) -> Router<Edge> {
    Router::new().route("/serverInfo", get(server_info::get))
}

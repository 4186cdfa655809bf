//! The port for operations: probes, metrics, and what the operator asks of a node. Never routed to people.

mod token;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};

use self::token::Tokens;
use super::error::{self, Result};
use crate::{
    app::App,
    cluster::role::Event,
    telemetry::{Metrics, OPEN_METRICS},
};

/// What the handlers of this port may use; cheap to clone.
#[derive(Clone, Debug)]
pub struct Ops {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    app: App,
    metrics: Arc<Metrics>,
    tokens: Tokens,
}

impl Ops {
    /// The operations port of `app`. `token_file`: see [`crate::config::ops::Ops::ops_token_file`].
    pub fn new(app: App, metrics: Arc<Metrics>, token_file: Option<std::path::PathBuf>) -> Self {
        Self { inner: Arc::new(Inner { app, metrics, tokens: Tokens::new(token_file) }) }
    }
}

/// All that the port for operations answers.
pub fn router(ops: Ops) -> Router {
    let guarded = Router::new()
        .route("/node", get(node))
        .route("/drain", post(drain))
        .fallback(no_such_endpoint)
        .layer(from_fn_with_state(ops.clone(), authorize));
    Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .nest("/ops/v1", guarded)
        .fallback(no_such_endpoint)
        .with_state(ops)
}

/// The process works. Depends on nothing else, so that no rebuild and no database that is away counts against it.
async fn livez() -> Json<Value> {
    Json(json!({"alive": true}))
}

/// Whether the node may get traffic, and what is missing if not.
async fn readyz(State(ops): State<Ops>) -> impl IntoResponse {
    let readiness = ops.inner.app.health().readiness();
    let status = if readiness.missing.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({
        "ready": readiness.missing.is_empty(),
        "state": readiness.role.as_str(),
        "missing": readiness.missing,
    });
    (status, Json(body))
}

async fn metrics(State(ops): State<Ops>) -> Response {
    match ops.inner.metrics.encode() {
        Ok(text) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "metrics could not be written");
            error::internal().into_response()
        }
    }
}

/// This node, as the operator sees it.
async fn node(State(ops): State<Ops>) -> Json<Value> {
    Json(ops.inner.app.health().node_report())
}

/// Begins to leave. The answer comes at once; the process ends when it is done.
async fn drain(State(ops): State<Ops>) -> impl IntoResponse {
    // Whoever runs the process watches the role and does what the command says.
    let _: Option<_> = ops.inner.app.node().report(Event::Drain);
    (StatusCode::ACCEPTED, Json(ops.inner.app.health().node_report()))
}

async fn no_such_endpoint() -> error::Error {
    error::not_found("There is no such operation.")
}

async fn authorize(State(ops): State<Ops>, request: Request, next: Next) -> Result<Response> {
    let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.strip_prefix("Bearer ")).map(str::trim);
    match ops.inner.tokens.check(given).await {
        token::Verdict::Valid => Ok(next.run(request).await),
        token::Verdict::Wrong => Err(error::Error::new(
            StatusCode::UNAUTHORIZED,
            "This call needs the header 'Authorization: Bearer TOKEN' with a token of --ops-token-file.",
        )),
        token::Verdict::Closed => Err(error::forbidden(
            "Operations are closed on this node: it was started without --ops-token-file.",
        )),
        token::Verdict::Unreadable => Err(error::unavailable("The file of --ops-token-file can't be read.")),
    }
}

//! What comes in and goes out: the port for people and clients, and the port for operations.

pub mod api;
pub mod auth;
pub mod call;
pub mod error;
pub mod extract;
pub mod gate;
pub mod links;
pub mod observe;
pub mod ops;
pub mod origin;
pub mod pagination;
pub mod range;
pub mod server;
pub mod status;

use std::sync::Arc;

use axum::{
    Router,
    http::{Method, StatusCode, Uri},
    middleware::{from_fn, from_fn_with_state},
    routing::get,
};
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;

use self::error::Error;
use crate::{app::App, config::http::Http};

/// What every handler may use; cheap to clone.
#[derive(Clone, Debug)]
pub struct Edge {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    app: App,
    settings: Http,
    observed: observe::Observed,
    permits: Semaphore,
}

impl Edge {
    /// The edge in front of `app`.
    pub fn new(app: App, settings: Http, observed: observe::Observed) -> Self {
        let permits = Semaphore::new(settings.max_requests as usize);
        Self { inner: Arc::new(Inner { app, settings, observed, permits }) }
    }

    /// The use cases.
    pub fn app(&self) -> &App {
        &self.inner.app
    }

    /// How the port is set up.
    pub fn settings(&self) -> &Http {
        &self.inner.settings
    }
}

/// All that the port for people and clients answers.
pub fn router(edge: Edge) -> Router {
    let served = Router::new()
        .nest("/rest/api/2", api::router(&edge))
        .nest("/rest/api/latest", api::router(&edge))
        .merge(api::files(&edge))
        .fallback(no_such_endpoint)
        .method_not_allowed_fallback(no_such_method)
        // Outermost last: what stands lower here sees a request earlier.
        .layer(from_fn(gate::time_limit))
        .layer(from_fn_with_state(edge.clone(), origin::check))
        .layer(from_fn_with_state(edge.clone(), gate::role))
        .layer(from_fn_with_state(edge.clone(), gate::room));
    let all = Router::new().route("/status", get(status::get)).merge(served);
    let context = edge.settings().context_path.0.clone();
    let all =
        if context.is_empty() { all } else { Router::new().nest(&context, all).fallback(no_such_endpoint) };
    all.layer(CatchPanicLayer::custom(observe::panicked))
        .layer(from_fn_with_state(edge.clone(), gate::leaving))
        .layer(from_fn_with_state(edge.clone(), observe::request))
        .with_state(edge)
}

async fn no_such_endpoint(uri: Uri) -> Error {
    error::not_found(format!("There is no resource at {}.", uri.path()))
}

async fn no_such_method(method: Method, uri: Uri) -> Error {
    Error::new(
        StatusCode::METHOD_NOT_ALLOWED,
        format!("The resource at {} does not know {method}.", uri.path()),
    )
}

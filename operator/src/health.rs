//! `/livez`, `/readyz` and `/metrics`: on the leader and on followers alike.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::metrics::Metrics;

/// The media type of the metrics text.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Clone)]
struct Health {
    metrics: Arc<Metrics>,
    reached: watch::Receiver<bool>,
}

/// The routes. `reached` says whether the API server answers.
pub fn router(metrics: Arc<Metrics>, reached: watch::Receiver<bool>) -> Router {
    Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics_text))
        .with_state(Health { metrics, reached })
}

/// Serve until the process ends. Fails only if the address can't be had.
pub async fn serve(address: SocketAddr, router: Router) -> std::io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    axum::serve(listener, router).await
}

async fn readyz(State(health): State<Health>) -> Response {
    if *health.reached.borrow() {
        "ok\n".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the API server gives no answer\n").into_response()
    }
}

async fn metrics_text(State(health): State<Health>) -> Response {
    match health.metrics.text() {
        Ok(text) => ([(header::CONTENT_TYPE, OPENMETRICS)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn status(address: SocketAddr, path: &str) -> u16 {
        reqwest::get(format!("http://{address}{path}")).await.unwrap().status().as_u16()
    }

    #[tokio::test]
    async fn a_follower_answers_too() {
        let (reached, seen) = watch::channel(false);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let metrics = Arc::new(Metrics::default());
        tokio::spawn(async move { axum::serve(listener, router(metrics, seen)).await });
        assert_eq!(status(address, "/livez").await, 200);
        assert_eq!(status(address, "/readyz").await, 503);
        reached.send_replace(true);
        assert_eq!(status(address, "/readyz").await, 200);
        let text = reqwest::get(format!("http://{address}/metrics")).await.unwrap().text().await.unwrap();
        assert!(text.contains("tracker_operator_leader 0"), "{text}");
    }
}

//! Watches each request: one span, one log line, figures by route, and what is left of a panic.

use std::{any::Any, sync::Arc};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, Method},
    middleware::Next,
    response::{IntoResponse, Response},
};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{
        counter::Counter,
        family::Family,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};
use tracing::{Instrument, field::Empty};
use uuid::Uuid;

use super::{Edge, error};

/// Header that names a request, in both directions.
const REQUEST_ID: &str = "x-request-id";
/// Longest name that a client may give its request.
const REQUEST_ID_MAX: usize = 128;

/// Figures about requests.
#[derive(Clone, Debug)]
pub struct Observed {
    durations: Family<Labels, Histogram, fn() -> Histogram>,
    panics: Counter,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    method: &'static str,
    route: Arc<str>,
    status: &'static str,
}

impl Observed {
    /// Figures that `registry` shows.
    pub fn new(registry: &mut Registry) -> Self {
        let durations: Family<Labels, Histogram, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.001, 2.5, 11)));
        let panics = Counter::default();
        let help = "Time to answer requests, by route and kind of status";
        registry.register("http_request_duration_seconds", help, durations.clone());
        registry.register("http_panics", "Requests whose handler panicked", panics.clone());
        Self { durations, panics }
    }
}

/// Runs a request inside its span, logs how it went, and counts it.
pub async fn request(State(edge): State<Edge>, request: Request, next: Next) -> Response {
    let clock = edge.app().clock();
    let began = clock.monotonic();
    let _in_flight = edge.app().node().enter();
    let id = request_id(&request);
    let method = method_name(request.method());
    // The template, never the path itself: paths hold ids, and anybody can invent any number of them.
    let route: Arc<str> =
        request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str).into();
    let span = tracing::info_span!(
        "http.request",
        http.method = method,
        http.route = %route,
        http.status = Empty,
        user.name = Empty,
        request.id = id.to_str().unwrap_or_default(),
    );

    let mut response = next.run(request).instrument(span.clone()).await;

    let took = clock.monotonic().saturating_sub(began);
    let status = response.status();
    span.record("http.status", status.as_u16());
    let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    span.in_scope(|| tracing::debug!(took_ms, "request answered"));
    let labels = Labels { method, route, status: class(status.as_u16()) };
    edge.inner.observed.durations.get_or_create(&labels).observe(took.as_secs_f64());
    if response.extensions().get::<Panicked>().is_some() {
        edge.inner.observed.panics.inc();
    }
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// Marks an answer that was made for a handler that panicked.
#[derive(Clone, Copy, Debug)]
struct Panicked;

/// The answer for a handler that panicked; the process lives on.
#[expect(clippy::needless_pass_by_value, reason = "the layer that calls it gives the box away")]
pub fn panicked(cause: Box<dyn Any + Send>) -> Response {
    let cause =
        cause.downcast_ref::<String>().map(String::as_str).or_else(|| cause.downcast_ref::<&str>().copied());
    tracing::error!(cause = cause.unwrap_or("unknown"), "a handler panicked");
    let mut response = error::internal().into_response();
    response.extensions_mut().insert(Panicked);
    response
}

/// The name the client gave its request if it is a plain short word, else a new one.
fn request_id(request: &Request) -> HeaderValue {
    let given = request.headers().get(REQUEST_ID).filter(|id| {
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':');
        (1..=REQUEST_ID_MAX).contains(&id.len()) && id.as_bytes().iter().all(is_plain)
    });
    given.cloned().unwrap_or_else(|| {
        let id = Uuid::new_v4().simple().to_string();
        HeaderValue::from_str(&id).unwrap_or(HeaderValue::from_static("none"))
    })
}

fn method_name(method: &Method) -> &'static str {
    let known = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"];
    known.into_iter().find(|name| *name == method.as_str()).unwrap_or("other")
}

fn class(status: u16) -> &'static str {
    match status {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    }
}

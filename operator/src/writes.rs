//! Counts every writing call to the API server, at the one place that none can pass by.

use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Method, Request, header};
use tower::{Layer, Service};

use crate::metrics::Metrics;

/// Puts the count around a client's transport.
#[derive(Clone)]
pub struct CountWrites(pub Arc<Metrics>);

impl<S> Layer<S> for CountWrites {
    type Service = Counting<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Counting { inner, metrics: self.0.clone() }
    }
}

/// A transport that counts.
#[derive(Clone)]
pub struct Counting<S> {
    inner: S,
    metrics: Arc<Metrics>,
}

impl<S, B> Service<Request<B>> for Counting<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if let Some(verb) = verb(&request) {
            self.metrics.wrote(verb, resource(request.uri().path()));
        }
        self.inner.call(request)
    }
}

/// The verb of a writing call; none for a reading one.
fn verb<B>(request: &Request<B>) -> Option<&'static str> {
    match *request.method() {
        Method::POST => Some("create"),
        Method::PUT => Some("update"),
        Method::DELETE => Some("delete"),
        Method::PATCH => {
            let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
            Some(if kind.is_some_and(|kind| kind.contains("apply-patch")) { "apply" } else { "patch" })
        }
        _ => None,
    }
}

/// The resource of a path, with its subresource: `trackerclusters/status`.
fn resource(path: &str) -> String {
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    // /api/VERSION/… or /apis/GROUP/VERSION/…
    let skipped = if parts.next() == Some("api") { 1 } else { 2 };
    let mut rest: Vec<&str> = parts.skip(skipped).collect();
    if rest.first() == Some(&"namespaces") && rest.len() > 2 {
        rest.drain(..2);
    }
    match rest.as_slice() {
        [resource, _, subresource, ..] => format!("{resource}/{subresource}"),
        [resource, ..] => (*resource).to_owned(),
        [] => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_read_from_paths() {
        for (path, expected) in [
            ("/api/v1/namespaces/demo/pods/demo-0", "pods"),
            ("/api/v1/namespaces/demo/secrets", "secrets"),
            ("/apis/apps/v1/namespaces/demo/statefulsets/demo", "statefulsets"),
            (
                "/apis/tracker.dev/v1alpha1/namespaces/demo/trackerclusters/demo/status",
                "trackerclusters/status",
            ),
            ("/api/v1/namespaces/demo", "namespaces"),
            ("/", "unknown"),
        ] {
            assert_eq!(resource(path), expected, "{path}");
        }
    }

    #[test]
    fn only_writes_count() {
        let request = |method: Method, kind: &str| {
            Request::builder().method(method).header(header::CONTENT_TYPE, kind).body(()).unwrap()
        };
        assert_eq!(verb(&request(Method::GET, "application/json")), None);
        assert_eq!(verb(&request(Method::POST, "application/json")), Some("create"));
        assert_eq!(verb(&request(Method::PATCH, "application/apply-patch+yaml")), Some("apply"));
        assert_eq!(verb(&request(Method::PATCH, "application/merge-patch+json")), Some("patch"));
        assert_eq!(verb(&request(Method::DELETE, "application/json")), Some("delete"));
    }
}

//! An API server in memory: objects by path, and a note of every write.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use http::{Method, Request, Response};
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};
use tower::service_fn;

use crate::crd::examples::merged;

/// The server. Clones share what they hold.
#[derive(Clone, Default)]
pub(super) struct Fake {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    objects: BTreeMap<String, Value>,
    writes: Vec<String>,
    /// Paths whose writes are answered with this status.
    refused: BTreeMap<String, u16>,
    /// Kinds that this server doesn't know.
    unknown: Vec<&'static str>,
    uids: u64,
}

impl Fake {
    /// A client of this server.
    pub(super) fn client(&self) -> Client {
        let fake = self.clone();
        Client::new(
            service_fn(move |request: Request<Body>| {
                let fake = fake.clone();
                async move { Ok::<_, Infallible>(fake.answer(request).await) }
            }),
            "default",
        )
    }

    /// The object at a path.
    pub(super) fn get(&self, path: &str) -> Option<Value> {
        self.state.lock().unwrap().objects.get(path).cloned()
    }

    /// Put an object there without counting it.
    pub(super) fn put(&self, path: &str, object: Value) {
        self.state.lock().unwrap().objects.insert(path.to_owned(), object);
    }

    /// Change an object there without counting it.
    pub(super) fn change(&self, path: &str, with: Value) {
        let object = self.get(path).expect(path);
        self.put(path, merged(object, with));
    }

    /// Answer writes to a path with this status.
    pub(super) fn refuse(&self, path: &str, status: u16) {
        self.state.lock().unwrap().refused.insert(path.to_owned(), status);
    }

    /// Forget a kind: its paths don't exist.
    pub(super) fn without_kind(&self, plural: &'static str) {
        self.state.lock().unwrap().unknown.push(plural);
    }

    /// The writes since the last call, as `verb path`.
    pub(super) fn writes(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().writes)
    }

    async fn answer(&self, request: Request<Body>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let query = parts.uri.query().unwrap_or_default().to_owned();
        if query.contains("watch=true") || query.contains("watch=1") {
            // Nothing ever happens here but by our own hand.
            std::future::pending::<()>().await;
        }
        let bytes = body.collect_bytes().await.unwrap();
        let body: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        let (status, answer) =
            self.state.lock().unwrap().handle(&parts.method, parts.uri.path(), &query, body);
        Response::builder().status(status).body(Body::from(answer.to_string().into_bytes())).unwrap()
    }
}

impl State {
    fn handle(&mut self, method: &Method, path: &str, query: &str, body: Value) -> (u16, Value) {
        if self.unknown.iter().any(|kind| path.contains(kind)) {
            return (404, json!("404 page not found"));
        }
        if *method == Method::GET {
            return self.read(path, query);
        }
        let verb = if *method == Method::PATCH { "apply" } else { method.as_str() };
        self.writes.push(format!("{verb} {path}"));
        if let Some(status) = self.refused.get(path) {
            return failure(*status, "refused by the test");
        }
        if let Some(main) = path.strip_suffix("/status") {
            return self.write_status(main, &body);
        }
        match *method {
            Method::DELETE => match self.objects.remove(path) {
                Some(gone) => (200, gone),
                None => failure(404, "not found"),
            },
            Method::POST => {
                let name = body["metadata"]["name"].as_str().unwrap_or("event").to_owned();
                self.write(&format!("{path}/{name}"), body)
            }
            _ => self.write(path, body),
        }
    }

    fn read(&self, path: &str, query: &str) -> (u16, Value) {
        if let Some(object) = self.objects.get(path) {
            return (200, object.clone());
        }
        let last = path.rsplit('/').next().unwrap_or_default();
        if path.contains("/namespaces/") && !query.contains("limit=") && !query.contains("labelSelector=") {
            return failure(404, path);
        }
        // A list: all that end in KIND/NAME, in any namespace.
        let wanted = |found: &str| {
            found.rsplit_once('/').is_some_and(|(folder, _)| folder.rsplit('/').next() == Some(last))
        };
        let items: Vec<&Value> =
            self.objects.iter().filter(|(found, _)| wanted(found)).map(|(_, object)| object).collect();
        (
            200,
            json!({"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, "items": items}),
        )
    }

    /// As server-side apply does for one manager: what it said before is replaced by what it says now.
    fn write(&mut self, path: &str, mut body: Value) -> (u16, Value) {
        let before = self.objects.get(path);
        let uid = before
            .map_or_else(|| format!("uid-{}", self.uids), |before| before["metadata"]["uid"].to_string());
        self.uids += 1;
        if let Some(before) = before {
            let generation = before["metadata"]["generation"].as_i64().unwrap_or(1);
            body["metadata"]["generation"] = json!(generation + 1);
            body["status"] = before["status"].clone();
            if body["metadata"]["finalizers"].is_array() {
                // Another manager, which says nothing else.
                let finalizers = body["metadata"]["finalizers"].take();
                body = before.clone();
                body["metadata"]["finalizers"] = finalizers;
            }
        }
        body["metadata"]["uid"] = json!(uid.trim_matches('"'));
        body["metadata"]["resourceVersion"] = json!(self.uids.to_string());
        self.objects.insert(path.to_owned(), body.clone());
        (201, body)
    }

    fn write_status(&mut self, path: &str, body: &Value) -> (u16, Value) {
        let Some(object) = self.objects.get_mut(path) else { return failure(404, "not found") };
        if object["metadata"]["uid"] != body["metadata"]["uid"] {
            return failure(409, "uid mismatch");
        }
        object["status"] = body["status"].clone();
        (200, object.clone())
    }
}

fn failure(code: u16, name: &str) -> (u16, Value) {
    let details = json!({"name": name});
    (
        code,
        json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": if code == 404 { "NotFound" } else { "Test" },
            "message": format!("{name}: {code}"), "details": details}),
    )
}

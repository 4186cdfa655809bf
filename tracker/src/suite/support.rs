//! Starts nodes and talks to them.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, Request, StatusCode},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use clap::Parser;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::{
    app::{App, Opened},
    cluster::{Identity, Node, Topology, role::Event},
    config::http::Http,
    http::{Edge, links::Peer, observe::Observed, ops::Ops, router},
    index::{Index, IndexSettings, IndexState},
    storage::{
        Store,
        files::SharedHome,
        testing::{self, TestStore},
    },
    telemetry::{self, Metrics},
};

/// Password of the first administrator.
pub const PASSWORD: &str = "correct horse";
/// Far more than anything takes; a hang ends here.
const HANG: Duration = Duration::from_mins(1);

#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    http: Http,
}

/// A node that serves, with its database and directories.
pub struct TestApp {
    pub app: App,
    #[expect(dead_code, reason = "kept open as long as the node")]
    store: Store,
    pub router: Router,
    pub ops: Router,
    stop: CancellationToken,
    _replicator: JoinHandle<()>,
    _dir: TempDir,
    // Last: it is removed when nobody uses it any more.
    _database: TestStore,
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Bytes,
}

/// A request that is being put together.
pub struct Call {
    router: Router,
    request: Request<Body>,
}

impl TestApp {
    /// A node on each kind of database there is.
    pub async fn all() -> Vec<Self> {
        let mut apps = Vec::new();
        for database in testing::stores().await {
            apps.push(Self::start(database, &[]).await);
        }
        apps
    }

    /// A node on SQLite, with flags.
    pub async fn sqlite(flags: &[&str]) -> Self {
        Self::start(testing::sqlite().await, flags).await
    }

    async fn start(database: TestStore, flags: &[&str]) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let store = database.store.clone();
        let settings = Flags::parse_from([&["tracker"], flags].concat()).http;
        let identity = Identity { node: "node-0".to_owned(), uid: "u".to_owned() };
        let app = App::new(
            Node::new(identity, Topology::ActiveActive),
            store.clone(),
            &mut rand::make_rng::<StdRng>(),
        );
        let mut registry = telemetry::registry();
        let observed = Observed::new(&mut registry);
        app.node().register(&mut registry);
        let index = IndexSettings::new(dir.path().join("index"));
        let (index, replicator) = Index::open(index, store.clone(), &mut registry).await.expect("an index");
        let files = SharedHome::open(dir.path()).await.expect("a shared home");
        let metrics = Arc::new(Metrics::new("0", 0));
        metrics.add(registry);
        let token = dir.path().join("token");
        std::fs::write(&token, "ops-token\n").expect("written");
        let ops = crate::http::ops::router(Ops::new(app.clone(), metrics, Some(token)));
        let router = router(Edge::new(app.clone(), settings, observed));
        app.make_first_admin(PASSWORD).await.expect("an administrator");
        app.open(Opened { index: index.clone(), files });
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let replicator =
            tokio::spawn(async move { replicator.run(stopped).await.expect("the index follows") });
        let started =
            Self { app, store, router, ops, stop, _replicator: replicator, _dir: dir, _database: database };
        started.become_active(&index).await;
        started
    }

    async fn become_active(&self, index: &Index) {
        let in_step = async {
            while index.status().state != IndexState::InStep {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(HANG, in_step).await.expect("the index comes in step");
        for event in [Event::Prepared, Event::InStep, Event::Activated] {
            let _: Option<_> = self.app.node().report(event);
        }
    }

    /// A call of the administrator to an endpoint below `/rest/api/2`.
    pub fn api(&self, method: &str, path: &str) -> Call {
        self.anonymous(method, &format!("/rest/api/2{path}")).login("admin", PASSWORD)
    }

    /// A call of nobody known to any path.
    pub fn anonymous(&self, method: &str, path: &str) -> Call {
        Call::new(self.router.clone(), method, path)
    }

    /// A call to the operations port with its token.
    pub fn ops(&self, method: &str, path: &str) -> Call {
        Call::new(self.ops.clone(), method, path).header("authorization", "Bearer ops-token")
    }

    /// Makes a project and answers its key.
    pub async fn project(&self, key: &str) -> String {
        let body = json!({"key": key, "name": format!("Project {key}"), "projectTypeKey": "software", "lead": "admin"});
        self.api("POST", "/project").json(&body).send().await.expect(201);
        key.to_owned()
    }

    /// Makes an issue and answers its key.
    pub async fn issue(&self, project: &str, summary: &str) -> String {
        let reply = self.api("POST", "/issue").json(&new_issue(project, summary)).send().await;
        reply.expect(201)["key"].as_str().expect("a key").to_owned()
    }

    /// Makes a user with the password [`PASSWORD`].
    pub async fn user(&self, name: &str) {
        let body = json!({"name": name, "password": PASSWORD, "emailAddress": format!("{name}@t.example"),
            "displayName": name.to_uppercase()});
        self.api("POST", "/user").json(&body).send().await.expect(201);
    }

    /// How many issues a query finds.
    pub async fn total(&self, jql: &str) -> u64 {
        let reply = self.api("POST", "/search").json(&json!({"jql": jql, "maxResults": 0})).send().await;
        reply.expect(200)["total"].as_u64().expect("a number")
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Call {
    fn new(router: Router, method: &str, path: &str) -> Self {
        let request = Request::builder().method(method).uri(path).header("host", "t.example");
        let mut request = request.body(Body::empty()).expect("a request");
        let peer: SocketAddr = "192.0.2.1:1234".parse().expect("an address");
        request.extensions_mut().insert(Peer(peer));
        Self { router, request }
    }

    pub fn login(self, name: &str, password: &str) -> Self {
        let login = BASE64_STANDARD.encode(format!("{name}:{password}"));
        self.header("authorization", &format!("Basic {login}"))
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.request.headers_mut().insert(name, value.parse().expect("a header"));
        self
    }

    pub fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").bytes(body.to_string())
    }

    pub fn bytes(mut self, body: impl Into<Bytes>) -> Self {
        *self.request.body_mut() = Body::from(body.into());
        self
    }

    /// A form with files, each a name and bytes.
    pub fn files(self, files: &[(&str, &[u8])]) -> Self {
        let mut form = Vec::new();
        for (name, bytes) in files {
            let head = format!(
                "--edge\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
                 content-type: text/plain\r\n\r\n"
            );
            form.extend_from_slice(head.as_bytes());
            form.extend_from_slice(bytes);
            form.extend_from_slice(b"\r\n");
        }
        form.extend_from_slice(b"--edge--\r\n");
        self.header("content-type", "multipart/form-data; boundary=edge")
            .header("x-atlassian-token", "no-check")
            .bytes(form)
    }

    pub async fn send(self) -> Reply {
        let answered = tokio::time::timeout(HANG, self.router.oneshot(self.request)).await;
        let response = answered.expect("an answer in time").expect("routers don't fail");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("a body");
        Reply { status: parts.status, headers: parts.headers, bytes }
    }
}

impl Reply {
    /// The JSON of the body; `Null` for none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    /// The JSON, after a look at the status.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.bytes));
        self.json()
    }

    /// Checks that the request was refused with this status, in the envelope; answers all that was said.
    #[track_caller]
    pub fn refused(&self, status: u16) -> String {
        let body = self.expect(status);
        let is_envelope = body["errorMessages"].is_array() && body["errors"].is_object();
        assert!(is_envelope, "no envelope: {}", String::from_utf8_lossy(&self.bytes));
        body.to_string()
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// The body for a new issue.
pub fn new_issue(project: &str, summary: &str) -> Value {
    json!({"fields": {"project": {"key": project}, "issuetype": {"name": "Bug"}, "summary": summary}})
}

/// The shape of an answer, where what differs from run to run is replaced by what it is.
pub fn steady(value: &Value) -> Value {
    match value {
        Value::Object(entries) => {
            entries.iter().map(|(name, value)| (name.clone(), steady_entry(name, value))).collect()
        }
        Value::Array(values) => values.iter().map(steady).collect(),
        value => value.clone(),
    }
}

fn steady_entry(name: &str, value: &Value) -> Value {
    match (name, value) {
        ("created" | "updated", Value::String(time)) if time.ends_with("+0000") => "[time]".into(),
        (_, value) => steady(value),
    }
}

//! What holds for every request: paths, methods, sizes, ids, panics.

use axum::{body::Body, http::Request, routing::get};
use tower::ServiceExt;
use tower_http::catch_panic::CatchPanicLayer;

use super::support::TestApp;
use crate::http::observe;

#[tokio::test]
async fn unknown_paths_and_methods_are_told_in_the_envelope() {
    let app = TestApp::sqlite(&[]).await;
    for path in ["/", "/rest", "/rest/api/2/none", "/rest/api/3/myself", "/rest/api/2/issue/A-1/none"] {
        app.anonymous("GET", path).send().await.refused(404);
    }
    for (method, path) in [("DELETE", "/myself"), ("PATCH", "/issue/A-1"), ("PUT", "/search")] {
        let reply = app.api(method, path).send().await;
        reply.refused(405);
        assert!(reply.header("allow").is_some(), "{method} {path}");
    }
}

#[tokio::test]
async fn a_context_path_comes_before_everything() {
    let app = TestApp::sqlite(&["--context-path", "/tracker"]).await;
    assert_eq!(app.anonymous("GET", "/tracker/status").send().await.expect(200)["state"], "RUNNING");
    app.anonymous("GET", "/status").send().await.refused(404);
    let info = app.anonymous("GET", "/tracker/rest/api/2/serverInfo").send().await.expect(200);
    assert_eq!(info["baseUrl"], "http://t.example/tracker");
    app.anonymous("GET", "/tracker/rest/api/2/none").send().await.refused(404);
}

#[tokio::test]
async fn links_begin_with_the_base_url() {
    let app = TestApp::sqlite(&["--base-url", "https://issues.example"]).await;
    app.project("DEMO").await;
    let project = app.api("GET", "/project/DEMO").send().await.expect(200);
    assert!(
        project["self"]
            .as_str()
            .is_some_and(|link| link.starts_with("https://issues.example/rest/api/2/project/"))
    );
    let info = app.anonymous("GET", "/rest/api/2/serverInfo").send().await.expect(200);
    assert_eq!(info["deploymentType"], "Server");
    assert_eq!(info["version"], "8.20.30");
}

#[tokio::test]
async fn requests_have_ids() {
    let app = TestApp::sqlite(&[]).await;
    let id = async |given: Option<&str>| {
        let call = app.anonymous("GET", "/status");
        let call = match given {
            Some(given) => call.header("x-request-id", given),
            None => call,
        };
        call.send().await.header("x-request-id").expect("an id").to_owned()
    };
    assert_eq!(id(None).await.len(), 32);
    assert_eq!(id(Some("mine-1")).await, "mine-1");
    assert_eq!(id(Some("not {mine}")).await.len(), 32);
}

#[tokio::test]
async fn more_requests_than_room_are_sent_away() {
    let app = TestApp::sqlite(&["--max-requests", "1"]).await;
    // Logins take time to hash: while the first one does, there is no room for the others.
    let replies = futures::future::join_all((0..4).map(|_| app.api("GET", "/myself").send())).await;
    let count = |status: u16| replies.iter().filter(|reply| reply.status == status).count();
    assert_eq!((count(200), count(503)), (1, 3));
    app.api("GET", "/myself").send().await.expect(200);
}

#[tokio::test]
async fn a_panic_is_an_answer() {
    async fn fall() {
        panic!("as asked");
    }
    let router: axum::Router =
        axum::Router::new().route("/fall", get(fall)).layer(CatchPanicLayer::custom(observe::panicked));
    let request = Request::get("/fall").body(Body::empty()).expect("a request");
    let response = router.oneshot(request).await.expect("routers don't fail");
    assert_eq!(response.status(), 500);
    let body = axum::body::to_bytes(response.into_body(), 1_000).await.expect("a body");
    let body: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
    assert!(body["errorMessages"][0].as_str().is_some_and(|said| !said.contains("as asked")));
}

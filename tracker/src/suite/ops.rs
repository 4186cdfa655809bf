//! The operations port, and the state of a node.

use super::support::TestApp;
use crate::cluster::role::{Event, Role};

#[tokio::test]
async fn a_serving_node_says_so() {
    for app in TestApp::all().await {
        assert_eq!(app.anonymous("GET", "/status").send().await.expect(200)["state"], "RUNNING");
        app.ops("GET", "/livez").send().await.expect(200);
        let ready = app.ops("GET", "/readyz").send().await.expect(200);
        assert_eq!(ready["ready"], true);
        let node = app.ops("GET", "/ops/v1/node").send().await.expect(200);
        assert_eq!(node["id"], "node-0");
        assert_eq!(node["state"], "RUNNING");
        assert_eq!(node["role"], "active");
        assert_eq!(node["topology"], "active-active");
        assert_eq!(node["index"]["startedFrom"], "new");
        assert!(node["index"]["position"].as_str().is_some_and(|position| position.split('/').count() == 3));
    }
}

#[tokio::test]
async fn operations_need_their_token() {
    let app = TestApp::sqlite(&[]).await;
    for (method, path) in [("GET", "/ops/v1/node"), ("POST", "/ops/v1/drain"), ("GET", "/ops/v1/none")] {
        app.ops(method, path).header("authorization", "Bearer wrong").send().await.refused(401);
        app.ops(method, path).header("authorization", "Basic x").send().await.refused(401);
    }
    assert_eq!(app.app.node().role(), Role::Active, "nothing was drained");
    app.ops("GET", "/ops/v1/none").send().await.refused(404);
    app.ops("GET", "/none").send().await.refused(404);
}

#[tokio::test]
async fn a_draining_node_serves_on_and_asks_clients_to_go() {
    let app = TestApp::sqlite(&[]).await;
    let drained = app.ops("POST", "/ops/v1/drain").send().await.expect(202);
    assert_eq!(drained["state"], "DRAINING");
    let status = app.anonymous("GET", "/status").send().await;
    assert_eq!(status.expect(503)["state"], "DRAINING");
    let ready = app.ops("GET", "/readyz").send().await.expect(503);
    assert_eq!(ready["missing"][0], "the node is leaving");
    let served = app.api("GET", "/myself").send().await;
    assert_eq!(served.header("connection"), Some("close"));
    served.expect(200);
    app.ops("GET", "/livez").send().await.expect(200);
}

#[tokio::test]
async fn a_node_that_may_not_serve_answers_503_to_everything_but_status() {
    let app = TestApp::sqlite(&[]).await;
    let _: Option<_> = app.app.node().report(Event::Revoked);
    let _: Option<_> = app.app.node().report(Event::Passivated);
    assert_eq!(app.anonymous("GET", "/status").send().await.expect(503)["state"], "PASSIVE");
    for path in ["/rest/api/2/serverInfo", "/rest/api/2/myself", "/nothing"] {
        let reply = app.anonymous("GET", path).send().await;
        reply.refused(503);
        assert_eq!(reply.header("retry-after"), Some("1"));
    }
    app.ops("GET", "/readyz").send().await.expect(200);
}

#[tokio::test]
async fn metrics_show_requests_by_route() {
    let app = TestApp::sqlite(&[]).await;
    app.api("GET", "/issue/NONE-1").send().await.refused(404);
    app.api("GET", "/issue/NONE-2").send().await.refused(404);
    app.anonymous("GET", "/some/path").send().await.refused(404);
    let reply = app.ops("GET", "/metrics").send().await;
    assert_eq!(reply.header("content-type"), Some(crate::telemetry::OPEN_METRICS));
    let text = String::from_utf8(reply.bytes.to_vec()).expect("text");
    for line in [
        "tracker_http_request_duration_seconds_count{method=\"GET\",route=\"/rest/api/2/issue/{issue}\",status=\"4xx\"} 2",
        "tracker_http_request_duration_seconds_count{method=\"GET\",route=\"other\",status=\"4xx\"} 1",
        "tracker_node_role{role=\"active\"} 1",
        "tracker_node_role{role=\"draining\"} 0",
        "tracker_http_requests_in_flight 0",
        "tracker_build_info{version=\"0\"} 1",
        "# EOF",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(!text.contains("NONE"), "no ids in labels");
}

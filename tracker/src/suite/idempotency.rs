//! Creating requests that are repeated.

use serde_json::{Value, json};

use super::support::{PASSWORD, Reply, TestApp, new_issue};

async fn create(app: &TestApp, key: &str, body: &Value) -> Reply {
    app.api("POST", "/issue").header("idempotency-key", key).json(body).send().await
}

#[tokio::test]
async fn a_repeated_request_creates_once() {
    for app in TestApp::all().await {
        app.project("DEMO").await;
        let body = new_issue("DEMO", "once");
        let first = create(&app, "key 1", &body).await;
        first.expect(201);
        let again = create(&app, "key 1", &body).await;
        again.expect(201);
        assert_eq!(first.bytes, again.bytes);
        assert_eq!(first.header("idempotency-replayed"), None);
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        let other = create(&app, "key 1", &new_issue("DEMO", "another")).await;
        assert!(other.refused(422).contains("was used for another request"));
        create(&app, "key 2", &body).await.expect(201);
        assert_eq!(app.total("").await, 2);
    }
}

#[tokio::test]
async fn many_of_the_same_at_once_create_once() {
    for app in TestApp::all().await {
        app.project("DEMO").await;
        app.project("OTHER").await;
        let body = new_issue("DEMO", "once");
        let replies = futures::future::join_all((0..16).map(|_| create(&app, "same", &body))).await;
        for reply in &replies {
            reply.expect(201);
            assert_eq!(reply.bytes, replies[0].bytes);
        }
        assert_eq!(app.total("").await, 1);
        // Into two projects no counter makes one wait for the other: only the key itself does.
        let bulk = |key: &str| {
            let body = json!({"issueUpdates": [new_issue(key, "x")]});
            app.api("POST", "/issue/bulk").header("idempotency-key", "across").json(&body).send()
        };
        let replies =
            futures::future::join_all((0..8).map(|n| bulk(if n % 2 == 0 { "DEMO" } else { "OTHER" }))).await;
        let created = replies.iter().filter(|reply| reply.status == 201).count();
        assert_eq!(created, 4, "the others used the key for another request");
        assert_eq!(app.total("").await, 2);
    }
}

#[tokio::test]
async fn keys_belong_to_their_user_and_endpoint() {
    let app = TestApp::sqlite(&[]).await;
    app.project("DEMO").await;
    app.user("ada").await;
    let body = new_issue("DEMO", "x");
    create(&app, "k", &body).await.expect(201);
    let ada = app
        .api("POST", "/issue")
        .login("ada", PASSWORD)
        .header("idempotency-key", "k")
        .json(&body)
        .send()
        .await;
    assert_eq!(ada.expect(201)["key"], "DEMO-2");
    let elsewhere =
        app.api("POST", "/issue/DEMO-1/comment").header("idempotency-key", "k").json(&json!({"body": "c"}));
    elsewhere.send().await.refused(422);
    for bad in ["", &"x".repeat(256)] {
        create(&app, bad, &body).await.refused(400);
    }
}

#[tokio::test]
async fn a_request_that_failed_may_be_repeated() {
    for app in TestApp::all().await {
        create(&app, "k", &new_issue("DEMO", "x")).await.refused(400);
        app.project("DEMO").await;
        create(&app, "k", &new_issue("DEMO", "x")).await.expect(201);
    }
}

#[tokio::test]
async fn every_kind_of_creation_can_be_repeated() {
    for app in TestApp::all().await {
        app.project("DEMO").await;
        app.issue("DEMO", "s").await;
        for _ in 0..2 {
            let project = json!({"key": "ONCE", "name": "Once"});
            app.api("POST", "/project")
                .header("idempotency-key", "p")
                .json(&project)
                .send()
                .await
                .expect(201);
            let comment = app.api("POST", "/issue/DEMO-1/comment").header("idempotency-key", "c");
            comment.json(&json!({"body": "once"})).send().await.expect(201);
            let attachment = app.api("POST", "/issue/DEMO-1/attachments").header("idempotency-key", "a");
            attachment.files(&[("once", b"x")]).send().await.expect(200);
            let bulk = json!({"issueUpdates": [new_issue("DEMO", "bulk")]});
            app.api("POST", "/issue/bulk")
                .header("idempotency-key", "b")
                .json(&bulk)
                .send()
                .await
                .expect(201);
        }
        let fields = &app.api("GET", "/issue/DEMO-1").send().await.expect(200)["fields"];
        assert_eq!(fields["comment"]["total"], 1);
        assert_eq!(fields["attachment"].as_array().map(Vec::len), Some(1));
        assert_eq!(app.total("").await, 2);
    }
}

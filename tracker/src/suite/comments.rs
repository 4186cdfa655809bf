//! Comments through the REST interface.

use serde_json::json;

use super::support::{PASSWORD, TestApp, steady};

#[tokio::test]
async fn a_comment_lives() {
    for app in TestApp::all().await {
        app.project("DEMO").await;
        app.issue("DEMO", "s").await;
        let body = json!({"body": "First"});
        let created = app.api("POST", "/issue/DEMO-1/comment").json(&body).send().await.expect(201);
        insta::assert_json_snapshot!("comment", steady(&created));
        let path = format!("/issue/DEMO-1/comment/{}", created["id"].as_str().expect("an id"));
        assert_eq!(app.api("GET", &path).send().await.expect(200), created);
        let changed = app.api("PUT", &path).json(&json!({"body": "Changed"})).send().await.expect(200);
        assert_eq!(changed["body"], "Changed");
        assert_eq!(app.total("comment ~ changed").await, 1, "the index knows");
        app.api("DELETE", &path).send().await.expect(204);
        app.api("GET", &path).send().await.refused(404);
        assert_eq!(app.total("comment ~ changed").await, 0);
    }
}

#[tokio::test]
async fn comments_come_in_pages() {
    let app = TestApp::sqlite(&[]).await;
    app.project("DEMO").await;
    app.issue("DEMO", "s").await;
    for n in 0..5 {
        let body = json!({"body": format!("c{n}")});
        app.api("POST", "/issue/DEMO-1/comment").json(&body).send().await.expect(201);
    }
    let page = app.api("GET", "/issue/DEMO-1/comment?startAt=3&maxResults=10").send().await.expect(200);
    assert_eq!((&page["total"], &page["startAt"], &page["maxResults"]), (&json!(5), &json!(3), &json!(10)));
    let bodies: Vec<_> =
        page["comments"].as_array().expect("a list").iter().map(|one| &one["body"]).collect();
    assert_eq!(bodies, ["c3", "c4"]);
}

#[tokio::test]
async fn a_comment_belongs_to_its_issue_and_its_author() {
    let app = TestApp::sqlite(&[]).await;
    app.project("DEMO").await;
    app.issue("DEMO", "one").await;
    app.issue("DEMO", "two").await;
    app.user("ada").await;
    let created =
        app.api("POST", "/issue/DEMO-1/comment").json(&json!({"body": "c"})).send().await.expect(201);
    let id = created["id"].as_str().expect("an id");
    app.api("GET", &format!("/issue/DEMO-2/comment/{id}")).send().await.refused(404);
    let own = format!("/issue/DEMO-1/comment/{id}");
    for method in ["PUT", "DELETE"] {
        let call = app.api(method, &own).login("ada", PASSWORD).json(&json!({"body": "not mine"}));
        call.send().await.refused(403);
    }
    for bad in ["", " \n", &"x".repeat(32_768), "a\u{0}b"] {
        app.api("POST", "/issue/DEMO-1/comment").json(&json!({"body": bad})).send().await.refused(400);
    }
}

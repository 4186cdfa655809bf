//! Users through the REST interface.

use serde_json::json;

use super::support::{PASSWORD, TestApp};

#[tokio::test]
async fn a_user_lives() {
    for app in TestApp::all().await {
        app.user("ada").await;
        let ada = app.api("GET", "/user?username=ADA").send().await.expect(200);
        insta::assert_json_snapshot!("user", ada);
        let by_key =
            app.api("GET", &format!("/user?key={}", ada["key"].as_str().expect("a key"))).send().await;
        assert_eq!(by_key.expect(200), ada);
        let myself = app.api("GET", "/myself").login("ada", PASSWORD).send().await;
        assert_eq!(myself.header("x-ausername"), Some("ada"));
        assert_eq!(myself.expect(200), ada);

        app.api("DELETE", "/user?username=ada").send().await.expect(204);
        app.api("GET", "/myself").login("ada", PASSWORD).send().await.refused(401);
        assert_eq!(app.api("GET", "/user?username=ada").send().await.expect(200)["active"], false);
        app.api("DELETE", "/user?username=admin").send().await.refused(403);
        app.api("GET", "/user?username=nobody").send().await.refused(404);
        app.api("GET", "/user").send().await.refused(400);
    }
}

#[tokio::test]
async fn users_are_found_by_the_beginning_of_their_names() {
    for app in TestApp::all().await {
        app.user("ada").await;
        app.user("adam").await;
        app.user("bob").await;
        let names = async |path: &str| {
            let users = app.api("GET", path).send().await.expect(200);
            let users = users.as_array().expect("a list").iter();
            users.map(|user| user["name"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names("/user/search?username=AD").await, ["ada", "adam", "admin"]);
        assert_eq!(names("/user/search?username=ad&startAt=1&maxResults=1").await, ["adam"]);
        assert_eq!(names("/user/search?username=.").await.len(), 4);
        assert!(names("/user/search?username=%25_").await.is_empty(), "no wildcards");
        app.project("DEMO").await;
        assert_eq!(names("/user/assignable/search?project=DEMO&username=bo").await, ["bob"]);
        app.api("GET", "/user/assignable/search?project=NONE").send().await.refused(404);
        app.api("GET", "/user/assignable/search").send().await.refused(400);
    }
}

#[tokio::test]
async fn names_are_taken_once_and_checked() {
    for app in TestApp::all().await {
        let create = async |name: &str, mail: &str| {
            let body = json!({"name": name, "emailAddress": mail, "displayName": "X", "password": "p"});
            app.api("POST", "/user").json(&body).send().await
        };
        create("ada", "a@t.example").await.expect(201);
        assert!(create("ADA", "a@t.example").await.refused(400).contains("already exists"));
        for bad in ["", "a b", "a:b", "a<b", "a\u{0}b", &"x".repeat(256)] {
            assert!(create(bad, "a@t.example").await.refused(400).contains("username"), "{bad:?}");
        }
        assert!(create("bob", "no mail").await.refused(400).contains("emailAddress"));
    }
}

#[tokio::test]
async fn only_administrators_make_users() {
    let app = TestApp::sqlite(&[]).await;
    app.user("ada").await;
    let body = json!({"name": "eve", "emailAddress": "e@t.example", "displayName": "Eve"});
    app.api("POST", "/user").login("ada", PASSWORD).json(&body).send().await.refused(403);
    app.api("DELETE", "/user?username=admin").login("ada", PASSWORD).send().await.refused(403);
    let password = json!({"password": "mine now"});
    app.api("PUT", "/user/password?username=admin")
        .login("ada", PASSWORD)
        .json(&password)
        .send()
        .await
        .refused(403);
}

//! Logins.

use serde_json::json;

use super::support::{PASSWORD, TestApp};

#[tokio::test]
async fn nobody_unknown_comes_in() {
    let app = TestApp::sqlite(&[]).await;
    let anonymous = app.anonymous("GET", "/rest/api/2/myself").send().await;
    anonymous.refused(401);
    assert!(anonymous.header("www-authenticate").is_some_and(|value| value.starts_with("Basic ")));
    assert_eq!(anonymous.header("x-seraph-loginreason"), None);
    for (name, password) in
        [("admin", "wrong"), ("nobody", PASSWORD), ("admin", ""), ("", ""), ("admin", &"x".repeat(2_000))]
    {
        let reply = app.api("GET", "/myself").login(name, password).send().await;
        reply.refused(401);
        assert_eq!(reply.header("x-seraph-loginreason"), Some("AUTHENTICATED_FAILED"), "{name}");
        assert_eq!(reply.header("x-ausername"), None);
    }
    app.api("GET", "/myself").login("ADMIN", PASSWORD).send().await.expect(200);
    app.anonymous("GET", "/rest/api/2/serverInfo").send().await.expect(200);
    app.anonymous("GET", "/rest/api/latest/serverInfo").send().await.expect(200);
    app.anonymous("GET", "/secure/useravatar?size=small").send().await.status.is_success();
}

#[tokio::test]
async fn a_changed_password_counts_at_once() {
    for app in TestApp::all().await {
        app.user("ada").await;
        let login =
            async |password: &str| app.api("GET", "/myself").login("ada", password).send().await.status;
        assert_eq!(login(PASSWORD).await, 200);
        let change = json!({"password": "another one", "currentPassword": PASSWORD});
        app.api("PUT", "/myself/password").login("ada", PASSWORD).json(&change).send().await.expect(204);
        assert_eq!(login(PASSWORD).await, 401, "the old one was remembered");
        assert_eq!(login("another one").await, 200);
        let back = json!({"password": PASSWORD});
        app.api("PUT", "/user/password?username=ada").json(&back).send().await.expect(204);
        assert_eq!(login("another one").await, 401);
        assert_eq!(login(PASSWORD).await, 200);
        app.api("PUT", "/myself/password").json(&json!({"password": ""})).send().await.refused(400);
    }
}

#[tokio::test]
async fn guessing_is_slowed_down_but_locks_nobody_out() {
    let app = TestApp::sqlite(&[]).await;
    app.user("ada").await;
    app.api("GET", "/myself").login("ada", PASSWORD).send().await.expect(200);
    let guess = async |n: u32| app.api("GET", "/myself").login("ada", &format!("guess {n}")).send().await;
    for n in 0..10 {
        assert_eq!(guess(n).await.header("x-seraph-loginreason"), Some("AUTHENTICATED_FAILED"));
    }
    assert_eq!(guess(10).await.header("x-seraph-loginreason"), Some("AUTHENTICATION_DENIED"));
    app.api("GET", "/myself").login("ada", PASSWORD).send().await.expect(200);
    app.api("GET", "/myself").send().await.expect(200);
}

#[tokio::test]
async fn many_logins_at_once_are_let_in() {
    let app = TestApp::sqlite(&[]).await;
    let logins = (0..32).map(|_| app.api("GET", "/myself").send());
    for reply in futures::future::join_all(logins).await {
        reply.expect(200);
    }
}

#[tokio::test]
async fn pages_of_other_sites_change_nothing() {
    let app = TestApp::sqlite(&[]).await;
    app.project("DEMO").await;
    let post = |origin: &str| app.api("DELETE", "/project/DEMO").header("origin", origin);
    assert!(post("http://evil.example").send().await.refused(403).contains("XSRF"));
    let read = app.api("GET", "/project/DEMO").header("origin", "http://evil.example");
    read.send().await.expect(200);
    post("http://t.example").send().await.expect(204);
}

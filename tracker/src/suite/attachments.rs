//! Attachments through the REST interface.

use super::support::{Call, PASSWORD, TestApp, steady};

fn upload(app: &TestApp) -> Call {
    app.api("POST", "/issue/DEMO-1/attachments")
}

async fn scene(app: &TestApp) {
    app.project("DEMO").await;
    app.issue("DEMO", "s").await;
}

#[tokio::test]
async fn an_attachment_lives() {
    for app in TestApp::all().await {
        scene(&app).await;
        let bytes: Vec<u8> = (0..100_000_u32).map(|n| (n % 251) as u8).collect();
        let attached =
            upload(&app).files(&[("a photo.png", &bytes), ("b.txt", b"")]).send().await.expect(200);
        insta::assert_json_snapshot!("attachments", steady(&attached));
        let id = attached[0]["id"].as_str().expect("an id");
        assert_eq!(app.api("GET", &format!("/attachment/{id}")).send().await.expect(200), attached[0]);
        let content = attached[0]["content"].as_str().expect("a link");
        let path = content.strip_prefix("http://t.example").expect("a link to here");
        let get = |range: Option<&str>| {
            let call = app.anonymous("GET", path).login("admin", PASSWORD);
            range.map_or_else(
                || app.anonymous("GET", path).login("admin", PASSWORD),
                |range| call.header("range", range),
            )
        };
        let whole = get(None).send().await;
        assert_eq!(whole.status, 200);
        assert_eq!(whole.bytes, bytes);
        assert_eq!(whole.header("content-length"), Some("100000"));
        assert_eq!(whole.header("x-content-type-options"), Some("nosniff"));
        assert!(
            whole
                .header("content-disposition")
                .is_some_and(|value| value.starts_with("attachment; filename=\"a photo.png\""))
        );
        let part = get(Some("bytes=99990-")).send().await;
        assert_eq!(part.status, 206);
        assert_eq!(part.bytes, bytes[99_990..]);
        assert_eq!(part.header("content-range"), Some("bytes 99990-99999/100000"));
        get(Some("bytes=100000-")).send().await.refused(416);
        app.anonymous("GET", path).send().await.refused(401);

        app.api("DELETE", &format!("/attachment/{id}")).send().await.expect(204);
        get(None).send().await.refused(404);
        let left = &app.api("GET", "/issue/DEMO-1").send().await.expect(200)["fields"]["attachment"];
        assert_eq!(left.as_array().map(Vec::len), Some(1));
    }
}

#[tokio::test]
async fn a_large_file_comes_back_as_it_was() {
    let app = TestApp::sqlite(&[]).await;
    scene(&app).await;
    // More than the framework's own limit for bodies.
    let bytes: Vec<u8> = (0..5_000_017_u32).map(|n| (n % 251) as u8).collect();
    let attached = upload(&app).files(&[("large.bin", &bytes)]).send().await.expect(200);
    let content = attached[0]["content"].as_str().expect("a link");
    let path = content.strip_prefix("http://t.example").expect("a link to here");
    let read = app.anonymous("GET", path).login("admin", PASSWORD).send().await;
    assert!(read.bytes == bytes);
}

#[tokio::test]
async fn a_form_that_is_wrong_attaches_nothing() {
    let app = TestApp::sqlite(&["--max-attachment", "1"]).await;
    scene(&app).await;
    let form = upload(&app).files(&[("a", b"x")]);
    form.header("x-atlassian-token", "check").send().await.refused(403);
    upload(&app).files(&[]).send().await.refused(400);
    upload(&app).files(&[("", b"x")]).send().await.refused(400);
    let large = vec![0; 1024 * 1024 + 1];
    assert!(
        upload(&app)
            .files(&[("fits", b"x"), ("large", &large)])
            .send()
            .await
            .refused(413)
            .contains("1048576")
    );
    let no_form = upload(&app).header("x-atlassian-token", "no-check").bytes("x").send().await;
    assert!(no_form.refused(400).contains("multipart/form-data"));
    let broken = upload(&app)
        .header("x-atlassian-token", "no-check")
        .header("content-type", "multipart/form-data; boundary=edge")
        .bytes("--edge\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nno end");
    broken.send().await.refused(400);
    let elsewhere = app.api("POST", "/issue/DEMO-9/attachments").files(&[("a", b"x")]).send().await;
    elsewhere.refused(404);
    let none = &app.api("GET", "/issue/DEMO-1").send().await.expect(200)["fields"]["attachment"];
    assert_eq!(none.as_array().map(Vec::len), Some(0));
}

#[tokio::test]
async fn only_who_may_deletes_attachments() {
    let app = TestApp::sqlite(&[]).await;
    scene(&app).await;
    app.user("ada").await;
    let attached = upload(&app).files(&[("a", b"x")]).send().await.expect(200);
    let path = format!("/attachment/{}", attached[0]["id"].as_str().expect("an id"));
    app.api("DELETE", &path).login("ada", PASSWORD).send().await.refused(403);
    for missing in ["/attachment/999", "/attachment/x", "/attachment/-1", "/attachment/99999999999999999999"]
    {
        app.api("GET", missing).send().await.refused(404);
    }
}

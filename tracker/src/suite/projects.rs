//! Projects through the REST interface.

use serde_json::{Value, json};

use super::support::{PASSWORD, TestApp};

#[tokio::test]
async fn a_project_lives() {
    for app in TestApp::all().await {
        let body = json!({"key": "DEMO", "name": "Demo", "projectTypeKey": "business", "lead": "admin",
            "description": "For trying out", "projectTemplateKey": "any"});
        let created = app.api("POST", "/project").json(&body).send().await.expect(201);
        assert!(created["id"].is_number());
        assert_eq!(created["key"], "DEMO");
        let project = app.api("GET", "/project/DEMO").send().await.expect(200);
        insta::assert_json_snapshot!("project", project);
        let by_id = app.api("GET", &format!("/project/{}", created["id"])).send().await.expect(200);
        assert_eq!(by_id, project);
        let list = app.api("GET", "/project").send().await.expect(200);
        assert_eq!(list.as_array().map(Vec::len), Some(1));

        let renamed =
            app.api("PUT", "/project/DEMO").json(&json!({"name": "Renamed"})).send().await.expect(200);
        assert_eq!(renamed["name"], "Renamed");
        assert_eq!(renamed["description"], "For trying out");

        app.issue("DEMO", "s").await;
        app.api("DELETE", "/project/DEMO").send().await.expect(204);
        let gone = app.api("GET", "/project/DEMO").send().await.refused(404);
        assert!(gone.contains("No project could be found with key 'DEMO'."), "{gone}");
        app.api("GET", "/issue/DEMO-1").send().await.refused(404);
        assert_eq!(app.total("").await, 0);
    }
}

#[tokio::test]
async fn keys_and_names_are_taken_once() {
    for app in TestApp::all().await {
        app.project("DEMO").await;
        let create = async |key: &str, name: &str| {
            app.api("POST", "/project").json(&json!({"key": key, "name": name})).send().await.refused(400)
        };
        assert!(create("DEMO", "Other").await.contains("A project with that key already exists."));
        assert!(create("OTHER", "project demo").await.contains("A project with that name already exists."));
        for bad in ["", "d", "demo", "1A", "TOOLONGAKEY1", "A-B", "ÄÖ"] {
            assert!(create(bad, "Other").await.contains("projectKey"), "{bad}");
        }
        assert!(create("OTHER", " ").await.contains("projectName"));
        assert!(create("OTHER", &"x".repeat(81)).await.contains("longer than 80"));
        let list = app.api("GET", "/project").send().await.expect(200);
        assert_eq!(list.as_array().map(Vec::len), Some(1), "nothing was made");
    }
}

#[tokio::test]
async fn only_administrators_make_projects() {
    let app = TestApp::sqlite(&[]).await;
    app.project("DEMO").await;
    app.user("ada").await;
    for (method, path) in [("POST", "/project"), ("PUT", "/project/DEMO"), ("DELETE", "/project/DEMO")] {
        let body = json!({"key": "ADA", "name": "Ada"});
        app.api(method, path).login("ada", PASSWORD).json(&body).send().await.refused(403);
    }
    let list = app.api("GET", "/project").login("ada", PASSWORD).send().await.expect(200);
    assert_eq!(list.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn statuses_of_a_project_are_listed_by_type() {
    let app = TestApp::sqlite(&[]).await;
    app.project("DEMO").await;
    let types = app.api("GET", "/project/DEMO/statuses").send().await.expect(200);
    let names = |statuses: &Value| -> Vec<String> {
        let statuses = statuses.as_array().expect("a list").iter();
        statuses.map(|one| one["name"].as_str().expect("a name").to_owned()).collect()
    };
    assert!(types.as_array().is_some_and(|types| types.len() >= 5));
    assert!(names(&types[0]["statuses"]).contains(&"Done".to_owned()));
    app.api("GET", "/project/NONE/statuses").send().await.refused(404);
}

//! Issues through the REST interface.

use serde_json::{Value, json};

use super::support::{PASSWORD, TestApp, new_issue, steady};

#[tokio::test]
async fn an_issue_lives() {
    for app in TestApp::all().await {
        app.project("DEMO").await;
        app.user("ada").await;
        let created = app
            .api("POST", "/issue")
            .json(&json!({"fields": {
                "project": {"key": "DEMO"}, "issuetype": {"name": "bug"}, "summary": "It doesn't start",
                "description": "No light", "priority": {"name": "High"}, "assignee": {"name": "ada"},
                "labels": ["b", "a", "b"],
            }}))
            .send()
            .await
            .expect(201);
        assert_eq!(created["key"], "DEMO-1");
        assert!(created["id"].is_string());
        assert_eq!(
            created["self"],
            format!("http://t.example/rest/api/2/issue/{}", created["id"].as_str().expect("an id"))
        );

        let issue = app.api("GET", "/issue/demo-1").send().await.expect(200);
        insta::assert_json_snapshot!("issue", steady(&issue));
        let by_id =
            app.api("GET", &format!("/issue/{}", created["id"].as_str().expect("an id"))).send().await;
        assert_eq!(by_id.expect(200), issue);

        let edit = json!({"fields": {"summary": "It starts", "description": null},
            "update": {"labels": [{"add": "c"}, {"remove": "a"}], "comment": [{"add": {"body": "Done."}}]}});
        app.api("PUT", "/issue/DEMO-1").json(&edit).send().await.expect(204);
        let fields = &app.api("GET", "/issue/DEMO-1").send().await.expect(200)["fields"];
        assert_eq!(fields["summary"], "It starts");
        assert_eq!(fields["description"], Value::Null);
        assert_eq!(fields["labels"], json!(["b", "c"]));
        assert_eq!(fields["comment"]["comments"][0]["body"], "Done.");

        app.api("DELETE", "/issue/DEMO-1").send().await.expect(204);
        assert!(app.api("GET", "/issue/DEMO-1").send().await.refused(404).contains("Issue Does Not Exist"));
        assert_eq!(app.issue("DEMO", "next").await, "DEMO-2", "numbers are never used again");
    }
}

#[tokio::test]
async fn fields_and_expansions_are_chosen() {
    let app = TestApp::sqlite(&[]).await;
    app.project("DEMO").await;
    app.issue("DEMO", "s").await;
    let get = async |query: &str| app.api("GET", &format!("/issue/DEMO-1?{query}")).send().await.expect(200);
    let fields = get("fields=summary,status&fields=labels").await["fields"].clone();
    assert_eq!(
        fields.as_object().expect("fields").keys().collect::<Vec<_>>(),
        ["labels", "status", "summary"]
    );
    let expanded = get("fields=summary&expand=names,schema,transitions,renderedFields").await;
    assert_eq!(expanded["names"], json!({"summary": "Summary"}));
    assert_eq!(expanded["schema"], json!({"summary": {"type": "string", "system": "summary"}}));
    assert!(expanded["transitions"].as_array().is_some_and(|open| !open.is_empty()));
    assert!(expanded["renderedFields"].is_object());
}

#[tokio::test]
async fn an_issue_is_assigned() {
    for app in TestApp::all().await {
        app.project("DEMO").await;
        app.user("ada").await;
        app.issue("DEMO", "s").await;
        let assign = async |body: Value| app.api("PUT", "/issue/DEMO-1/assignee").json(&body).send().await;
        let assignee = async || {
            app.api("GET", "/issue/DEMO-1").send().await.expect(200)["fields"]["assignee"]["name"].clone()
        };
        assert_eq!(assignee().await, Value::Null);
        assign(json!({"name": "ADA"})).await.expect(204);
        assert_eq!(assignee().await, "ada");
        assign(json!({"name": "-1"})).await.expect(204);
        assert_eq!(assignee().await, "admin", "the project's lead");
        assign(json!({"name": null})).await.expect(204);
        assert_eq!(assignee().await, Value::Null);
        let said = assign(json!({"name": "nobody"})).await.refused(400);
        assert!(said.contains("User 'nobody' does not exist."), "{said}");
        app.api("DELETE", "/user?username=ada").send().await.expect(204);
        assert!(assign(json!({"name": "ada"})).await.refused(400).contains("not active"));
    }
}

#[tokio::test]
async fn an_issue_goes_through_its_workflow() {
    for app in TestApp::all().await {
        app.project("DEMO").await;
        app.issue("DEMO", "s").await;
        let open =
            app.api("GET", "/issue/DEMO-1/transitions").send().await.expect(200)["transitions"].clone();
        let open = open.as_array().expect("a list");
        let status =
            async || app.api("GET", "/issue/DEMO-1").send().await.expect(200)["fields"]["status"].clone();
        assert!(open.iter().all(|one| one["name"] != "To Do"), "it is there already");
        let done = open.iter().find(|one| one["name"] == "Done").expect("a way to Done");
        let body =
            json!({"transition": {"id": done["id"]}, "update": {"comment": [{"add": {"body": "Fixed."}}]}});
        app.api("POST", "/issue/DEMO-1/transitions").json(&body).send().await.expect(204);
        assert_eq!(status().await["statusCategory"]["key"], "done");
        let again = app.api("POST", "/issue/DEMO-1/transitions").json(&body).send().await;
        assert!(again.refused(400).contains("not valid for this issue"));
        let comments = app.api("GET", "/issue/DEMO-1/comment").send().await.expect(200);
        assert_eq!(comments["total"], 1, "a refused transition adds no comment");
    }
}

#[tokio::test]
async fn many_issues_are_created_at_once_and_the_wrong_ones_left_out() {
    for app in TestApp::all().await {
        app.project("DEMO").await;
        let mut wrong = new_issue("DEMO", "x");
        wrong["fields"]["labels"] = json!(["a b"]);
        let bulk = json!({"issueUpdates": [new_issue("DEMO", "one"), wrong, new_issue("NONE", "x"), new_issue("DEMO", "two")]});
        let reply = app.api("POST", "/issue/bulk").json(&bulk).send().await.expect(201);
        let keys: Vec<&Value> =
            reply["issues"].as_array().expect("a list").iter().map(|one| &one["key"]).collect();
        assert_eq!(keys, ["DEMO-1", "DEMO-2"]);
        insta::assert_json_snapshot!("bulk_errors", reply["errors"]);
        let all_wrong = json!({"issueUpdates": [new_issue("NONE", "x")]});
        let reply = app.api("POST", "/issue/bulk").json(&all_wrong).send().await.expect(400);
        assert_eq!(reply["errors"][0]["failedElementNumber"], 0);
        assert_eq!(app.total("").await, 2);
    }
}

#[tokio::test]
async fn only_who_may_deletes_issues() {
    let app = TestApp::sqlite(&[]).await;
    app.project("DEMO").await;
    app.issue("DEMO", "the administrator's").await;
    app.user("ada").await;
    let ada = |method: &str, path: &str| app.api(method, path).login("ada", PASSWORD);
    ada("DELETE", "/issue/DEMO-1").send().await.refused(403);
    ada("POST", "/issue").json(&new_issue("DEMO", "ada's")).send().await.expect(201);
    ada("DELETE", "/issue/DEMO-2").send().await.expect(204);
    assert_eq!(app.total("").await, 1);
}

#[tokio::test]
async fn changes_at_the_same_time_all_count() {
    for app in TestApp::all().await {
        app.project("DEMO").await;
        app.issue("DEMO", "s").await;
        let edits = (0..8).map(|n| {
            let label = json!({"update": {"labels": [{"add": format!("l{n}")}]}});
            app.api("PUT", "/issue/DEMO-1").json(&label).send()
        });
        for reply in futures::future::join_all(edits).await {
            reply.expect(204);
        }
        let labels = app.api("GET", "/issue/DEMO-1").send().await.expect(200)["fields"]["labels"].clone();
        assert_eq!(labels.as_array().expect("a list").len(), 8);
    }
}

#[tokio::test]
async fn createmeta_says_what_may_be_created() {
    let app = TestApp::sqlite(&[]).await;
    app.project("DEMO").await;
    app.project("OTHER").await;
    let path = "/issue/createmeta?projectKeys=DEMO&issuetypeNames=Bug&expand=projects.issuetypes.fields";
    let meta = app.api("GET", path).send().await.expect(200);
    assert_eq!(meta["projects"].as_array().map(Vec::len), Some(1));
    let types = &meta["projects"][0]["issuetypes"];
    assert_eq!(types.as_array().map(Vec::len), Some(1));
    assert_eq!(types[0]["fields"]["summary"]["required"], true);
}

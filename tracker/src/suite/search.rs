//! Search through the REST interface.

use serde_json::{Value, json};

use super::support::{TestApp, steady};

fn keys(reply: &Value) -> Vec<String> {
    let issues = reply["issues"].as_array().expect("a list").iter();
    issues.map(|issue| issue["key"].as_str().expect("a key").to_owned()).collect()
}

#[tokio::test]
async fn what_was_acknowledged_is_found() {
    for app in TestApp::all().await {
        app.project("DEMO").await;
        for n in 1..=5 {
            let key = app.issue("DEMO", &format!("issue number {n}")).await;
            assert_eq!(app.total(&format!("key = {key}")).await, 1);
        }
        let url = "/search?jql=project%20%3D%20DEMO%20ORDER%20BY%20key%20DESC&startAt=1&maxResults=2&fields=summary";
        let reply = app.api("GET", url).send().await.expect(200);
        insta::assert_json_snapshot!("search", steady(&reply));
        let body = json!({"jql": "project = DEMO ORDER BY key DESC", "startAt": 1, "maxResults": 2, "fields": ["summary"]});
        assert_eq!(app.api("POST", "/search").json(&body).send().await.expect(200), reply);
        app.api("DELETE", "/issue/DEMO-5").send().await.expect(204);
        assert_eq!(app.total("project = demo").await, 4);
        assert_eq!(app.total("summary ~ issue AND reporter = currentUser()").await, 4);
        let all = app.api("GET", "/search").send().await.expect(200);
        assert_eq!(all["maxResults"], 50);
        assert_eq!(keys(&all).len(), 4);
        assert!(all["issues"][0]["fields"].get("comment").is_none(), "lists leave comments out");
    }
}

#[tokio::test]
async fn mistakes_in_a_query_are_told() {
    let app = TestApp::sqlite(&[]).await;
    let search = async |jql: &str| app.api("POST", "/search").json(&json!({"jql": jql})).send().await;
    assert!(search("project = ").await.refused(400).contains("Error in the JQL Query: "));
    let missing = search("project = NONE").await.refused(400);
    assert!(missing.contains("The value 'NONE' does not exist for the field 'project'."), "{missing}");
    assert!(search("nonsense = 1").await.refused(400).contains("Field 'nonsense' does not exist"));
    let lenient = json!({"jql": "project = NONE", "validateQuery": false});
    let reply = app.api("POST", "/search").json(&lenient).send().await.expect(200);
    assert_eq!(reply["total"], 0);
    assert!(reply["warningMessages"][0].as_str().is_some_and(|said| said.contains("NONE")));
    app.api("GET", "/search?jql=project%3DNONE&validateQuery=warn").send().await.expect(200);
}

#[tokio::test]
async fn pages_are_limited() {
    let app = TestApp::sqlite(&[]).await;
    app.project("DEMO").await;
    app.issue("DEMO", "s").await;
    let page = async |query: &str| app.api("GET", &format!("/search?{query}")).send().await;
    assert_eq!(page("maxResults=100000").await.expect(200)["maxResults"], 1_000);
    assert_eq!(page("maxResults=0").await.expect(200)["total"], 1);
    let beyond = page("startAt=9223372036854775807").await.expect(200);
    assert_eq!((&beyond["total"], keys(&beyond).len()), (&json!(1), 0));
    page("startAt=-1").await.refused(400);
    page("startAt=x").await.refused(400);
    page("maxResults=99999999999999999999").await.refused(400);
    page("jql=%ff").await.refused(400);
}

#[tokio::test]
async fn users_and_lists_can_be_searched_and_sorted_by() {
    for app in TestApp::all().await {
        app.project("DEMO").await;
        app.user("ada").await;
        app.issue("DEMO", "one").await;
        app.issue("DEMO", "two").await;
        app.api("PUT", "/issue/DEMO-2/assignee").json(&json!({"name": "ada"})).send().await.expect(204);
        for (jql, expected) in [
            ("assignee = ada", 1),
            ("assignee = JIRAUSER10001", 1),
            ("assignee IS EMPTY", 1),
            ("assignee != ada", 0),
            ("status = 'To Do' AND priority = Medium AND issuetype = Bug", 2),
            ("key IN (DEMO-1, DEMO-2) ORDER BY assignee, status, priority", 2),
            ("created >= -1d AND updated <= now()", 2),
        ] {
            assert_eq!(app.total(jql).await, expected, "{jql}");
        }
    }
}

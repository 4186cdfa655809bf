//! Bad input to every endpoint: always refused in the envelope, and nothing has changed.

use serde_json::{Value, json};

use super::support::TestApp;

/// Endpoints that take a JSON body, on things that exist, with a body that would be accepted.
fn writes() -> Vec<(&'static str, &'static str, Value)> {
    let issue = json!({"project": {"key": "DEMO"}, "issuetype": {"name": "Bug"}, "summary": "s"});
    vec![
        ("POST", "/user", json!({"name": "n", "emailAddress": "n@t.example", "displayName": "N"})),
        ("PUT", "/user/password?username=ada", json!({"password": "p"})),
        ("PUT", "/myself/password", json!({"password": "p"})),
        ("POST", "/project", json!({"key": "NEW", "name": "New"})),
        ("PUT", "/project/DEMO", json!({"name": "Renamed"})),
        ("POST", "/issue", json!({"fields": issue})),
        ("POST", "/issue/bulk", json!({"issueUpdates": [{"fields": issue}]})),
        ("PUT", "/issue/DEMO-1", json!({"fields": {"summary": "t"}})),
        ("PUT", "/issue/DEMO-1/assignee", json!({"name": "ada"})),
        ("POST", "/issue/DEMO-1/transitions", json!({"transition": {"id": "3"}})),
        ("POST", "/issue/DEMO-1/comment", json!({"body": "c"})),
        ("PUT", "/issue/DEMO-1/comment/1", json!({"body": "c"})),
        ("POST", "/search", json!({"jql": "project = DEMO"})),
    ]
}

/// Bodies that no endpoint may accept.
fn garbage() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("nothing", Vec::new()),
        ("no JSON", b"hello".to_vec()),
        ("half", b"{\"fields\": ".to_vec()),
        ("more behind", b"{} {}".to_vec()),
        ("a list", b"[]".to_vec()),
        ("a list in the order of fields", b"[\"a\", \"b\", \"c\", \"d\"]".to_vec()),
        ("a text", b"\"text\"".to_vec()),
        ("null", b"null".to_vec()),
        ("a number", b"1e999".to_vec()),
        ("deep", format!("{{\"fields\": {}", "[".repeat(200_000)).into_bytes()),
        ("deep objects", "{\"fields\":".repeat(100_000).into_bytes()),
        ("invalid UTF-8", b"{\"name\": \"\xff\xfe\", \"body\": \"\xff\", \"jql\": \"\xc3\x28\"}".to_vec()),
        (
            "half a surrogate",
            br#"{"name": "\ud800", "body": "\ud800", "jql": "\ud800", "fields": {"summary": "\ud800"}}"#
                .to_vec(),
        ),
        ("unknown keys", br#"{"no such key": 1}"#.to_vec()),
        ("ten megabytes", [b"{\"body\": \"", vec![b'x'; 10_000_000].as_slice(), b"\"}"].concat()),
    ]
}

/// Values that fit nowhere a client may write a text or an object.
fn wrong_values() -> Vec<Value> {
    vec![
        json!(1),
        json!(-1.5e300),
        json!(true),
        json!([]),
        json!([[[]]]),
        json!({}),
        json!({"id": {}}),
        json!({"id": -1}),
        json!({"id": "9".repeat(100)}),
        json!({"name": 5}),
        json!({"name": "\u{0}"}),
        json!({"key": ["x"]}),
        json!("\u{0}"),
        json!("x".repeat(50_000)),
        json!(["a b"]),
        json!([1, null]),
        json!([{"add": 1}]),
        json!([{"set": {"name": []}}]),
    ]
}

async fn scene(app: &TestApp) {
    app.project("DEMO").await;
    app.issue("DEMO", "s").await;
    app.user("ada").await;
    app.api("POST", "/issue/DEMO-1/comment").json(&json!({"body": "c"})).send().await.expect(201);
}

/// All that could have changed.
async fn everything(app: &TestApp) -> Value {
    let mut all = Vec::new();
    for path in [
        "/search?fields=*all&maxResults=1000",
        "/project",
        "/project/DEMO",
        "/user/search?username=.",
        "/issue/DEMO-1",
    ] {
        all.push(app.api("GET", path).send().await.expect(200));
    }
    all.into()
}

#[tokio::test]
async fn garbage_is_refused_everywhere() {
    for app in TestApp::all().await {
        scene(&app).await;
        let before = everything(&app).await;
        for (method, path, _) in writes() {
            for (what, body) in garbage() {
                let reply =
                    app.api(method, path).header("content-type", "application/json").bytes(body).send().await;
                let status = reply.status.as_u16();
                assert!((400..500).contains(&status), "{method} {path} {what}: {status} {:?}", reply.bytes);
                reply.refused(status);
                assert_eq!(status == 413, what == "ten megabytes", "{method} {path} {what}: {status}");
            }
        }
        assert_eq!(everything(&app).await, before);
    }
}

#[tokio::test]
async fn values_of_the_wrong_kind_are_refused_in_every_place() {
    for app in TestApp::all().await {
        scene(&app).await;
        let mut tried = 0;
        for (method, path, body) in writes() {
            for place in places(&body) {
                for wrong in wrong_values() {
                    let mut changed = body.clone();
                    *changed.pointer_mut(&place).expect("a place") = wrong.clone();
                    let reply = app.api(method, path).json(&changed).send().await;
                    let status = reply.status.as_u16();
                    assert!(status < 500, "{method} {path} {changed}: {status} {:?}", reply.bytes);
                    // A bulk reports each of its issues in an envelope of its own.
                    if status >= 400 && reply.json().get("issues").is_none() {
                        reply.refused(status);
                    }
                    tried += 1;
                }
            }
        }
        assert!(tried > 300, "{tried}");
        assert_eq!(app.api("GET", "/project/DEMO").send().await.expect(200)["key"], "DEMO");
    }
}

#[tokio::test]
async fn missing_parts_are_refused() {
    let app = TestApp::sqlite(&[]).await;
    scene(&app).await;
    let before = everything(&app).await;
    for (method, path) in [
        ("POST", "/user"),
        ("PUT", "/myself/password"),
        ("POST", "/project"),
        ("POST", "/issue"),
        ("POST", "/issue/bulk"),
        ("PUT", "/issue/DEMO-1/assignee"),
        ("POST", "/issue/DEMO-1/transitions"),
        ("POST", "/issue/DEMO-1/comment"),
        ("PUT", "/issue/DEMO-1/comment/1"),
    ] {
        app.api(method, path).json(&json!({})).send().await.refused(400);
    }
    let said = app.api("POST", "/issue").json(&json!({"fields": {}})).send().await.refused(400);
    for field in ["project", "issuetype", "summary"] {
        assert!(said.contains(&format!("\"{field}\":")), "{said}");
    }
    assert_eq!(everything(&app).await, before);
}

#[tokio::test]
async fn paths_may_say_anything() {
    for app in TestApp::all().await {
        scene(&app).await;
        let words = [
            "%00",
            "%ff",
            "-1",
            "99999999999999999999",
            "%F0%9F%92%A9",
            "a%2Fb",
            "..%2f..",
            "'%20OR%201=1--",
            "%25",
            "DEMO-0",
            "DEMO--1",
            &"x".repeat(5_000),
        ];
        for word in words {
            for (method, path) in [
                ("GET", "/project/{}"),
                ("DELETE", "/project/{}"),
                ("GET", "/project/{}/statuses"),
                ("GET", "/issue/{}"),
                ("DELETE", "/issue/{}"),
                ("GET", "/issue/{}/transitions"),
                ("GET", "/issue/{}/comment"),
                ("GET", "/issue/DEMO-1/comment/{}"),
                ("DELETE", "/issue/DEMO-1/comment/{}"),
                ("GET", "/attachment/{}"),
                ("DELETE", "/attachment/{}"),
                ("GET", "/status/{}"),
                ("GET", "/statuscategory/{}"),
                ("GET", "/priority/{}"),
                ("GET", "/issuetype/{}"),
                ("GET", "/user?username={}"),
                ("GET", "/user?key={}"),
                ("DELETE", "/user?username={}"),
                ("GET", "/user/assignable/search?project={}"),
                ("GET", "/mypermissions?issueKey={}"),
            ] {
                let path = path.replace("{}", word);
                let reply = app.api(method, &path).send().await;
                let status = reply.status.as_u16();
                assert!((400..500).contains(&status), "{method} {path}: {status}");
                reply.refused(status);
            }
            let search = app.api("GET", &format!("/user/search?username={word}&maxResults=5")).send().await;
            assert!(search.status.as_u16() < 500, "{word}");
        }
        assert_eq!(app.total("").await, 1);
    }
}

/// Pointers to all places within a value, itself left out.
fn places(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut add = |name: String, value: &Value| {
        found.push(format!("/{name}"));
        found.extend(places(value).into_iter().map(|place| format!("/{name}{place}")));
    };
    match value {
        Value::Object(entries) => entries.iter().for_each(|(name, value)| add(name.clone(), value)),
        Value::Array(values) => values.iter().enumerate().for_each(|(n, value)| add(n.to_string(), value)),
        _ => {}
    }
    found
}

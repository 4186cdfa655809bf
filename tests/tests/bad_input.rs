//! Whatever is sent to whatever endpoint: an answer with 4xx and Jira's error envelope, no panic, and no row changed.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use reqwest::Method;
use serde_json::{Value, json};
use tests::database::Database;
use tests::process::Process;
use tests::rest::Rest;

/// A body and the type it claims to have.
struct Body {
    what: &'static str,
    kind: &'static str,
    bytes: Vec<u8>,
}

fn body(what: &'static str, bytes: impl Into<Vec<u8>>) -> Body {
    Body { what, kind: "application/json", bytes: bytes.into() }
}

/// Bodies that no endpoint can take.
fn no_json() -> Vec<Body> {
    vec![
        body("nothing", ""),
        body("a word", "hello"),
        body("half an object", "{\"fields\":"),
        body("a list", "[]"),
        body("a number", "7"),
        body("a text", "\"text\""),
        body("null", "null"),
        body(
            "invalid UTF-8",
            b"{\"fields\":{\"summary\":\"\xff\xfe\"},\"body\":\"\xff\",\"jql\":\"\xff\"}".to_vec(),
        ),
        body(
            "half a surrogate pair",
            "{\"fields\":{\"summary\":\"\\ud800\"},\"body\":\"\\ud800\",\"jql\":\"\\ud800\",\"name\":\"\\ud800\"}",
        ),
        body("a deep nest", format!("{{\"fields\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000))),
        body("10 MB of text", format!("{{\"fields\":{{\"summary\":\"{}\"}}}}", "x".repeat(10_000_000))),
        body("10 MB of items", format!("[{}0]", "0,".repeat(5_000_000))),
        Body { what: "a form", kind: "application/x-www-form-urlencoded", bytes: b"summary=x".to_vec() },
    ]
}

/// Fields of an issue that must be refused, whether it is made or changed.
fn bad_fields() -> Vec<Value> {
    vec![
        json!({"summary": 7}),
        json!({"summary": null}),
        json!({"summary": ""}),
        json!({"summary": "   "}),
        json!({"summary": "two\nlines"}),
        json!({"summary": "x".repeat(300)}),
        json!({"summary": ["a"]}),
        json!({"description": {"type": "doc"}}),
        json!({"description": "a\u{0}b"}),
        json!({"description": "x".repeat(1_000_000)}),
        json!({"labels": "one"}),
        json!({"labels": ["with space"]}),
        json!({"labels": [7]}),
        json!({"priority": {"name": "No Such"}}),
        json!({"priority": "High"}),
        json!({"priority": {"id": "99999999999999999999"}}),
        json!({"issuetype": {"name": "No Such"}}),
        json!({"issuetype": {"id": {"a": 1}}}),
        json!({"assignee": {"name": "nobody-of-that-name"}}),
        json!({"assignee": 5}),
        json!({"reporter": {"name": ["admin"]}}),
        json!({"nosuchfield": "x"}),
        json!({"created": "2020-01-01T00:00:00.000+0000"}),
        json!({"customfield_1": 1}),
    ]
}

/// Objects that are JSON, and wrong for the endpoint they are sent to.
fn wrong_objects() -> Vec<(&'static str, Value)> {
    vec![
        ("/issue", json!({"fields": {"summary": "no project", "issuetype": {"name": "Task"}}})),
        (
            "/issue",
            json!({"fields": {"project": {"key": "NOPE"}, "summary": "x", "issuetype": {"name": "Task"}}}),
        ),
        ("/issue", json!({"fields": {"project": {"key": "BAD"}, "issuetype": {"name": "Task"}}})),
        ("/issue", json!({"fields": {"project": {"key": "BAD"}, "summary": "no type"}})),
        ("/issue/BAD-1/comment", json!({})),
        ("/issue/BAD-1/comment", json!({"body": 7})),
        ("/issue/BAD-1/comment", json!({"body": ""})),
        ("/issue/BAD-1/comment", json!({"body": "a\u{0}b"})),
        ("/issue/NOPE-1/comment", json!({"body": "x"})),
        ("/project", json!({"name": "no key"})),
        ("/project", json!({"key": "lower", "name": "x", "lead": "admin", "projectTypeKey": "software"})),
        ("/project", json!({"key": "BAD", "name": "taken", "lead": "admin", "projectTypeKey": "software"})),
        (
            "/project",
            json!({"key": "X".repeat(300), "name": "long", "lead": "admin", "projectTypeKey": "software"}),
        ),
        (
            "/project",
            json!({"key": "NEW", "name": "x", "lead": "nobody-of-that-name", "projectTypeKey": "software"}),
        ),
        ("/user", json!({"name": "no-mail"})),
        (
            "/user",
            json!({"name": "admin", "emailAddress": "a@example.org", "displayName": "taken", "password": "long enough"}),
        ),
        ("/user", json!({"name": 7, "emailAddress": "a@example.org", "displayName": "x"})),
        ("/search", json!({"jql": 7})),
        ("/search", json!({"jql": "project ="})),
        ("/search", json!({"jql": "", "startAt": -1})),
        ("/search", json!({"jql": "", "maxResults": "many"})),
    ]
}

/// Paths to read that name nothing, or not properly.
const BAD_ADDRESSES: &[&str] = &[
    "/issue/NOPE-1",
    "/issue/BAD-99999999999999999999",
    "/issue/99999999999999999999",
    "/issue/%00",
    "/issue/%FF",
    "/issue/BAD-1/comment/0",
    "/issue/BAD-1/comment/x",
    "/project/NOPE",
    "/project/%F0%9F",
    "/attachment/0",
    "/attachment/x",
    "/user?username=nobody-of-that-name",
    "/user",
    "/search?jql=project%20%3D",
    "/search?jql=%FF",
    "/search?startAt=x",
    "/status/nope",
    "/priority/0",
    "/issuetype/x",
    "/no/such/thing",
];

/// A request to make, described for the message.
struct Attempt {
    what: String,
    method: Method,
    path: String,
    kind: &'static str,
    bytes: Vec<u8>,
}

fn attempts(attachment: &str) -> Vec<Attempt> {
    let mut all = Vec::new();
    let mut add = |method: Method, path: &str, body: Body| {
        let what = format!("{method} {path} with {}", body.what);
        all.push(Attempt {
            what,
            method,
            path: format!("/rest/api/2{path}"),
            kind: body.kind,
            bytes: body.bytes,
        });
    };
    let reading = [
        (Method::POST, "/issue"),
        (Method::PUT, "/issue/BAD-1"),
        (Method::POST, "/issue/BAD-1/comment"),
        (Method::POST, "/issue/BAD-1/attachments"),
        (Method::POST, "/project"),
        (Method::PUT, "/project/BAD"),
        (Method::POST, "/user"),
        (Method::PUT, "/user/password?username=admin"),
        (Method::PUT, "/myself/password"),
        (Method::POST, "/issue/bulk"),
        (Method::PUT, "/issue/BAD-1/assignee"),
        (Method::POST, "/issue/BAD-1/transitions"),
        (Method::POST, "/search"),
    ];
    for (method, path) in reading {
        for body in no_json() {
            add(method.clone(), path, body);
        }
    }
    for fields in bad_fields() {
        let changed = json!({"fields": fields}).to_string();
        let mut whole = json!({"project": {"key": "BAD"}, "issuetype": {"name": "Task"}, "summary": "fine"});
        for (name, value) in fields.as_object().expect("fields") {
            whole[name] = value.clone();
        }
        let shown =
            if changed.len() > 100 { "a long value" } else { Box::leak(changed.clone().into_boxed_str()) };
        add(Method::PUT, "/issue/BAD-1", body(shown, changed));
        add(Method::POST, "/issue", body(shown, json!({"fields": whole}).to_string()));
    }
    for (path, wrong) in wrong_objects() {
        let shown = Box::leak(wrong.to_string().chars().take(100).collect::<String>().into_boxed_str());
        add(Method::POST, path, body(shown, wrong.to_string()));
    }
    for path in BAD_ADDRESSES {
        add(Method::GET, path, Body { what: "a bad address", kind: "", bytes: Vec::new() });
    }
    for path in [
        "/issue/NOPE-1",
        "/project/NOPE",
        "/attachment/0",
        "/issue/BAD-1/comment/0",
        "/serverInfo",
        "/myself",
    ] {
        add(Method::DELETE, path, Body { what: "a bad address", kind: "", bytes: Vec::new() });
    }
    add(Method::PATCH, "/issue/BAD-1", body("the wrong method", "{}"));
    add(Method::POST, &format!("/attachment/{attachment}"), body("the wrong method", "{}"));
    all
}

/// Everything that could have been changed.
async fn rows(rest: &Rest, attachment: &str) -> Value {
    let get = async |path: &str| rest.get(path).await.unwrap_or_else(|error| panic!("{path}: {error:#}"));
    json!([
        get("/issue/BAD-1").await,
        get("/issue/BAD-1/comment").await,
        get(&format!("/attachment/{attachment}")).await,
        get("/project").await,
        get("/user/search?username=.").await,
        get("/search?jql=&maxResults=0").await["total"],
    ])
}

async fn refuses(tracker: &Process) {
    tracker.running().await;
    let rest = tracker.rest();
    rest.create_project("BAD").await.expect("a project");
    rest.create_issue("BAD", "stays as it is", None).await.expect("an issue");
    let attachment = rest.attach("BAD-1", "a.txt", b"bytes".to_vec()).await.expect("an attachment");
    let before = rows(&rest, &attachment).await;

    let mut complaints = Vec::new();
    for attempt in attempts(&attachment) {
        let mut request = rest.request(attempt.method, &attempt.path).body(attempt.bytes);
        if !attempt.kind.is_empty() {
            request = request.header("Content-Type", attempt.kind);
        }
        complaints.extend(complaint(&attempt.what, request).await);
    }
    let after = rows(&rest, &attachment).await;
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
    assert_eq!(before, after, "a row was changed");
    assert!(!tracker.log().contains("panicked"), "{}", tracker.log());
}

/// What is wrong with the answer to a request that must be refused.
async fn complaint(what: &str, request: reqwest::RequestBuilder) -> Option<String> {
    let answer = match request.send().await {
        Ok(answer) => answer,
        // A server may close the connection on a body that is too large, before all of it is sent.
        Err(_) if what.contains("10 MB") => return None,
        Err(error) => return Some(format!("{what}: no answer: {error:?}")),
    };
    let status = answer.status();
    let text = answer.text().await.unwrap_or_default();
    if !status.is_client_error() {
        return Some(format!("{what}: {status}: {}", text.chars().take(200).collect::<String>()));
    }
    let envelope: Value = serde_json::from_str(&text).unwrap_or_default();
    let messages = envelope["errorMessages"].as_array().map(Vec::len);
    let errors = envelope["errors"].as_object().map(serde_json::Map::len);
    match (messages, errors) {
        (Some(messages), Some(errors)) if messages + errors > 0 => None,
        _ => Some(format!(
            "{what}: {status}, no error envelope: {}",
            text.chars().take(200).collect::<String>()
        )),
    }
}

#[tokio::test]
async fn bad_input_is_refused_on_sqlite() {
    refuses(&Process::start(&[])).await;
}

#[tokio::test]
async fn bad_input_is_refused_on_postgres() {
    let Some(database) = Database::given("bad_input").await else { return };
    refuses(&Process::start(&["--database", database.url()])).await;
}

const WORDS: &[&str] = &[
    "project",
    "status",
    "summary",
    "text",
    "labels",
    "created",
    "key",
    "assignee",
    "=",
    "!=",
    "~",
    "!~",
    "<",
    "<=",
    ">",
    ">=",
    "IN",
    "NOT",
    "IS",
    "EMPTY",
    "NULL",
    "AND",
    "OR",
    "ORDER",
    "BY",
    "ASC",
    "DESC",
    "(",
    ")",
    ",",
    "\"",
    "'",
    "\\",
    "currentUser()",
    "now(",
    "-5d",
    "2020-01-01",
    "BAD",
    "BAD-1",
    "0",
    "99999999999999999999",
    "cf[1]",
    "was",
    "changed",
    "*",
    "?",
    "\"a*b~2\"",
    "\u{0}",
    "\u{e4}",
    "\u{1f600}",
    "{",
    "}",
    "/",
    "&&",
    "||",
    "!",
    "\"\\u12\"",
    "\"[\"",
    "\"\\\"\"",
    "\"+ -\"",
    "\"(\"",
    "\n",
    "\t",
    "order by rank",
];

/// Queries that are fine, for a part of the garbage to be grown from.
const FINE: &[&str] = &["", "project = BAD", "text ~ one", "labels IS EMPTY", "created > -1d ORDER BY key"];

/// Queries from a seed: mostly nonsense, one in eight a real one.
fn garbage(random: &mut StdRng) -> String {
    if random.random_bool(0.125) {
        return (*FINE.choose(random).expect("never empty")).to_owned();
    }
    let count = random.random_range(1..14);
    let words: Vec<_> = (0..count).map(|_| *WORDS.choose(random).expect("never empty")).collect();
    words.join(if random.random_bool(0.8) { " " } else { "" })
}

#[tokio::test]
async fn garbage_queries_are_answered() {
    let rounds: usize =
        std::env::var("TRACKER_SIM_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(600);
    let seed = std::env::var("TRACKER_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(rand::random::<u64>);
    println!("TRACKER_SEED={seed}");
    let tracker = Process::start(&[]);
    tracker.running().await;
    let rest = tracker.rest();
    rest.create_project("BAD").await.expect("a project");
    rest.create_issue("BAD", "one", None).await.expect("an issue");
    let mut random = StdRng::seed_from_u64(seed);
    let mut refused = 0;
    for _ in 0..rounds {
        let jql = garbage(&mut random);
        let request = rest.request(Method::GET, "/rest/api/2/search").query(&[("jql", jql.as_str())]);
        let answer = request.send().await.unwrap_or_else(|error| panic!("{jql:?}: {error:?}"));
        if answer.status() != 200 {
            refused += 1;
            let again = rest.request(Method::GET, "/rest/api/2/search").query(&[("jql", jql.as_str())]);
            let complaint = complaint(&format!("{jql:?}"), again).await;
            assert_eq!(complaint, None, "TRACKER_SEED={seed}");
        }
    }
    assert!(
        refused > rounds / 10 && refused < rounds,
        "{refused} of {rounds} were refused: the fuzzer finds nothing"
    );
    assert!(!tracker.log().contains("panicked"), "{}", tracker.log());
}

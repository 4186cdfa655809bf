//! Random queries: whatever comes, the answer is a result or a 400 in the envelope.

use proptest::{
    collection::vec,
    prelude::{Strategy, any, prop_oneof},
    strategy::{Just, ValueTree},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use super::support::TestApp;
use crate::http::links::encode;

/// Queries tried. The seed is fixed, so that a failure comes again.
const ROUNDS: usize = 600;

/// Words of the language in any order, and texts that are none.
fn queries() -> impl Strategy<Value = String> {
    const WORDS: &[&str] = &[
        "project",
        "status",
        "assignee",
        "labels",
        "key",
        "created",
        "summary",
        "text",
        "DEMO",
        "DEMO-1",
        "=",
        "!=",
        "~",
        "!~",
        "<",
        ">=",
        "IN",
        "NOT",
        "IS",
        "EMPTY",
        "AND",
        "OR",
        "(",
        ")",
        ",",
        "ORDER",
        "BY",
        "ASC",
        "DESC",
        "currentUser()",
        "\"x y\"",
        "'",
        "\"",
        "-5d",
        "2026-01-01",
        "\\u0041",
        "\\",
        "WAS",
        "CHANGED",
        "cf[1]",
        "*",
        "?x",
        "x*",
        "\"*\"",
        "99999999999999999999",
        "\u{0}",
        "\u{1F4A9}",
        "NULL",
        "now()",
        "text ~ \"a* OR (b\"",
        "[",
        "{",
        "priority",
        "EMPTY)",
    ];
    let word = prop_oneof![
        8 => proptest::sample::select(WORDS).prop_map(str::to_owned),
        1 => any::<String>(),
        1 => vec(any::<char>(), 0..5).prop_map(|chars| chars.into_iter().collect()),
    ];
    prop_oneof![
        9 => (vec(word, 0..12), prop_oneof![Just(" "), Just(""), Just("\n")]).prop_map(|(words, between)| words.join(between)),
        1 => any::<String>(),
    ]
}

#[tokio::test]
async fn no_query_is_too_strange() {
    let app = TestApp::sqlite(&[]).await;
    app.project("DEMO").await;
    app.issue("DEMO", "one thing").await;
    let mut runner =
        TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let (mut found, mut refused) = (0, 0);
    for _ in 0..ROUNDS {
        let jql = queries().new_tree(&mut runner).expect("a query").current();
        let reply = app.api("GET", &format!("/search?jql={}", encode(&jql))).send().await;
        match reply.status.as_u16() {
            200 => found += 1,
            400 => {
                reply.refused(400);
                refused += 1;
            }
            status => panic!("{jql:?}: {status} {:?}", reply.bytes),
        }
    }
    assert!(found > 5 && refused > 100, "{found} found, {refused} refused");
}

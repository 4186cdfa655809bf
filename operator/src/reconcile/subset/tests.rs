//! What counts as a difference between the wanted and the live object, case by case.

use serde_json::{Value, json};

use super::holds;

/// What the API server makes of things, case by case: (what it is about, desired, live, the same?).
fn cases() -> Vec<(&'static str, Value, Value, bool)> {
    vec![
        ("equal", json!({"a": 1}), json!({"a": 1}), true),
        ("the server's defaults", json!({"a": 1}), json!({"a": 1, "b": 2}), true),
        ("a changed value", json!({"a": 1}), json!({"a": 2}), false),
        ("a missing value", json!({"a": 1}), json!({}), false),
        (
            "empty text left out",
            json!({"env": [{"name": "A", "value": ""}]}),
            json!({"env": [{"name": "A"}]}),
            true,
        ),
        ("empty list left out", json!({"a": []}), json!({}), true),
        ("empty object left out", json!({"emptyDir": {}}), json!({}), true),
        ("false is not left out", json!({"automount": false}), json!({}), false),
        (
            "quantities in other words",
            json!({"resources": {"requests": {"storage": "1024Mi", "cpu": "0.5"}}}),
            json!({"resources": {"requests": {"storage": "1Gi", "cpu": "500m"}}}),
            true,
        ),
        (
            "another quantity",
            json!({"resources": {"requests": {"storage": "2Gi"}}}),
            json!({"resources": {"requests": {"storage": "1Gi"}}}),
            false,
        ),
        ("quantities only where they are", json!({"args": ["1024Mi"]}), json!({"args": ["1Gi"]}), false),
        (
            "an injected container",
            json!({"containers": [{"name": "tracker"}]}),
            json!({"containers": [{"name": "proxy"}, {"name": "tracker", "image": "x"}]}),
            true,
        ),
        (
            "someone else's variable",
            json!({"env": [{"name": "A", "value": "1"}]}),
            json!({"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}),
            true,
        ),
        (
            "our variable with another value",
            json!({"env": [{"name": "A", "value": "1"}]}),
            json!({"env": [{"name": "A", "value": "2"}, {"name": "B", "value": "1"}]}),
            false,
        ),
        (
            "an added rule of a list that is ours alone",
            json!({"ingress": [{"ports": [{"port": 1}]}]}),
            json!({"ingress": [{"ports": [{"port": 1}]}, {}]}),
            false,
        ),
        ("an added argument", json!({"args": ["serve"]}), json!({"args": ["serve", "--x"]}), false),
        ("another kind of value", json!({"port": "http"}), json!({"port": 80}), false),
    ]
}

#[test]
fn the_servers_own_words_are_no_difference() {
    for (about, desired, live, same) in cases() {
        assert_eq!(holds(&desired, &live), same, "{about}");
    }
}

//! The rules in Rust and the rules in CEL say the same, for the examples and for generated resources.

use kube::core::cel::{validate_cel, validate_cel_update};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::crd::examples::{Refused, merged, refused, refused_changes, single, three_nodes};

fn parse(resource: &Value) -> TrackerCluster {
    serde_json::from_value(resource.clone()).unwrap()
}

/// Messages of the CEL rules that a resource breaks.
fn by_cel(cluster: &TrackerCluster) -> Vec<String> {
    let errors =
        validate_cel(cluster).err().into_iter().flat_map(kube::core::cel::ValidationErrors::into_vec);
    sorted(errors.map(|error| error.message))
}

fn by_cel_change(new: &TrackerCluster, old: &TrackerCluster) -> Vec<String> {
    let errors = validate_cel_update(new, old).err();
    let errors = errors.into_iter().flat_map(kube::core::cel::ValidationErrors::into_vec);
    sorted(errors.map(|error| error.message))
}

fn sorted(messages: impl Iterator<Item = impl Into<String>>) -> Vec<String> {
    let mut all: Vec<String> = messages.map(Into::into).collect();
    all.sort();
    all
}

#[test]
fn good_resources_are_accepted() {
    for good in [single(), three_nodes()] {
        assert_eq!(by_cel(&parse(&good)), Vec::<String>::new());
        validate(&parse(&good), "repo").unwrap();
    }
}

#[test]
fn every_refused_example_is_refused_for_its_reason() {
    for Refused { name, resource, message, .. } in refused() {
        let Ok(cluster) = serde_json::from_value::<TrackerCluster>(resource) else {
            // The schema refuses it, and so does the type.
            continue;
        };
        let said = violations(&cluster);
        assert_eq!(by_cel(&cluster), sorted(said.iter().copied()), "{name}");
        let whole = validate(&cluster, "repo").expect_err(name).to_string();
        let by_schema = message.starts_with("should be");
        assert!(by_schema || whole.contains(message), "{name}: {whole}");
    }
}

#[test]
fn every_refused_change_is_refused_for_its_reason() {
    for Refused { name, before, resource, message } in refused_changes() {
        let (old, new) = (parse(&before.unwrap()), parse(&resource));
        let said = change_violations(&new.spec, &old.spec);
        assert!(said.contains(&message), "{name}: {said:?}");
        let own = violations(&new);
        let all = sorted(said.into_iter().chain(own));
        assert_eq!(by_cel_change(&new, &old), all, "{name}");
    }
}

#[test]
fn the_table_is_long_enough_and_has_each_rule() {
    let examples = refused();
    assert!(examples.len() >= 12);
    for rule in [
        rules::NAME,
        rules::VERSION,
        rules::IMAGE,
        rules::ONE_DATABASE,
        rules::SQLITE_ONE_NODE,
        rules::SHARED_HOME_NEEDED,
        rules::SHARED_HOME_SOURCE,
        rules::SHARED_HOME_CLASS,
        rules::SIZE,
        rules::DRAIN_TIMEOUT,
        rules::BASE_URL,
        rules::ENV,
        rules::POD_LABELS,
        rules::POD_ANNOTATIONS,
    ] {
        assert!(examples.iter().any(|example| example.message == rule.1), "no example breaks: {}", rule.1);
    }
    for rule in [
        rules::DATABASE_KIND_FIXED,
        rules::SHARED_HOME_FIXED,
        rules::LOCAL_CLASS_FIXED,
        rules::SHARED_CLASS_FIXED,
        rules::EXISTING_CLAIM_FIXED,
        rules::LOCAL_SIZE_FIXED,
        rules::SHARED_SIZE_GROWS,
    ] {
        assert!(
            refused_changes().iter().any(|example| example.message == rule.1),
            "no example breaks: {}",
            rule.1
        );
    }
}

#[test]
fn reserved_variables_are_the_same_in_both() {
    for name in rules::RESERVED_ENV {
        let patch = json!({"spec": {"pod": {"env": [{"name": name, "value": "x"}]}}});
        assert_eq!(by_cel(&parse(&merged(single(), patch))), [rules::ENV.1], "{name}");
    }
}

#[test]
fn defaults_are_filled_in() {
    let tracker = validate(&parse(&single()), "localhost/tracker").unwrap();
    assert_eq!(tracker.nodes, 1);
    assert_eq!(tracker.image, "localhost/tracker:0.1.0");
    assert_eq!(tracker.local_home_size, "10Gi");
    assert_eq!(tracker.drain_seconds, 30);
    assert!(tracker.network_policy && !tracker.paused && !tracker.pod_monitor);
    let own = merged(
        single(),
        json!({"spec": {"image": "example/fork@sha256:0", "update": {"drainTimeout": "2m"}}}),
    );
    let tracker = validate(&parse(&own), "localhost/tracker").unwrap();
    assert_eq!((tracker.image.as_str(), tracker.drain_seconds), ("example/fork@sha256:0", 120));
}

#[test]
fn limits_outside_cel_are_checked_too() {
    for nodes in [0, -1, 51] {
        let cluster = parse(&merged(three_nodes(), json!({"spec": {"nodes": nodes}})));
        assert!(validate(&cluster, "repo").unwrap_err().to_string().contains("spec.nodes"), "{nodes}");
    }
}

fn one_of(texts: &'static [&'static str]) -> impl Strategy<Value = Value> {
    prop::sample::select(texts).prop_map(|text| if text == "-" { Value::Null } else { json!(text) })
}

fn database() -> impl Strategy<Value = Value> {
    let postgres = json!({"urlSecretRef": {"name": "db", "key": "url"}});
    prop::sample::select(vec![
        json!({"postgres": postgres}),
        json!({"sqlite": {}}),
        json!({"postgres": postgres, "sqlite": {}}),
        json!({}),
    ])
}

fn shared_home() -> impl Strategy<Value = Value> {
    let some = (
        one_of(&["-", "1Gi", "1024Mi", "2Gi", "big", "0"]),
        one_of(&["-", "a", "b"]),
        one_of(&["-", "c", "d"]),
    )
        .prop_map(|(size, class, claim)| {
            merged(json!({}), json!({"size": size, "storageClassName": class, "existingClaim": claim}))
        });
    prop_oneof![1 => Just(Value::Null), 3 => some]
}

fn resource() -> impl Strategy<Value = Value> {
    let texts = (
        one_of(&[
            "demo",
            "d",
            "Demo",
            "2d",
            "d-",
            "d.e",
            "",
            "abcdefghijabcdefghijabcdefghijabcdefghij",
            "abcdefghijabcdefghijabcdefghijabcdefghijk",
        ]),
        one_of(&["0.1.0", "v1", "1_2-3", "-1", "1.", "a b", "", "é", "1\n"]),
        one_of(&["-", "repo/tracker:1", "a b", "", ":1", "a@sha256:00"]),
        one_of(&["30s", "1s", "60m", "61m", "3601s", "3600s", "0s", "030s", "30", "s", "1h", "5 s", ""]),
        one_of(&[
            "-",
            "http://a",
            "https://a.b:80/c/d",
            "ftp://a",
            "http://",
            "http:///a",
            "https://a b",
            "https://a?b",
            "http://-a",
            "https://a/ü",
        ]),
        one_of(&["10Gi", "1", "1k", "0Gi", "01Gi", "1.5Gi", "1Gib", "-1", "", "1234567890123", "Gi", "1 Gi"]),
    );
    let rest = (
        -1..4_i32,
        database(),
        one_of(&["-", "a", "b"]),
        shared_home(),
        one_of(&["FREE", "TRACKER_LISTEN", "TRACKER_LISTENER"]),
        one_of(&["own", "tracker.dev/role", "app.kubernetes.io/name", "app.kubernetes.iox/a"]),
    );
    (texts, rest).prop_map(
        |((name, version, image, drain, url, size), (nodes, database, class, shared, env, label))| {
            let label = label.as_str().unwrap_or_default().to_owned();
            merged(
                json!({"apiVersion": "tracker.dev/v1alpha1", "kind": "TrackerCluster"}),
                json!({
                    "metadata": {"name": name},
                    "spec": {
                        "version": version, "image": image, "nodes": nodes, "database": database,
                        "localHome": {"size": size, "storageClassName": class}, "sharedHome": shared,
                        "update": {"drainTimeout": drain}, "http": {"baseUrl": url},
                        "pod": {
                            "env": [{"name": env}],
                            "labels": {label.clone(): "x"},
                            "annotations": {label: "x"},
                        },
                    },
                }),
            )
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rust_and_cel_agree_on_any_resource(resource in resource()) {
        let cluster = parse(&resource);
        prop_assert_eq!(by_cel(&cluster), sorted(violations(&cluster).into_iter()));
    }

    #[test]
    fn rust_and_cel_agree_on_any_change(old in resource(), new in resource()) {
        let (old, new) = (parse(&old), parse(&new));
        let said = change_violations(&new.spec, &old.spec).into_iter().chain(violations(&new));
        prop_assert_eq!(by_cel_change(&new, &old), sorted(said));
    }
}

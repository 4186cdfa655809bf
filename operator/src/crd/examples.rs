//! Custom resources that must be accepted, and a table of those that must be refused.
//!
//! The unit tests hold them against the rules, the end-to-end tests against a real API server.

use serde_json::{Map, Value, json};

use super::rules;

/// A resource that the API server must refuse.
#[derive(Clone, Debug)]
pub struct Refused {
    /// What is wrong, in a few words.
    pub name: &'static str,
    /// The resource that is there before; `None` when the refusal comes at creation.
    pub before: Option<Value>,
    /// The resource to apply.
    pub resource: Value,
    /// Part of the message that people must see.
    pub message: &'static str,
}

/// One node on SQLite: the least that makes a tracker.
pub fn single() -> Value {
    json!({
        "apiVersion": "tracker.dev/v1alpha1",
        "kind": "TrackerCluster",
        "metadata": {"name": "demo"},
        "spec": {"version": "0.1.0", "database": {"sqlite": {}}},
    })
}

/// Three nodes on PostgreSQL with a shared home.
pub fn three_nodes() -> Value {
    json!({
        "apiVersion": "tracker.dev/v1alpha1",
        "kind": "TrackerCluster",
        "metadata": {"name": "demo"},
        "spec": {
            "version": "0.1.0",
            "nodes": 3,
            "database": {"postgres": {"urlSecretRef": {"name": "demo-db", "key": "url"}}},
            "localHome": {"size": "1Gi", "storageClassName": "standard"},
            "sharedHome": {"size": "1Gi", "storageClassName": "shared"},
        },
    })
}

/// Resources that the API server must refuse at creation.
pub fn refused() -> Vec<Refused> {
    let at = |name, patch, message| Refused {
        name,
        before: None,
        resource: merged(three_nodes(), patch),
        message,
    };
    vec![
        at("no version", json!({"spec": {"version": null}}), "spec.version: Required value"),
        at("version is no tag", json!({"spec": {"version": "latest build"}}), rules::VERSION.1),
        at("image with spaces", json!({"spec": {"image": "tracker 0.1.0"}}), rules::IMAGE.1),
        at("no database", json!({"spec": {"database": {"postgres": null}}}), rules::ONE_DATABASE.1),
        at("two databases", json!({"spec": {"database": {"sqlite": {}}}}), rules::ONE_DATABASE.1),
        at(
            "SQLite with three nodes",
            json!({"spec": {"database": {"postgres": null, "sqlite": {}}}}),
            rules::SQLITE_ONE_NODE.1,
        ),
        at(
            "three nodes without shared home",
            json!({"spec": {"sharedHome": null}}),
            rules::SHARED_HOME_NEEDED.1,
        ),
        at(
            "shared home from nowhere",
            json!({"spec": {"sharedHome": {"size": null, "storageClassName": null}}}),
            rules::SHARED_HOME_SOURCE.1,
        ),
        at(
            "shared home from two sources",
            json!({"spec": {"sharedHome": {"existingClaim": "files"}}}),
            rules::SHARED_HOME_SOURCE.1,
        ),
        at(
            "storage class of an existing claim",
            json!({"spec": {"sharedHome": {"size": null, "existingClaim": "files"}}}),
            rules::SHARED_HOME_CLASS.1,
        ),
        at("no nodes", json!({"spec": {"nodes": 0}}), "should be greater than or equal to 1"),
        at("too many nodes", json!({"spec": {"nodes": 51}}), "should be less than or equal to 50"),
        at(
            "unknown topology",
            json!({"spec": {"topology": "RoundRobin"}}),
            "supported values: \"ActiveActive\"",
        ),
        at("size without number", json!({"spec": {"localHome": {"size": "big"}}}), rules::SIZE.1),
        at("size of nothing", json!({"spec": {"sharedHome": {"size": "0Gi"}}}), rules::SIZE.1),
        at("drain without unit", json!({"spec": {"update": {"drainTimeout": "30"}}}), rules::DRAIN_TIMEOUT.1),
        at(
            "drain of two hours",
            json!({"spec": {"update": {"drainTimeout": "120m"}}}),
            rules::DRAIN_TIMEOUT.1,
        ),
        at(
            "base URL without scheme",
            json!({"spec": {"http": {"baseUrl": "issues.example.org"}}}),
            rules::BASE_URL.1,
        ),
        at(
            "the operator's own variable",
            json!({"spec": {"pod": {"env": [{"name": "TRACKER_TOPOLOGY", "value": "cold-standby"}]}}}),
            rules::ENV.1,
        ),
        at(
            "a label of the selector",
            json!({"spec": {"pod": {"labels": {"app.kubernetes.io/instance": "other"}}}}),
            rules::POD_LABELS.1,
        ),
        at(
            "an annotation of the operator",
            json!({"spec": {"pod": {"annotations": {"tracker.dev/epoch": "7"}}}}),
            rules::POD_ANNOTATIONS.1,
        ),
        at(
            "unknown deletion policy",
            json!({"spec": {"deletion": {"sharedHome": "Archive"}}}),
            "supported values: \"Delete\", \"Retain\"",
        ),
        at(
            "name too long",
            json!({"metadata": {"name": "a-name-of-more-than-forty-characters-is-too-long"}}),
            rules::NAME.1,
        ),
        at("name begins with a digit", json!({"metadata": {"name": "2demo"}}), rules::NAME.1),
        at("name with a dot", json!({"metadata": {"name": "demo.one"}}), rules::NAME.1),
        at(
            "affinity is a number",
            json!({"spec": {"pod": {"affinity": {"nodeAffinity": 3}}}}),
            "spec.pod.affinity.nodeAffinity",
        ),
    ]
}

/// Changes that the API server must refuse.
pub fn refused_changes() -> Vec<Refused> {
    let change = |name, patch, message| Refused {
        name,
        before: Some(three_nodes()),
        resource: merged(three_nodes(), patch),
        message,
    };
    let claim =
        json!({"spec": {"sharedHome": {"size": null, "storageClassName": null, "existingClaim": "files"}}});
    vec![
        change(
            "another kind of database",
            json!({"spec": {"nodes": 1, "database": {"postgres": null, "sqlite": {}}}}),
            rules::DATABASE_KIND_FIXED.1,
        ),
        change(
            "shared home removed",
            json!({"spec": {"nodes": 1, "sharedHome": null}}),
            rules::SHARED_HOME_FIXED.1,
        ),
        Refused {
            name: "shared home added",
            before: Some(merged(three_nodes(), json!({"spec": {"nodes": 1, "sharedHome": null}}))),
            resource: three_nodes(),
            message: rules::SHARED_HOME_FIXED.1,
        },
        change(
            "local class changed",
            json!({"spec": {"localHome": {"storageClassName": "fast"}}}),
            rules::LOCAL_CLASS_FIXED.1,
        ),
        change(
            "local class removed",
            json!({"spec": {"localHome": {"storageClassName": null}}}),
            rules::LOCAL_CLASS_FIXED.1,
        ),
        change(
            "shared class changed",
            json!({"spec": {"sharedHome": {"storageClassName": "fast"}}}),
            rules::SHARED_CLASS_FIXED.1,
        ),
        change("made claim to existing one", claim.clone(), rules::EXISTING_CLAIM_FIXED.1),
        Refused {
            name: "another existing claim",
            before: Some(merged(three_nodes(), claim)),
            resource: merged(
                three_nodes(),
                json!({"spec": {"sharedHome": {"size": null, "storageClassName": null, "existingClaim": "others"}}}),
            ),
            message: rules::EXISTING_CLAIM_FIXED.1,
        },
        change(
            "local home grows",
            json!({"spec": {"localHome": {"size": "2Gi"}}}),
            rules::LOCAL_SIZE_FIXED.1,
        ),
        change(
            "shared home shrinks",
            json!({"spec": {"sharedHome": {"size": "512Mi"}}}),
            rules::SHARED_SIZE_GROWS.1,
        ),
    ]
}

/// `base` with a JSON merge patch on it: null removes.
pub fn merged(mut base: Value, patch: Value) -> Value {
    merge(&mut base, patch);
    base
}

fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    if let Value::Object(target) = target {
        for (key, value) in patch {
            if value.is_null() {
                target.remove(&key);
            } else {
                merge(target.entry(key).or_insert(Value::Null), value);
            }
        }
    }
}

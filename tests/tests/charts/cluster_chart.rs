//! The cluster's chart: one TrackerCluster, as the values say.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::helm::{NAMESPACE, lint, notes, rendered};
use crate::objects::{self, all, one};

pub const CHART: &str = "tracker-cluster";

fn everything() -> Value {
    json!({
        "name": "full",
        "labels": {"team": "x"},
        "annotations": {"a": "b"},
        "version": "9.8.7",
        "image": "example/tracker:9.8.7",
        "nodes": 3,
        "database": {"kind": "postgres", "postgres": {
            "existingSecret": "db", "urlKey": "uri", "caSecret": "ca", "caKey": "root.pem"
        }},
        "admin": {"existingSecret": "first", "passwordKey": "word"},
        "localHome": {"size": "2Gi", "storageClassName": "fast"},
        "sharedHome": {"size": "3Gi", "storageClassName": "shared"},
        "update": {"drainTimeout": "45s"},
        "deletion": {"localHome": "Retain", "sharedHome": "Delete"},
        "http": {"baseUrl": "https://issues.example.org/tracker"},
        "monitoring": {"podMonitor": true},
        "networkPolicy": false,
        "pod": {
            "resources": {"requests": {"cpu": "1"}},
            "affinity": {"nodeAffinity": {}},
            "tolerations": [{"key": "a", "operator": "Exists"}],
            "topologySpreadConstraints": [
                {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}
            ],
            "securityContext": {"fsGroup": 7},
            "env": [{"name": "A", "value": "b"}],
            "labels": {"a": "b"},
            "annotations": {"a": "b"},
            "imagePullSecrets": [{"name": "pull"}],
            "priorityClassName": "high",
        },
        "paused": true,
    })
}

fn scenarios() -> Vec<(&'static str, Value)> {
    let url = "postgres://user:p%40ss@host:5432/database";
    vec![
        ("default", json!({})),
        ("everything", everything()),
        ("a URL in the values", json!({"database": {"kind": "postgres", "postgres": {"url": url}}})),
        ("a claim of one's own", json!({"sharedHome": {"existingClaim": "files"}})),
    ]
}

fn spec(values: &Value) -> Value {
    one(&rendered(CHART, values), "TrackerCluster")["spec"].clone()
}

#[test]
fn lint_finds_nothing() {
    for (name, values) in scenarios() {
        assert_eq!(lint(CHART, &values), Ok(()), "{name}");
    }
}

#[test]
fn the_definition_allows_what_is_rendered() {
    for (name, values) in scenarios() {
        let objects = rendered(CHART, &values);
        for object in &objects {
            assert_eq!(object["metadata"]["namespace"], NAMESPACE, "{name}");
        }
        let cluster = one(&objects, "TrackerCluster");
        assert_eq!(objects::faults(cluster), Vec::<String>::new(), "{name}");
        // And all rules across fields.
        crate::built::validated(&operator::crd::examples::merged(
            cluster.clone(),
            json!({"metadata": {"uid": "u"}}),
        ));
    }
}

#[test]
fn default_values_ask_for_one_node_on_sqlite() {
    assert_eq!(
        spec(&json!({})),
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "topology": "ActiveActive",
            "database": {"sqlite": {}},
            "localHome": {"size": "10Gi"},
            "update": {"drainTimeout": "30s"},
            "deletion": {"sharedHome": "Retain"},
            "monitoring": {"podMonitor": false},
            "networkPolicy": true,
            "paused": false,
        })
    );
}

#[test]
fn every_value_reaches_the_resource() {
    let objects = rendered(CHART, &everything());
    let cluster = one(&objects, "TrackerCluster");
    assert_eq!(cluster["metadata"]["name"], "full");
    assert_eq!(cluster["metadata"]["labels"]["team"], "x");
    assert_eq!(cluster["metadata"]["annotations"], json!({"a": "b"}));
    assert_eq!(
        cluster["spec"],
        json!({
            "version": "9.8.7",
            "image": "example/tracker:9.8.7",
            "nodes": 3,
            "topology": "ActiveActive",
            "database": {"postgres": {
                "urlSecretRef": {"name": "db", "key": "uri"},
                "caSecretRef": {"name": "ca", "key": "root.pem"},
            }},
            "admin": {"passwordSecretRef": {"name": "first", "key": "word"}},
            "localHome": {"size": "2Gi", "storageClassName": "fast"},
            "sharedHome": {"size": "3Gi", "storageClassName": "shared"},
            "update": {"drainTimeout": "45s"},
            "deletion": {"localHome": "Retain", "sharedHome": "Delete"},
            "http": {"baseUrl": "https://issues.example.org/tracker"},
            "monitoring": {"podMonitor": true},
            "networkPolicy": false,
            "pod": everything()["pod"],
            "paused": true,
        })
    );
}

/// A field that enters the definition has to enter the chart too.
#[test]
fn every_field_of_the_definition_can_be_set() {
    let schema =
        crate::crd::definition()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
            .clone();
    let mut missing = BTreeSet::new();
    let covered = [
        spec(&everything()),
        spec(&json!({"database": {"kind": "sqlite"}, "sharedHome": {"existingClaim": "files"}})),
    ];
    fields(&schema, &covered.each_ref(), "spec", &mut missing);
    assert_eq!(missing, BTreeSet::new());
}

/// The fields of a schema that none of the values has. Kubernetes' own types are passed on whole.
fn fields(schema: &Value, values: &[&Value], path: &str, missing: &mut BTreeSet<String>) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let found: Vec<&Value> = values.iter().filter_map(|value| value.get(name)).collect();
        if found.is_empty() {
            missing.insert(format!("{path}.{name}"));
        } else if path != "spec.pod" {
            fields(property, &found, &format!("{path}.{name}"), missing);
        }
    }
}

/// With the field in the manifest each upgrade would take back what an autoscaler did.
#[test]
fn nodes_are_left_out_unless_they_are_said() {
    assert_eq!(spec(&json!({})).get("nodes"), None);
    assert_eq!(spec(&json!({"nodes": null})).get("nodes"), None);
    assert_eq!(spec(&json!({"nodes": 1}))["nodes"], 1);
}

#[test]
fn a_database_url_goes_to_a_secret_and_nowhere_else() {
    let url = "postgres://user:p%40ss@host:5432/database";
    let values = json!({"database": {"kind": "postgres", "postgres": {"url": url, "urlKey": "uri"}}});
    let objects = rendered(CHART, &values);
    let secret = one(&objects, "Secret");
    assert_eq!(secret["stringData"], json!({"uri": url}));
    let cluster = one(&objects, "TrackerCluster");
    assert_eq!(
        cluster["spec"]["database"]["postgres"]["urlSecretRef"],
        json!({"name": secret["metadata"]["name"], "key": "uri"})
    );
    assert!(!cluster.to_string().contains("p%40ss"));
    assert!(all(&rendered(CHART, &everything()), "Secret").is_empty());
}

/// The chart's Secret must not be one that the operator makes.
#[test]
fn the_secret_has_a_name_of_its_own() {
    let values =
        json!({"name": "a", "database": {"kind": "postgres", "postgres": {"url": "postgres://h/d"}}});
    assert_eq!(one(&rendered(CHART, &values), "Secret")["metadata"]["name"], "a-database");
}

#[test]
fn notes_lead_to_the_first_login() {
    let said = notes(CHART, &json!({}));
    for part in [
        "wait tkc/t --for=condition=Ready",
        "port-forward service/t 8080:80",
        "get secret t-admin -o go-template='{{.data.password | base64decode}}'",
        "scale tkc/t --replicas=N",
        "SQLite: one node",
    ] {
        assert!(said.contains(part), "{part:?} isn't in {said}");
    }
    let said = notes(CHART, &everything());
    for part in
        ["https://issues.example.org/tracker", "get secret first", r#"{{index .data "word" | base64decode}}"#]
    {
        assert!(said.contains(part), "{part:?} isn't in {said}");
    }
    assert!(!said.contains("replicas=N") && !said.contains("SQLite"), "{said}");
}

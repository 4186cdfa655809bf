//! `values.schema.json` of both charts: what is refused, and what people read then.

use serde_json::{Value, json};

use crate::helm::{documents, read, render, render_as};
use crate::{cluster_chart, operator_chart};

#[test]
fn the_operators_chart_refuses_what_can_not_work() {
    refuses(
        operator_chart::CHART,
        &json!({}),
        &[
            ("a name that isn't there", json!({"replica": 2}), "'replica' not allowed"),
            ("a nested one", json!({"image": {"repo": "x"}}), "'repo' not allowed"),
            ("a third level", json!({"monitoring": {"rules": {"enable": true}}}), "'enable' not allowed"),
            ("no replicas", json!({"replicas": 0}), "/replicas"),
            ("replicas as text", json!({"replicas": "2"}), "/replicas"),
            ("a repository with a space", json!({"image": {"repository": "a b"}}), "/image/repository"),
            ("an empty repository", json!({"trackerImage": {"repository": ""}}), "/trackerImage/repository"),
            ("a tag with a colon", json!({"image": {"tag": "a:b"}}), "/image/tag"),
            ("a pull policy", json!({"image": {"pullPolicy": "Sometimes"}}), "/image/pullPolicy"),
            ("pull secrets as text", json!({"imagePullSecrets": ["a"]}), "/imagePullSecrets/0"),
            ("one namespace as text", json!({"watchNamespaces": "a"}), "/watchNamespaces"),
            ("a namespace twice", json!({"watchNamespaces": ["a", "a"]}), "/watchNamespaces"),
            ("no name of a namespace", json!({"watchNamespaces": ["A_b"]}), "/watchNamespaces/0"),
            ("a log format", json!({"log": {"format": "xml"}}), "/log/format"),
            ("a name too long", json!({"fullnameOverride": "x".repeat(51)}), "/fullnameOverride"),
            (
                "a budget that blocks drains",
                json!({"podDisruptionBudget": {"maxUnavailable": 0}}),
                "/maxUnavailable",
            ),
            (
                "the same in percent",
                json!({"podDisruptionBudget": {"maxUnavailable": "0%"}}),
                "/maxUnavailable",
            ),
            (
                "an interval without unit",
                json!({"monitoring": {"podMonitor": {"interval": "30"}}}),
                "/interval",
            ),
            ("a label that is a number", json!({"podLabels": {"a": 1}}), "/podLabels/a"),
            ("an argument that is none", json!({"extraArgs": ["run"]}), "/extraArgs/0"),
        ],
    );
}

#[test]
fn the_clusters_chart_refuses_what_can_not_work() {
    let postgres = json!({"database": {"kind": "postgres", "postgres": {"existingSecret": "db"}}});
    refuses(
        cluster_chart::CHART,
        &postgres,
        &[
            ("a name that isn't there", json!({"node": 2}), "'node' not allowed"),
            ("a nested one", json!({"localHome": {"class": "x"}}), "'class' not allowed"),
            ("no nodes", json!({"nodes": 0}), "/nodes"),
            ("too many", json!({"nodes": 51}), "/nodes"),
            ("nodes as text", json!({"nodes": "3"}), "/nodes"),
            ("a topology", json!({"topology": "RoundRobin"}), "/topology"),
            ("a database", json!({"database": {"kind": "oracle"}}), "/database/kind"),
            (
                "another database's URL",
                json!({"database": {"postgres": {"url": "mysql://a"}}}),
                "/database/postgres/url",
            ),
            ("a size without number", json!({"localHome": {"size": "big"}}), "/localHome/size"),
            ("a size of nothing", json!({"sharedHome": {"size": "0Gi"}}), "/sharedHome/size"),
            ("a drain without unit", json!({"update": {"drainTimeout": "30"}}), "/update/drainTimeout"),
            ("a policy", json!({"deletion": {"sharedHome": "Archive"}}), "/deletion/sharedHome"),
            ("a URL without scheme", json!({"http": {"baseUrl": "issues.example.org"}}), "/http/baseUrl"),
            ("a name in capitals", json!({"name": "Demo"}), "/name"),
            ("a name too long", json!({"name": "x".repeat(41)}), "/name"),
            ("a field that pods don't have", json!({"pod": {"cpu": 1}}), "'cpu' not allowed"),
            ("a version with a space", json!({"version": "0.1 0"}), "/version"),
        ],
    );
}

#[test]
fn rules_across_values_are_said_before_anything_is_sent() {
    let none = json!({});
    let url = "postgres://u:p@h/d";
    refuses(
        cluster_chart::CHART,
        &none,
        &[
            ("SQLite with two nodes", json!({"nodes": 2}), "SQLite serves one node only"),
            (
                "no shared home",
                json!({"nodes": 2, "database": {"kind": "postgres", "postgres": {"url": url}}}),
                "more than one node needs a shared home",
            ),
            (
                "PostgreSQL from nowhere",
                json!({"database": {"kind": "postgres"}}),
                "set database.postgres.existingSecret",
            ),
            (
                "PostgreSQL twice",
                json!({"database": {"kind": "postgres", "postgres": {"url": url, "existingSecret": "db"}}}),
                "not both",
            ),
            (
                "a URL with SQLite",
                json!({"database": {"postgres": {"url": url}}}),
                "set database.kind to postgres",
            ),
            ("two shared homes", json!({"sharedHome": {"size": "1Gi", "existingClaim": "c"}}), "not both"),
            ("a class of nothing", json!({"sharedHome": {"storageClassName": "c"}}), "needs sharedHome.size"),
            ("a release's name that is none", json!({"name": "a-"}), "/name"),
        ],
    );
}

/// YAML reads `y` and `on` as true, `1e3` and `42` as numbers; as names they are good.
#[test]
fn names_that_yaml_reads_as_something_else_stay_names() {
    for (release, namespace) in [("y", "on"), ("x1e3", "42"), ("no", "1e3")] {
        let values = json!({"watchNamespaces": ["on", "42", "1e3"], "fullnameOverride": release});
        let mut objects =
            render_as(release, namespace, operator_chart::CHART, &values).expect("names are free");
        let values = json!({
            "database": {"kind": "postgres", "postgres": {"url": "postgres://h/d", "urlKey": "42"}},
            "sharedHome": {"existingClaim": "1e3"},
            "admin": {"existingSecret": "on", "passwordKey": "1e3"},
        });
        objects.extend(render_as(release, namespace, cluster_chart::CHART, &values).expect("names are free"));
        for object in objects {
            strings(&object["metadata"], "metadata");
            for place in ["subjects", "roleRef"] {
                strings(&object[place], place);
            }
            if object["kind"] == "TrackerCluster" {
                assert_eq!(crate::objects::faults(&object), Vec::<String>::new());
            }
        }
    }
}

fn strings(value: &Value, path: &str) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, field)| strings(field, &format!("{path}.{name}")));
        }
        Value::Array(items) => items.iter().for_each(|item| strings(item, path)),
        Value::String(_) | Value::Null => {}
        other => panic!("{path}: {other} is no text"),
    }
}

/// Every value has a line in the schema, and the other way round: nothing undocumented, nothing without effect.
#[test]
fn values_and_schema_list_the_same_names() {
    for chart in [operator_chart::CHART, cluster_chart::CHART] {
        let values = documents(&read(&format!("charts/{chart}/values.yaml"))).remove(0);
        let schema: Value = serde_json::from_str(&read(&format!("charts/{chart}/values.schema.json")))
            .expect("the schema is JSON");
        same_names(&values, &schema, &schema, chart);
    }
}

fn same_names(values: &Value, schema: &Value, root: &Value, path: &str) {
    let schema = match schema["$ref"].as_str() {
        Some(place) => root.pointer(place.trim_start_matches('#')).expect("a reference leads somewhere"),
        None => schema,
    };
    let (Some(values), Some(properties)) = (values.as_object(), schema["properties"].as_object()) else {
        return;
    };
    // Free to fill in Kubernetes' own form.
    if values.is_empty() || path.ends_with("/resources") {
        return;
    }
    assert_eq!(schema["additionalProperties"], false, "{path}");
    for (name, property) in properties {
        if name == "global" {
            continue;
        }
        let value = values.get(name).unwrap_or_else(|| panic!("{path}/{name} isn't in values.yaml"));
        same_names(value, property, root, &format!("{path}/{name}"));
    }
    for name in values.keys() {
        assert!(properties.contains_key(name), "{path}/{name} isn't in the schema");
    }
}

fn refuses(chart: &str, base: &Value, cases: &[(&str, Value, &str)]) {
    render(chart, base).unwrap_or_else(|error| panic!("{chart} refuses good values: {error}"));
    for (name, patch, message) in cases {
        let values = operator::crd::examples::merged(base.clone(), patch.clone());
        match render(chart, &values) {
            Ok(_) => panic!("{chart} takes {name}: {values}"),
            Err(error) => assert!(error.contains(message), "{chart}, {name}: {message:?} isn't in {error}"),
        }
    }
}

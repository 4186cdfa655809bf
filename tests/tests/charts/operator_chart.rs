//! The operator's chart: what it renders fits together, is locked down, and passes on what the values say.

use serde_json::{Value, json};

use crate::helm::{lint, notes, rendered};
use crate::objects::{all, one, text};
use crate::{objects, references};

pub const CHART: &str = "tracker-operator";

/// Values that people really use, each with a name.
pub fn scenarios() -> Vec<(&'static str, Value)> {
    vec![
        ("default", json!({})),
        ("one replica", json!({"replicas": 1})),
        (
            "some namespaces",
            json!({"watchNamespaces": ["team-a", "here"], "rbac": {"aggregateToUserRoles": false}}),
        ),
        (
            "nothing shared",
            json!({
                "crds": {"install": false},
                "rbac": {"create": false},
                "serviceAccount": {"create": false, "name": "theirs"},
                "podDisruptionBudget": {"enabled": false},
                "metrics": {"service": {"enabled": false}},
            }),
        ),
        (
            "everything",
            json!({
                "fullnameOverride": "boss",
                "replicas": 3,
                "image": {"repository": "example/op", "tag": format!("sha256:{}", "0".repeat(64)), "pullPolicy": "Always"},
                "trackerImage": {"repository": "example/tracker"},
                "imagePullSecrets": [{"name": "pull"}],
                "log": {"format": "text", "level": "operator=debug,info"},
                "crds": {"annotations": {"a": "b"}},
                "serviceAccount": {"name": "me", "annotations": {"a": "b"}},
                "podDisruptionBudget": {"maxUnavailable": "34%"},
                "podAnnotations": {"a": "b"},
                "podLabels": {"team": "x"},
                "priorityClassName": "high",
                "nodeSelector": {"disk": "fast"},
                "tolerations": [{"key": "a", "operator": "Exists"}],
                "affinity": {"nodeAffinity": {}},
                "extraArgs": ["--concurrency=2"],
                "extraEnv": [{"name": "HTTPS_PROXY", "value": "http://proxy:1"}],
                "metrics": {"service": {"annotations": {"a": "b"}}},
                "monitoring": {
                    "podMonitor": {"operator": true, "trackers": true, "interval": "5s", "labels": {"release": "p"}},
                    "rules": {"enabled": true, "labels": {"release": "p"}},
                    "dashboard": {"enabled": true, "annotations": {"folder": "x"}},
                },
            }),
        ),
    ]
}

fn container(objects: &[Value]) -> &Value {
    one(objects, "Deployment").pointer("/spec/template/spec/containers/0").expect("a container")
}

fn arguments(objects: &[Value]) -> Vec<&str> {
    container(objects)["args"].as_array().expect("arguments").iter().filter_map(Value::as_str).collect()
}

#[test]
fn lint_finds_nothing() {
    for (name, values) in scenarios() {
        assert_eq!(lint(CHART, &values), Ok(()), "{name}");
    }
}

#[test]
fn each_object_is_what_its_kind_allows() {
    for (name, values) in scenarios() {
        for object in rendered(CHART, &values) {
            assert_eq!(objects::faults(&object), Vec::<String>::new(), "{name}");
        }
    }
}

#[test]
fn objects_fit_together() {
    for (name, values) in scenarios() {
        assert_eq!(references::faults(&rendered(CHART, &values)), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn default_values_give_a_whole_operator_and_need_no_other_kinds() {
    let objects = rendered(CHART, &json!({}));
    let mut kinds: Vec<&str> = objects.iter().map(|object| text(object, "/kind")).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(
        kinds,
        [
            "ClusterRole",
            "ClusterRoleBinding",
            "CustomResourceDefinition",
            "Deployment",
            "PodDisruptionBudget",
            "Role",
            "RoleBinding",
            "Service",
            "ServiceAccount"
        ]
    );
    assert_eq!(one(&objects, "Deployment")["spec"]["replicas"], 2);
}

#[test]
fn pods_are_locked_down() {
    for (name, values) in scenarios() {
        let objects = rendered(CHART, &values);
        let pod = &one(&objects, "Deployment")["spec"]["template"]["spec"];
        assert_eq!(pod["securityContext"]["runAsNonRoot"], true, "{name}");
        assert_eq!(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault", "{name}");
        let container = container(&objects);
        assert_eq!(container["securityContext"]["allowPrivilegeEscalation"], false, "{name}");
        assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true, "{name}");
        assert_eq!(container["securityContext"]["capabilities"]["drop"], json!(["ALL"]), "{name}");
        assert!(container["resources"]["requests"]["memory"].is_string(), "{name}");
        assert!(container["resources"]["limits"]["memory"].is_string(), "{name}");
    }
}

#[test]
fn values_reach_the_operator() {
    let objects = rendered(CHART, &json!({}));
    assert_eq!(
        text(container(&objects), "/image"),
        format!("localhost/tracker-operator:{}", env!("CARGO_PKG_VERSION"))
    );
    assert_eq!(
        arguments(&objects),
        [
            "run",
            "--listen=0.0.0.0:8080",
            "--image-repository=localhost/tracker",
            "--lease-name=t-tracker-operator",
            "--log-format=json",
            "--log=info"
        ]
    );

    let everything = &scenarios().pop().expect("the last scenario").1;
    let objects = rendered(CHART, everything);
    assert_eq!(text(container(&objects), "/image"), format!("example/op@sha256:{}", "0".repeat(64)));
    assert_eq!(
        arguments(&objects),
        [
            "run",
            "--listen=0.0.0.0:8080",
            "--image-repository=example/tracker",
            "--lease-name=boss",
            "--log-format=text",
            "--log=operator=debug,info",
            "--concurrency=2"
        ]
    );
    assert_eq!(container(&objects)["env"], json!([{"name": "HTTPS_PROXY", "value": "http://proxy:1"}]));
    let template = &one(&objects, "Deployment")["spec"]["template"];
    assert_eq!(template["metadata"]["labels"]["team"], "x");
    assert_eq!(template["metadata"]["annotations"], json!({"a": "b"}));
    for (pointer, expected) in [
        ("/imagePullSecrets/0/name", json!("pull")),
        ("/priorityClassName", json!("high")),
        ("/nodeSelector/disk", json!("fast")),
        ("/tolerations/0/key", json!("a")),
        ("/affinity", json!({"nodeAffinity": {}})),
        ("/serviceAccountName", json!("me")),
    ] {
        assert_eq!(template["spec"].pointer(pointer), Some(&expected), "{pointer}");
    }

    let objects = rendered(CHART, &json!({"watchNamespaces": ["a", "b"]}));
    assert!(arguments(&objects).contains(&"--watch-namespaces=a,b"));
}

/// A selector can't change: an upgrade with other values would fail.
#[test]
fn selectors_depend_on_the_release_alone() {
    let selector = |values: &Value| one(&rendered(CHART, values), "Deployment")["spec"]["selector"].clone();
    let first = selector(&json!({}));
    for (name, values) in scenarios() {
        assert_eq!(selector(&values), first, "{name}");
    }
    assert_eq!(
        first["matchLabels"],
        json!({
            "app.kubernetes.io/name": "tracker-operator",
            "app.kubernetes.io/instance": "t",
            "app.kubernetes.io/component": "operator",
        })
    );
}

#[test]
fn a_single_replica_has_no_budget_that_would_block_a_drain() {
    assert!(all(&rendered(CHART, &json!({"replicas": 1})), "PodDisruptionBudget").is_empty());
    let objects = rendered(CHART, &json!({"replicas": 3}));
    assert_eq!(one(&objects, "PodDisruptionBudget")["spec"]["maxUnavailable"], 1);
}

#[test]
fn notes_say_what_comes_next() {
    let said =
        notes(CHART, &json!({"crds": {"install": false}, "replicas": 1, "watchNamespaces": ["a", "b"]}));
    for part in
        ["looks after TrackerClusters in a, b.", "kubectl apply", "crds.install is off", "One replica"]
    {
        assert!(said.contains(part), "{part:?} isn't in {said}");
    }
    let said = notes(CHART, &json!({}));
    assert!(said.contains("in all namespaces.") && !said.contains("crds.install"), "{said}");
}

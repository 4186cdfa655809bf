//! Finds things in rendered objects, and proves that each has only fields that Kubernetes knows.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret, Service, ServiceAccount};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, Role, RoleBinding};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::helm::documents;
use crate::structural;

/// All objects of a kind.
pub fn all<'a>(objects: &'a [Value], kind: &str) -> Vec<&'a Value> {
    objects.iter().filter(|object| object["kind"] == kind).collect()
}

/// The only object of a kind.
pub fn one<'a>(objects: &'a [Value], kind: &str) -> &'a Value {
    match all(objects, kind)[..] {
        [object] => object,
        ref found => panic!("expected one {kind}, found {}", found.len()),
    }
}

/// A string at a JSON pointer.
pub fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("no text at {pointer} of {object}"))
}

/// `Kind namespace/name`, as people write it.
pub fn title(object: &Value) -> String {
    format!(
        "{} {}/{}",
        text(object, "/kind"),
        object["metadata"]["namespace"].as_str().unwrap_or_default(),
        text(object, "/metadata/name")
    )
}

/// Whether an object lies in a namespace.
pub fn is_namespaced(object: &Value) -> bool {
    !["Namespace", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition"]
        .contains(&text(object, "/kind"))
}

/// Whether everything in `few` is in `many`.
pub fn is_subset(few: &Value, many: &Value) -> bool {
    match (few, many) {
        (Value::Object(few), Value::Object(many)) => {
            few.iter().all(|(key, value)| many.get(key) == Some(value))
        }
        _ => false,
    }
}

/// What is wrong with an object in itself: fields its kind doesn't have, values of the wrong type.
pub fn faults(object: &Value) -> Vec<String> {
    let vendored = |name: &str| {
        documents(&crate::helm::read(&format!("tests/data/prometheus-operator/{name}.yaml"))).remove(0)
    };
    match text(object, "/kind") {
        "ClusterRole" => same::<ClusterRole>(object),
        "ClusterRoleBinding" => same::<ClusterRoleBinding>(object),
        "ConfigMap" => same::<ConfigMap>(object),
        "CustomResourceDefinition" => same::<CustomResourceDefinition>(object),
        "Deployment" => same::<Deployment>(object),
        "Namespace" => same::<Namespace>(object),
        "PodDisruptionBudget" => same::<PodDisruptionBudget>(object),
        "Role" => same::<Role>(object),
        "RoleBinding" => same::<RoleBinding>(object),
        // The type has no stringData in what it writes: hold that against the data it stands for.
        "Secret" => same::<Secret>(object),
        "Service" => same::<Service>(object),
        "ServiceAccount" => same::<ServiceAccount>(object),
        "PodMonitor" => structural::faults(&vendored("podmonitors"), object),
        "PrometheusRule" => structural::faults(&vendored("prometheusrules"), object),
        "TrackerCluster" => structural::faults(&crate::crd::definition(), object),
        other => vec![format!("no way to check a {other}")],
    }
}

/// The type keeps what it knows and drops the rest, so that a misspelt field shows.
fn same<T: DeserializeOwned + Serialize>(object: &Value) -> Vec<String> {
    let typed: T = match serde_json::from_value(object.clone()) {
        Ok(typed) => typed,
        Err(error) => return vec![format!("{}: {error}", title(object))],
    };
    let kept = serde_json::to_value(typed).expect("a Kubernetes object is JSON");
    let mut faults = Vec::new();
    difference(object, &kept, &title(object), &mut faults);
    faults
}

fn difference(given: &Value, kept: &Value, path: &str, faults: &mut Vec<String>) {
    match (given, kept) {
        (Value::Object(given), Value::Object(kept)) => {
            for (key, value) in given {
                // Empty is left out when written; nothing is lost.
                let empty =
                    value.is_null() || *value == serde_json::json!([]) || *value == serde_json::json!({});
                match kept.get(key) {
                    Some(kept) => difference(value, kept, &format!("{path}.{key}"), faults),
                    None if empty => {}
                    None => faults.push(format!("{path}.{key}: unknown field")),
                }
            }
        }
        (Value::Array(given), Value::Array(kept)) if given.len() == kept.len() => {
            for (index, (given, kept)) in given.iter().zip(kept).enumerate() {
                difference(given, kept, &format!("{path}[{index}]"), faults);
            }
        }
        _ if given == kept => {}
        // 1 and 1.0 are the same number.
        (Value::Number(given), Value::Number(kept)) if given.as_f64() == kept.as_f64() => {}
        _ => faults.push(format!("{path}: {given} is read as {kept}")),
    }
}

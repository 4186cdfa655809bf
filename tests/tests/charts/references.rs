//! Checks that what objects say about each other is true: selectors, names of ports, roles and accounts.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::helm::NAMESPACE;
use crate::objects::{all, is_namespaced, is_subset, text, title};

/// What doesn't fit together among these objects; one line for each fault.
pub fn faults(objects: &[Value]) -> Vec<String> {
    let mut faults = Vec::new();
    names(objects, &mut faults);
    for deployment in all(objects, "Deployment") {
        pods(deployment, objects, &mut faults);
    }
    for service in all(objects, "Service") {
        let ports = selected_ports(&service["spec"]["selector"], objects);
        for port in service["spec"]["ports"].as_array().into_iter().flatten() {
            if !ports.contains(text(port, "/targetPort")) {
                faults.push(format!("{}: no selected pod has port {}", title(service), port["targetPort"]));
            }
        }
    }
    for budget in all(objects, "PodDisruptionBudget") {
        if selected_ports(&budget["spec"]["selector"]["matchLabels"], objects).is_empty() {
            faults.push(format!("{}: selects nothing", title(budget)));
        }
    }
    for binding in all(objects, "RoleBinding").into_iter().chain(all(objects, "ClusterRoleBinding")) {
        bound(binding, objects, &mut faults);
    }
    faults
}

fn names(objects: &[Value], faults: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    for object in objects {
        if !seen.insert(title(object)) {
            faults.push(format!("{} is there twice", title(object)));
        }
        if is_namespaced(object) != object["metadata"]["namespace"].is_string() {
            faults.push(format!("{}: a namespace is missing, or has no meaning", title(object)));
        }
        for label in ["app.kubernetes.io/part-of", "app.kubernetes.io/managed-by", "helm.sh/chart"] {
            if !object["metadata"]["labels"][label].is_string() {
                faults.push(format!("{}: no label {label}", title(object)));
            }
        }
    }
}

fn pods(deployment: &Value, objects: &[Value], faults: &mut Vec<String>) {
    let mut fault = |what: &str| faults.push(format!("{}: {what}", title(deployment)));
    let template = &deployment["spec"]["template"];
    if !is_subset(&deployment["spec"]["selector"]["matchLabels"], &template["metadata"]["labels"]) {
        fault("its selector doesn't select its pods");
    }
    for constraint in template["spec"]["topologySpreadConstraints"].as_array().into_iter().flatten() {
        if !is_subset(&constraint["labelSelector"]["matchLabels"], &template["metadata"]["labels"]) {
            fault("its spread doesn't count its pods");
        }
    }
    let account = text(template, "/spec/serviceAccountName");
    let made = all(objects, "ServiceAccount");
    if !made.is_empty() && !made.iter().any(|object| object["metadata"]["name"] == account) {
        fault(&format!("no ServiceAccount {account}"));
    }
    for container in template["spec"]["containers"].as_array().into_iter().flatten() {
        let ports: Vec<&str> = container_ports(container).collect();
        for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
            if !ports.contains(&text(container, &format!("/{probe}/httpGet/port"))) {
                fault(&format!("{probe} asks a port that isn't there"));
            }
        }
    }
}

fn bound(binding: &Value, objects: &[Value], faults: &mut Vec<String>) {
    let role = all(objects, text(binding, "/roleRef/kind")).into_iter().find(|role| {
        role["metadata"]["name"] == binding["roleRef"]["name"]
            && (!is_namespaced(role) || role["metadata"]["namespace"] == binding["metadata"]["namespace"])
    });
    if role.is_none() {
        faults.push(format!("{}: its role isn't there", title(binding)));
    }
    for subject in binding["subjects"].as_array().into_iter().flatten() {
        let runs = all(objects, "Deployment").into_iter().any(|deployment| {
            deployment["spec"]["template"]["spec"]["serviceAccountName"] == subject["name"]
                && deployment["metadata"]["namespace"] == subject["namespace"]
        });
        if subject["kind"] != "ServiceAccount" || subject["namespace"] != NAMESPACE || !runs {
            faults.push(format!("{}: no pod runs as {subject}", title(binding)));
        }
    }
}

/// Names of the ports of the pods that these labels select.
pub fn selected_ports<'a>(selector: &Value, objects: &'a [Value]) -> BTreeSet<&'a str> {
    all(objects, "Deployment")
        .into_iter()
        .map(|deployment| &deployment["spec"]["template"])
        .filter(|template| is_subset(selector, &template["metadata"]["labels"]))
        .flat_map(|template| template["spec"]["containers"].as_array().into_iter().flatten())
        .flat_map(container_ports)
        .collect()
}

fn container_ports(container: &Value) -> impl Iterator<Item = &str> {
    container["ports"].as_array().into_iter().flatten().filter_map(|port| port["name"].as_str())
}

//! Plain manifests and samples: for those without Helm, and the same as what Helm gives.

use std::process::Command;

use serde_json::{Value, json};

use crate::helm::{documents, read, root, run};
use crate::objects::{self, all, one, text};

/// The version that everything in this checkout is of.
const VERSION: &str = env!("CARGO_PKG_VERSION");

fn samples() -> Vec<(String, Vec<Value>)> {
    let folder = root().join("deploy/samples");
    let mut samples: Vec<_> = std::fs::read_dir(folder)
        .expect("there are samples")
        .map(|entry| entry.expect("it can be read").file_name().into_string().expect("its name is UTF-8"))
        .map(|name| (name.clone(), documents(&read(&format!("deploy/samples/{name}")))))
        .collect();
    samples.sort_by(|one, other| one.0.cmp(&other.0));
    samples
}

/// The one script that writes them says what they should be.
#[test]
fn generated_files_are_up_to_date() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = run(Command::new(root().join("charts/generate")).arg(folder.path()));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for file in ["charts/tracker-operator/files/crd.yaml", "deploy/operator.yaml"] {
        let made = std::fs::read_to_string(folder.path().join(file)).expect("the script writes it");
        // Compared as data: versions of helm differ in empty lines.
        assert!(documents(&read(file)) == documents(&made), "{file} is old: run charts/generate");
    }
}

#[test]
fn plain_manifests_are_whole_and_know_nothing_of_helm() {
    let plain = read("deploy/operator.yaml");
    assert!(!plain.contains("helm.sh") && !plain.contains("Helm\""), "{plain}");
    let objects = documents(&plain);
    let namespace = text(one(&objects, "Namespace"), "/metadata/name");
    for object in &objects {
        assert_eq!(objects::faults(object), Vec::<String>::new());
        if objects::is_namespaced(object) {
            assert_eq!(object["metadata"]["namespace"], namespace);
        }
    }
    assert_eq!(all(&objects, "Deployment").len(), 1);
}

#[test]
fn samples_are_what_the_definition_allows() {
    let samples = samples();
    assert!(samples.len() >= 2);
    for (name, objects) in samples {
        let cluster = one(&objects, "TrackerCluster");
        assert_eq!(objects::faults(cluster), Vec::<String>::new(), "{name}");
        assert_eq!(cluster["spec"]["version"], VERSION, "{name}");
        let placed = json!({"metadata": {"namespace": "here", "uid": "u"}});
        crate::built::validated(&operator::crd::examples::merged(cluster.clone(), placed));
    }
}

/// A release raises one number, and nothing may stay behind.
#[test]
fn charts_carry_the_version_of_the_programs() {
    for chart in ["tracker-operator", "tracker-cluster"] {
        let about = documents(&read(&format!("charts/{chart}/Chart.yaml"))).remove(0);
        assert_eq!(about["appVersion"], VERSION, "{chart}");
        assert_eq!(about["name"], chart);
        assert_eq!(about["apiVersion"], json!("v2"));
    }
}

/// `docs/reference-trackercluster.md` has a line for each field of the definition.
#[test]
fn the_reference_names_every_field() {
    let reference = read("docs/reference-trackercluster.md");
    let schema = &crate::crd::definition()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"];
    let mut missing = Vec::new();
    for part in ["spec", "status"] {
        unnamed(&schema[part], part, &reference, &mut missing);
    }
    assert_eq!(missing, Vec::<String>::new());
}

/// Status is told by its first level, and Kubernetes' own types by their name.
fn unnamed(schema: &Value, path: &str, reference: &str, missing: &mut Vec<String>) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        let whole = path.starts_with("spec.pod.") || path.starts_with("status.") || path.ends_with("Ref");
        if !whole && property["properties"].as_object().is_some_and(|parts| !parts.is_empty()) {
            unnamed(property, &path, reference, missing);
        } else if !reference.contains(&format!("| `{path}` |")) {
            missing.push(path);
        }
    }
}

//! The custom resource definition in the operator's chart: the one in `crds/`, kept when the chart goes.

use serde_json::{Value, json};

use crate::helm::{documents, read, rendered};
use crate::objects::{all, one};
use crate::operator_chart::{CHART, scenarios};

/// Where the definition lies that `tracker-operator crd` prints.
const FILE: &str = "crds/trackerclusters.tracker.dev.yaml";

/// The definition.
pub fn definition() -> Value {
    documents(&read(FILE)).remove(0)
}

#[test]
fn the_chart_holds_a_true_copy() {
    let copy = read("charts/tracker-operator/files/crd.yaml");
    // Not assert_eq!, which would print both whole.
    assert!(copy == read(FILE), "the chart's copy is old: run charts/generate");
}

#[test]
fn rendering_changes_labels_and_annotations_alone() {
    for (name, values) in scenarios() {
        let objects = rendered(CHART, &values);
        let Some(mut rendered) =
            all(&objects, "CustomResourceDefinition").first().map(|found| (*found).clone())
        else {
            assert_eq!(values["crds"]["install"], false, "{name}");
            continue;
        };
        let mut expected = definition();
        for object in [&mut rendered, &mut expected] {
            let metadata = object["metadata"].as_object_mut().expect("metadata");
            metadata.remove("labels");
            metadata.remove("annotations");
            floats(object);
        }
        assert!(rendered == expected, "{name}: the rendered definition isn't {FILE}");
    }
}

/// Makes 1 and 1.0 the same, as they are for the API server.
fn floats(value: &mut Value) {
    match value {
        Value::Number(number) => *value = json!(number.as_f64()),
        Value::Array(items) => items.iter_mut().for_each(floats),
        Value::Object(fields) => fields.values_mut().for_each(floats),
        _ => {}
    }
}

/// Helm deletes what a release no longer has, and with the definition every TrackerCluster would go.
#[test]
fn helm_never_deletes_it() {
    for annotations in [json!({}), json!({"a": "b"}), json!({"helm.sh/resource-policy": "delete"})] {
        let objects = rendered(CHART, &json!({"crds": {"annotations": annotations}}));
        let found = &one(&objects, "CustomResourceDefinition")["metadata"]["annotations"];
        assert_eq!(found["helm.sh/resource-policy"], "keep", "{found}");
        if annotations["a"] == "b" {
            assert_eq!(found["a"], "b");
        }
    }
}

#[test]
fn it_can_be_left_to_others() {
    let objects = rendered(CHART, &json!({"crds": {"install": false}}));
    assert!(all(&objects, "CustomResourceDefinition").is_empty());
}
